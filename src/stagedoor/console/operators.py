"""Who may sign in: operators and auditors, added with a link, removed, or given a new start."""

from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.visit import Visit
from stagedoor.errors import Conflict
from stagedoor.operators.manage import add_operator, remove_operator, reset_operator
from stagedoor.operators.store import list_operators


async def show(visit: Visit, *, link: str = "") -> Answer:
    operators = await visit.rt.db.read(list_operators)
    return visit.page("operators.html", operators=operators, link=link and visit.browser.origin + link)


async def add(visit: Visit) -> Answer:
    path = await add_operator(visit.rt, visit.field("name"), visit.field("role"), by=visit.by)
    return await show(visit, link=path)


async def reset(visit: Visit) -> Answer:
    return await show(visit, link=await reset_operator(visit.rt, _other(visit), by=visit.by))


async def remove(visit: Visit) -> None:
    await remove_operator(visit.rt, _other(visit), by=visit.by)


def _other(visit: Visit) -> str:
    name = visit.field("name")
    if name == visit.who.operator.name:
        raise Conflict("Nobody does this to themselves: another operator can, or the command line.", field="name")
    return name


PAGES = [
    Page(
        "/console/operators",
        show,
        {"add": Act(add, proves=True), "reset": Act(reset, proves=True), "remove": Act(remove, proves=True)},
    )
]
