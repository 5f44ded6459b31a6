"""Adding and removing operators, and giving them a new start when every factor is lost."""

import re
from typing import get_args

from stagedoor.audit.store import INSTANCE, OPERATOR, record
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import Conflict, InvalidParameter, NotFound
from stagedoor.operators import store
from stagedoor.operators.links import make_link
from stagedoor.operators.store import Operator, Role
from stagedoor.runtime import Runtime

NAME = re.compile(r"[\w.@+-]{1,64}")


def read_name(text: str) -> str:
    """Return a name as it is kept.

    Raises:
        InvalidParameter: it is none.

    """
    name = text.strip().lower()
    if not NAME.fullmatch(name):
        raise InvalidParameter("A name has 1 to 64 letters, digits and . @ + - _", field="name")
    return name


def read_role(text: str) -> Role:
    """Return a role.

    Raises:
        InvalidParameter: there is none of this name.

    """
    if text in {"operator", "auditor"}:
        return "auditor" if text == "auditor" else "operator"
    raise InvalidParameter(f"A role is one of {', '.join(get_args(Role))}.", field="role")


async def add_operator(rt: Runtime, name: str, role: str, *, by: str = OPERATOR) -> str:
    """Add an operator and return the path of the link by which they set up how they sign in.

    Raises:
        InvalidParameter: the name or the role is none.
        Conflict: somebody has or had this name.

    """
    operator = new_operator(rt, read_name(name), read_role(role))

    async def work(tx: Tx) -> str:
        await record_operator(tx, operator, by)
        return await make_link(tx, rt, "set-up", operator.id)

    try:
        return await rt.db.write(work)
    except AlreadyThere:
        raise name_taken() from None


def new_operator(rt: Runtime, name: str, role: Role) -> Operator:
    return Operator(rt.new_id("op"), name, role, None, None, 0, rt.clock.now())


def name_taken() -> Conflict:
    return Conflict("Somebody has or had this name, which the audit trail knows them by.", field="name")


async def record_operator(tx: Tx, operator: Operator, by: str) -> None:
    """Add an operator's row and the entry that tells of it.

    Raises:
        AlreadyThere: somebody has or had this name.

    """
    await store.add_operator(tx, operator)
    details = {"role": operator.role}
    await record(tx, INSTANCE, by, "operator.added", operator.id, details, now=operator.created_at)


async def find_by_name(tx: Tx, name: str) -> Operator:
    """Return an operator.

    Raises:
        NotFound: there is none of this name.

    """
    operator = await store.find_operator_by_name(tx, name.strip().lower())
    if operator is None:
        raise NotFound(f"There is no operator {name}.", field="operator")
    return operator


async def remove_operator(rt: Runtime, name: str, *, by: str = OPERATOR) -> None:
    """Let an operator in no more, and end their sessions at once.

    Raises:
        NotFound: there is none of this name.

    """

    async def work(tx: Tx) -> None:
        operator, now = await find_by_name(tx, name), rt.clock.now()
        await _forget_factors(tx, operator.id)
        await store.remove_links(tx, operator.id)
        await store.mark_removed(tx, operator.id, now)
        await record(tx, INSTANCE, by, "operator.removed", operator.id, now=now)

    await rt.db.write(work)


async def reset_operator(rt: Runtime, name: str, *, by: str = OPERATOR) -> str:
    """Take every factor of an operator away, end their sessions, and return the path of a link to set up new ones.

    Raises:
        NotFound: there is none of this name.

    """

    async def work(tx: Tx) -> str:
        operator = await find_by_name(tx, name)
        await _forget_factors(tx, operator.id)
        await store.mark_password(tx, operator.id, None, None)
        await record(tx, INSTANCE, by, "operator.reset", operator.id, now=rt.clock.now())
        return await make_link(tx, rt, "set-up", operator.id)

    return await rt.db.write(work)


async def _forget_factors(tx: Tx, operator_id: str) -> None:
    await store.remove_passkeys(tx, operator_id)
    await store.set_recovery_codes(tx, operator_id, ())
    await store.remove_sessions(tx, operator_id)
