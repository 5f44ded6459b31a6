"""Whether a chain is the one that was sealed: told entry by entry, it names every place at which it is not."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from stagedoor.audit.chain import BEGINNING, canonical, is_signed, sha256


class Finding(NamedTuple):
    """Something that was changed: the entry's number, the line where there are lines, and what is wrong there."""

    seq: int
    line: int
    what: str

    def __str__(self) -> str:
        place = f"entry {self.seq}"
        return f"{place}: {self.what}" if not self.line else f"line {self.line}, {place}: {self.what}"


class ChainCheck:
    """Follows one chain. After something wrong it goes on from what is there, so that one edit is not found a thousand times."""

    def __init__(self, tenant_id: str, public: str) -> None:
        self._tenant_id = tenant_id
        self._public = public
        self._before_checkpoint = BEGINNING
        self.seq, self.hash = 0, BEGINNING
        self.checkpoint_seq = 0
        self.entries = self.checkpoints = 0
        self.line = 0
        self.findings: list[Finding] = []

    @property
    def tail(self) -> int:
        """How many entries no signature covers yet."""
        return self.seq - self.checkpoint_seq

    def find(self, seq: int, what: str) -> None:
        self.findings.append(Finding(seq, self.line, what))

    def entry(self, seq: int, text: bytes, digest: bytes, object_id: str | None = None) -> None:
        """Look at the next entry: its bytes, the hash beside it, and what it is found by."""
        self.entries += 1
        if sha256(text) != digest:
            self.find(seq, "it is not what was hashed")
        fields = read(text)
        if seq != self.seq + 1:
            missing = f"{self.seq + 1} to {seq - 1} are missing" if seq > self.seq + 1 else "it is out of its order"
            self.find(seq, missing)
        elif fields.get("prev") != self.hash:
            self.find(seq, "it does not follow the entry before it: one of them was replaced")
        if (fields.get("seq"), fields.get("tenant")) != (seq, self._tenant_id):
            self.find(seq, "it belongs to another place")
        if object_id is not None and fields.get("object") != object_id:
            self.find(seq, "it would be found under another object")
        if fields.get("action") == "audit.damaged":
            self.find(seq, f"the gateway noticed an edit before it, behind entry {fields.get('details')}")
        self.seq, self.hash = seq, digest.hex()

    def checkpoint(self, seq: int, text: bytes, signature: bytes) -> None:
        """Look at the next checkpoint."""
        self.checkpoints += 1
        fields = read(text)
        if not is_signed(self._public, text, signature):
            self.find(seq, "its checkpoint was not signed with this key, or was changed")
        if fields.get("tenant") != self._tenant_id or fields.get("seq") != seq:
            self.find(seq, "its checkpoint belongs to another place")
        if seq != self.seq:
            self.find(seq, f"it was signed, but the chain has {self.seq} there")
        elif fields.get("hash") != self.hash:
            self.find(seq, "its checkpoint is about another chain: entries up to here were replaced")
        if fields.get("prev") != self._before_checkpoint:
            self.find(seq, "the checkpoint before its own is missing or was replaced")
        self._before_checkpoint, self.checkpoint_seq = sha256(signature).hex(), seq


def read(text: bytes) -> Mapping[str, object]:
    """Return the fields of a JSON object that is written the one way; nothing when it is not."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) and _is_canonical(value, text) else {}


def _is_canonical(value: Mapping[str, object], text: bytes) -> bool:
    try:
        return canonical(value) == text
    except (ValueError, RecursionError):
        return False
