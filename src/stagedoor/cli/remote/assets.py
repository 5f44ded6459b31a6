"""`stagedoor assets`: pictures, videos and voices of the tenant."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from stagedoor.cli.remote.connect import gateway
from stagedoor.cli.remote.show import All, Json, Limit, Quiet, Yes, ask_to_delete, show_list, show_one
from stagedoor.cli.remote.words import say

if TYPE_CHECKING:
    from stagedoor_client import Asset, Client
    from stagedoor_client.options import AssetQuery

app = typer.Typer(help="Assets: pictures, videos and voices in groups.", no_args_is_help=True)

AssetId = Annotated[str, typer.Argument(help="The asset's id.")]
Within = Annotated[float, typer.Option(min=0, help="Seconds to wait at most.")]


@app.command("list")
def show(
    group: Annotated[list[str] | None, typer.Option(help="Only of this group; repeat for more.")] = None,
    status: Annotated[
        list[str] | None, typer.Option(help="Only with this status: Processing, Active or Failed; repeat for more.")
    ] = None,
    limit: Limit = 20,
    every: All = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List assets, the newest first."""
    query: AssetQuery = {"sort_by": "CreateTime", "sort_order": "Desc"}
    if group:
        query["group_ids"] = group
    if status:
        query["statuses"] = status
    with gateway() as client:
        show_list(
            client.iter_assets(**query),
            (
                ("Id", lambda one: one.id),
                ("Status", lambda one: one.error.code if one.error else one.status),
                ("Type", lambda one: one.asset_type),
                ("Name", lambda one: one.name),
            ),
            at_most=None if every else limit,
            as_json=as_json,
            quiet=quiet,
        )


@app.command("show")
def one(asset_id: AssetId, as_json: Json = False) -> None:
    """Show an asset."""
    with gateway() as client:
        show_one(client.get_asset(asset_id), as_json=as_json)


@app.command("create")
def create(
    group_id: Annotated[str, typer.Argument(help="The group it goes into.")],
    url: Annotated[str, typer.Argument(help="Where the asset library can fetch it.")],
    kind: Annotated[Literal["Image", "Video", "Audio"], typer.Option("--type", help="What it is.")] = "Image",
    name: Annotated[str | None, typer.Option(help="What you call it.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until it can be used.")] = False,
    within: Within = 600,
) -> None:
    """Hand over a file by its address and print the asset's id; with --wait, the reference for prompts."""
    with gateway() as client:
        asset = client.create_asset(group_id, url, kind, name=name)
        print(_wait(client, asset, within).reference if wait else asset.id)


@app.command("wait")
def wait_for(asset_id: AssetId, within: Within = 600) -> None:
    """Wait until an asset can be used, and print the reference for prompts."""
    with gateway() as client:
        print(_wait(client, asset_id, within).reference)


@app.command("rename")
def rename(asset_id: AssetId, name: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Give an asset another name."""
    with gateway() as client:
        client.update_asset(asset_id, name=name)


@app.command("delete")
def delete(asset_id: AssetId, yes: Yes = False) -> None:
    """Delete an asset."""
    ask_to_delete(asset_id, yes=yes)
    with gateway() as client:
        client.delete_asset(asset_id)


def _wait(client: "Client", asset: "Asset | str", within: float) -> "Asset":
    def tell(found: "Asset") -> None:
        if sys.stderr.isatty():
            print(
                say(found.status) if found.status in {"Processing", "Active", "Failed"} else found.status,
                file=sys.stderr,
            )

    return client.wait_until_active(asset, within=within, on_update=tell)
