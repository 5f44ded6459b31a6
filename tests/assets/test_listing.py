"""⑦ List assets, ② list groups: filters, sorts, counters and the two ways to page."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from stagedoor.assets.store import Asset
from stagedoor.groups.store import AssetGroup
from tests.support.clock import StoppedClock
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.lists import expected_ids, walk_cursor, walk_pages
from tests.support.rows import LONG_AGO, add_rows, asset_row, group_row, only_channel
from tests.support.story import AT_ONCE, ON_SQLITE, make_group, upload

NAMES = ("Portrait 1", "portrait_2", "100% real", "wow! yes", "肖像", "STRASSE", "straße", "ÉCLAIR", "Σίσυφος", "")
ACTIONS = ("ListAssets", "ListAssetGroups")


class Shelf:
    """A tenant with four groups and sixty assets of every kind, and another tenant with as many."""

    def __init__(self, gateway: RunningGateway) -> None:
        self.gateway = gateway
        self.groups: list[AssetGroup] = []
        self.assets: list[Asset] = []

    async def fill(self) -> "Shelf":
        channel_id = await only_channel(self.gateway)
        tenant, other = await self.gateway.tenant(), await self.gateway.tenant()
        self.groups, self.assets = _rows(tenant.id, channel_id, "")
        foreign = _rows(other.id, channel_id, "-x")
        await add_rows(self.gateway, self.groups + foreign[0], self.assets + foreign[1])
        self.api = await self.gateway.client(tenant)
        return self


def _rows(tenant_id: str, channel_id: str, mark: str) -> tuple[list[AssetGroup], list[Asset]]:
    types = ("AIGC", "LivenessFace")
    groups = [
        group_row(
            tenant_id,
            channel_id,
            f"group-{number}{mark}",
            group_type=types[number % 2],
            name=NAMES[number],
            created_at=LONG_AGO + timedelta(seconds=number // 2),
            updated_at=LONG_AGO - timedelta(seconds=number),
        )
        for number in range(4)
    ]
    assets = [
        asset_row(
            tenant_id,
            channel_id,
            f"asset-{number:02}{mark}",
            groups[number % 4].id,
            group_type=groups[number % 4].group_type,
            asset_type=("Image", "Video", "Audio")[number % 3],
            status=("Processing", "Active", "Failed")[number // 3 % 3],
            name=NAMES[number % len(NAMES)],
            error_code="FpsTooLow",
            created_at=LONG_AGO + timedelta(seconds=number // 5),
            updated_at=LONG_AGO + timedelta(seconds=number % 7),
        )
        for number in range(60)
    ]
    return groups, assets


@pytest.fixture
async def shelf(gateway: RunningGateway, control: EmulatorControl) -> Shelf:
    # The rows were never uploaded: looks that the lists begin at those in Processing must not matter.
    await control.fault("error", "GetAsset", times=0, code="ServiceUnavailableTemp")
    return await Shelf(gateway).fill()


ASSET_FILTERS: list[dict[str, Any]] = [
    {},
    {"GroupIds": ["group-1"]},
    {"GroupIds": ["group-1", "group-2", "group-1"]},
    {"GroupIds": ["group-1", "group-1-x", "group-none"]},
    {"GroupIds": ["group-1-x"]},
    {"GroupIds": []},
    {"GroupType": "AIGC"},
    {"GroupType": "LivenessFace", "GroupIds": ["group-1", "group-2"]},
    {"Statuses": ["Active"]},
    {"Statuses": ["Active", "Failed", "Active"]},
    {"Statuses": []},
    {"AssetType": "Video"},
    {"AssetIds": ["asset-01", "asset-59", "asset-02-x", "asset-none", "asset-01"]},
    {"AssetIds": []},
    {"AssetIds": ["asset-01", "asset-02"], "Statuses": ["Processing"], "GroupIds": ["group-2"]},
    {"AssetIds": ["asset-01", "asset-02"], "GroupType": "LivenessFace", "AssetType": "Video"},
    {"Name": "portrait"},
    {"Name": "PORTRAIT_"},
    {"Name": "%"},
    {"Name": "!"},
    {"Name": "肖"},
    {"Name": "strasse"},
    {"Name": "éclair"},
    {"Name": "ΣΊΣΥΦΟΣ"},
    {"Name": ""},
    {"Name": "none of them"},
    {
        "Name": "r",
        "GroupType": "AIGC",
        "Statuses": ["Active"],
        "GroupIds": ["group-0", "group-2"],
        "AssetType": "Image",
    },
]
GROUP_FILTERS: list[dict[str, Any]] = [
    {},
    {"GroupIds": ["group-1", "group-1-x", "group-none", "group-3"]},
    {"GroupIds": []},
    {"GroupType": "AIGC"},
    {"GroupType": "LivenessFace", "GroupIds": ["group-1", "group-2"]},
    {"Name": "PORTRAIT"},
    {"Name": "%", "GroupType": "AIGC"},
    {"Name": "_", "GroupIds": ["group-1", "group-2"]},
    {"Name": ""},
]


async def test_every_filter_gives_what_a_plain_reading_of_it_gives(shelf: Shelf) -> None:
    for wanted in ASSET_FILTERS:
        ids = expected_ids(shelf.assets, wanted, "CreateTime", "Desc")
        page = await shelf.api.ok("ListAssets", Filter=wanted, PageSize=100)
        assert ([item["Id"] for item in page["Items"]], page["TotalCount"]) == (ids, len(ids)), wanted
    for wanted in GROUP_FILTERS:
        ids = expected_ids(shelf.groups, wanted, "CreateTime", "Desc")
        page = await shelf.api.ok("ListAssetGroups", Filter=wanted, PageSize=100)
        assert ([item["Id"] for item in page["Items"]], page["TotalCount"]) == (ids, len(ids)), wanted


async def test_every_sort_holds_in_both_modes_with_every_kind_of_filter(shelf: Shelf) -> None:
    kinds: list[dict[str, Any]] = [{}, {"GroupIds": ["group-1", "group-2"]}, {"Name": "r", "Statuses": ["Active"]}]
    for sort_by, order, wanted in product(("CreateTime", "UpdateTime", "GroupId"), ("Asc", "Desc"), kinds):
        sort = {"SortBy": sort_by, "SortOrder": order, "Filter": wanted}
        ids = expected_ids(shelf.assets, wanted, sort_by, order)
        assert await walk_pages(shelf.api, "ListAssets", 25, **sort) == ids, sort
        assert await walk_cursor(shelf.api, "ListAssets", 25, **sort) == ids, sort
        if sort_by != "GroupId":
            group_wanted = {name: value for name, value in wanted.items() if name != "Statuses"}
            ids = expected_ids(shelf.groups, group_wanted, sort_by, order)
            sort["Filter"] = group_wanted
            assert await walk_pages(shelf.api, "ListAssetGroups", 3, **sort) == ids, sort
            assert await walk_cursor(shelf.api, "ListAssetGroups", 3, **sort) == ids, sort


async def test_a_project_that_is_named_limits_the_list(shelf: Shelf) -> None:
    for action in ACTIONS:
        assert (await shelf.api.ok(action, ProjectName="default"))["TotalCount"] > 0
        assert (await shelf.api.ok(action, ProjectName="Default"))["TotalCount"] == 0


async def test_without_any_paging_field_the_answer_is_page_one_of_ten_newest_first(shelf: Shelf) -> None:
    page = await shelf.api.ok("ListAssets")
    assert (page["TotalCount"], page["PageNumber"], page["PageSize"]) == (60, 1, 10)
    assert [item["Id"] for item in page["Items"]] == expected_ids(shelf.assets, {}, "CreateTime", "Desc")[:10]
    assert page == await shelf.api.ok("ListAssets", Filter=None, PageNumber=None, SortBy=None, SortOrder=None)


async def test_the_largest_filters_there_may_be_are_answered(shelf: Shelf) -> None:
    many = [f"group-{number}" for number in range(100)]
    page = await shelf.api.ok("ListAssets", Filter={"GroupIds": many}, SortBy="GroupId", SortOrder="Asc")
    assert page["TotalCount"] == 60
    assets = [f"asset-{number:02}" for number in range(100)]
    page = await shelf.api.ok("ListAssets", Filter={"GroupIds": many, "AssetIds": assets, "Name": "r"}, MaxResults=100)
    assert len(page["Items"]) == len(expected_ids(shelf.assets, {"Name": "r"}, "CreateTime", "Desc"))
    assert (await shelf.api.ok("ListAssetGroups", Filter={"GroupIds": many}))["TotalCount"] == 4
    for action in ACTIONS:
        answer = await shelf.api.call(action, Filter={"GroupIds": [*many, "one-more"]})
        assert (answer.status, answer.code) == (400, "InvalidParameter.Filter.GroupIds")


@ON_SQLITE
async def test_fields_of_a_list_are_checked(shelf: Shelf) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"PageNumber": 0}, "PageNumber"),
        ({"PageSize": 0}, "PageSize"),
        ({"PageSize": 101}, "PageSize"),
        ({"PageSize": "10"}, "PageSize"),
        ({"MaxResults": 0}, "MaxResults"),
        ({"MaxResults": 101}, "MaxResults"),
        ({"SortBy": "Name"}, "SortBy"),
        ({"SortOrder": "asc"}, "SortOrder"),
        ({"Filter": {"GroupType": "aigc"}}, "Filter.GroupType"),
        ({"Filter": {"GroupIds": "group-1"}}, "Filter.GroupIds"),
        ({"Filter": {"Name": "a" * 65}}, "Filter.Name"),
        ({"Filter": []}, "Filter"),
    ]
    for action, (fields, field) in product(ACTIONS, wrong):
        answer = await shelf.api.call(action, **fields)
        assert (answer.status, answer.code) == (400, f"InvalidParameter.{field}"), fields
    answer = await shelf.api.call("ListAssets", Filter={"Statuses": ["active"]})
    assert answer.code == "InvalidParameter.Filter.Statuses"
    assert (await shelf.api.call("ListAssetGroups", SortBy="GroupId")).code == "InvalidParameter.SortBy"


@ON_SQLITE
async def test_the_two_ways_to_page_exclude_each_other(shelf: Shelf) -> None:
    for action in ACTIONS:
        for numbered, cursor in product(("PageNumber", "PageSize"), ("MaxResults", "NextToken")):
            fields: dict[str, Any] = {numbered: 1, cursor: "x" if cursor == "NextToken" else 5}
            answer = await shelf.api.call(action, **fields)
            assert (answer.status, answer.code) == (400, "InvalidParameter.MaxResults")
    first = await shelf.api.ok("ListAssets", NextToken="")
    assert (len(first["Items"]), "NextToken" in first) == (10, True)


@ON_SQLITE
async def test_numbered_pages_end_at_the_documented_depth(shelf: Shelf) -> None:
    for action, deepest in (("ListAssets", 20_000), ("ListAssetGroups", 10_000)):
        last = await shelf.api.ok(action, PageNumber=deepest // 100, PageSize=100)
        assert (last["Items"], last["PageNumber"]) == ([], deepest // 100)
        for number, size in ((deepest // 100 + 1, 100), (deepest + 1, 1), (10**9, 100)):
            answer = await shelf.api.call(action, PageNumber=number, PageSize=size)
            assert (answer.status, answer.code) == (400, "InvalidParameter.PageNumber")


async def test_a_next_token_of_another_list_or_with_anything_changed_is_refused(shelf: Shelf, other_api: Api) -> None:
    asked: dict[str, Any] = {"Filter": {"GroupType": "AIGC"}, "SortBy": "UpdateTime", "SortOrder": "Asc"}
    token = (await shelf.api.ok("ListAssets", MaxResults=5, **asked))["NextToken"]
    others: list[dict[str, Any]] = [
        {"Filter": {"GroupType": "LivenessFace"}},
        {"Filter": {}},
        {"Filter": {"GroupType": "AIGC", "Statuses": ["Active"]}},
        {"Filter": {"GroupType": "AIGC", "Name": "r"}},
        {"SortBy": "CreateTime"},
        {"SortBy": "GroupId"},
        {"SortOrder": "Desc"},
        {"ProjectName": "default"},
    ]
    refused = [await shelf.api.call("ListAssets", NextToken=token, **{**asked, **other}) for other in others]
    refused.append(await shelf.api.call("ListAssetGroups", NextToken=token, **asked))
    refused.append(await other_api.call("ListAssets", NextToken=token, **asked))
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    changed += [token[:-1], token[1:], f"{token}A", f"{token}=", f" {token}", "x", "====", "影", "A" * 1024]
    refused += [await shelf.api.call("ListAssets", NextToken=text, **asked) for text in changed]
    assert {(answer.status, answer.code) for answer in refused} == {(400, "InvalidParameter.NextToken")}
    assert (await shelf.api.call("ListAssets", NextToken="A" * 1025)).code == "InvalidParameter.NextToken"
    assert len((await shelf.api.ok("ListAssets", NextToken=token, MaxResults=7, **asked))["Items"]) == 7


async def test_counters_stay_exact_through_everything_that_happens_to_assets(
    api: Api, control: EmulatorControl, pictures: str, clock: StoppedClock
) -> None:
    async def check() -> None:
        # A list looks at what is Processing; what it would find is looked at first, so that nothing moves meanwhile.
        for item in (await api.ok("ListAssets", PageSize=100))["Items"]:
            await api.ok("GetAsset", Id=item["Id"])
        for wanted in ({}, {"GroupType": "AIGC"}, {"GroupIds": [first]}, {"GroupIds": [first, second]}):
            for statuses in ([], ["Processing"], ["Active"], ["Active", "Failed"]):
                asked = {**wanted, "Statuses": statuses}
                page = await api.ok("ListAssets", Filter=asked, PageSize=100)
                # A search by a part that every name has is counted row by row.
                plain = await api.ok("ListAssets", Filter={**asked, "Name": "n"}, PageSize=100)
                assert page["TotalCount"] == plain["TotalCount"] == len(page["Items"]), asked
        groups = await api.ok("ListAssetGroups")
        assert groups["TotalCount"] == len(groups["Items"])

    first, second = await make_group(api, "n-1"), await make_group(api, "n-2")
    await control.settings(transition={"mode": "after", "seconds": 100})
    ids = [await upload(api, group, pictures, Name="n") for group in (first, first, second)]
    ids += [await upload(api, group, pictures, Name="n fail:FpsTooLow") for group in (first, second)]
    await check()
    await control.advance(101)
    clock.pass_seconds(2)
    await check()
    await api.ok("UpdateAsset", Id=ids[0], Name="renamed")
    await api.ok("UpdateAssetGroup", Id=second, Name="n-3")
    await check()
    for asset_id in (ids[0], ids[4]):
        await api.ok("DeleteAsset", Id=asset_id)
        assert (await api.call("DeleteAsset", Id=asset_id)).status == 404
    await check()
    await api.ok("DeleteAssetGroup", Id=first)
    await check()
    await control.settings(transition=AT_ONCE)
    ids.append(await upload(api, second, pictures, Name="n"))
    await check()
    await api.ok("DeleteAssetGroup", Id=second)
    await check()
    assert (await api.ok("ListAssets"))["TotalCount"] == (await api.ok("ListAssetGroups"))["TotalCount"] == 0
