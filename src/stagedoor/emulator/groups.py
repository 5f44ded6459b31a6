"""Asset groups: the five actions on them, and the group a passed face check leaves behind."""

from typing import Any

from stagedoor.emulator.clock import to_iso
from stagedoor.emulator.errors import ArkError, group_not_found, invalid, project_not_found, quota_exceeded
from stagedoor.emulator.fields import choice, project_name, required_text, text
from stagedoor.emulator.ids import SUFFIX_ALPHABET, new_resource_id, random_text
from stagedoor.emulator.listing import Listing, list_page, read_filter
from stagedoor.emulator.rows import Group
from stagedoor.emulator.world import World

LONGEST_NAME = 64
LONGEST_DESCRIPTION = 300
DEEPEST_GROUP = 10_000


async def create_asset_group(world: World, body: dict[str, Any]) -> dict[str, Any]:
    name = required_text(body, "Name", LONGEST_NAME)
    description = text(body, "Description", LONGEST_DESCRIPTION) or ""
    if (choice(body, "GroupType", ("AIGC", "LivenessFace")) or "AIGC") != "AIGC":
        raise invalid("GroupType", "A LivenessFace group is only created by a passed face check.")
    project = open_project(world, body)
    check_group_room(world)
    return {"Id": add_group(world, project, name, description, "AIGC").id}


async def get_asset_group(world: World, body: dict[str, Any]) -> dict[str, Any]:
    return group_document(get_group(world, required_text(body, "Id"), open_project(world, body)))


async def list_asset_groups(world: World, body: dict[str, Any]) -> dict[str, Any]:
    listing = Listing(
        count=world.store.count_listed_groups,
        read=world.store.list_groups,
        show=group_document,
        sort_by=("CreateTime", "UpdateTime"),
        deepest=DEEPEST_GROUP,
    )
    return list_page(listing, body, read_filter(body, open_project(world, body)), world.rules)


async def update_asset_group(world: World, body: dict[str, Any]) -> dict[str, Any]:
    group_id = required_text(body, "Id")
    name = text(body, "Name", LONGEST_NAME)
    description = text(body, "Description", LONGEST_DESCRIPTION)
    group = get_group(world, group_id, open_project(world, body))
    keep = world.rules.omitted_field == "kept"
    world.store.mark_group_updated(
        group.id,
        # A group is never left without a name, whichever way an omitted field is read.
        name or group.name,
        description if description is not None else group.description if keep else "",
        world.clock.now(),
    )
    return {"Id": group.id}


async def delete_asset_group(world: World, body: dict[str, Any]) -> dict[str, Any]:
    group = get_group(world, required_text(body, "Id"), open_project(world, body))
    if group.group_type == "LivenessFace" and world.rules.liveness_group_delete == "refused":
        raise ArkError(403, "OperationDenied.AuthorizationValid", "The authorization of this group has not ended.")
    for file_name in world.store.delete_group(group.id):
        world.drop_media(file_name)
    return {}


def open_project(world: World, body: dict[str, Any]) -> str:
    """Return the project a call names.

    Raises:
        ArkError: ``NotFound.ProjectName`` when projects are declared and this is none of them.

    """
    project = project_name(body)
    if world.rules.projects and project not in world.rules.projects:
        raise project_not_found(project)
    return project


def get_group(world: World, group_id: str, project: str) -> Group:
    group = world.store.find_group(group_id, project)
    if group is None:
        raise group_not_found(group_id)
    return group


def check_group_room(world: World) -> None:
    """Refuse what would lead to one group too many. A check that is under way may still end with its group."""
    limit = world.rules.group_limit
    if limit and world.store.count_groups() >= limit:
        raise quota_exceeded("asset groups", limit)


def add_group(world: World, project: str, name: str, description: str, group_type: str) -> Group:
    now = world.clock.now()
    group = Group(
        id=new_resource_id("group", now, world.store.has_id),
        project=project,
        name=name,
        description=description,
        group_type=group_type,
        created_at=now,
        updated_at=now,
    )
    world.store.add_group(group)
    return group


def add_liveness_group(world: World, project: str) -> Group:
    """Create the group that a passed face check earns, at the moment it passes."""
    return add_group(world, project, f"figure_group_{random_text(5, SUFFIX_ALPHABET)}", "", "LivenessFace")


def group_document(group: Group) -> dict[str, Any]:
    return {
        "Id": group.id,
        "Name": group.name,
        # Samples show Title equal to Name; the field tables do not know it.
        "Title": group.name,
        "Description": group.description,
        "GroupType": group.group_type,
        "ProjectName": group.project,
        "CreateTime": to_iso(group.created_at),
        "UpdateTime": to_iso(group.updated_at),
    }
