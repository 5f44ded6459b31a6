"""⑪ Start a real-person check."""

from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from stagedoor.audit.store import record
from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.channels.store import Channel
from stagedoor.contract import requests, results
from stagedoor.contract.operations import BY_ACTION
from stagedoor.crash import crash_point
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import DatabaseUnavailable, InvalidParameter, OutcomeUnknown, UpstreamMalformed
from stagedoor.ids import random_base62
from stagedoor.jobs.store import add_job
from stagedoor.runtime import Runtime
from stagedoor.validation.store import EXCHANGE, ValidationSession, add_session, get_session_by_token, token_place
from stagedoor.validation.timing import when_to_ask

START = BY_ACTION["CreateVisualValidateSession"]
STATE_LENGTH = 22
"""Characters of base62: 131 bits."""


async def start_session(call: Call, request: requests.CreateVisualValidateSession) -> results.Session:
    """Ask Ark for a session whose callback comes here first, and record it under the hash of its token."""
    check_callback_url(request.CallbackURL)

    async def start_on(channel: Channel) -> Started:
        project_name = call.choose_project(channel, request.ProjectName)
        wanted = Wanted(call.tenant_id, channel.id, project_name, request.CallbackURL)
        return await open_session(call.rt, call.book, wanted, request.Lng, by=call.by)

    started = await call.bear(request.model, start_on)
    call.session_id = started.session.id
    return results.Session(
        BytedToken=started.byted_token, H5Link=started.h5_link, CallbackURL=started.session.callback_url
    )


async def find_started_session(call: Call, answer: msgspec.Raw) -> str:
    """Return the id of the session of an earlier answer of ⑪.

    Raises:
        NotFound: there is no such session.

    """
    byted_token = msgspec.json.decode(answer, type=results.Session).BytedToken
    token_hash = call.rt.vault.hash("byted_token", byted_token)
    session = await call.rt.db.read(lambda tx: get_session_by_token(tx, call.tenant_id, token_hash))
    return session.id


class Wanted(NamedTuple):
    """What a new session is for."""

    tenant_id: str
    channel_id: str
    project_name: str
    callback_url: str
    """The caller's page; empty for an invitation, which has a page here."""
    invitation_id: str | None = None

    def details(self) -> dict[str, str]:
        """Return what the audit trail says of it."""
        details = {"channel_id": self.channel_id}
        return details if self.invitation_id is None else {**details, "invitation_id": self.invitation_id}


class Started(NamedTuple):
    """A session and the two credentials of its actor."""

    session: ValidationSession
    byted_token: str
    h5_link: str


async def open_session(rt: Runtime, book: ChannelBook, wanted: Wanted, language: str | None, *, by: str) -> Started:
    """Ask Ark for a session and record it.

    Args:
        rt: the runtime.
        book: the channels.
        wanted: what it is for.
        language: of the face-check page; Ark's own choice when None.
        by: who starts it.

    Raises:
        OutcomeUnknown: Ark has started a session that could not be recorded.
        StagedoorError: whatever Ark's answer means.

    """
    callback_state = random_base62(STATE_LENGTH) if rt.settings.public_url else None
    body = {"CallbackURL": _callback(rt, callback_state) or wanted.callback_url, "ProjectName": wanted.project_name}
    answer = await book.ask(wanted.channel_id, START, body, tenant_id=wanted.tenant_id)
    byted_token, h5_link = str(answer["BytedToken"]), str(answer["H5Link"])
    crash_point("C0")
    session = _session(rt, wanted, byted_token, callback_state)

    async def work(tx: Tx) -> None:
        await add_session(tx, wanted.tenant_id, session)
        due_at = when_to_ask(rt.settings, session)
        await add_job(tx, wanted.tenant_id, EXCHANGE, session.id, now=session.created_at, due_at=due_at)
        await record(tx, wanted.tenant_id, by, "session.started", session.id, wanted.details(), now=session.created_at)

    try:
        await rt.db.write(work)
    except AlreadyThere:
        raise UpstreamMalformed("The asset library answered with a BytedToken that it gave before.") from None
    except DatabaseUnavailable as error:
        raise OutcomeUnknown("The session was started but could not be recorded. Start another one.") from error
    return Started(session, byted_token, h5_link if language is None else with_language(h5_link, language))


def _callback(rt: Runtime, state: str | None) -> str | None:
    return None if state is None else f"{rt.settings.public_url.rstrip('/')}/cb/{state}"


def _session(rt: Runtime, wanted: Wanted, byted_token: str, callback_state: str | None) -> ValidationSession:
    now, session_id = rt.clock.now(), rt.new_id("vs")
    return ValidationSession(
        id=session_id,
        tenant_id=wanted.tenant_id,
        channel_id=wanted.channel_id,
        project_name=wanted.project_name,
        callback_url=wanted.callback_url,
        token_hash=rt.vault.hash("byted_token", byted_token),
        byted_token=rt.vault.seal(token_place(session_id), byted_token),
        open_until=now + timedelta(seconds=rt.settings.token_lifetime),
        callback_hash=None if callback_state is None else rt.vault.hash("callback_state", callback_state),
        state="open",
        callback_code=None,
        callback_at=None,
        claims=0,
        claimed_until=None,
        unanswered=0,
        outcome=None,
        group_id=None,
        created_at=now,
        ended_at=None,
        invitation_id=wanted.invitation_id,
    )


def with_language(h5_link: str, language: str) -> str:
    """Return the link with its ``lng`` parameter set; everything else in it stays as it is, byte for byte."""
    address, hash_sign, fragment = h5_link.partition("#")
    page, _, query = address.partition("?")
    wanted = f"lng={language}"
    fields = [wanted if field.partition("=")[0] == "lng" else field for field in query.split("&")] if query else []
    if wanted not in fields:
        fields.append(wanted)
    return f"{page}?{'&'.join(fields)}{hash_sign}{fragment}"


def check_callback_url(url: str, name: str = "CallbackURL") -> None:
    """Refuse an address to which no browser can be sent; ``name`` is the field it came in.

    Raises:
        InvalidParameter: it is not an absolute http(s) address.

    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InvalidParameter(f"The {name} cannot be read.", field=name) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise InvalidParameter(f"The {name} must be an absolute http(s) address.", field=name)
    if any(character <= " " or character == "\x7f" for character in url):
        raise InvalidParameter(f"The {name} must not contain blanks or control characters.", field=name)
