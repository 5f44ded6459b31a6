"""`stagedoor trigger`: make an event really happen, in the sandbox of `stagedoor dev`."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from stagedoor.cli.remote.actor import Actor
from stagedoor.cli.remote.connect import TIME_IS_OVER, USAGE, complaining, sandbox, stop
from stagedoor.cli.remote.words import say

if TYPE_CHECKING:
    from stagedoor_client import Asset, Check, Client, Invitation
    from stagedoor_client.sandbox import Sandbox

WITHIN = 20.0
"""Seconds in which the event has to happen."""
FAULT = "trigger"
EXCHANGE = "GetVisualValidateResult"
FAILING = "fail:ContentRestricted"
"""A name that the emulator refuses an asset for."""


class Play(NamedTuple):
    """Whose sandbox, and a client of it."""

    sandbox: "Sandbox"
    client: "Client"

    def check(self, outcome: str) -> "Check":
        check = self.client.start_check(f"{self.sandbox.gateway_url}/healthz")
        self.sandbox.play(check, outcome)
        return check

    def group(self) -> str:
        return self.client.create_group("stagedoor trigger").id

    def asset(self, name: str = "stagedoor trigger") -> "Asset":
        return self.client.create_asset(self.group(), self.sandbox.sample(), name=name)

    def invitation(self) -> "Invitation":
        return self.client.create_invitation("stagedoor trigger", purposes=["stagedoor trigger"])

    def actor(self) -> Actor:
        return Actor(self.sandbox, self.invitation().link)


def _pass(play: Play) -> None:
    play.check("pass")


def _fail(play: Play) -> None:
    play.check("fail")


def _lose(play: Play) -> None:
    play.sandbox.control("PATCH", "settings", {"token_policy": "used_up_by_success"})
    play.sandbox.fault("reset_after", EXCHANGE, name=FAULT)
    play.check("pass")


def _upload(play: Play) -> None:
    play.asset()


def _upload_refused(play: Play) -> None:
    play.asset(FAILING)


def _import(play: Play) -> None:
    play.client.create_import([{"url": play.sandbox.sample(), "asset_type": "Image"}], group_id=play.group())


def _delete_asset(play: Play) -> None:
    play.client.delete_asset(play.asset().id)


def _group(play: Play) -> None:
    play.group()


def _delete_group(play: Play) -> None:
    play.client.delete_group(play.group())


def _invite(play: Play) -> None:
    play.invitation()


def _cancel(play: Play) -> None:
    play.client.cancel_invitation(play.invitation().id)


def _agree(play: Play) -> None:
    play.actor().agree()


def _complete(play: Play) -> None:
    play.actor().pass_check()


def _withdraw(play: Play) -> None:
    actor = play.actor()
    actor.pass_check()
    actor.withdraw()


# What is not here takes half an hour or more, or depends on what other checks have left open.
TRIGGERS: Mapping[str, Callable[[Play], None]] = {
    "session.passed": _pass,
    "session.exchanged": _pass,
    "session.failed": _fail,
    "session.unknown": _lose,
    "asset.created": _upload,
    "asset.active": _upload,
    "asset.failed": _upload_refused,
    "asset.deleted": _delete_asset,
    "import.completed": _import,
    "group.created": _group,
    "group.deleted": _delete_group,
    "invitation.created": _invite,
    "invitation.consented": _agree,
    "invitation.completed": _complete,
    "invitation.cancelled": _cancel,
    "consent.withdrawn": _withdraw,
    "deletion.proved": _withdraw,
}


def trigger(
    event: Annotated[str, typer.Argument(help="A type of event, session.exchanged say.")],
) -> None:
    """Make an event really happen in the sandbox of `stagedoor dev` in this folder, and print its id."""
    act = TRIGGERS.get(event)
    if act is None:
        stop(say("cannot_trigger", event=event, events=", ".join(TRIGGERS)), USAGE)
    with complaining():
        where = sandbox()
        with where.client() as client:
            before = [one.id for one in client.iter_events(types=[event])]
            kept = where.control("GET", "settings")["token_policy"]
            try:
                act(Play(where, client))
                print(_wait(client, event, after=before[-1] if before else "0"))
            finally:
                where.control("DELETE", f"faults?name={FAULT}")
                where.control("PATCH", "settings", {"token_policy": kept})


def _wait(client: "Client", event: str, *, after: str) -> str:
    """Return the id of the first event of the type after another one."""
    ends_at = time.monotonic() + WITHIN
    while not (found := client.list_events(after=after, limit=1, types=[event]).items):
        if time.monotonic() > ends_at:
            stop(say("did_not_happen", event=event, seconds=WITHIN), TIME_IS_OVER)
        time.sleep(0.1)
    return found[0].id
