"""`stagedoor verify`: invite an actor from a terminal, and wait until the face check is passed."""

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from stagedoor.cli.remote.connect import USAGE, gateway, stop
from stagedoor.cli.remote.show import Json, show_one
from stagedoor.cli.remote.words import say

if TYPE_CHECKING:
    from rich.live import Live

    from stagedoor_client import Client, Invitation

CHECK_SECONDS = 120
"""How long an actor has for the face check, once begun."""


def verify(
    name: Annotated[str | None, typer.Argument(help="Who or what for, as the actor reads it.")] = None,
    resume: Annotated[str | None, typer.Option(help="Wait for this invitation, which is there already.")] = None,
    purpose: Annotated[
        list[str] | None, typer.Option(help="What the actor is asked to agree to; repeat for more.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of the actor's pages: zh, zh-Hant or en.")] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="How long the link is good.")] = 7,
    within: Annotated[float, typer.Option(min=0, help="Minutes to wait at most; the link stays good.")] = 60,
    as_json: Json = False,
) -> None:
    """Invite an actor: show the link and its QR code, wait for the face check, and print the GroupId."""
    if (name is None) == (resume is None):
        stop(say("name_or_resume"), USAGE)
    with gateway() as client:
        if resume is not None:
            invitation = client.get_invitation(resume)
        else:
            invitation = client.create_invitation(
                str(name), purposes=purpose, language=language, expires_in=days * 86_400
            )
        _show_link(invitation)
        done = _wait(client, invitation, within * 60)
    print(say("completed", group=done.group_id), file=sys.stderr)
    if as_json:
        show_one(done, as_json=True)
    else:
        print(done.group_id)


def _wait(client: "Client", invitation: "Invitation", seconds: float) -> "Invitation":
    from stagedoor_client import InvitationEnded, StagedoorError

    with Progress() as progress:
        try:
            return client.wait_until_completed(invitation, within=seconds, on_update=progress.tell)
        except InvitationEnded:
            raise
        except (KeyboardInterrupt, StagedoorError):
            print(say("go_on", invitation=invitation.id), file=sys.stderr)
            raise


def _show_link(invitation: "Invitation") -> None:
    print(say("scan"), file=sys.stderr)
    if sys.stderr.isatty():
        import segno

        segno.make(invitation.link, error="l").terminal(out=sys.stderr, compact=True)
    print(invitation.link, file=sys.stderr)


class Progress:
    """How far it is: a line that lives on a terminal, a line for each step elsewhere."""

    def __init__(self) -> None:
        self._step = "open"
        self._since = 0.0
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                console=Console(stderr=True), get_renderable=self._render, refresh_per_second=4, transient=True
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def tell(self, step: str) -> None:
        if step == "completed":
            return
        self._step, self._since = step, time.monotonic()
        if self._live is None:
            print(self._line(), file=sys.stderr, flush=True)

    def _line(self) -> str:
        line = say(self._step) if self._step in {"open", "consented", "passed", "failed"} else self._step
        left = int(CHECK_SECONDS - (time.monotonic() - self._since))
        if self._live is not None and self._step == "consented" and left > 0:
            line = f"{line}, {say('seconds_left', seconds=left)}"
        return line

    def _render(self) -> Any:
        from rich.spinner import Spinner

        return Spinner("dots", text=self._line())
