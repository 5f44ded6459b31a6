"""What waiting goes by: how long, for which events, and what may pass."""

import time
from collections.abc import Callable
from typing import TypeVar

from stagedoor_client.errors import ConnectionFailed, LimitReached, ServerFailed, StagedoorError
from stagedoor_client.events import Event

SILENCE_SECONDS = 45.0
"""How long a stream may be silent: three heartbeats."""
LOOK_SECONDS = 10.0
"""How long a waiter trusts a silent stream before it looks itself."""
POLL_SECONDS = 3.0
"""How often it looks where there is no stream."""
RECONNECT_SECONDS = 0.5
ASSET_ENDS = ("asset.active", "asset.failed", "asset.deleted")
IMPORT_ENDS = ("import.completed",)
SESSION_STEPS = (
    "session.passed",
    "session.exchanged",
    "session.reconciled",
    "session.failed",
    "session.expired",
    "session.unknown",
)
INVITATION_STEPS = (
    "invitation.consented",
    "invitation.completed",
    "invitation.cancelled",
    "invitation.expired",
    *SESSION_STEPS,
)
Word = TypeVar("Word")

now = time.monotonic


def may_pass(error: StagedoorError) -> bool:
    """Tell whether an error is trouble on the way, which says nothing of what is waited for."""
    return error.retry in {"same_request", "later"}


def may_come_back(error: StagedoorError) -> bool:
    """Tell whether a stream that broke, or was refused, may be opened again in a while."""
    return isinstance(error, (ConnectionFailed, ServerFailed, LimitReached))


def step_of(event: Event | None, before: str, first: str = "pending") -> str:
    """Return the word for how far a check or an invitation is: the last event's, or the first one."""
    return event.type.partition(".")[2] if event else before or first


def tell(on_update: Callable[[Word], object] | None, before: object, word: Word) -> Word:
    """Call back when the word is another than before, and return it."""
    if on_update is not None and word != before:
        on_update(word)
    return word
