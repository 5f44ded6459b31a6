"""`stagedoor cases`: sessions whose group nobody but an operator can tell."""

from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.common import with_runtime

if TYPE_CHECKING:
    from stagedoor.cases.store import Case
    from stagedoor.runtime import Runtime

app = typer.Typer(help="Face checks whose group cannot be told without guessing.", no_args_is_help=True)

CaseId = Annotated[str, typer.Argument(help="The case's id.")]


@app.command("list")
def show(
    resolved: Annotated[bool, typer.Option("--resolved", help="Those that are decided, the latest first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many at most.")] = 100,
) -> None:
    """List cases: id, tenant, session, groups it may be, sessions that may own them as well."""
    from stagedoor.cases.store import list_cases

    for case in with_runtime(lambda rt: rt.db.read(lambda tx: list_cases(tx, resolved=resolved, at_most=limit))):
        _print(case)


@app.command("resolve")
def resolve(
    case: CaseId,
    group: Annotated[str | None, typer.Option(help="The group that is this person's.")] = None,
    no_group: Annotated[bool, typer.Option("--no-group", help="There is none: the actor has to do it again.")] = False,
) -> None:
    """Decide a case. Compare the person's picture in Ark's console with the group's before you do."""
    from stagedoor.channels.book import open_book
    from stagedoor.validation.resolve import resolve_case

    if (group is None) is not no_group:
        raise typer.BadParameter("Say either --group or --no-group.")

    async def work(rt: "Runtime") -> "Case":
        async with open_book(rt) as book:
            return await resolve_case(rt, book, case, group)

    _print(with_runtime(work))


def _print(case: "Case") -> None:
    decided = case.group_id or ("no group" if case.resolved_at else "open")
    print(
        case.id,
        case.tenant_id,
        case.session_id,
        ",".join(case.candidates) or "-",
        ",".join(case.rivals) or "-",
        decided,
        sep="\t",
    )
