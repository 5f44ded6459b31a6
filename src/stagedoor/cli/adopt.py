"""`stagedoor adopt`: take over what exists in an upstream account already."""

from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.common import with_runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from stagedoor.adoption.adopt import Tally, Wanted
    from stagedoor.runtime import Runtime


def adopt(
    channel: Annotated[str, typer.Argument(help="The channel whose account it is: name or id.")],
    tenant: Annotated[str, typer.Option(help="The tenant whose everything becomes.")],
    project: Annotated[
        str | None, typer.Option(help="The account's project. Left out: the tenant's, or the channel's.")
    ] = None,
    name_prefix: Annotated[str, typer.Option(help="Only groups whose names begin with this.")] = "",
    group: Annotated[list[str] | None, typer.Option(help="Only this group; repeat for more.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Make groups and assets that exist in an account a tenant's. Interrupted, the same command goes on where it was."""
    import msgspec

    from stagedoor.adoption.adopt import adopt as adopt_all
    from stagedoor.channels.book import open_book

    async def work(rt: "Runtime") -> "Tally":
        wanted = await _wanted(rt, channel, tenant, project, name_prefix, tuple(group or ()), dry_run=dry_run)
        async with open_book(rt) as book:
            with _progress() as tell:
                return await adopt_all(rt, book, wanted, tell)

    tally = with_runtime(work)
    if as_json:
        print(msgspec.json.encode({"dry_run": dry_run, **msgspec.to_builtins(tally)}).decode())
    else:
        _print(tally, dry_run=dry_run)


async def _wanted(
    rt: "Runtime",
    channel_name: str,
    tenant_id: str,
    project: str | None,
    name_prefix: str,
    group_ids: tuple[str, ...],
    *,
    dry_run: bool,
) -> "Wanted":
    from stagedoor.adoption.adopt import Wanted
    from stagedoor.adoption.records import Home
    from stagedoor.channels.store import get_channel_by_name
    from stagedoor.errors import InvalidParameter
    from stagedoor.tenants.store import get_tenant

    channel = await rt.db.read(lambda tx: get_channel_by_name(tx, channel_name))
    tenant = await rt.db.read(lambda tx: get_tenant(tx, tenant_id))
    if tenant.project_name is not None and project not in {None, tenant.project_name}:
        raise InvalidParameter(f"This tenant's project is {tenant.project_name}.", field="ProjectName")
    home = Home(tenant.id, channel.id, project or tenant.project_name or channel.project_name)
    return Wanted(home, name_prefix, group_ids, dry_run)


def _progress() -> "AbstractContextManager[Callable[[Tally], None]]":
    """Show how far it is on a terminal; a file or a pipe gets nothing of it."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    @contextmanager
    def shown() -> "Iterator[Callable[[Tally], None]]":
        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
            task = bar.add_task("reading")

            def tell(tally: "Tally") -> None:
                groups = tally.groups_adopted + tally.groups_known
                assets = tally.assets_adopted + tally.assets_known
                bar.update(task, description=f"{groups} groups, {assets} assets")

            yield tell

    return shown()


def _print(tally: "Tally", *, dry_run: bool) -> None:
    adopted = "to adopt" if dry_run else "adopted"
    lines = {
        "groups": {
            adopted: tally.groups_adopted,
            "known": tally.groups_known,
            "another tenant's": tally.groups_foreign,
            "held back": tally.groups_held_back,
        },
        "assets": {
            adopted: tally.assets_adopted,
            "known": tally.assets_known,
            "another tenant's": tally.assets_foreign,
            "held back": tally.assets_held_back,
            "unreadable": tally.assets_unreadable,
        },
    }
    for what, counts in lines.items():
        print(what, *(f"{count} {name}" for name, count in counts.items()), sep="\t")
    named = {"another tenant's": tally.foreign, "held back": tally.held_back, "missing": tally.missing}
    for name, ids in named.items():
        for one in ids:
            print(name, one, sep="\t")
