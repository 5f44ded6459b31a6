"""Take the pictures of the how-to page: `python -m tests.invitations.pictures` writes `docs/how-to/*.png`."""

import asyncio
from datetime import timedelta

from tests.invitations.support import Phone, Studio
from tests.support.pictures import studio_set, take_picture

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
        await take_picture(phone.page, f"invitation-{what}-{language}", whole=whole)

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
    async with studio_set() as (gateway, _, browser):
        for language, (who, *_) in WORDS.items():
            studio = Studio(gateway, await gateway.client(await gateway.tenant(who)))
            await take(studio, await Phone.unpack(browser, device_scale_factor=1), language)


if __name__ == "__main__":
    asyncio.run(main())
