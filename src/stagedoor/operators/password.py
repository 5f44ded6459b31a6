"""Passwords: argon2id, slow on purpose, a few at a time and never on the event loop."""

import asyncio
import os

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from stagedoor.errors import InvalidParameter

SHORTEST, LONGEST = 12, 256
AT_ONCE = 2
"""Each takes 19 MiB and tens of milliseconds of a processor."""
_MEMORY_KIB, _ITERATIONS, _LANES = 19_456, 2, 1
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$c3RhZ2Vkb29yLW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""Belongs to no password: what is compared where there is no operator takes as long."""


class Passwords:
    """Makes and checks password hashes in threads."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """Return what is stored of a password.

        Raises:
            InvalidParameter: it is too short or too long.

        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise InvalidParameter(f"A password has {SHORTEST} to {LONGEST} characters.", field="password")
        async with self._turn:
            return await asyncio.to_thread(_hash, password.encode())

    async def fits(self, password: str, stored: str | None) -> bool:
        """Tell whether a password is the one of which this was stored; without anything stored it takes as long, and is not."""
        given = password[: LONGEST + 1].encode("utf-8", "replace")
        async with self._turn:
            return await asyncio.to_thread(_fits, given, stored or _NOBODYS)


def _hash(password: bytes) -> str:
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(password)


def _fits(password: bytes, stored: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password, stored)
    except InvalidKey:
        return False
    return True
