"""⑪ Start a real-person check."""

from datetime import timedelta
from urllib.parse import urlsplit

from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.db.database import AlreadyThere
from stagedoor.errors import DatabaseUnavailable, InvalidParameter, OutcomeUnknown, UpstreamMalformed
from stagedoor.ids import random_base62
from stagedoor.runtime import Runtime
from stagedoor.validation.store import ValidationSession, add_session

STATE_LENGTH = 22
"""Characters of base62: 131 bits."""


async def start_session(call: Call, request: requests.CreateVisualValidateSession) -> results.Session:
    """Ask Ark for a session whose callback comes here first, and record it under the hash of its token."""
    check_callback_url(request.CallbackURL)
    channel = await call.choose_channel(request.model)
    project_name = call.choose_project(channel, request.ProjectName)
    callback_state = random_base62(STATE_LENGTH) if call.rt.settings.public_url else None
    answer = await call.ask(
        channel.id,
        "CreateVisualValidateSession",
        {"CallbackURL": _callback(call.rt, callback_state) or request.CallbackURL, "ProjectName": project_name},
    )
    byted_token, h5_link = str(answer["BytedToken"]), str(answer["H5Link"])
    session = _session(call, channel.id, project_name, request.CallbackURL, byted_token, callback_state)
    try:
        await call.rt.db.write(lambda tx: add_session(tx, call.tenant_id, session))
    except AlreadyThere:
        raise UpstreamMalformed("The asset library answered with a BytedToken that it gave before.") from None
    except DatabaseUnavailable as error:
        raise OutcomeUnknown("The session was started but could not be recorded. Start another one.") from error
    if request.Lng is not None:
        h5_link = with_language(h5_link, request.Lng)
    return results.Session(BytedToken=byted_token, H5Link=h5_link, CallbackURL=request.CallbackURL)


def _callback(rt: Runtime, state: str | None) -> str | None:
    return None if state is None else f"{rt.settings.public_url.rstrip('/')}/cb/{state}"


def _session(
    call: Call, channel_id: str, project_name: str, callback_url: str, byted_token: str, callback_state: str | None
) -> ValidationSession:
    rt, now, session_id = call.rt, call.rt.clock.now(), call.rt.new_id("vs")
    return ValidationSession(
        id=session_id,
        tenant_id=call.tenant_id,
        channel_id=channel_id,
        project_name=project_name,
        callback_url=callback_url,
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
    )


def token_place(session_id: str) -> str:
    return f"validation_sessions.byted_token:{session_id}"


def with_language(h5_link: str, language: str) -> str:
    """Return the link with its ``lng`` parameter set; everything else in it stays as it is, byte for byte."""
    address, hash_sign, fragment = h5_link.partition("#")
    page, _, query = address.partition("?")
    wanted = f"lng={language}"
    fields = [wanted if field.partition("=")[0] == "lng" else field for field in query.split("&")] if query else []
    if wanted not in fields:
        fields.append(wanted)
    return f"{page}?{'&'.join(fields)}{hash_sign}{fragment}"


def check_callback_url(url: str) -> None:
    """Refuse an address to which no browser can be sent.

    Raises:
        InvalidParameter: it is not an absolute http(s) address.

    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InvalidParameter("The CallbackURL cannot be read.", field="CallbackURL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise InvalidParameter("The CallbackURL must be an absolute http(s) address.", field="CallbackURL")
    if any(character <= " " or character == "\x7f" for character in url):
        raise InvalidParameter("The CallbackURL must not contain blanks or control characters.", field="CallbackURL")
