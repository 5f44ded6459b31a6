"""Signing in to the console: links that work once, two factors, a delay instead of a lock, sessions that end."""

import asyncio
import math
import re
from datetime import timedelta

import pytest

from stagedoor.audit.store import INSTANCE
from stagedoor.errors import Conflict
from stagedoor.operators.links import make_first_link, make_link
from stagedoor.operators.manage import add_operator, remove_operator, reset_operator
from stagedoor.operators.store import find_operator_by_name
from stagedoor.operators.totp import generate
from tests.audit.trail import entries_of
from tests.console.support import PASSWORD, Desk, Form, Person, another_person, first_person
from tests.support.gateway import Answer, RunningGateway
from tests.support.validation import on_sqlite


def refused(answer: Answer) -> str:
    assert answer.status == 401
    assert "set-cookie" not in answer.headers
    return Form(answer.body.decode()).words


async def test_the_first_link_makes_the_first_operator_and_works_once(gateway: RunningGateway, desk: Desk) -> None:
    ada = await first_person(gateway)
    await desk.open(ada.link)  # looking uses nothing up
    answer = await ada.enroll(desk)
    assert answer.status == 200
    assert len(ada.recovery_codes) == 10
    assert await desk.is_in()
    assert await make_first_link(gateway.rt) is None
    other = Desk(gateway)
    assert (await other.send("GET", ada.link)).status == 410
    assert (await other.send("GET", "/console")).headers["location"] == "/console/sign-in"


async def test_of_links_that_processes_print_at_the_same_moment_one_makes_the_first_operator(
    gateway: RunningGateway,
) -> None:
    links = await asyncio.gather(*(make_first_link(gateway.rt) for _ in range(3)))
    await gateway.sees()
    forms: list[tuple[Desk, str, dict[str, str]]] = []
    for number, link in enumerate(links):
        assert link is not None
        person, desk = Person(gateway, f"person-{number}", link), Desk(gateway)
        if (await desk.send("GET", link)).status == 200:
            code = generate(person.seed, gateway.clock.now())
            given = {"name": person.name, "password": PASSWORD, "code": code}
            forms.append((desk, link, {**(await desk.open(link)).hidden, **given}))
    answers = await asyncio.gather(*(desk.post(link, fields) for desk, link, fields in forms))
    assert sorted(answer.status for answer in answers) == [200, *[410] * (len(forms) - 1)]
    assert sorted([await desk.is_in() for desk, _, _ in forms]) == [*[False] * (len(forms) - 1), True]


@on_sqlite
async def test_a_link_is_over_after_half_an_hour_and_a_new_one_ends_the_old(
    gateway: RunningGateway, desk: Desk
) -> None:
    old, new = await first_person(gateway), await first_person(gateway)
    assert (await desk.send("GET", old.link)).status == 410
    await desk.open(new.link)
    gateway.clock.advance(timedelta(minutes=31))
    assert (await desk.send("GET", new.link)).status == 410


@on_sqlite
async def test_a_wrong_code_or_a_short_password_leaves_the_link_good(gateway: RunningGateway, desk: Desk) -> None:
    ada = await first_person(gateway)
    for fields in (
        {"name": "ada", "password": PASSWORD, "code": "000000"},
        {"name": "ada", "password": "short", "code": ada.code()},
        {"name": "a b", "password": PASSWORD, "code": ada.code()},
    ):
        assert (await desk.fill(ada.link, **fields)).status == 400
    assert (await ada.enroll(desk)).status == 200


@on_sqlite
async def test_a_password_needs_its_code_and_a_code_works_once(
    gateway: RunningGateway, desk: Desk, ada: Person
) -> None:
    other, code = Desk(gateway), ada.code()
    refused(await ada.sign_in(other, code="123 456"))
    assert (await ada.sign_in(other, code=f"{code[:3]} {code[3:]}")).status == 303
    assert await other.is_in()
    refused(await ada.sign_in(Desk(gateway), code=code))
    assert await desk.is_in()


async def test_a_recovery_code_works_once_in_the_place_of_a_code(gateway: RunningGateway, ada: Person) -> None:
    one, two, *_ = ada.recovery_codes
    assert (await ada.sign_in(Desk(gateway), code=one)).status == 303
    refused(await ada.sign_in(Desk(gateway), code=one))
    assert (await ada.sign_in(Desk(gateway), code=two.replace("-", " "))).status == 303


@on_sqlite
async def test_whatever_is_wrong_the_answer_is_the_same(gateway: RunningGateway, ada: Person) -> None:
    """An unknown name, a wrong password, a wrong code, an operator who has not set anything up."""
    await add_operator(gateway.rt, "grace", "operator")
    answers = [
        refused(await ada.sign_in(Desk(gateway), **fields))
        for fields in ({"name": "nobody"}, {"password": "wrong wrong wrong"}, {"code": "000000"}, {"name": "grace"})
    ]
    assert len({words.replace(ada.name, "") for words in answers}) == 1


async def test_five_failures_in_a_row_delay_and_do_not_lock(gateway: RunningGateway, ada: Person) -> None:
    with gateway.clock.stopped():
        desk, good = Desk(gateway), ada.code()
        for _ in range(5):
            refused(await ada.sign_in(desk, code="000000"))
        delayed = await ada.sign_in(desk, code=good)
        assert (delayed.status, delayed.headers["retry-after"]) == (429, "1")
        # An unknown name is delayed just like that.
        for _ in range(5):
            refused(await ada.sign_in(desk, name="nobody", code="000000"))
        assert (await ada.sign_in(desk, name="nobody", code="000000")).status == 429
        gateway.clock.advance(timedelta(seconds=1))
        assert (await ada.sign_in(desk, code=good)).status == 303
        # It begins anew.
        refused(await ada.sign_in(Desk(gateway), code="000000"))
        refused(await ada.sign_in(Desk(gateway), code="000000"))


@on_sqlite
async def test_a_clock_that_is_ahead_delays_as_ever_and_one_that_was_set_back_locks_nobody_out(
    gateway: RunningGateway, ada: Person
) -> None:
    sql = "UPDATE operator_tries SET tried_at = tried_at + :ahead"
    with gateway.clock.stopped():
        for ahead, status in ((timedelta(seconds=5), 429), (timedelta(hours=1), 303)):
            code = ada.code()
            for _ in range(5):
                refused(await ada.sign_in(Desk(gateway), code="000000"))
            microseconds = ahead // timedelta(microseconds=1)
            await gateway.rt.db.write(lambda tx, ahead=microseconds: tx.execute(sql, ahead=ahead))  # type: ignore[misc]
            await gateway.sees()
            assert (await ada.sign_in(Desk(gateway), code=code)).status == status
            await gateway.rt.db.write(lambda tx: tx.execute("DELETE FROM operator_tries"))
            await gateway.sees()


async def test_many_guesses_at_once_have_no_more_free_tries_than_one_after_the_other(
    gateway: RunningGateway, ada: Person
) -> None:
    form = await Desk(gateway).open("/console/sign-in")
    fields = {**form.hidden, "name": ada.name, "password": PASSWORD, "code": "000000"}
    begun = gateway.clock.now()
    answers = await asyncio.gather(*(Desk(gateway).post("/console/sign-in", fields) for _ in range(12)))
    took = (gateway.clock.now() - begun).total_seconds()
    assert sorted({answer.status for answer in answers}) == [401, 429]
    # Five are free, and then those that have waited 1, 2, 4 … seconds.
    assert sum(answer.status == 401 for answer in answers) <= 5 + int(math.log2(took + 1))


@on_sqlite
async def test_a_session_is_over_after_half_an_hour_without_use_and_after_twelve_hours(
    gateway: RunningGateway, desk: Desk, ada: Person
) -> None:
    other = Desk(gateway)
    await ada.sign_in(other)
    for _ in range(24):
        gateway.clock.advance(timedelta(minutes=29))
        assert await desk.is_in()
    gateway.clock.advance(timedelta(minutes=29))
    assert not await desk.is_in()
    assert not await other.is_in()


@on_sqlite
async def test_a_page_that_asks_for_news_by_itself_keeps_no_session_alive(
    gateway: RunningGateway, desk: Desk, ada: Person
) -> None:
    for _ in range(3):
        gateway.clock.advance(timedelta(minutes=11))
        answer = await desk.send("GET", "/console/tenants/tn_x/people/inv_x/state")
    assert answer.status == 303


@on_sqlite
async def test_signing_in_begins_a_new_session_and_ends_the_one_before(
    gateway: RunningGateway, desk: Desk, ada: Person
) -> None:
    before = dict(desk.cookies)
    desk.cookies.clear()
    form = await desk.open("/console/sign-in")
    desk.cookies = dict(before)
    # The old session is still in the browser when the form is sent.
    fields = {**form.hidden, "name": ada.name, "password": PASSWORD, "code": ada.code()}
    fields["token"] = (await desk.open("/console/account", "end")).hidden["token"]
    assert (await desk.post("/console/sign-in", fields)).status == 303
    assert desk.cookies != before
    old = Desk(gateway)
    old.cookies = before
    assert not await old.is_in()


@on_sqlite
async def test_sessions_are_listed_and_ended_by_their_owner_alone(
    gateway: RunningGateway, desk: Desk, ada: Person
) -> None:
    other, grace = Desk(gateway), await another_person(gateway, "grace")
    await grace.enroll(other)
    theirs = (await other.open("/console/account", "end")).hidden["session"]
    form = (await desk.open("/console/account", "end")).hidden
    assert (await desk.post("/console/account", {**form, "session": theirs})).status == 404
    assert await other.is_in()
    assert (await desk.fill("/console/account", "end")).status == 303
    assert not await desk.is_in()


async def test_signing_out_ends_the_session_itself_not_only_the_cookie(desk: Desk, ada: Person) -> None:
    kept = dict(desk.cookies)
    form = await desk.open("/console", "sign-out")
    assert (await desk.post("/console/sign-out", form.hidden)).headers["location"] == "/console/sign-in"
    assert desk.cookies == {}
    desk.cookies = kept
    assert not await desk.is_in()


@on_sqlite
async def test_a_removed_operator_is_out_at_once_and_the_name_is_never_given_again(
    gateway: RunningGateway, desk: Desk, ada: Person
) -> None:
    grace = await another_person(gateway, "grace")
    other = Desk(gateway)
    await grace.enroll(other)
    await remove_operator(gateway.rt, "Grace")
    assert not await other.is_in()
    refused(await grace.sign_in(Desk(gateway)))
    with pytest.raises(Conflict):
        await add_operator(gateway.rt, "grace", "auditor")
    assert await desk.is_in()


@on_sqlite
async def test_a_new_start_takes_every_factor_and_session_away(
    gateway: RunningGateway, desk: Desk, ada: Person
) -> None:
    link = await reset_operator(gateway.rt, "ada")
    assert not await desk.is_in()
    refused(await ada.sign_in(Desk(gateway)))
    refused(await ada.sign_in(Desk(gateway), code=ada.recovery_codes[0]))
    again = Person(gateway, "ada", link)
    assert (await again.enroll(Desk(gateway))).status == 200
    assert (await again.sign_in(Desk(gateway))).status == 303


@on_sqlite
async def test_a_link_from_the_machine_signs_in_once_and_only_by_its_button(
    gateway: RunningGateway, ada: Person
) -> None:
    async def make() -> str:
        operator = await gateway.rt.db.read(lambda tx: find_operator_by_name(tx, "ada"))
        assert operator is not None
        return await gateway.rt.db.write(lambda tx: make_link(tx, gateway.rt, "sign-in", operator.id))

    link, desk = await make(), Desk(gateway)
    assert (await desk.send("GET", link)).status == 200
    assert not await desk.is_in()
    assert (await desk.fill(link)).headers["location"] == "/console"
    assert await desk.is_in()
    assert (await Desk(gateway).fill(link)).status == 410
    # One for setting up signs nobody in.
    assert (
        await Desk(gateway).fill((await another_person(gateway, "grace")).link.replace("set-up", "sign-in"))
    ).status == 410


@on_sqlite
async def test_signing_in_and_out_is_in_the_trail_by_the_operators_id(
    gateway: RunningGateway, desk: Desk, ada: Person
) -> None:
    form = await desk.open("/console", "sign-out")
    await desk.post("/console/sign-out", form.hidden)
    operator = await gateway.rt.db.read(lambda tx: find_operator_by_name(tx, "ada"))
    assert operator is not None
    for _ in range(5):
        refused(await ada.sign_in(Desk(gateway), code="000000"))
    entries = await entries_of(gateway.rt, INSTANCE)
    told = [(one["action"].removeprefix("operator."), one["by"], one["object"]) for one in entries]
    by = f"operator:{operator.id}"
    done = [(what, by, operator.id) for what in ("added", "enrolled", "signed_in", "signed_out")]
    assert [one for one in told if not one[0].startswith("channel.")] == [
        *done,
        ("sign_in_failed", "gateway", operator.id),
    ]


@on_sqlite
async def test_a_cookie_is_secure_wherever_the_browser_is_not_on_this_machine(
    gateway: RunningGateway, ada: Person
) -> None:
    local, public = Desk(gateway), Desk(gateway, host="gateway.example")
    await ada.sign_in(local)
    rest = r"=[0-9A-Za-z]{43}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"
    assert re.fullmatch(rf"stagedoor-console{rest}", local.set_cookies[0])
    await ada.sign_in(public)
    assert re.fullmatch(rf"__Host-stagedoor-console{rest}; Secure", public.set_cookies[0])


@on_sqlite
async def test_what_is_dangerous_wants_a_factor_of_the_last_five_minutes(
    gateway: RunningGateway, desk: Desk, ada: Person
) -> None:
    channel = "/console/channels/emulator"
    gateway.clock.advance(timedelta(minutes=6))
    prove = (await desk.fill(channel, "state", state="draining")).headers["location"]
    assert prove == f"/console/prove?next={channel}"
    assert (await desk.fill(prove, "prove", password=PASSWORD, code="000000")).status == 401
    proved = await desk.fill(prove, "prove", password=PASSWORD, code=ada.code())
    assert proved.headers["location"] == channel
    assert (await desk.fill(channel, "state", state="draining")).status == 303
    assert "nothing new" in (await desk.open("/console/channels")).words
    gateway.clock.advance(timedelta(minutes=6))
    assert (await desk.fill(channel, "state", state="enabled")).headers["location"] == prove


@on_sqlite
async def test_the_way_on_never_leads_away(desk: Desk, ada: Person) -> None:
    """Whatever stands in ``next``: only a page of the console is gone on to."""
    for to in ("https://evil.example/", "//evil.example", "/console//evil.example", "/console/%5Cevil", "/v1/x"):
        assert (await desk.send("GET", f"/console/sign-in?next={to}")).headers["location"] == "/console"
    assert (await desk.send("GET", "/console/sign-in?next=/console/work")).headers["location"] == "/console/work"
