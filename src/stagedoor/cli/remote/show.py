"""How results are shown: a table for people, one line of JSON each for programs, or ids alone."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from stagedoor.cli.remote.words import say

if TYPE_CHECKING:
    from stagedoor_client.reading import Result

Json = Annotated[bool, typer.Option("--json", help="One line of JSON for each, as the gateway answered it.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Ids only, one on a line.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]
All = Annotated[bool, typer.Option("--all", help="All there are.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

Kind = TypeVar("Kind", bound="Result")


def show_list(
    found: "Iterable[Kind]",
    columns: "Sequence[tuple[str, Callable[[Kind], object]]]",
    *,
    at_most: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Print results as they come: with headings on a terminal, separated by tabs elsewhere."""
    rows = islice(found, at_most)
    if as_json or quiet:
        for one in rows:
            print(_line(one) if as_json else getattr(one, "id"), flush=True)  # noqa: B009 - every listed kind has one
        return
    cells = ([str(value(one)) for _, value in columns] for one in rows)
    if sys.stdout.isatty():
        _show_table([name for name, _ in columns], cells)
    else:
        for row in cells:
            print(*row, sep="\t")


def show_one(found: "Result", *, as_json: bool) -> None:
    """Print a result: its fields as the gateway names them, one on a line."""
    if as_json:
        print(_line(found))
        return
    for name, value in found.raw.items():
        print(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), sep="\t")


def ask_to_delete(what: str, *, yes: bool) -> None:
    """Return when the person at the terminal agrees, or has done so beforehand."""
    from stagedoor.cli.remote.connect import REFUSED, USAGE, stop

    if yes:
        return
    if not sys.stdin.isatty():
        stop(say("cannot_ask", what=what), USAGE)
    if not typer.confirm(say("delete", what=what), err=True):
        stop(say("not_deleted"), REFUSED)


def _line(found: "Result") -> str:
    return json.dumps(found.raw, ensure_ascii=False, separators=(",", ":"))


def _show_table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table: Any = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
