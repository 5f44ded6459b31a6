"""Taking the pictures of the how-to pages."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from stagedoor.clock import MovableClock
from stagedoor.emulator import EmulatorSettings, RunningEmulator, start_emulator
from tests.doors.test_documents import CHROMIUM, QUIET
from tests.support import databases
from tests.support.gateway import RunningGateway, gateway_settings

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"


async def take_picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Write what a page shows, in few colours, for a how-to."""
    path = FOLDER / f"{name}.png"
    await page.screenshot(path=path, full_page=whole)
    with Image.open(path) as taken:
        small = taken.convert("RGB").quantize(64)
    small.save(path, optimize=True)


@asynccontextmanager
async def studio_set() -> AsyncIterator[tuple[RunningGateway, RunningEmulator, Browser]]:
    """Yield a gateway with a channel to an emulator, that emulator, and a browser."""
    structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "data").mkdir()
        database = databases.fresh_sqlite(databases.sqlite_template(folder), folder / "data")
        emulator = await start_emulator(EmulatorSettings(data_dir=folder / "emulator"))
        async with (
            RunningGateway(gateway_settings(database), MovableClock()) as gateway,
            async_playwright() as playwright,
        ):
            await gateway.connect(emulator)
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            yield gateway, emulator, browser
            await browser.close()
        await emulator.stop()
