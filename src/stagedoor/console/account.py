"""One's own account: sessions and passkeys."""

from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.visit import Visit
from stagedoor.db.database import Tx
from stagedoor.errors import NotFound
from stagedoor.operators.sessions import end_session, list_living_sessions
from stagedoor.operators.store import Passkey, count_recovery_codes, list_passkeys


async def show(visit: Visit) -> Answer:
    operator = visit.who.operator

    async def look(tx: Tx) -> tuple[list[Passkey], int]:
        return await list_passkeys(tx, operator.id), await count_recovery_codes(tx, operator.id)

    passkeys, codes = await visit.rt.db.read(look)
    sessions = await list_living_sessions(visit.rt, operator.id)
    return visit.page("account.html", sessions=sessions, own=visit.who.session.id, passkeys=passkeys, codes=codes)


async def end(visit: Visit) -> None:
    if not await end_session(visit.rt, visit.who, visit.field("session")):
        raise NotFound("This session has ended.", field="session")


PAGES = [Page("/console/account", show, {"end": Act(end, own=True)})]
