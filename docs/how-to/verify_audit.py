"""Verify an export of the audit trail, or a deletion proof, without stagedoor. Needs Python 3.11 and `pip install cryptography`.

    python verify_audit.py KEY FILE

KEY is the public key that `stagedoor audit key` printed, kept where the gateway's operator cannot change it. Ends with code 1, naming
the lines, when something was changed.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTHING = "0" * 64


def canonical(value: Any) -> bytes:
    """Write JSON the one way in which it is hashed and signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def is_signed(key: str, value: Any, signature: Any) -> bool:
    if not is_hex(signature):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), canonical(value))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def parse(text: bytes) -> Any:
    """Return what a line holds; None when it is not written the one way."""
    try:
        value = json.loads(text)
        return value if isinstance(value, dict) and canonical(value) == text else None
    except (ValueError, RecursionError):
        return None


def load(data: bytes) -> Any:
    """Return the JSON that a whole file is; None when it is several lines, or none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def problems(data: bytes, key: str) -> Iterator[tuple[int, str]]:
    """Yield every line at which an export is not what was sealed and signed, and what is wrong there."""
    *lines, rest = data.split(b"\n")
    if rest:
        yield len(lines) + 1, "the line is cut off"
    tenant, seq, last, mark = None, 0, NOTHING, NOTHING
    entries = checkpoints = 0
    ended = False
    for number, text in enumerate(lines, 1):
        line = parse(text)
        if line is None:
            yield number, "the line is damaged"
        elif ended:
            yield number, "there is something behind the end"
        elif number == 1:
            if line.keys() != {"export", "signature"} or not isinstance(line["export"], dict):
                yield number, "the first line is missing"
                continue
            if not is_signed(key, line["export"], line["signature"]):
                yield number, "the first line was not signed with this key"
            tenant = line["export"].get("tenant")
        elif line.keys() == {"entry", "hash"} and isinstance(line["entry"], dict):
            entry = line["entry"]
            digest = hashlib.sha256(canonical(entry)).hexdigest()
            if digest != line["hash"]:
                yield number, "the entry is not what was hashed"
            if (entry.get("seq"), entry.get("prev"), entry.get("tenant")) != (seq + 1, last, tenant):
                yield number, f"the entry does not follow entry {seq}"
            if entry.get("action") == "audit.damaged":
                yield number, "the gateway noticed an edit before this entry"
            entries += 1
            seq, last = entry.get("seq"), line["hash"]
            seq = seq if isinstance(seq, int) else 0
        elif line.keys() == {"checkpoint", "signature"} and isinstance(line["checkpoint"], dict):
            checkpoint, signature = line["checkpoint"], line["signature"]
            if not is_signed(key, checkpoint, signature):
                yield number, "the checkpoint was not signed with this key"
            told = [checkpoint.get(name) for name in ("seq", "hash", "prev", "tenant")]
            if told != [seq, last, mark, tenant]:
                yield number, "the checkpoint is about another chain"
            checkpoints += 1
            mark = hashlib.sha256(bytes.fromhex(signature)).hexdigest() if is_hex(signature) else NOTHING
        elif line.keys() == {"end", "signature"}:
            ended = True
            first = hashlib.sha256(lines[0]).hexdigest()
            there = {"checkpoints": checkpoints, "entries": entries, "first_line": first}
            there |= {"hash": last, "seq": seq, "tenant": tenant}
            if not is_signed(key, line["end"], line["signature"]):
                yield number, "the end was not signed with this key"
            elif line["end"] != there:
                yield number, "the end speaks of another chain"
        else:
            yield number, "the line is none of an export"
    if not ended:
        yield len(lines), "the export is cut off: its last line is missing"


def is_hex(text: Any) -> bool:
    try:
        return isinstance(text, str) and bytes.fromhex(text).hex() == text  # in small letters: one way to write it
    except ValueError:
        return False


def problems_of_proof(data: bytes, key: str) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with a deletion proof: `{"proof": …, "signature": …}`, printed in whatever way."""
    line = load(data)
    if not isinstance(line, dict) or line.keys() != {"proof", "signature"}:
        yield 1, "this is no deletion proof, or it is damaged"
    elif not is_signed(key, line["proof"], line["signature"]):
        yield 1, "the proof was not signed with this key, or was changed"


def main(key: str, path: str) -> int:
    data = Path(path).read_bytes()
    whole = load(data)
    look = problems_of_proof if isinstance(whole, dict) and "proof" in whole else problems
    found = list(look(data, key))
    for number, what in found:
        print(f"line {number}: {what}")
    if not found:
        print("Nothing was changed.")
    return bool(found)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
