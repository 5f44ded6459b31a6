import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagedoor.emulator import EmulatorSettings, start_emulator
from tests.support.emulator import EmulatorControl, SignedClient

AIGC = {"Filter": {"GroupType": "AIGC"}}


@pytest.fixture
async def twelve(ark: SignedClient) -> list[str]:
    """Return the ids of twelve groups, the newest first."""
    made = [(await ark.ok("CreateAssetGroup", Name=f"n{number}"))["Id"] for number in range(12)]
    return made[::-1]


def ids(page: dict[str, Any]) -> list[str]:
    return [item["Id"] for item in page["Items"]]


async def test_without_any_numbers_a_list_is_read_by_cursor_ten_at_a_time(ark: SignedClient, twelve: list[str]) -> None:
    first = await ark.ok("ListAssetGroups", **AIGC)
    assert set(first) == {"Items", "NextToken"}
    second = await ark.ok("ListAssetGroups", **AIGC, NextToken=first["NextToken"])
    assert set(second) == {"Items"}
    assert ids(first) + ids(second) == twelve


async def test_numbered_pages_have_a_total_and_no_token(ark: SignedClient, twelve: list[str]) -> None:
    page = await ark.ok("ListAssetGroups", **AIGC, PageNumber=3, PageSize=5)
    assert (page["TotalCount"], page["PageNumber"], page["PageSize"]) == (12, 3, 5)
    assert "NextToken" not in page
    assert ids(page) == twelve[10:]


async def test_order_can_be_turned_round(ark: SignedClient, twelve: list[str]) -> None:
    page = await ark.ok("ListAssetGroups", **AIGC, MaxResults=100, SortOrder="Asc", SortBy="UpdateTime")
    assert ids(page) == twelve[::-1]


@pytest.mark.parametrize(
    "fields",
    [
        {"PageNumber": 1, "MaxResults": 10},
        {"PageSize": 10, "MaxResults": 10},
        {"PageNumber": 1, "PageSize": 10, "NextToken": "x"},
    ],
)
async def test_the_two_generations_exclude_each_other(ark: SignedClient, fields: dict[str, object]) -> None:
    answer = await ark.call("ListAssetGroups", **AIGC, **fields)
    assert (answer.status, answer.code) == (400, "InvalidParameter.PageNumber")


@pytest.mark.parametrize("action", ["ListAssetGroups", "ListAssets"])
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "MissingParameter.Filter.GroupType"),
        ({"Filter": {}}, "MissingParameter.Filter.GroupType"),
        ({"Filter": {"GroupType": ""}}, "MissingParameter.Filter.GroupType"),
        ({"Filter": {"GroupType": "Face"}}, "InvalidParameter.Filter.GroupType"),
        ({"Filter": []}, "InvalidParameter.Filter"),
        ({"Filter": {"GroupType": "AIGC", "GroupIds": "x"}}, "InvalidParameter.Filter.GroupIds"),
        ({"Filter": {"GroupType": "AIGC", "GroupIds": [1]}}, "InvalidParameter.Filter.GroupIds"),
        ({"Filter": {"GroupType": "AIGC", "Name": "n" * 65}}, "InvalidParameter.Filter.Name"),
        ({**AIGC, "PageNumber": 0}, "InvalidParameter.PageNumber"),
        ({**AIGC, "PageNumber": True}, "InvalidParameter.PageNumber"),
        ({**AIGC, "PageNumber": "1"}, "InvalidParameter.PageNumber"),
        ({**AIGC, "PageSize": 101}, "InvalidParameter.PageSize"),
        ({**AIGC, "MaxResults": 0}, "InvalidParameter.MaxResults"),
        ({**AIGC, "MaxResults": 101}, "InvalidParameter.MaxResults"),
        ({**AIGC, "NextToken": "x"}, "InvalidParameter.NextToken"),
        ({**AIGC, "NextToken": "真"}, "InvalidParameter.NextToken"),
        ({**AIGC, "NextToken": "W3sidmFsdWUiOjEsInNlcSI6MX0sIngiXQ"}, "InvalidParameter.NextToken"),
        ({**AIGC, "SortBy": "Name"}, "InvalidParameter.SortBy"),
        ({**AIGC, "SortOrder": "desc"}, "InvalidParameter.SortOrder"),
    ],
)
async def test_a_bad_list_is_refused_by_the_field_at_fault(
    ark: SignedClient, action: str, fields: dict[str, object], code: str
) -> None:
    answer = await ark.call(action, **fields)
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize(("action", "deepest"), [("ListAssets", 200), ("ListAssetGroups", 100)])
async def test_numbered_pages_end_at_their_depth(ark: SignedClient, action: str, deepest: int) -> None:
    assert (await ark.ok(action, **AIGC, PageNumber=deepest, PageSize=100))["Items"] == []
    answer = await ark.call(action, **AIGC, PageNumber=deepest + 1, PageSize=100)
    assert (answer.status, answer.code) == (400, "InvalidParameter.PageNumber")


async def test_groups_cannot_be_sorted_by_group_and_only_assets_have_statuses(ark: SignedClient) -> None:
    assert (await ark.call("ListAssetGroups", **AIGC, SortBy="GroupId")).code == "InvalidParameter.SortBy"
    await ark.ok("ListAssets", **AIGC, SortBy="GroupId")
    statuses = {"GroupType": "AIGC", "Statuses": ["Done"]}
    assert (await ark.call("ListAssets", Filter=statuses)).code == "InvalidParameter.Filter.Statuses"


async def test_a_token_belongs_to_its_list(ark: SignedClient, twelve: list[str]) -> None:
    token = (await ark.ok("ListAssetGroups", **AIGC))["NextToken"]
    for other in ({"SortOrder": "Asc"}, {"ProjectName": "other"}, {"Filter": {"GroupType": "LivenessFace"}}):
        answer = await ark.call("ListAssetGroups", **{**AIGC, **other, "NextToken": token})
        assert answer.code == "InvalidParameter.NextToken"


async def test_a_cursor_neither_skips_nor_repeats_when_the_list_changes(ark: SignedClient, twelve: list[str]) -> None:
    first = await ark.ok("ListAssetGroups", **AIGC, MaxResults=5)
    await ark.ok("CreateAssetGroup", Name="newer")
    await ark.ok("DeleteAssetGroup", Id=twelve[2])
    rest = await ark.ok("ListAssetGroups", **AIGC, MaxResults=100, NextToken=first["NextToken"])
    assert ids(rest) == twelve[5:]


async def test_the_older_generation_demands_both_numbers(ark: SignedClient, control: EmulatorControl) -> None:
    await control.settings(page_required=True)
    assert (await ark.call("ListAssetGroups", **AIGC)).code == "MissingParameter.PageNumber"
    assert (await ark.call("ListAssetGroups", **AIGC, PageNumber=1)).code == "MissingParameter.PageSize"
    await ark.ok("ListAssetGroups", **AIGC, PageNumber=1, PageSize=1)


async def read_by_pages(ark: SignedClient, size: int, body: dict[str, Any]) -> list[str]:
    seen: list[str] = []
    for number in range(1, 50):
        page = await ark.ok("ListAssetGroups", **body, PageNumber=number, PageSize=size)
        seen += ids(page)
        if number * size >= page["TotalCount"]:
            return seen
    raise AssertionError("the pages never end")


async def read_by_cursor(ark: SignedClient, size: int, body: dict[str, Any]) -> list[str]:
    seen: list[str] = []
    fields: dict[str, Any] = {"MaxResults": size}
    for _ in range(50):
        page = await ark.ok("ListAssetGroups", **body, **fields)
        seen += ids(page)
        if "NextToken" not in page:
            return seen
        fields["NextToken"] = page["NextToken"]
    raise AssertionError("the cursor never ends")


@given(
    names=st.lists(st.sampled_from(["a", "b", "A"]), max_size=12),
    size=st.integers(1, 13),
    name=st.sampled_from([None, "a", "b"]),
    order=st.sampled_from(
        [("CreateTime", "Asc"), ("CreateTime", "Desc"), ("UpdateTime", "Asc"), ("UpdateTime", "Desc")]
    ),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_generations_read_the_same_list(
    tmp_path: Path, names: list[str], size: int, name: str | None, order: tuple[str, str]
) -> None:
    async def compare() -> None:
        running = await start_emulator(EmulatorSettings(data_dir=tmp_path))
        async with aiohttp.ClientSession() as http, EmulatorControl(running.url) as control:
            await control.reset()
            ark = SignedClient(running, http)
            made = [((await ark.ok("CreateAssetGroup", Name=each))["Id"], each) for each in names]
            body = {"Filter": {"GroupType": "AIGC", "Name": name}, "SortBy": order[0], "SortOrder": order[1]}
            expected = [group_id for group_id, each in made if name is None or name in each.lower()]
            expected = expected if order[1] == "Asc" else expected[::-1]
            assert await read_by_pages(ark, size, body) == await read_by_cursor(ark, size, body) == expected
        await running.stop()

    asyncio.run(compare())
