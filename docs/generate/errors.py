"""docs/reference/errors.md: every error, what to do about it, and how to meet it with `stagedoor dev`."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from docs.generate.failures import failures
from docs.generate.markdown import fence, link, notice, page, table
from stagedoor import errors
from stagedoor.contract.operations import BY_ACTION
from stagedoor.doors.openapi.errors import REGION, REQUEST_ID, SAMPLES, ErrorType, error_classes
from stagedoor.http.envelope import error_body

INTRODUCTION = """\
# Errors

Every error has a real HTTP status and the envelope of every answer:
"""

EXPLANATION = """\
- `Code` is one of the codes below. Behind a dot may stand the parameter or object concerned: `InvalidParameter.URL`, `NotFound.asset_id`.
  Decide by the part before the dot.
- `Message` is for people. It may change with any version.
- `Retry` says what a program can do: `never` (change the request), `same_request` (send the very same again), `new_session`
  (start again at ⑪), `later`. With a `Retry-After` header, wait that many seconds first.
- `CodeN` is there in the answers under `/?Action=…` ([official SDKs](../how-to/official-sdk.md)) when the official gateway has a number for the
  code and the code names no field. Where the official gateway has no such code, there is no number.
- `Upstream` is there where the asset library spoke: its own `Code` and `RequestId`.

Why an asset failed is told [at the end](#why-an-asset-failed). A new version may bring new codes. A program that does not know a code goes by the HTTP status and by `Retry`.
"""

HOW_TO_MEET = """\
## How to meet an error

`stagedoor dev` runs the gateway with an emulator of the asset library. Its control API makes these errors happen
([its reference](emulator.md), [how to test with it](../how-to/test-your-integration.md)):

| What | Request to the emulator |
|---|---|
| a *fault* strikes the next calls of one action | `POST /_emulator/faults` |
| a *setting* changes how it behaves | `PATCH /_emulator/settings` |
| a *person* passes, fails or cancels the check | `POST /_emulator/sessions/{BytedToken}` `{"outcome": "pass"}` |
| everything is forgotten | `POST /_emulator/reset` |
"""

FAMILIES: tuple[tuple[type[errors.StagedoorError], str], ...] = (
    (errors.ExchangeError, "⑫ What can become of a BytedToken"),
    (errors.SignatureError, "Signed requests"),
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
        "⑪, then ⑫ after 30 minutes (`STAGEDOOR_TOKEN_LIFETIME=1` for `stagedoor serve` makes it a second).",
    ),
    "BytedTokenRefused": (
        "Start again at ⑪.",
        '⑪, the setting `{"token_lifetime_seconds": 0}`, play the person, open the redirect, ⑫ until it is no longer `ExchangeInProgress` (10 seconds).',
    ),
    "ExchangeUnknown": (
        "Repeat the request later: the gateway looks for the group, and asks its operator where it cannot be told apart from another's.",
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
    "MissingRequestInfo": (
        "Send the header `X-Date`; every official SDK does.",
        "Sign a request and leave `X-Date` out.",
    ),
    "MissingSignature": ("Sign the request.", "Leave `Signature=…` out of the `Authorization`."),
    "InvalidTimestamp": (
        "Correct the machine's clock; sign each request just before it is sent.",
        "Sign with an `X-Date` of an hour ago.",
    ),
    "InvalidAccessKey": (
        "Use a pair of this gateway (`stagedoor keys pair KEY_ID`), not one of the cloud account.",
        "Sign with the access key `AKLTnonsense`.",
    ),
    "SignatureDoesNotMatch": (
        "Check the secret key. Behind a proxy, let `Host`, the path, the query and the signed headers pass unchanged.",
        "Sign with a wrong secret key.",
    ),
    "InvalidAuthorization": (
        "Let an official SDK sign, or send a Bearer key.",
        "`POST /?Action=ListAssets&Version=2024-01-01` with `Authorization: Basic …`.",
    ),
    "InvalidCredential": (
        "Sign for the service `ark`, any region, and the day of `X-Date`.",
        "Sign for the service `tos`.",
    ),
    "InvalidSecretToken": (
        "Leave `X-Security-Token` out: set no session token in the SDK.",
        "Send `X-Security-Token: x`.",
    ),
    "SignedRequestRepeated": (
        "Sign anew for another session, or send an `Idempotency-Key` to be able to repeat.",
        "Send a signed ⑪ that has no `X-Sdk-Invocation-Id`, and the very same bytes again more than 5 seconds later.",
    ),
    "InvalidActionOrVersion": (
        "Use one of the twelve Actions and `Version=2024-01-01`.",
        "`POST /?Action=DoSomething&Version=2024-01-01`.",
    ),
    "AccessDenied": (
        "Use a key with the scope or the model named in the message (`stagedoor keys list` shows what each may do).",
        "A key with the scope `groups:read` only, then ①.",
    ),
    "OperationDenied": (
        "Do not repeat it. A real person's group, for example, cannot be deleted while the authorisation is valid.",
        "",
    ),
    "ConsentWithdrawn": (
        "Stop using this person's assets, and delete what you hold yourself. A new consent needs a new invitation, and gives a new group.",
        "Invite an actor, pass the check, take the consent back on the receipt's page, then ⑥ into the group.",
    ),
    "MethodNotAllowed": ("Use one of the methods in the `Allow` header.", "`PUT /v1/private-avatar/groups`."),
    "RequestTimeout": ("Send the body without pauses.", "Send half of a body and wait 20 s (`body_timeout`)."),
    "Conflict": (
        "Read the message: another name, or another moment, helps. What is settled already (an invitation, a case) stays so.",
        "Add a channel with the name of another one (admin API).",
    ),
    "RequestTooLarge": (
        "Send less: ⑥ names a file by its `URL`, and `POST /v1/uploads` takes larger ones.",
        "① with a body of more than 1 MiB.",
    ),
    "UnsupportedMediaType": (
        "Send `Content-Type: application/json`, not compressed.",
        "① with `Content-Type: text/plain`.",
    ),
    "UploadOffsetMismatch": (
        "Ask with `HEAD` how far the upload is, and go on from there. Clients of the tus protocol do that by themselves.",
        "`PATCH /v1/uploads/{id}` with `Upload-Offset: 1` before anything was sent.",
    ),
    "UploadNotComplete": (
        "Send the rest of the file first.",
        "Begin an upload, send nothing, then ⑥ with `upload://<UploadId>`.",
    ),
    "UnsupportedTusVersion": (
        "Send `Tus-Resumable: 1.0.0` with every request about parts of a file.",
        "`HEAD /v1/uploads/{id}` without that header.",
    ),
    "IdempotencyKeyInUse": (
        "Send the same request again in a moment; it answers what the first one is about to make.",
        'The fault `{"action": "CreateAssetGroup", "kind": "hold"}`, then ① twice with one `Idempotency-Key`.',
    ),
    "IdempotencyKeyReused": ("Use a new key for a new request.", "① twice with one `Idempotency-Key` and two names."),
    "FlowLimitExceeded": ("Wait as long as `Retry-After` says, then go slower.", ""),
    "QuotaExceeded": (
        "Delete what is not needed, or ask the operator for more: a larger tier of the account, or another account beside it.",
        "",
    ),
    "UpstreamRejected": (
        "Tell the operator: the channel's credentials, permissions or bill need attention. `stagedoor channels show` and `stagedoor doctor` name it, with the remedy.",
        "",
    ),
    "UpstreamUnavailable": (
        "Try again later; nothing was changed. Operators: `stagedoor channels list` says which account is away.",
        "Stop the emulator, then ①.",
    ),
    "UpstreamFailed": (
        "Try again later. The call is safe to repeat: calls that create answer `OutcomeUnknown` instead, and ⑧, which only looks, has changed nothing.",
        "",
    ),
    "UpstreamTimeout": (
        "Try again later. The call is safe to repeat: calls that create answer `OutcomeUnknown` instead, and ⑧, which only looks, has changed nothing.",
        "",
    ),
    "UpstreamMalformed": (
        "Try again later. After ①, ⑥ or ⑪ ask the operator first: what was asked for may exist, and ② and ⑦ do not show it.",
        "",
    ),
    "OutcomeUnknown": (
        "Ask the operator before you create again: what was asked for may exist in the asset library. ② and ⑦ list only what the gateway knows.",
        "",
    ),
    "NoChannel": (
        "Tell the operator to add a channel, or to enable one that is drained or disabled.",
        "Disable the only channel, then ①.",
    ),
    "InvitationsUnavailable": (
        "Tell the operator to set `STAGEDOOR_PUBLIC_URL`.",
        "Unset `STAGEDOOR_PUBLIC_URL`, then make an invitation.",
    ),
    "UploadsUnavailable": (
        "Tell the operator to set `STAGEDOOR_PUBLIC_URL` to an address that the asset library reaches, or `STAGEDOOR_UPLOAD_STORE` to a bucket.",
        "Unset `STAGEDOOR_PUBLIC_URL`, upload a file, then ⑥ with `upload://<UploadId>`.",
    ),
    "FilesUnavailable": (
        "Try again later; nothing was changed. The operator looks whether the disk is full, or the bucket can be reached.",
        "Set `STAGEDOOR_UPLOAD_STORE` to a folder that cannot be made, then upload a file.",
    ),
    "DatabaseUnavailable": (
        "Try again later; nothing was changed.",
        "Keep the SQLite file locked: `BEGIN EXCLUSIVE` in the `sqlite3` program, then ①.",
    ),
    "InternalError": (
        "Tell the operator the `RequestId`: the log has it, with what went wrong. Send the request again only if it creates nothing.",
        "Not to order: it would be a bug.",
    ),
}


def build_page() -> str:
    """Return the page as Markdown."""
    parts = [notice("src/stagedoor/errors.py"), INTRODUCTION, fence("json", _example()), EXPLANATION, HOW_TO_MEET]
    for base, title in FAMILIES:
        classes = [cls for cls in error_classes() if family_of(cls) is base]
        rows = [(link(cls.code), str(cls.status), f"`{cls.retry}`", str(cls.code_n or "")) for cls in classes]
        parts += [f"## {title}", table(("Code", "HTTP", "Retry", "CodeN"), rows), *(_section(cls) for cls in classes)]
    return page(*parts, failures())


def family_of(cls: ErrorType) -> type[errors.StagedoorError]:
    return next(base for base, _ in FAMILIES if issubclass(cls, base))


def how_to_meet(code: str) -> str:
    fault = FAULTS.get(code)
    if fault is None:
        return ADVICE[code][1]
    return f"The fault `{json.dumps(fault.document)}`, then {BY_ACTION[fault.action].number}."


def _example() -> str:
    body = msgspec.json.decode(error_body(REQUEST_ID, "CreateAsset", REGION, SAMPLES["InvalidParameter"]))
    return json.dumps(body, indent=2)


def _section(cls: ErrorType) -> str:
    message = (cls.__doc__ or "").strip()
    return page(
        f"### {cls.code}",
        f"> {message}",
        f"HTTP {cls.status}, retry `{cls.retry}`.",
        f"- **What to do:** {ADVICE[cls.code][0]}\n- **How to meet it:** {how_to_meet(cls.code)}",
    )
