"""Face checks: a session is opened, a person passes it or not, and its BytedToken finds the group it earned."""

import re
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from stagedoor.emulator.errors import ArkError, invalid
from stagedoor.emulator.fields import required_text
from stagedoor.emulator.groups import add_liveness_group, check_group_room, open_project
from stagedoor.emulator.ids import (
    KEY_ALPHABET,
    new_access_key,
    new_byted_token,
    new_secret_key,
    new_session_token,
    random_text,
)
from stagedoor.emulator.rows import Session
from stagedoor.emulator.world import World

Outcome = Literal["pass", "fail", "cancel"]
H5_PATH = "/h5/verify"
LONGEST_URL = 4096
STATES: dict[Outcome, str] = {"pass": "passed", "fail": "failed", "cancel": "cancelled"}
# What the browser carries back: resultCode, algorithmBaseRespCode, reqMeasureInfoValue.
RESULTS: dict[Outcome, tuple[int, int, int]] = {
    "pass": (10000, 0, 1),
    "fail": (-1003, 210312, 0),
    "cancel": (-1006, 0, 0),
}


class SessionClosed(Exception):
    """This session takes no outcome: ``reason`` is unknown, expired or used."""

    def __init__(self, reason: Literal["unknown", "expired", "used"]) -> None:
        super().__init__(f"the validation session is {reason}")
        self.reason = reason


async def create_visual_validate_session(world: World, body: dict[str, Any]) -> dict[str, Any]:
    callback_url = required_text(body, "CallbackURL")
    _check_callback(callback_url)
    project = open_project(world, body)
    check_group_room(world)
    now = world.clock.now()
    session = Session(
        byted_token=new_byted_token(now),
        project=project,
        callback_url=callback_url,
        state="open",
        group_id="",
        spent=False,
        created_at=now,
    )
    world.store.add_session(session)
    return {
        "BytedToken": session.byted_token,
        "H5Link": _h5_link(world, session.byted_token),
        "CallbackURL": callback_url,
    }


async def get_visual_validate_result(world: World, body: dict[str, Any]) -> dict[str, Any]:
    byted_token, project = required_text(body, "BytedToken"), open_project(world, body)
    session = world.store.find_session(byted_token)
    if session is None or session.project != project or session.spent or _token_is_over(world, session):
        raise _lost_record(world)
    policy = world.rules.token_policy
    if policy == "burnt_by_any_query" or (policy == "used_up_by_success" and session.state == "passed"):
        world.store.mark_session_spent(byted_token)
    if session.state == "passed":
        return {"GroupId": session.group_id}
    if session.state != "open":
        raise ArkError(400, "ValidateFailed", "The face check was not passed.")
    if world.rules.pending == "empty":
        return {}
    raise ArkError(400, "ValidatePending", "The face check is not finished yet.")


def complete_session(world: World, byted_token: str, outcome: Outcome) -> str:
    """End an open session and return where the browser goes. A pass creates the group at this moment.

    Raises:
        SessionClosed: the session is unknown, its link has expired, or it has ended before.

    """
    session = get_open_session(world, byted_token)
    with world.store.transaction():
        group_id = add_liveness_group(world, session.project).id if outcome == "pass" else ""
        world.store.mark_session_done(byted_token, STATES[outcome], group_id)
    result_code, sub_code, measured = RESULTS[outcome]
    return join_callback(
        session.callback_url,
        {
            "bytedToken": byted_token,
            "resultCode": str(result_code),
            "algorithmBaseRespCode": str(sub_code),
            "reqMeasureInfoValue": str(measured),
            "verify_type": "real_time",
        },
    )


def get_open_session(world: World, byted_token: str) -> Session:
    session = world.store.find_session(byted_token)
    if session is None:
        raise SessionClosed("unknown")
    if session.state != "open":
        raise SessionClosed("used")
    if link_seconds_left(world, session) <= 0:
        raise SessionClosed("expired")
    return session


def link_seconds_left(world: World, session: Session) -> float:
    ends = session.created_at + timedelta(seconds=world.rules.link_lifetime_seconds)
    return (ends - world.clock.now()).total_seconds()


def join_callback(callback_url: str, fields: dict[str, str]) -> str:
    """Return the address with the fields added: behind ``&`` where there is a query already, before any fragment."""
    base, hash_sign, fragment = callback_url.partition("#")
    joint = "" if base.endswith(("?", "&")) else "&" if "?" in base else "?"
    # Letters outside of ASCII cannot stand in a Location header.
    return quote(f"{base}{joint}{urlencode(fields)}{hash_sign}{fragment}", safe="!#$%&'()*+,/:;=?@[]~")


def _token_is_over(world: World, session: Session) -> bool:
    return world.clock.now() >= session.created_at + timedelta(seconds=world.rules.token_lifetime_seconds)


def _lost_record(world: World) -> ArkError:
    if world.rules.lost_record == "NotFound.BytedToken":
        return ArkError(404, "NotFound.BytedToken", "record does not exist or has expired")
    return invalid("BytedToken", "BytedToken信息有误")


def _check_callback(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or len(url) > LONGEST_URL or re.search(r"[\x00-\x20\x7f]", url):
        raise invalid("CallbackURL", "CallbackURL must be an absolute http or https address.")


def _h5_link(world: World, byted_token: str) -> str:
    # The real link carries temporary cloud keys. These open nothing, but look alike, so a leak test catches them.
    fields = {
        "accessKeyId": new_access_key("AKTP"),
        "secretAccessKey": new_secret_key(),
        "sessionToken": new_session_token(),
        "configId": random_text(32, KEY_ALPHABET),
        "bytedToken": byted_token,
        "lng": "zh",
    }
    return f"{world.public_url}{H5_PATH}?{urlencode(fields)}"
