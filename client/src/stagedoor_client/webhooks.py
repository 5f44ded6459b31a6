"""Receiving webhooks, signed as Standard Webhooks has it (HMAC-SHA256 over ``id.timestamp.body``)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from stagedoor_client.errors import WebhookRefused
from stagedoor_client.events import Event, read_event

TOLERANCE = timedelta(minutes=5)


def unwrap(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Iterable[str],
    *,
    tolerance: timedelta = TOLERANCE,
    now: datetime | None = None,
) -> Event:
    """Return the event of a webhook that the gateway has sent.

    Args:
        body: as it came, before anything has parsed it.
        headers: of the request, in any case.
        secret: ``whsec_…``; or several, any of which is good.
        tolerance: how old it may be, or how far ahead its clock.
        now: the time; the machine's when left out.

    Raises:
        WebhookRefused: it is unsigned, signed with another secret, too old or no event.

    """
    content = body.encode() if isinstance(body, str) else bytes(body)
    named = {name.lower(): value for name, value in headers.items()}
    event_id, timestamp = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if not event_id or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise WebhookRefused("It has no webhook-id or no webhook-timestamp.")
    moment = now or datetime.now(UTC)
    if abs(moment.timestamp() - int(timestamp)) > tolerance.total_seconds():
        raise WebhookRefused("It is too old, or the clocks differ.")
    signed = f"{event_id}.{timestamp}.".encode() + content
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not _is_signed(signed, named.get("webhook-signature", ""), secrets):
        raise WebhookRefused("No signature is of this secret.")
    return _event(event_id, content)


def _is_signed(signed: bytes, signatures: str, secrets: Iterable[str]) -> bool:
    given = [one.removeprefix("v1,").encode() for one in signatures.split(" ") if one.startswith("v1,")]
    expected = [_signature(secret, signed) for secret in secrets]
    return any([hmac.compare_digest(one, other) for one in given for other in expected])  # noqa: C419 - every pair is compared


def _signature(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("The secret is not the whsec_… that the gateway gave.")
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))


def _event(event_id: str, content: bytes) -> Event:
    try:
        return read_event(event_id, content)
    except ValueError:
        reason = "It is no event."
    raise WebhookRefused(reason)
