"""Groups, and what is in them as a gallery: faces are behind a veil until somebody asks to see one, which is written down."""

from typing import Any

import msgspec

from stagedoor.assets.get import answer_get_asset
from stagedoor.assets.listing import answer_list_assets
from stagedoor.assets.store import get_asset
from stagedoor.audit.store import record
from stagedoor.console.browser import TEXT, Answer
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.media import check_ticket, fetch_media, new_ticket
from stagedoor.console.remedies import remedy_of
from stagedoor.console.visit import Visit
from stagedoor.contract import requests
from stagedoor.errors import NotFound
from stagedoor.groups.get import answer_get_group
from stagedoor.groups.listing import answer_list_groups

AT_ONCE = 24


class ShownAsset(msgspec.Struct, frozen=True):
    """An asset as its tenant is answered, without its address."""

    Id: str
    GroupId: str
    Name: str
    AssetType: str
    Status: str
    CreateTime: str
    UpdateTime: str
    ProjectName: str = ""
    Error: dict[str, str] | None = None

    @property
    def remedy(self) -> str:
        return "" if self.Error is None else remedy_of(self.Error.get("Code", ""))


async def show_groups(visit: Visit) -> Answer:
    tenant, after = await visit.tenant(), visit.browser.query.get("after")
    wanted = requests.ListAssetGroups(model="", MaxResults=AT_ONCE, NextToken=after or None)
    page = await answer_list_groups(visit.call(tenant), wanted)
    return visit.page("groups.html", tenant=tenant, groups=page.Items, first=after, following=page.NextToken or "")


async def show_group(visit: Visit) -> Answer:
    tenant, group_id = await visit.tenant(), visit.params["group"]
    group = await answer_get_group(visit.call(tenant), requests.GetAssetGroup(model="", Id=group_id))
    return await _gallery(visit, "group.html", requests.AssetFilter(GroupIds=[group_id]), tenant=tenant, group=group)


async def show_assets(visit: Visit) -> Answer:
    status = visit.browser.query.get("status", "")
    wanted = requests.AssetFilter(Statuses=[status]) if status in {"Processing", "Active", "Failed"} else None
    return await _gallery(visit, "assets.html", wanted, tenant=await visit.tenant(), chosen=status)


async def _gallery(visit: Visit, template: str, wanted: requests.AssetFilter | None, **context: Any) -> Answer:
    after = visit.browser.query.get("after")
    request = requests.ListAssets(model="", Filter=wanted, MaxResults=AT_ONCE, NextToken=after or None)
    page = await answer_list_assets(visit.call(context["tenant"]), request)
    assets = [msgspec.json.decode(one, type=ShownAsset) for one in page.Items]
    return visit.page(template, assets=assets, first=after, following=page.NextToken or "", **context)


async def show_asset(visit: Visit, *, picture: str = "") -> Answer:
    tenant, asset = await visit.tenant(), await _asset(visit)
    return visit.page("asset.html", tenant=tenant, asset=asset, picture=picture)


async def _asset(visit: Visit) -> ShownAsset:
    wanted = requests.GetAsset(model="", Id=visit.params["asset"])
    return msgspec.json.decode(await answer_get_asset(visit.call(await visit.tenant()), wanted), type=ShownAsset)


async def view(visit: Visit) -> Answer:
    """Lift the veil for a minute, and write down who has looked. A script gets the picture's address alone."""
    tenant, asset = await visit.tenant(), await _asset(visit)
    details = {"group_id": asset.GroupId}
    await visit.rt.db.write(
        lambda tx: record(tx, tenant.id, visit.by, "asset.viewed", asset.Id, details, now=visit.rt.clock.now())
    )
    picture = f"{visit.browser.path}/media?ticket={new_ticket(visit, asset.Id)}"
    if visit.field("plain"):
        return Answer(picture.encode(), content_type=TEXT)
    return await show_asset(visit, picture=picture)


async def show_media(visit: Visit) -> Answer:
    """Pass the bytes on: the page loads nothing from anybody else, and the address stays here."""
    check_ticket(visit, visit.params["asset"])
    wanted = requests.GetAsset(model="", Id=visit.params["asset"])
    tenant = await visit.tenant()
    answer = msgspec.json.decode(await answer_get_asset(visit.call(tenant), wanted), type=_Address)
    if not answer.URL:
        raise NotFound("The asset library gives no address of this asset.", field="URL")
    asset = await visit.rt.db.read(lambda tx: get_asset(tx, tenant.id, visit.params["asset"]))
    channel = await visit.book.get(asset.channel_id)
    return await fetch_media(answer.URL, private=channel.kind == "emulator")


class _Address(msgspec.Struct, frozen=True):
    URL: str = ""


PAGES = [
    Page("/console/tenants/{tenant}/groups", show_groups),
    Page("/console/tenants/{tenant}/groups/{group}", show_group),
    Page("/console/tenants/{tenant}/assets", show_assets),
    Page("/console/tenants/{tenant}/assets/{asset}", show_asset, {"view": Act(view)}),
    Page("/console/tenants/{tenant}/assets/{asset}/media", show_media, faces=True),
]
