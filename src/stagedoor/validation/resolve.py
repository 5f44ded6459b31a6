"""An operator decides what became of a session whose group could not be told without guessing."""

from stagedoor.audit.store import OPERATOR
from stagedoor.cases.record import close_case
from stagedoor.cases.store import Case, get_case
from stagedoor.channels.book import ChannelBook
from stagedoor.contract.operations import BY_ACTION
from stagedoor.db.database import Tx
from stagedoor.errors import BytedTokenRefused, Conflict, InvalidParameter, NotFound
from stagedoor.events.store import emit
from stagedoor.jobs.store import drop_job
from stagedoor.runtime import Runtime
from stagedoor.validation.bind import bind_group
from stagedoor.validation.store import EXCHANGE, get_session, mark_without_group

GET_GROUP = BY_ACTION["GetAssetGroup"]


async def resolve_case(
    rt: Runtime, book: ChannelBook, case_id: str, group_id: str | None, *, by: str = OPERATOR
) -> Case:
    """Bind the session of a case to a group that Ark has, or end it without one; ``by`` says who decides.

    Raises:
        NotFound: there is no such case.
        Conflict: the case is resolved.
        InvalidParameter: Ark has no such group of a real person, or another tenant owns it.

    """
    case = await rt.db.read(lambda tx: get_case(tx, case_id))
    if case.resolved_at is not None:
        raise Conflict("This case is resolved.")
    if group_id is not None:
        await _check_group(book, case, group_id)

    async def work(tx: Tx) -> Case:
        now = rt.clock.now()
        session = await get_session(tx, case.tenant_id, case.session_id)
        if group_id is None:
            reason = BytedTokenRefused.code
            news = await mark_without_group(tx, case.tenant_id, case.session_id, outcome=reason, now=now)
            await drop_job(tx, EXCHANGE, case.session_id)
            await close_case(tx, case.session_id, None, event_id=rt.new_id("evt"), now=now)
            if news:
                data, event_id = {"reason": reason}, rt.new_id("evt")
                await emit(tx, case.tenant_id, "session.expired", session.id, data, event_id=event_id, now=now)
        elif session.group_id is None and not await bind_group(tx, rt, session, group_id, outcome="Resolved", by=by):
            raise InvalidParameter("This group belongs to another tenant.", field="GroupId")
        return await get_case(tx, case_id)

    return await rt.db.write(work)


async def _check_group(book: ChannelBook, case: Case, group_id: str) -> None:
    try:
        group = await book.ask(case.channel_id, GET_GROUP, {"Id": group_id, "ProjectName": case.project_name})
    except NotFound:
        raise InvalidParameter(f"Ark has no group {group_id} in this project.", field="GroupId") from None
    if group.get("GroupType", "LivenessFace") != "LivenessFace":
        raise InvalidParameter("This is no group of a real person.", field="GroupId")
