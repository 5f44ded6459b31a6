"""Assets: the five actions on them."""

from datetime import datetime, timedelta
from typing import Any

from stagedoor.emulator.clock import to_iso
from stagedoor.emulator.errors import ArkError, asset_not_found, quota_exceeded
from stagedoor.emulator.fields import choice, record, required_text, text
from stagedoor.emulator.groups import LONGEST_NAME, get_group, open_project
from stagedoor.emulator.ids import new_resource_id
from stagedoor.emulator.links import media_url
from stagedoor.emulator.listing import Listing, list_page, read_filter, read_statuses
from stagedoor.emulator.rows import Asset, Group
from stagedoor.emulator.settings import Transition
from stagedoor.emulator.uploads import Fate, check_url, decide_fate, keep_file
from stagedoor.emulator.world import World

DEEPEST_ASSET = 20_000
ASSET_TYPES = ("Image", "Video", "Audio")


async def create_asset(world: World, body: dict[str, Any]) -> dict[str, Any]:
    group_id = required_text(body, "GroupId")
    url = required_text(body, "URL")
    required_text(body, "AssetType")
    asset_type = choice(body, "AssetType", ASSET_TYPES) or ""
    name = text(body, "Name", LONGEST_NAME) or ""
    moderation = _read_moderation(world, body)
    project = open_project(world, body)
    check_url(url)
    group = get_group(world, group_id, project)
    _check_room(world)
    fate = await decide_fate(world, url=url, asset_type=asset_type, name=name, group_type=group.group_type)
    file_name = await keep_file(world, fate)
    try:
        # The download took a while: the group may be gone and the last place taken.
        group = get_group(world, group_id, project)
        _check_room(world)
    except ArkError:
        world.drop_media(file_name)
        raise
    asset = _new_asset(world, group, fate, name=name, asset_type=asset_type, moderation=moderation, file_name=file_name)
    world.store.add_asset(asset)
    return {"Id": asset.id}


async def get_asset(world: World, body: dict[str, Any]) -> dict[str, Any]:
    asset_id, project = required_text(body, "Id"), open_project(world, body)
    world.store.settle_assets(world.clock.now())
    asset = _get_asset(world, asset_id, project)
    world.store.mark_looked_at([asset.id])
    return asset_document(world, asset)


async def list_assets(world: World, body: dict[str, Any]) -> dict[str, Any]:
    conditions = read_filter(body, open_project(world, body)) | {"statuses": read_statuses(body)}
    world.store.settle_assets(world.clock.now())
    listing = Listing(
        count=world.store.count_listed_assets,
        read=world.store.list_assets,
        show=lambda asset: asset_document(world, asset),
        sort_by=("CreateTime", "UpdateTime", "GroupId"),
        deepest=DEEPEST_ASSET,
    )
    page = list_page(listing, body, conditions, world.rules)
    world.store.mark_looked_at([item["Id"] for item in page["Items"]])
    return page


async def update_asset(world: World, body: dict[str, Any]) -> dict[str, Any]:
    asset_id, name = required_text(body, "Id"), text(body, "Name", LONGEST_NAME)
    asset = _get_asset(world, asset_id, open_project(world, body))
    omitted = asset.name if world.rules.omitted_field == "kept" else ""
    world.store.mark_asset_renamed(asset.id, omitted if name is None else name, world.clock.now())
    return {"Id": asset.id}


async def delete_asset(world: World, body: dict[str, Any]) -> dict[str, Any]:
    asset = _get_asset(world, required_text(body, "Id"), open_project(world, body))
    world.store.delete_asset(asset.id)
    world.drop_media(asset.file_name)
    return {}


def asset_document(world: World, asset: Asset) -> dict[str, Any]:
    document: dict[str, Any] = {
        "Id": asset.id,
        "Name": asset.name,
        "URL": media_url(world, asset.file_name),
        "AssetType": asset.asset_type,
        "GroupId": asset.group_id,
        "Status": asset.status,
        "Moderation": {"Strategy": asset.moderation},
        "ProjectName": asset.project,
        "CreateTime": to_iso(asset.created_at),
        "UpdateTime": to_iso(asset.updated_at),
    }
    if asset.status == "Failed":
        document["Error"] = {"Code": asset.error_code, "Message": asset.error_message}
    return document


def ready_at(transition: Transition, now: datetime) -> datetime:
    return now + timedelta(seconds=transition.seconds) if transition.mode == "after" else now


def _get_asset(world: World, asset_id: str, project: str) -> Asset:
    asset = world.store.find_asset(asset_id, project)
    if asset is None:
        raise asset_not_found(asset_id)
    return asset


def _check_room(world: World) -> None:
    limit = world.rules.asset_limit
    if limit and world.store.count_assets() >= limit:
        raise quota_exceeded("assets", limit)


def _read_moderation(world: World, body: dict[str, Any]) -> str:
    given = record(body, "Moderation") or {}
    strategy = choice(given, "Strategy", ("Default", "Skip"), path="Moderation.") or "Default"
    if strategy == "Skip" and world.rules.moderation_skip == "refused":
        raise ArkError(403, "OperationDenied.SecureMode", "Moderation cannot be skipped while Secure Mode is on.")
    return strategy


def _new_asset(
    world: World, group: Group, fate: Fate, *, name: str, asset_type: str, moderation: str, file_name: str
) -> Asset:
    now, transition = world.clock.now(), world.rules.transition
    return Asset(
        id=new_resource_id("asset", now, world.store.has_id),
        project=group.project,
        group_id=group.id,
        group_type=group.group_type,
        name=name,
        asset_type=asset_type,
        moderation=moderation,
        status="Processing",
        fate=fate.status,
        error_code=fate.code,
        error_message=fate.message,
        file_name=file_name,
        content_type=fate.content_type,
        looks_left=transition.looks if transition.mode == "looks" else 0,
        ready_at=ready_at(transition, now),
        created_at=now,
        updated_at=now,
    )
