"""The first page: what wants somebody's attention, and nothing that takes long to find out."""

from stagedoor.cases.store import count_open_cases
from stagedoor.channels.live import Standing
from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Page
from stagedoor.console.visit import Visit
from stagedoor.db.database import Tx
from stagedoor.doors.admin_channels import STATUSES
from stagedoor.jobs.store import Backlog, find_backlog
from stagedoor.tenants.store import Tenant, list_tenants_after

MOST_COUNTED = 1_000
MOST_TENANTS = 10


async def show(visit: Visit) -> Answer:
    rt, now = visit.rt, visit.rt.clock.now()
    channels = [(one.channel.name, one.standing(now)) for one in await visit.book.list_live()]

    async def look(tx: Tx) -> tuple[int, list[Backlog], list[Tenant]]:
        backlogs = [await find_backlog(tx, kind, now=now, at_most=MOST_COUNTED) for kind in visit.tools.kinds]
        cases = await count_open_cases(tx, at_most=MOST_COUNTED)
        return cases, backlogs, await list_tenants_after(tx, "", at_most=MOST_TENANTS + 1)

    cases, backlogs, tenants = await rt.db.read(look)
    return visit.page(
        "overview.html",
        cases=cases,
        due=sum(one.due for one in backlogs),
        dead=sum(one.dead for one in backlogs),
        most=MOST_COUNTED,
        channels=[(name, STATUSES[standing]) for name, standing in channels],
        unfit=sum(standing is not Standing.FIT for _, standing in channels),
        tenants=sorted(tenants[:MOST_TENANTS], key=lambda tenant: tenant.name.casefold()),
        more=len(tenants) > MOST_TENANTS,
    )


PAGES = [Page("/console", show)]
