"""`stagedoor groups` and `stagedoor assets`: for people, for programs, and what an error ends with."""

import json

from tests.cli.remote.conftest import People
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway, free_port
from tests.support.story import AT_ONCE, ON_SQLITE, make_group

pytestmark = ON_SQLITE


async def test_groups_are_made_listed_shown_renamed_and_deleted_when_that_is_meant(people: People, api: Api) -> None:
    group_id = (await people("groups", "create", "Props", "--description", "of act one")).out.strip()
    assert (await people("groups", "list")).out == f"{group_id}\tAIGC\tProps\n"
    await people("groups", "rename", group_id, "More props")
    shown = json.loads((await people("groups", "show", group_id, "--json")).out)
    assert shown == await api.ok("GetAssetGroup", Id=group_id)
    assert (shown["Name"], shown["Description"]) == ("More props", "of act one")
    assert "Name\tMore props\n" in (await people("groups", "show", group_id)).out
    unsure = await people("groups", "delete", group_id)
    assert (unsure.code, unsure.err) == (2, f"stagedoor: Say --yes to delete {group_id}: nobody can be asked here.\n")
    assert (await people("groups", "delete", group_id, "--yes")).code == 0
    assert (await people("groups", "show", group_id)).code == 4


async def test_lists_end_where_they_are_told_to_and_go_through_all_pages(people: People, api: Api) -> None:
    made = [await make_group(api) for _ in range(130)]
    few = await people("groups", "list", "--limit", "3", "-q")
    some = await people("groups", "list", "-q")
    every = await people("groups", "list", "--all", "--json")
    assert few.out.split() == made[:-4:-1]
    assert some.out.split() == made[:-21:-1]
    assert [json.loads(line)["Id"] for line in every.out.splitlines()] == made[::-1]


async def test_an_asset_is_waited_for_and_its_reference_is_printed(
    people: People, api: Api, control: EmulatorControl, pictures: str
) -> None:
    await control.settings(transition=AT_ONCE)
    group_id = await make_group(api)
    done = await people("assets", "create", group_id, f"{pictures}a.jpg", "--name", "Poster", "--wait")
    assert (done.code, done.err) == (0, "")
    asset_id = done.out.strip().removeprefix("asset://")
    assert (await people("assets", "wait", asset_id)).out == done.out
    assert (await people("assets", "list", "--group", group_id)).out == f"{asset_id}\tActive\tImage\tPoster\n"
    assert (await people("assets", "list", "--status", "Failed")).out == ""
    await people("assets", "rename", asset_id, "Placard")
    assert json.loads((await people("assets", "show", asset_id, "--json")).out)["Name"] == "Placard"
    failed = await people("assets", "create", group_id, f"{pictures}b.jpg", "--name", "fail:FaceMismatch", "--wait")
    assert (failed.code, failed.out) == (8, "")
    assert failed.err.startswith("stagedoor: FaceMismatch: ")
    assert (await people("assets", "delete", asset_id, "-y")).code == 0
    assert (await people("assets", "show", asset_id)).code == 4


async def test_every_class_of_error_has_an_exit_code_and_one_line(
    people: People, gateway: RunningGateway, api: Api, pictures: str
) -> None:
    group_id = await make_group(api)
    limited = await gateway.client(rate_limit="1/h")
    await make_group(limited)
    nowhere = f"http://127.0.0.1:{free_port()}"
    nobody = "sd_test_" + "0" * 36
    for code, said, arguments, more in (
        (2, "No gateway is chosen", ("groups", "list"), {"STAGEDOOR_BASE_URL": "", "STAGEDOOR_API_KEY": ""}),
        (2, "There is no API key", ("groups", "list"), {"STAGEDOOR_API_KEY": ""}),
        (3, "InvalidParameter.", ("groups", "list", "--type", "Nonsense"), {}),
        (4, "NotFound.group_id", ("groups", "show", "group-none"), {}),
        (5, "AuthenticationError", ("groups", "list"), {"STAGEDOOR_API_KEY": nobody}),
        (6, "FlowLimitExceeded", ("groups", "list"), {"STAGEDOOR_API_KEY": limited.key}),
        (7, "Does the gateway run?", ("groups", "list"), {"STAGEDOOR_BASE_URL": nowhere}),
        (9, "WaitTimedOut", ("assets", "create", group_id, f"{pictures}a.jpg", "--wait", "--within", "0"), {}),
    ):
        ended = await people(*arguments, **more)
        assert (ended.code, ended.out) == (code, ""), ended
        [line] = ended.err.splitlines()
        assert line.startswith("stagedoor: ")
        assert said in line
        for secret in (api.key, nobody):
            assert secret not in line


async def test_people_are_spoken_to_in_their_language(people: People) -> None:
    unchosen = {"STAGEDOOR_BASE_URL": "", "STAGEDOOR_API_KEY": ""}
    for more, word in (
        ({"LANG": "zh_CN.UTF-8"}, "尚未选择网关"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "No gateway"),
        ({"LANG": "en_GB.UTF-8", "STAGEDOOR_LANG": "zh"}, "尚未选择网关"),
    ):
        assert word in (await people("groups", "list", **unchosen, **more)).err


async def test_a_shell_completes_commands(people: People) -> None:
    for shell in ("bash", "zsh"):
        more = {"COMP_WORDS": "stagedoor gr", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "stagedoor gr"}
        ended = await people(**{"_STAGEDOOR_COMPLETE": f"complete_{shell}", **more})
        assert "groups" in ended.out, ended
