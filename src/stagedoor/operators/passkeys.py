"""Passkeys (WebAuthn): what an authenticator says is checked here, signature and all.

The browser hands the public key over in SPKI and the authenticator's data in bytes, and no attestation is asked for: nothing
of CBOR or X.509 has to be read. A key belongs to the site it was made for, whose name the authenticator signs each time.
"""

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from stagedoor.clock import from_microseconds, to_microseconds
from stagedoor.crypto import Vault

CHALLENGE_LIFETIME = timedelta(minutes=5)
_NONCE, _TIME, _MAC = 16, 8, 16
_PRESENT, _VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40
_HEAD, _ID_AT = 37, 55
MOST_ID_BYTES = 1023
LEAST_RSA_BITS = 2048


class PasskeyRefused(Exception):
    """This is no answer of an authenticator to our question."""


class Site(msgspec.Struct, frozen=True):
    """Where the console is open: the name keys are made for, and the origins its pages may have."""

    host: str
    origins: frozenset[str]


class Answer(msgspec.Struct, frozen=True):
    """What the browser brings from an authenticator, each part in base64url."""

    id: str
    client_data: str
    data: str
    proof: str
    """A signature; of a new passkey its public key."""


class Seen(msgspec.Struct, frozen=True):
    """What an answer came to."""

    challenge_hash: bytes
    expires_at: datetime
    uses: int


def new_challenge(vault: Vault, purpose: str, now: datetime) -> str:
    """Return a question that is good for five minutes and one purpose; nothing of it is stored until it is answered."""
    body = secrets.token_bytes(_NONCE) + to_microseconds(now + CHALLENGE_LIFETIME).to_bytes(_TIME)
    return encode(body + _mac(vault, purpose, body))


def check_new(vault: Vault, site: Site, answer: Answer, purpose: str, now: datetime) -> Seen:
    """Look at a passkey that was just made.

    Raises:
        PasskeyRefused: it was not made for this question and this site, or has a key of another kind.

    """
    client_data, data = decode(answer.client_data), decode(answer.data)
    challenge = _check_client(client_data, site, "webauthn.create")
    expires_at = _check_challenge(vault, challenge, purpose, now)
    uses = _check_data(data, site, _PRESENT | _VERIFIED | _HAS_KEY)
    length = int.from_bytes(data[_ID_AT - 2 : _ID_AT])
    made = data[_ID_AT : _ID_AT + length]
    if len(made) != length or not 0 < length <= MOST_ID_BYTES or made != decode(answer.id):
        raise PasskeyRefused
    _load(decode(answer.proof))
    return Seen(_hash(vault, challenge), expires_at, uses)


def check_use(vault: Vault, site: Site, answer: Answer, public_key: str, purpose: str, now: datetime) -> Seen:
    """Look at a passkey's signature.

    Raises:
        PasskeyRefused: it is none, not of this key, or not for this question and this site.

    """
    client_data, data = decode(answer.client_data), decode(answer.data)
    challenge = _check_client(client_data, site, "webauthn.get")
    expires_at = _check_challenge(vault, challenge, purpose, now)
    uses = _check_data(data, site, _PRESENT | _VERIFIED)
    signed = data + hashlib.sha256(client_data).digest()
    _check_signature(_load(decode(public_key)), decode(answer.proof), signed)
    return Seen(_hash(vault, challenge), expires_at, uses)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Read base64url without padding.

    Raises:
        PasskeyRefused: it is none.

    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise PasskeyRefused from None


def _mac(vault: Vault, purpose: str, body: bytes) -> bytes:
    return vault.hash("passkey_challenge", purpose.encode() + b"\0" + body)[:_MAC]


def _hash(vault: Vault, challenge: bytes) -> bytes:
    return vault.hash("used_challenge", challenge)


def _check_client(client_data: bytes, site: Site, kind: str) -> bytes:
    """Return the challenge that the browser passed on, from a page of ours."""
    try:
        said: Any = json.loads(client_data)
    except (ValueError, RecursionError):
        raise PasskeyRefused from None
    if not isinstance(said, dict) or said.get("type") != kind or said.get("crossOrigin", False) is not False:
        raise PasskeyRefused
    if said.get("origin") not in site.origins or not isinstance(said.get("challenge"), str):
        raise PasskeyRefused
    return decode(said["challenge"])


def _check_challenge(vault: Vault, challenge: bytes, purpose: str, now: datetime) -> datetime:
    body, mac = challenge[:-_MAC], challenge[-_MAC:]
    if len(body) != _NONCE + _TIME or not hmac.compare_digest(mac, _mac(vault, purpose, body)):
        raise PasskeyRefused
    expires_at = from_microseconds(int.from_bytes(body[_NONCE:]))
    if now >= expires_at:
        raise PasskeyRefused
    return expires_at


def _check_data(data: bytes, site: Site, flags: int) -> int:
    """Return how often the key was used, when it is this site's and its owner was there and recognised."""
    if len(data) < _HEAD or data[:32] != hashlib.sha256(site.host.encode()).digest() or data[32] & flags != flags:
        raise PasskeyRefused
    return int.from_bytes(data[33:_HEAD])


PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


def _load(spki: bytes) -> PublicKey:
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise PasskeyRefused from None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    raise PasskeyRefused


def _check_signature(key: PublicKey, signature: bytes, signed: bytes) -> None:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
        else:
            key.verify(signature, signed)
    except InvalidSignature:
        raise PasskeyRefused from None
