"""Prints docs/reference/errors.md: every error, what to do about it, and how to meet it with `stagedoor dev`.

``python -m stagedoor.doors.errors_page > docs/reference/errors.md``
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from stagedoor import errors
from stagedoor.contract.operations import BY_ACTION
from stagedoor.doors.openapi_errors import ErrorType, error_classes

HEAD = """\
# Errors

Made from `src/stagedoor/errors.py` by `python -m stagedoor.doors.errors_page`; a test holds the two together.

Every error has a real HTTP status and the envelope of every answer:

```json
{
  "ResponseMetadata": {
    "RequestId": "20260601191715C9DAA092032F19CEC367",
    "Action": "CreateAsset",
    "Version": "2024-01-01",
    "Service": "ark",
    "Region": "cn-beijing",
    "Error": {"Code": "InvalidParameter.URL", "Message": "The URL must be reachable from the public internet.", "Retry": "never"}
  }
}
```

- `Code` is one of the codes below. Behind a dot may stand the parameter or object concerned: `InvalidParameter.URL`, `NotFound.asset_id`.
  Decide by the part before the dot.
- `Retry` says what a program can do: `never` (change the request), `same_request` (send the very same again), `new_session`
  (start again at ⑪), `later`. With a `Retry-After` header, wait that many seconds first.
- `Upstream`, where the asset library spoke, has its own `Code` and `RequestId`.

How to meet an error: `stagedoor dev` runs the gateway with an emulator of the asset library. A *fault* is ordered from the emulator and
strikes the next calls of one action: `curl -X POST $EMULATOR/_emulator/faults -d '{…}'`. A *setting* is changed with
`curl -X PATCH $EMULATOR/_emulator/settings -d '{…}'`, a person is played with
`curl -X POST $EMULATOR/_emulator/sessions/$BYTED_TOKEN -d '{"outcome": "pass"}'`, and `POST /_emulator/reset` forgets it all.
"""

FAMILIES: tuple[tuple[type[errors.StagedoorError], str], ...] = (
    (errors.ExchangeError, "⑫ What can become of a BytedToken"),
    (errors.CallerError, "The request, the key, the limits"),
    (errors.UpstreamError, "The asset library"),
    (errors.ServiceError, "The gateway"),
)


class Fault(msgspec.Struct, frozen=True):
    """A fault to order from the emulator, and the call that then meets the error."""

    action: str
    order: dict[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        return {"action": self.action, **self.order}


FAULTS: Mapping[str, Fault] = {
    "OperationDenied": Fault("DeleteAssetGroup", {"kind": "error", "status": 403, "code": "OperationDenied"}),
    "FlowLimitExceeded": Fault("CreateAssetGroup", {"kind": "rate_limited", "retry_after": 2}),
    "QuotaExceeded": Fault("CreateAssetGroup", {"kind": "error", "status": 429, "code": "QuotaExceeded"}),
    "UpstreamRejected": Fault("CreateAssetGroup", {"kind": "error", "status": 403, "code": "AccessDenied"}),
    "UpstreamFailed": Fault("UpdateAssetGroup", {"kind": "error", "status": 500, "code": "InternalError", "times": 0}),
    "UpstreamTimeout": Fault("UpdateAssetGroup", {"kind": "reset_after", "times": 0}),
    "UpstreamMalformed": Fault("CreateAssetGroup", {"kind": "html"}),
    "OutcomeUnknown": Fault("CreateAssetGroup", {"kind": "reset_after"}),
}

# What to do, and how to meet it where no fault is needed.
ADVICE: Mapping[str, tuple[str, str]] = {
    "ValidatePending": ("Wait for the callback, then send ⑫ again.", "⑪, then ⑫ at once."),
    "ExchangeInProgress": (
        "Send ⑫ again after a second. It never starts a second exchange.",
        'Pass a check under the fault `{"action": "GetVisualValidateResult", "kind": "hold"}`; ⑫ waits for 25 s (`exchange_wait`).',
    ),
    "ValidateFailed": (
        "Ask the actor, then start again at ⑪.",
        '⑪, play the person with `{"outcome": "fail"}`, open the redirect, ⑫.',
    ),
    "BytedTokenExpired": (
        "Start again at ⑪.",
        "⑪, then ⑫ after 30 minutes (`STAGEDOOR_TOKEN_LIFETIME=1` makes it a second).",
    ),
    "BytedTokenRefused": (
        "Start again at ⑪.",
        '⑪, the setting `{"token_lifetime_seconds": 0}`, play the person, open the redirect, ⑫.',
    ),
    "ExchangeUnknown": (
        "Do not start again: the group may exist. Ask the operator, who finds it in the asset library.",
        (
            '⑪, the setting `{"token_policy": "used_up_by_success"}`, the fault `{"action": "GetVisualValidateResult", "kind": '
            '"reset_after"}`, play the person, open the redirect, ⑫ until it answers this.'
        ),
    ),
    "MissingParameter": ("Add the parameter named behind the dot.", "① without `model`."),
    "InvalidParameter": (
        "Correct the parameter named behind the dot; the message says how.",
        "⑥ with the `URL` `http://user:secret@example.com/`.",
    ),
    "NotFound": (
        "Check the id, the key and the `ProjectName`. What belongs to another tenant looks like this, too.",
        "⑧ with the id `asset-20000101000000-aaaaa`.",
    ),
    "MissingAuthenticationToken": ("Send `Authorization: Bearer sd_…`.", "Any call without the header."),
    "AuthenticationError": (
        "Use a key that is neither revoked nor expired.",
        "Any call with `Bearer sd_test_nonsense`.",
    ),
    "AccessDenied": (
        "Use a key with the scope or the model named in the message.",
        "A key with the scope `groups:read` only, then ①.",
    ),
    "OperationDenied": (
        "Do not repeat it. A real person's group, for example, cannot be deleted while the authorisation is valid.",
        "",
    ),
    "MethodNotAllowed": ("Use one of the methods in the `Allow` header.", "`PUT /v1/private-avatar/groups`."),
    "RequestTimeout": ("Send the body without pauses.", "Send half of a body and wait 20 s (`body_timeout`)."),
    "Conflict": ("Choose another name.", "Add a channel with the name of another one (admin API)."),
    "RequestTooLarge": (
        "Send less: files are uploaded by their `URL`, not in the request.",
        "① with a body of more than 1 MiB.",
    ),
    "UnsupportedMediaType": (
        "Send `Content-Type: application/json`, not compressed.",
        "① with `Content-Type: text/plain`.",
    ),
    "IdempotencyKeyInUse": (
        "Send the same request again in a moment; it answers what the first one is about to make.",
        'The fault `{"action": "CreateAssetGroup", "kind": "hold"}`, then ① twice with one `Idempotency-Key`.',
    ),
    "IdempotencyKeyReused": ("Use a new key for a new request.", "① twice with one `Idempotency-Key` and two names."),
    "FlowLimitExceeded": ("Wait as long as `Retry-After` says, then go slower.", ""),
    "QuotaExceeded": ("Ask the operator for more, or delete what is not needed.", ""),
    "UpstreamRejected": ("Tell the operator: the channel's credentials, permissions or bill need attention.", ""),
    "UpstreamUnavailable": ("Try again later; nothing was changed.", "Stop the emulator, then ①."),
    "UpstreamFailed": (
        "Try again later. The call is safe to repeat: calls that create answer `OutcomeUnknown` instead.",
        "",
    ),
    "UpstreamTimeout": (
        "Try again later. The call is safe to repeat: calls that create answer `OutcomeUnknown` instead.",
        "",
    ),
    "UpstreamMalformed": ("Try again later. After ①, ⑥ or ⑪ list first: what was asked for may exist.", ""),
    "OutcomeUnknown": ("List before you create again: what was asked for may exist.", ""),
    "NoChannel": ("Tell the operator to add a channel.", "Disable the only channel, then ①."),
    "DatabaseUnavailable": (
        "Try again later; nothing was changed.",
        "Keep the SQLite file locked: `BEGIN EXCLUSIVE` in the `sqlite3` program, then ①.",
    ),
    "InternalError": ("Tell the operator the `RequestId`.", "Not to order: it would be a bug."),
}


def family_of(cls: ErrorType) -> str:
    return next(title for base, title in FAMILIES if issubclass(cls, base))


def how_to_meet(code: str) -> str:
    fault = FAULTS.get(code)
    if fault is None:
        return ADVICE[code][1]
    return f"The fault `{json.dumps(fault.document)}`, then {BY_ACTION[fault.action].number}."


def build_page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for _, title in FAMILIES:
        parts += [
            "",
            f"## {title}",
            "",
            "| Code | HTTP | Retry | Message | What to do | How to meet it |",
            "|---|---|---|---|---|---|",
        ]
        parts += [_row(cls) for cls in error_classes() if family_of(cls) == title]
    return "\n".join(parts) + "\n"


def _row(cls: ErrorType) -> str:
    message = (cls.__doc__ or "").strip()
    cells = [f"`{cls.code}`", str(cls.status), f"`{cls.retry}`", message, ADVICE[cls.code][0], how_to_meet(cls.code)]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(build_page())
