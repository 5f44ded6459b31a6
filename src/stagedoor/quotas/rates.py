"""How often a key or a tenant may call this gateway: written ``100/s``, answered with ``RateLimit`` headers."""

import re
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from stagedoor.errors import InvalidParameter
from stagedoor.quotas.limits import Limit

OFF = "off"
PATTERN = r"^([1-9][0-9]{0,6})/([smhd])$|^off$"
RateText = Annotated[str, Meta(pattern=PATTERN)]
"""A rate as operators write it."""

_PERIODS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


class Rate(msgspec.Struct, frozen=True):
    """A limit on somebody's calls."""

    policy: str
    """Whose limit it is: ``key``, ``tenant`` or ``address``."""
    owner: str
    """The id of the key or the tenant; nothing for the limit of every address."""
    text: str
    limit: Limit


def read_rate(text: str) -> Limit | None:
    """Read ``100/s``, ``6000/m``, ``1/h``, ``9/d``; ``off`` is no limit.

    Raises:
        InvalidParameter: it is none of these.

    """
    match = re.fullmatch(PATTERN, text)
    if match is None:
        raise InvalidParameter("A rate is written 100/s (or /m, /h, /d), or off.", field="RateLimit")
    return None if text == OFF else Limit(int(match[1]), _PERIODS[match[2]])


def checked(text: str | None) -> str | None:
    """Return a rate as it is written, or None.

    Raises:
        InvalidParameter: it cannot be read.

    """
    if text is not None:
        read_rate(text)
    return text


def rate_of(policy: str, owner: str, text: str | None, otherwise: str) -> tuple[Rate, ...]:
    """Return the rate that holds for somebody: their own, else the setting's, else none."""
    text = text or otherwise
    limit = read_rate(text) if text else None
    return () if limit is None else (Rate(policy, owner, text, limit),)
