"""Links that work once: to set up how one signs in, and to sign in from the machine itself."""

from datetime import timedelta

from stagedoor.db.database import Tx
from stagedoor.ids import random_base62
from stagedoor.operators.store import Link, Purpose, add_link, has_operators, remove_links
from stagedoor.runtime import Runtime

LIFETIME = timedelta(minutes=30)
CODE_LENGTH = 32
"""Characters of base62: 190 bits."""


def link_hash(rt: Runtime, code: str) -> bytes:
    return rt.vault.hash("operator_link", code)


def link_path(purpose: Purpose, code: str) -> str:
    """Return where in the console a link leads."""
    return f"/console/{purpose}/{code}"


async def make_link(tx: Tx, rt: Runtime, purpose: Purpose, operator_id: str | None) -> str:
    """Make a link in the place of the earlier ones of the same operator, and return its path."""
    now, code = rt.clock.now(), random_base62(CODE_LENGTH)
    await remove_links(tx, operator_id)
    await add_link(tx, Link(link_hash(rt, code), purpose, operator_id, now, now + LIFETIME))
    return link_path(purpose, code)


async def make_first_link(rt: Runtime) -> str | None:
    """Return the path of the link that makes the first operator; None when there is one already."""
    if await rt.db.read(has_operators):
        return None
    return await rt.db.write(lambda tx: make_link(tx, rt, "set-up", None))
