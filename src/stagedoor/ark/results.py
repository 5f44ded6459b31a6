"""What each action has to give before it counts as done."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from stagedoor.ark.answers import Malformed, Success
from stagedoor.contract.operations import Operation

SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:~-]{0,127}")
SANE_TOKEN = re.compile(r"[!-~]{1,512}")
SANE_LINK = re.compile(r"[!-~]{1,16384}")


class NotYet(Exception):
    """The face check has no result so far."""


def check(operation: Operation, body: Mapping[str, object], success: Success) -> dict[str, object]:
    """Return the result if it holds what was asked for.

    Args:
        operation: which of the twelve.
        body: what was asked, in official fields.
        success: what the upstream gave.

    Raises:
        NotYet: a face check without a group so far.
        Malformed: it holds something else.

    """
    reason = CHECKS[operation.action](body, success)
    if reason:
        raise Malformed(reason, request_id=success.request_id)
    return success.result


def _created(_: Mapping[str, object], success: Success) -> str:
    return "" if is_id(success.result.get("Id")) else "no usable Id"


def _found(body: Mapping[str, object], success: Success) -> str:
    if not is_id(success.result.get("Id")):
        return "no usable Id"
    # An answer about somebody else's object must never reach the one who asked.
    return "" if success.result["Id"] == body.get("Id") else "another object than the one asked for"


def _done(_: Mapping[str, object], success: Success) -> str:
    if success.enveloped or is_id(success.result.get("Id")):
        return ""
    return "neither an envelope nor an Id"


def _listed(_: Mapping[str, object], success: Success) -> str:
    if success.result.get("Items", ()) is None:
        success.result["Items"] = []
    items = success.result.get("Items")
    if not isinstance(items, list):
        return "no Items"
    return "" if all(isinstance(item, dict) and is_id(item.get("Id")) for item in items) else "an item without an Id"


def _session(_: Mapping[str, object], success: Success) -> str:
    byted_token, link = success.result.get("BytedToken"), success.result.get("H5Link")
    if not (isinstance(byted_token, str) and SANE_TOKEN.fullmatch(byted_token)):
        return "no usable BytedToken"
    return "" if isinstance(link, str) and _is_link(link) else "no usable H5Link"


def _group_of_token(_: Mapping[str, object], success: Success) -> str:
    group_id = success.result.get("GroupId", "")
    if group_id == "" and (success.enveloped or success.status == 202 or "GroupId" in success.result):
        raise NotYet
    return "" if is_id(group_id) else "no usable GroupId"


def is_id(value: object) -> bool:
    """Tell whether a value can be an id: 1 to 128 harmless characters."""
    return isinstance(value, str) and SANE_ID.fullmatch(value) is not None


def _is_link(text: str) -> bool:
    if not SANE_LINK.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


CHECKS: dict[str, Callable[[Mapping[str, object], Success], str]] = {
    "CreateAssetGroup": _created,
    "ListAssetGroups": _listed,
    "GetAssetGroup": _found,
    "UpdateAssetGroup": _done,
    "DeleteAssetGroup": _done,
    "CreateAsset": _created,
    "ListAssets": _listed,
    "GetAsset": _found,
    "UpdateAsset": _done,
    "DeleteAsset": _done,
    "CreateVisualValidateSession": _session,
    "GetVisualValidateResult": _group_of_token,
}
