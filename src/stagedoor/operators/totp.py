"""Codes of six digits that change every 30 seconds (RFC 6238), and codes for the day the phone is lost."""

import base64
import hmac
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from stagedoor.clock import from_microseconds
from stagedoor.ids import random_base62

SEED_BYTES = 20
STEP_SECONDS = 30
RECOVERY_CODES = 10
ISSUER = "stagedoor"


def written(seed: bytes) -> str:
    """Return a seed as people type it into an app."""
    return base64.b32encode(seed).decode().rstrip("=")


def provisioning_uri(seed: bytes, name: str) -> str:
    """Return what is in the QR code that an app reads."""
    return _totp(seed).get_provisioning_uri(name, ISSUER)


def find_step(seed: bytes, code: str, now: datetime) -> int | None:
    """Return the time step of a code that is good now, the one before or the next one included; None for any other."""
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in (current - 1, current, current + 1):
        expected = generate(seed, from_microseconds(step * STEP_SECONDS * 1_000_000))
        if hmac.compare_digest(expected.encode(), code.encode("utf-8", "replace")):
            found = step
    return found


def generate(seed: bytes, now: datetime) -> str:
    """Return the code that an app with this seed shows."""
    return _totp(seed).generate(int(now.timestamp())).decode()


def _totp(seed: bytes) -> TOTP:
    # Apps know no other digest.
    return TOTP(seed, 6, SHA1(), STEP_SECONDS, enforce_key_length=False)  # noqa: S303 - RFC 6238 with HMAC


def new_recovery_codes() -> list[str]:
    """Return codes of 71 bits each, in three parts to be copied by hand."""
    codes = (random_base62(12) for _ in range(RECOVERY_CODES))
    return ["-".join((code[:4], code[4:8], code[8:])) for code in codes]
