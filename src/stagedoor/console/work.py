"""What is owed: jobs by their kind, those that are not tried any more, and the cases that wait for a decision."""

from stagedoor.cases.store import Case, get_case, list_cases
from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.visit import Visit
from stagedoor.db.database import Tx
from stagedoor.doors.admin_work import Resolution, resolve
from stagedoor.jobs.store import Backlog, Job, find_backlog, list_dead_jobs
from stagedoor.retry import order_again
from stagedoor.validation.store import ValidationSession, find_session

MOST_COUNTED, MOST_SHOWN = 10_000, 100


async def show_jobs(visit: Visit) -> Answer:
    now = visit.rt.clock.now()

    async def look(tx: Tx) -> tuple[list[Backlog], list[Job]]:
        backlogs = [await find_backlog(tx, kind, now=now, at_most=MOST_COUNTED) for kind in visit.tools.kinds]
        dead = [job for one in backlogs if one.dead for job in await list_dead_jobs(tx, one.kind, at_most=MOST_SHOWN)]
        return backlogs, dead

    backlogs, dead = await visit.rt.db.read(look)
    busy = [one for one in backlogs if one.due or one.later or one.dead]
    idle = [one.kind for one in backlogs if one not in busy]
    return visit.page("work.html", busy=busy, idle=idle, dead=dead[:MOST_SHOWN], most=MOST_COUNTED)


async def retry(visit: Visit) -> None:
    await order_again(visit.rt, visit.field("kind"), visit.field("key"), by=visit.by)


async def show_cases(visit: Visit) -> Answer:
    async def look(tx: Tx) -> tuple[list[Case], list[Case]]:
        waiting = await list_cases(tx, resolved=False, at_most=MOST_SHOWN)
        return waiting, await list_cases(tx, resolved=True, at_most=MOST_SHOWN)

    waiting, decided = await visit.rt.db.read(look)
    return visit.page("cases.html", waiting=waiting, decided=decided)


async def show_case(visit: Visit) -> Answer:
    async def look(tx: Tx) -> tuple[Case, ValidationSession | None]:
        case = await get_case(tx, visit.params["case"])
        return case, await find_session(tx, case.tenant_id, case.session_id)

    case, session = await visit.rt.db.read(look)
    return visit.page("case.html", case=case, session=session)


async def decide(visit: Visit) -> None:
    group = visit.field("group") or visit.field("other")
    none = visit.field("group") == "none"
    wanted = Resolution(group_id=None if none else group or None, no_group=none)
    await resolve(visit.rt, visit.book, visit.params["case"], wanted, by=visit.by)


PAGES = [
    Page("/console/work", show_jobs, {"retry": Act(retry)}),
    Page("/console/cases", show_cases),
    Page("/console/cases/{case}", show_case, {"decide": Act(decide, proves=True)}),
]
