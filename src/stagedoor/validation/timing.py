"""When Ark may be asked for a session's group: not so early that asking might burn the token, and not too late."""

from datetime import datetime, timedelta

from stagedoor.errors import BytedTokenExpired, ExchangeUnknown, ValidatePending
from stagedoor.runtime import Runtime
from stagedoor.settings import Settings
from stagedoor.validation.store import ValidationSession

MARGIN = timedelta(seconds=5)
"""No attempt of our own begins later than this before the token is given up."""


def check_time(rt: Runtime, session: ValidationSession) -> None:
    """Refuse to ask Ark too late, or so early that asking might burn the token.

    Raises:
        BytedTokenExpired: the token is older than ``token_lifetime``.
        ExchangeUnknown: the same, and an answer of Ark was lost on the way.
        ValidatePending: our own callback has not come and may still come.

    """
    now, settings = rt.clock.now(), rt.settings
    if session.is_exchanging(now):
        return
    if session.open_until is None or now >= session.open_until:
        raise ExchangeUnknown if session.may_have_group else BytedTokenExpired
    if session.state != "open" or session.callback_hash is None or settings.ask_without_callback == "always":
        return
    window_ends = session.created_at + timedelta(seconds=settings.link_window)
    if settings.ask_without_callback == "never" or now < window_ends:
        raise ValidatePending(retry_after=timedelta(seconds=2))


def when_to_ask(settings: Settings, session: ValidationSession) -> datetime:
    """Return when Ark may be asked without anybody having asked for it; at the token's end, when it may not."""
    given_up_at = session.open_until or session.created_at
    if session.state == "passed" or session.may_have_group:
        return session.created_at
    if session.state != "open" or session.callback_hash is None or settings.ask_without_callback == "never":
        return given_up_at
    if session.claims:
        # Asked already, and the actor was not done. Once more at the last moment: the callback may have been lost.
        return given_up_at - MARGIN
    return min(session.created_at + timedelta(seconds=settings.link_window), given_up_at - MARGIN)
