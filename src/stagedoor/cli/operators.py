"""`stagedoor operators`: the people who sign in to the console."""

from collections.abc import Awaitable
from typing import Annotated

import typer

from stagedoor.cli.common import with_runtime

app = typer.Typer(help="The people who sign in to the console.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name they sign in with; never given to anybody else later.")],
    auditor: Annotated[
        bool, typer.Option("--auditor", help="They see everything but faces and secrets, and change nothing.")
    ] = False,
) -> None:
    """Add an operator and print the link by which they set up how they sign in. It works once, for 30 minutes."""
    from stagedoor.operators.manage import add_operator

    print(with_runtime(lambda rt: _whole(rt.settings.public_url, add_operator(rt, name, _role(auditor)))))


def _role(auditor: bool) -> str:
    return "auditor" if auditor else "operator"


async def _whole(public_url: str, path: Awaitable[str]) -> str:
    """Return the whole link where it is known, the path in the console where it is not."""
    return public_url.rstrip("/") + await path


@app.command("list")
def show() -> None:
    """List the operators: id, name, role."""
    from stagedoor.operators.store import list_operators

    for operator in with_runtime(lambda rt: rt.db.read(list_operators)):
        print(operator.id, operator.name, operator.role, sep="\t")


@app.command("remove")
def remove(name: Annotated[str, typer.Argument(help="The operator's name.")]) -> None:
    """Let an operator in no more, and end their sessions at once."""
    from stagedoor.operators.manage import remove_operator

    with_runtime(lambda rt: remove_operator(rt, name))


@app.command("reset")
def reset(name: Annotated[str, typer.Argument(help="The operator's name.")]) -> None:
    """Take away everything an operator signs in with, end their sessions, and print a link to set it up anew."""
    from stagedoor.operators.manage import reset_operator

    print(with_runtime(lambda rt: _whole(rt.settings.public_url, reset_operator(rt, name))))
