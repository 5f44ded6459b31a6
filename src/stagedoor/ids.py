"""Identifiers made here. Ids made by Ark are never parsed and never changed."""

import os
import secrets
import string
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import count

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
CHINA = timezone(timedelta(hours=8))

NewId = Callable[[str], str]


def new_id(kind: str) -> str:
    """Return a fresh id such as ``vs_4fzJ…``: the kind and 22 base62 characters (131 bits)."""
    return f"{kind}_{random_base62(22)}"


def random_base62(length: int) -> str:
    # 256 is no multiple of 62, so a byte modulo 62 would favour some characters.
    return base62(int.from_bytes(os.urandom(length)), length)


def base62(number: int, length: int) -> str:
    """Write the lowest digits of a number in base 62, padded with zeros to the length."""
    pairs = []
    for _ in range(0, length, 2):
        number, pair = divmod(number, 62 * 62)
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))[-length:] if length else ""


_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


_BOOT = secrets.token_hex(5).upper()
_serial = count(secrets.randbelow(1 << 32))


def new_request_id() -> str:
    """Return a RequestId in Ark's form: 14 digits of UTC+8 time and 20 upper-case hex digits."""
    return f"{_stamp(int(time.time()))}{_BOOT}{next(_serial) & 0xFFFFFFFFFF:010X}"


@lru_cache(maxsize=2)
def _stamp(second: int) -> str:
    return datetime.fromtimestamp(second, CHINA).strftime("%Y%m%d%H%M%S")
