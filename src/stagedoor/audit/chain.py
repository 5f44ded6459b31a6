"""The form of the chain: the bytes that are hashed and signed. A verifier outside of this program reads the same form.

JSON with sorted keys, no blanks and nothing but ASCII, so that there is one way to write a thing. An entry names the hash of the
one before it; a checkpoint names the last entry, its hash and the checkpoint before it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from stagedoor.audit.store import Chain, Checkpoint, Pending, Sealed
from stagedoor.crypto import Vault

BEGINNING = "0" * 64
"""What the first entry, and the first checkpoint, name as the one before."""


def canonical(value: Mapping[str, object]) -> bytes:
    """Return the only way to write a JSON object here."""
    return _encode(value).encode("ascii")


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def moment(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def seal(pending: Pending, seq: int, before: str) -> Sealed:
    """Return an entry in its place: its number, and the hash that holds it and all before it."""
    entry = canonical(
        {
            "action": pending.action,
            "at": moment(pending.created_at),
            "by": pending.actor,
            "details": msgspec.json.decode(pending.details),
            "object": pending.object_id,
            "prev": before,
            "seq": seq,
            "tenant": pending.tenant_id,
        }
    )
    return Sealed(pending.tenant_id, seq, pending.object_id, entry, sha256(entry))


class AuditKey:
    """Signs checkpoints, exports and proofs: an ed25519 key that comes from the instance's secret key."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._key = Ed25519PrivateKey.from_private_bytes(vault.sub_key("audit_signature"))

    @property
    def public(self) -> str:
        """The public key, as 64 hex digits: whoever has it can verify without this program."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, statement: bytes) -> bytes:
        return self._key.sign(statement)

    def prove(self, chain: Chain) -> bytes:
        """Return the keyed hash of how far a chain goes."""
        ends = canonical(
            {
                "checkpoint_seq": chain.checkpoint_seq,
                "hash": chain.hash.hex(),
                "seq": chain.seq,
                "tenant": chain.tenant_id,
            }
        )
        return self._vault.hash("audit_chain", ends)


def is_signed(public: str, statement: bytes, signature: bytes) -> bool:
    """Tell whether the holder of the key has signed exactly this."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def make_checkpoint(key: AuditKey, chain: Chain, before: Checkpoint | None, now: datetime) -> Checkpoint:
    """Return a signed statement of how the chain ends now."""
    statement = canonical(
        {
            "at": moment(now),
            "hash": chain.hash.hex(),
            "prev": BEGINNING if before is None else sha256(before.signature).hex(),
            "seq": chain.seq,
            "tenant": chain.tenant_id,
        }
    )
    return Checkpoint(chain.tenant_id, chain.seq, statement, key.sign(statement))
