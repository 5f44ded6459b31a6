"""`stagedoor verify`: from a name to the GroupId, through a person with a phone."""

import os
import pty
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.cli.remote.conftest import Begin, People
from tests.invitations.support import Visitor
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api
from tests.support.story import ON_SQLITE
from tests.support.validation import browse, until

pytestmark = ON_SQLITE


async def tap(api: Api, link: str) -> str:
    """Agree on the page of a link and return the token of the check that begins."""
    tapped = await Visitor(api, link).agree()
    return parse_qs(urlsplit(tapped.headers["location"]).query)["bytedToken"][0]


async def finish(api: Api, control: EmulatorControl, byted_token: str, outcome: str = "pass") -> None:
    await browse(api, await control.complete(byted_token, outcome))


def link_in(text: str) -> str:
    return next(word for word in text.split() if "/i/" in word)


async def test_an_actor_is_invited_and_the_group_is_the_only_line_on_standard_output(
    begin: Begin, api: Api, control: EmulatorControl
) -> None:
    async with begin("verify", "Long Night, lead", "--purpose", "Scenes", "--language", "en") as running:
        await running.says("Waiting for the actor")
        link = link_in(running.err)
        token = await tap(api, link)
        await running.says("the face check runs")
        await finish(api, control, token)
        assert await running.end() == 0
        group_id = running.out.strip()
        assert (await api.ok("GetAssetGroup", Id=group_id))["GroupType"] == "LivenessFace"
        assert running.err.splitlines()[-1] == f"Done: the actor's group is {group_id}"
        assert token not in running.out + running.err


async def test_who_stops_waiting_is_told_how_to_go_on_and_misses_nothing(
    begin: Begin, people: People, api: Api, control: EmulatorControl
) -> None:
    async with begin("verify", "Long Night, lead") as running:
        await running.says("Waiting for the actor")
        link = link_in(running.err)
        assert await running.end(signal.SIGINT) == 130
        again = running.err.splitlines()[-1].partition("stagedoor ")[2].split()
    assert again[:2] == ["verify", "--resume"]
    late = await people(*again, "--within", "0")
    assert (late.code, late.out) == (9, "")
    await finish(api, control, await tap(api, link))
    ended = await people(*again)
    assert (ended.code, ended.out.startswith("group-")) == (0, True)


async def test_an_invitation_that_is_called_back_ends_the_wait(begin: Begin, api: Api) -> None:
    async with begin("verify", "Long Night, lead") as running:
        await running.says("Waiting for the actor")
        [invitation] = (await api.send("POST", "/v1/real-avatar/invitations/list", body={})).result["Items"]
        await api.send("POST", f"/v1/real-avatar/invitations/{invitation['Id']}/cancel", body={})
        assert await running.end() == 8
        assert running.err.splitlines()[-1].startswith("stagedoor: cancelled: ")


async def test_a_terminal_shows_a_qr_code_and_a_countdown(begin: Begin, api: Api, control: EmulatorControl) -> None:
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    shown = b""

    def has(text: str) -> bool:
        nonlocal shown
        with suppress(BlockingIOError):
            shown += os.read(master, 65_536)
        return text in shown.decode(errors="replace")

    terminal = Path(os.ttyname(slave))
    async with begin("verify", "Long Night, lead", terminal=terminal, TERM="xterm", COLUMNS="100") as running:
        await until(lambda: has("Waiting for the actor"))
        assert "▀" in shown.decode(errors="replace")
        token = await tap(api, link_in(shown.decode(errors="replace")))
        await until(lambda: has("s left for it"))
        await finish(api, control, token, "fail")
        await until(lambda: has("can try again"))
        await running.end(signal.SIGINT)
    os.close(master)
    os.close(slave)
