"""`stagedoor groups`: the asset groups of the tenant, actors among them."""

from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.remote.connect import gateway
from stagedoor.cli.remote.show import All, Json, Limit, Quiet, Yes, ask_to_delete, show_list, show_one

if TYPE_CHECKING:
    from stagedoor_client.options import GroupQuery

app = typer.Typer(help="Asset groups: actors who passed the face check, and your own.", no_args_is_help=True)

GroupId = Annotated[str, typer.Argument(help="The group's id.")]


@app.command("list")
def show(
    name: Annotated[str | None, typer.Option(help="Only groups whose name has this in it.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="LivenessFace: actors; AIGC: the others.")] = None,
    limit: Limit = 20,
    every: All = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List groups, the newest first."""
    query: GroupQuery = {"sort_by": "CreateTime", "sort_order": "Desc"}
    if name is not None:
        query["name"] = name
    if kind is not None:
        query["group_type"] = kind
    with gateway() as client:
        show_list(
            client.iter_groups(**query),
            (("Id", lambda one: one.id), ("Type", lambda one: one.group_type), ("Name", lambda one: one.name)),
            at_most=None if every else limit,
            as_json=as_json,
            quiet=quiet,
        )


@app.command("show")
def one(group_id: GroupId, as_json: Json = False) -> None:
    """Show a group."""
    with gateway() as client:
        show_one(client.get_group(group_id), as_json=as_json)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    description: Annotated[str | None, typer.Option(help="More about it.")] = None,
) -> None:
    """Make a group without a face check, for what shows no real person, and print its id."""
    with gateway() as client:
        print(client.create_group(name, description=description).id)


@app.command("rename")
def rename(group_id: GroupId, name: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Give a group another name."""
    with gateway() as client:
        client.update_group(group_id, name=name)


@app.command("delete")
def delete(group_id: GroupId, yes: Yes = False) -> None:
    """Delete a group with everything in it."""
    ask_to_delete(group_id, yes=yes)
    with gateway() as client:
        client.delete_group(group_id)
