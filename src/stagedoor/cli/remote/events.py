"""`stagedoor events`: what happened, and what happens."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from stagedoor.cli.remote.connect import gateway
from stagedoor.cli.remote.show import Json

if TYPE_CHECKING:
    from stagedoor_client import Event

app = typer.Typer(help="What happened, and what happens.", no_args_is_help=True)

After = Annotated[str | None, typer.Option(help="Only what came after the event with this id; 0: everything.")]
Types = Annotated[list[str] | None, typer.Option("--type", help="Only of this type; repeat for more.")]


@app.command("list")
def show(after: After = "0", types: Types = None, as_json: Json = False) -> None:
    """List the events there are, the oldest first."""
    with gateway() as client:
        for event in client.iter_events(after=after or "0", types=types or ()):
            _show(event, as_json=as_json)


@app.command("tail")
def tail(after: After = None, types: Types = None, as_json: Json = False) -> None:
    """Show events as they happen, until Ctrl-C; nothing is missed over broken connections."""
    with gateway() as client:
        for event in client.stream_events(after=after, types=types or ()):
            _show(event, as_json=as_json)


def _show(event: "Event", *, as_json: bool) -> None:
    at = event.time.strftime("%Y-%m-%dT%H:%M:%SZ") if event.time else ""
    if as_json:
        print(json.dumps({"id": event.id, "type": event.type, "time": at, "data": event.data}), flush=True)
    else:
        print(at, event.id, event.type, event.object_id, sep="\t", flush=True)
