"""Edits of an export, as somebody would make them who hopes that nobody looks."""

import hashlib
import json
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stagedoor.audit.chain import canonical

Lines = list[bytes]
NEXT_SIGNATURE = 12
FORGER = Ed25519PrivateKey.from_private_bytes(b"f" * 32)


class Edited(NamedTuple):
    """An export after an edit, and the line at which it was made; a finding may be a line further on."""

    data: bytes
    line: int
    hidden_for: int = 1
    """So many lines on, the next signature shows what the lines themselves do not."""


def flip_a_bit(data: bytes, chance: Random) -> Edited:
    place = chance.randrange(len(data))
    changed = bytearray(data)
    changed[place] ^= 1 << chance.randrange(8)
    return Edited(bytes(changed), data[:place].count(b"\n") + 1)


def truncate(data: bytes, chance: Random) -> Edited:
    kept = data[: chance.randrange(len(data))]
    return Edited(kept, kept.count(b"\n") + 1)


def delete(data: bytes, chance: Random) -> Edited:
    lines = data.splitlines(keepends=True)
    first = chance.randrange(len(lines))
    hidden = NEXT_SIGNATURE if lines[first].startswith(b'{"checkpoint"') else 1
    del lines[first : first + chance.choice((1, 1, 1, 2, 5))]
    return Edited(b"".join(lines), first + 1, hidden)


def swap(data: bytes, chance: Random) -> Edited:
    lines = data.splitlines(keepends=True)
    first, second = sorted(chance.sample(range(len(lines)), 2))
    lines[first], lines[second] = lines[second], lines[first]
    return Edited(b"".join(lines), first + 1)


def double(data: bytes, chance: Random) -> Edited:
    lines = data.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    lines.insert(place, lines[place])
    return Edited(b"".join(lines), place + 2)


def change_an_entry(data: bytes, chance: Random) -> Edited:
    """Say that somebody else did it, and put the right hash beside it."""
    lines = data.splitlines(keepends=True)
    place = _some_entry(lines, chance)
    lines[place] = _forged(lines[place], by="key:nobody")
    return Edited(b"".join(lines), place + 1)


def sign_anew(data: bytes, chance: Random, *, as_if: bool = False) -> Edited:
    """Change an entry and carry it on to the end: every hash is right, every signature is good, but with another key."""
    lines = data.splitlines(keepends=True)
    place = _some_entry(lines, chance)
    lines[place] = _forged(lines[place], by="key:nobody")
    if not as_if:
        told = {**json.loads(lines[0])["export"], "key": FORGER.public_key().public_bytes_raw().hex()}
        lines[0] = canonical({"export": told, "signature": FORGER.sign(canonical(told)).hex()}) + b"\n"
    last, mark = json.loads(lines[place])["hash"], ""
    for number in range(1, len(lines)):
        line = json.loads(lines[number])
        if "entry" in line and number > place:
            lines[number] = _forged(lines[number], prev=last)
        if "entry" in line:
            last = json.loads(lines[number])["hash"]
        elif number > place:
            name = next(name for name in ("checkpoint", "end") if name in line)
            told = {**line[name], "hash": last}
            if name == "end":
                told["first_line"] = hashlib.sha256(lines[0].rstrip(b"\n")).hexdigest()
            elif mark:
                told["prev"] = mark
            signature = FORGER.sign(canonical(told))
            mark = hashlib.sha256(signature).hexdigest()
            lines[number] = canonical({name: told, "signature": signature.hex()}) + b"\n"
    return Edited(b"".join(lines), place + 1 if as_if else 1, NEXT_SIGNATURE if as_if else 0)


def sign_anew_under_the_true_name(data: bytes, chance: Random) -> Edited:
    return sign_anew(data, chance, as_if=True)


EDITS: tuple[Callable[[bytes, Random], Edited], ...] = (
    flip_a_bit,
    truncate,
    delete,
    swap,
    double,
    change_an_entry,
    sign_anew,
    sign_anew_under_the_true_name,
)


def _some_entry(lines: Lines, chance: Random) -> int:
    return chance.choice([number for number, line in enumerate(lines) if line.startswith(b'{"entry"')])


def _forged(line: bytes, **fields: Any) -> bytes:
    entry = {**json.loads(line)["entry"], **fields}
    return canonical({"entry": entry, "hash": hashlib.sha256(canonical(entry)).hexdigest()}) + b"\n"
