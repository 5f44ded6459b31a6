"""Take the pictures of the how-to page: `python -m tests.invitations.pictures` writes `docs/how-to/*.png`."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

import structlog
from PIL import Image
from playwright.async_api import async_playwright

from stagedoor.clock import MovableClock
from stagedoor.emulator import EmulatorSettings, start_emulator
from tests.doors.test_documents import CHROMIUM, QUIET
from tests.invitations.support import Phone, Studio
from tests.support import databases
from tests.support.gateway import RunningGateway, gateway_settings

FOLDER = Path(__file__).parents[2] / "docs" / "how-to"
WORDS = {
    "zh": ("北方影业", "《长夜》女主角", ["制作《长夜》剧集画面"], ["中国大陆的视频平台，至 2027 年底"]),
    "en": (
        "Studio North",
        "“Long Night”, lead",
        ["Scenes of “Long Night”"],
        ["Streaming platforms, until the end of 2027"],
    ),
}


async def take(studio: Studio, phone: Phone, language: str) -> None:
    _, name, purposes, uses = WORDS[language]
    invitation = await studio.invite(
        Name=name, Purposes=purposes, IntendedUses=uses, Lng=language, ReturnURL="https://studio.example/done"
    )

    async def picture(what: str, *, whole: bool = False) -> None:
        path = FOLDER / f"invitation-{what}-{language}.png"
        await phone.page.screenshot(path=path, full_page=whole)
        with Image.open(path) as taken:
            small = taken.convert("RGB").quantize(64)
        small.save(path, optimize=True)

    await phone.page.goto(invitation["Link"])
    await picture("page", whole=True)
    await phone.tap()
    await picture("missing")
    await phone.tick_all()
    await phone.tap()
    await phone.play("fail")
    await picture("failed", whole=True)
    await phone.tap()
    await phone.play("pass")
    await phone.page.wait_for_selector(".sign:not(.waiting)")
    await picture("done", whole=True)
    await phone.page.goto(invitation["Link"].replace("/i/", "/w/"))
    await picture("withdraw")
    studio.gateway.clock.advance(timedelta(seconds=5))


async def main() -> None:
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
            for language, (who, *_) in WORDS.items():
                studio = Studio(gateway, await gateway.client(await gateway.tenant(who)))
                await take(studio, await Phone.unpack(browser, device_scale_factor=1), language)
            await browser.close()
        await emulator.stop()


if __name__ == "__main__":
    asyncio.run(main())
