"""Take the pictures of the how-to page: `python -m tests.console.pictures` writes `docs/how-to/console-*.png`."""

import asyncio

from tests.console.scene import set_scene
from tests.console.support import let_in
from tests.console.test_browser import WIDE, screen
from tests.support.emulator import EmulatorControl, file_server
from tests.support.media import image
from tests.support.pictures import studio_set, take_picture


async def main() -> None:
    async with (
        studio_set() as (gateway, emulator, browser),
        EmulatorControl(emulator.url) as control,
        file_server(image("jpeg", 600, 800)) as pictures,
    ):
        scene = await set_scene(gateway, control, pictures)
        desk = await let_in(gateway, "ada")
        wide = await screen(browser, desk, viewport=WIDE, device_scale_factor=1)
        small = await screen(browser, desk, device_scale_factor=1, color_scheme="dark", locale="zh-CN")
        for shown, path, name in (
            (wide, "/console", "overview"),
            (wide, f"{scene.here}/people/{scene.person}", "person"),
            (small, f"{scene.here}/assets", "gallery-dark"),
        ):
            await shown.page.goto(gateway.url + path)
            await take_picture(shown.page, f"console-{name}")


if __name__ == "__main__":
    asyncio.run(main())
