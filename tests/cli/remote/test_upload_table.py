"""`stagedoor upload --csv`: a table of files and addresses becomes one import, and each row says what became of it."""

import json
import re
import signal
from pathlib import Path

import pytest

from stagedoor.cli.remote.table import TableRefused, read_table
from tests.cli.remote.conftest import Begin, People
from tests.cli.remote.test_upload import gateway as gateway  # noqa: PLC0414 - the fixture: a gateway that can be fetched from
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api
from tests.support.media import image
from tests.support.story import AT_ONCE, ON_SQLITE, eventually, make_group


@pytest.fixture
def table(home: Path) -> Path:
    """Return where a table can be written, with two files beside it."""
    folder = home / "lists"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(image("jpeg", 600, 800))
    (folder / "small.jpg").write_bytes(image("jpeg", 20, 20))
    return folder / "faces.csv"


def write(table: Path, content: str) -> None:
    table.write_text(content, encoding="utf-8")


async def imports(api: Api) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await api.send("GET", "/v1/imports")).result["Items"]
    return found


@ON_SQLITE
async def test_a_table_becomes_one_import_and_every_row_says_what_became_of_it(
    people: People, api: Api, control: EmulatorControl, table: Path, pictures: str
) -> None:
    await control.settings(transition=AT_ONCE)
    group_id, other = await make_group(api), await make_group(api)
    write(
        table,
        "file,url,group,name,type\r\n"
        "a.jpg,,,front,\r\n"
        f",{pictures}b.jpg,{other},,\r\n"
        "small.jpg,,,,\r\n"
        f",{pictures}c,,fail:ContentRestricted,Image\r\n"
        f",{pictures}d.jpg,group-20260601191715-zzzzz,,\r\n",
    )
    ended = await people("upload", "--csv", "lists/faces.csv", "--group", group_id, "--json")
    told = {one["row"]: one for one in map(json.loads, ended.out.splitlines())}
    assert ended.code == 3, ended  # of what went wrong first
    assert {row: one.get("status") or one["error"]["code"] for row, one in told.items()} == {
        1: "Active",
        2: "Active",
        3: "WidthTooSmall",
        4: "ContentRestricted",
        5: "NotFound.group_id",
    }
    assert [len(told[3]["problems"]), told[1]["file"], told[2]["url"]] == [2, "lists/a.jpg", f"{pictures}b.jpg"]
    shown = [await api.ok("GetAsset", Id=told[row]["asset"]) for row in (1, 2)]
    assert [(asset["Name"], asset["GroupId"]) for asset in shown] == [("front", group_id), ("", other)]
    [whole] = await imports(api)
    assert (whole["Id"], whole["Total"]) == (told[1]["import"], 4)
    for alone, code in ((f"{pictures}e,fail:ContentRestricted,Image", 8), (f"{pictures}f.jpg,,", 0)):
        write(table, f"url,name,type\n{alone}\n")
        ended = await people("upload", "--csv", str(table), "--group", group_id)
        assert ended.code == code, ended
    assert ended.out.endswith(f"\t{pictures}f.jpg\n")


@ON_SQLITE
async def test_a_folder_becomes_one_import(people: People, api: Api, control: EmulatorControl, table: Path) -> None:
    await control.settings(transition=AT_ONCE)
    ended = await people("upload", "lists", "--import", "--group", await make_group(api))
    assert (ended.code, ended.out[-13:]) == (3, "\tlists/a.jpg\n"), ended
    assert ended.err.startswith("stagedoor: lists/small.jpg: WidthTooSmall: ")
    [whole] = await imports(api)
    assert (whole["State"], whole["Total"]) == ("Completed", 1)


@ON_SQLITE
async def test_an_interrupted_table_goes_on_with_the_import_it_has_begun(
    people: People, begin: Begin, api: Api, control: EmulatorControl, table: Path, pictures: str
) -> None:
    await control.settings(transition={"mode": "after", "seconds": 3600})
    group_id = await make_group(api)
    write(table, f"file,url,group\na.jpg,,{group_id}\n,{pictures}b.jpg,{group_id}\n")
    async with begin("upload", "--csv", str(table)) as running:

        async def has_begun() -> bool:
            return bool(await imports(api))

        await eventually(has_begun, seconds=30)
        await running.end(signal.SIGKILL)
    ended = await people("upload", "--csv", str(table), "--no-wait")
    [whole] = await imports(api)
    assert (ended.code, ended.out) == (0, f"{whole['Id']}\n")
    late = await people("upload", "--csv", str(table), "--within", "0.1")
    assert late.code == 9, late


@pytest.mark.parametrize(
    ("content", "group", "said"),
    [
        ("", "g", "needs a header line"),
        ("path\na.jpg\n", "g", "needs a header line"),
        ("file\n", "g", "1 to 1000 items, and these are 0"),
        ("url\n" + "https://never.example/a.jpg\n" * 1001, "g", "these are 1001"),
        ("file\na.jpg\n", None, "faces.csv:2: Say which group"),
        ("file,url\na.jpg,https://never.example/a.jpg\n", "g", "faces.csv:2: Give a file or a url"),
        ("file,name\na.jpg,\n,x\n", "g", "faces.csv:3: Give a file or a url"),
        ("file\nnone.jpg\n", "g", "faces.csv:2: There is no file"),
        ("file,type\na.jpg,image\n", "g", "faces.csv:2: The type image is none of"),
        ("url\nhttps://never.example/a\n", "g", "faces.csv:2: https://never.example/a does not say"),
        (f"file,name\na.jpg,{'x' * 65}\n", "g", "faces.csv:2: A name has at most 64"),
        ('file\n"a\n', "g", "cannot be read as a table"),
        ("file\na\0.jpg\n", "g", "faces.csv"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_line(
    table: Path, content: str, group: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGEDOOR_LANG", "en")
    write(table, content)
    with pytest.raises(TableRefused, match=re.escape(said)):
        read_table(table, group, None)


@ON_SQLITE
async def test_nothing_is_sent_of_a_table_that_cannot_be_used(people: People, api: Api, table: Path) -> None:
    group = ("--group", await make_group(api))
    write(table, "file\na.jpg\nnone.jpg\n")
    for arguments, said in (
        (("--csv", str(table), *group), "faces.csv:3: There is no file"),
        (("--csv", "none.csv", *group), "none.csv cannot be read"),
        ((), "Give FILES"),
        (("lists/a.jpg", "--csv", str(table), *group), "not both"),
        (("lists/a.jpg",), "--group"),
        (("lists/a.jpg", "--import"), "--group"),
    ):
        ended = await people("upload", *arguments)
        assert (ended.code, said in ended.err) == (2, True), ended
    assert (await api.send("GET", "/v1/uploads")).result["Items"] == []
