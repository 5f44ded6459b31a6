"""Numbered pages and cursors walk the same rows in the same order, and a cursor holds still while others write."""

from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagedoor.assets.store import remove_asset
from tests.support.gateway import RunningGateway
from tests.support.lists import expected_ids, walk_cursor, walk_pages
from tests.support.rows import LONG_AGO, add_rows, asset_row, group_row, only_channel

SERIAL = count()
# Few different moments and names, so that ties are the rule.
MOMENTS = st.integers(0, 3).map(lambda seconds: LONG_AGO + timedelta(seconds=seconds))
LOOKS = st.fixed_dictionaries(
    {
        "group": st.integers(0, 3),
        "status": st.sampled_from(["Active", "Failed"]),
        "asset_type": st.sampled_from(["Image", "Video", "Audio"]),
        "name": st.text("aB%_!é\u0130", max_size=3),
        "created_at": MOMENTS,
        "updated_at": MOMENTS,
    }
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "Name": st.text("ab%_!É\u0130", max_size=2),
        "GroupType": st.sampled_from(["AIGC", "LivenessFace"]),
        "Statuses": st.lists(st.sampled_from(["Processing", "Active", "Failed"]), max_size=3),
        "AssetType": st.sampled_from(["Image", "Video", "Audio"]),
        "groups": st.lists(st.integers(0, 4), max_size=3),
    },
)
SORTS = st.tuples(st.sampled_from(["CreateTime", "UpdateTime", "GroupId"]), st.sampled_from(["Asc", "Desc"]))
BOUNDED = settings(
    max_examples=20, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Tenant:
    """A tenant of its own for each example."""

    def __init__(self, gateway: RunningGateway) -> None:
        self.gateway = gateway
        self.mark = f"{next(SERIAL):04}"

    async def fill(self, looks: list[dict[str, Any]]) -> "Tenant":
        self.tenant, self.channel_id = await self.gateway.tenant(), await only_channel(self.gateway)
        self.api = await self.gateway.client(self.tenant)
        types = ("AIGC", "LivenessFace")
        self.groups = [
            group_row(self.tenant.id, self.channel_id, self.group_id(number), group_type=types[number % 2])
            for number in range(4)
        ]
        self.assets = [self.asset(number, **look) for number, look in enumerate(looks)]
        await add_rows(self.gateway, self.groups, self.assets)
        return self

    def group_id(self, number: int) -> str:
        return f"group-{self.mark}-{number}"

    def asset(self, number: int, *, group: int = 0, **look: Any) -> Any:
        chosen = self.groups[group]
        return asset_row(
            self.tenant.id,
            self.channel_id,
            f"asset-{self.mark}-{number:03}",
            chosen.id,
            group_type=chosen.group_type,
            **look,
        )

    def filter(self, wanted: dict[str, Any]) -> dict[str, Any]:
        fields = {name: value for name, value in wanted.items() if name != "groups"}
        return fields | {"GroupIds": [self.group_id(number) for number in wanted.get("groups", [])]}


@BOUNDED
@given(looks=st.lists(LOOKS, max_size=24), wanted=FILTERS, sort=SORTS, size=st.integers(1, 9))
async def test_both_ways_to_page_visit_the_same_ids_in_the_same_order(
    gateway: RunningGateway, looks: list[dict[str, Any]], wanted: dict[str, Any], sort: tuple[str, str], size: int
) -> None:
    tenant = await Tenant(gateway).fill(looks)
    asked: dict[str, Any] = {"Filter": tenant.filter(wanted), "SortBy": sort[0], "SortOrder": sort[1]}
    ids = expected_ids(tenant.assets, asked["Filter"], *sort)
    assert await walk_pages(tenant.api, "ListAssets", size, **asked) == ids
    assert await walk_cursor(tenant.api, "ListAssets", size, **asked) == ids


@BOUNDED
@given(
    looks=st.lists(LOOKS, min_size=4, max_size=16),
    late=st.lists(LOOKS, max_size=8),
    sort=SORTS,
    size=st.integers(1, 5),
    removed=st.integers(0, 3),
)
async def test_a_cursor_misses_nothing_and_repeats_nothing_while_others_write(
    gateway: RunningGateway,
    looks: list[dict[str, Any]],
    late: list[dict[str, Any]],
    sort: tuple[str, str],
    size: int,
    removed: int,
) -> None:
    tenant = await Tenant(gateway).fill(looks)
    asked: dict[str, Any] = {"SortBy": sort[0], "SortOrder": sort[1], "MaxResults": size}
    newcomers = [tenant.asset(100 + number, **look) for number, look in enumerate(late)]
    arriving, gone = iter(newcomers), tenant.assets[removed].id
    page = await tenant.api.ok("ListAssets", **asked)
    seen = [item["Id"] for item in page["Items"]]
    await gateway.rt.db.write(lambda tx: remove_asset(tx, tenant.tenant.id, gone))
    while "NextToken" in page:
        await add_rows(gateway, assets=[row for row in [next(arriving, None)] if row is not None])
        page = await tenant.api.ok("ListAssets", **asked, NextToken=page["NextToken"])
        seen += [item["Id"] for item in page["Items"]]
    assert len(seen) == len(set(seen))
    everything = expected_ids([*tenant.assets, *newcomers], {}, *sort)
    assert seen == [row_id for row_id in everything if row_id in set(seen)]
    assert {row.id for row in tenant.assets} - {gone} <= set(seen)
