"""Identifiers in the forms Ark gives them."""

import secrets
import string
from collections.abc import Callable
from datetime import datetime

from stagedoor.emulator.clock import id_stamp, machine_now

SUFFIX_ALPHABET = string.ascii_lowercase + string.digits
KEY_ALPHABET = string.ascii_letters + string.digits


def new_resource_id(kind: str, moment: datetime, is_taken: Callable[[str], bool]) -> str:
    """Return ``group-YYYYMMDDHHMMSS-xxxxx`` or ``asset-…``, stamped in UTC+8."""
    # Five characters collide now and then when many are made in one second.
    while is_taken(resource_id := f"{kind}-{id_stamp(moment)}-{random_text(5, SUFFIX_ALPHABET)}"):
        pass
    return resource_id


def new_byted_token(moment: datetime) -> str:
    """Return 34 characters: a 14-digit time and 20 upper-case hex digits."""
    return id_stamp(moment) + secrets.token_hex(10).upper()


def new_request_id() -> str:
    return id_stamp(machine_now()) + secrets.token_hex(10).upper()


def new_access_key(prefix: str = "AKLT") -> str:
    return prefix + random_text(40, KEY_ALPHABET)


def new_secret_key() -> str:
    """Return text that ends like the base64 the cloud hands out; it is used as text, never decoded."""
    return random_text(58, KEY_ALPHABET) + "=="


def new_session_token() -> str:
    return "STS2" + random_text(120, KEY_ALPHABET)


def random_text(length: int, alphabet: str) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
