"""A group whose answer was lost is found where it can only be one person's, and left to an operator where it can be two's."""

from typing import Any

from stagedoor.cases.store import Case, list_cases
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.validation import (
    EXCHANGE,
    Check,
    advance,
    exchange,
    exchanges_done,
    on_sqlite,
    session_of,
    start,
    until,
)
from tests.validation.conftest import RunGateway

LIFETIME = 60.0


async def lose(api: Api, control: EmulatorControl, check: Check) -> None:
    """Let Ark give the group to an answer that never comes, and then refuse the token."""
    await control.settings(token_policy="used_up_by_success")
    await control.complete(check.byted_token)
    await control.fault("reset_after", EXCHANGE, times=1)
    assert (await exchange(api, check)).code == "UpstreamTimeout"


async def groups_of(api: Api) -> list[str]:
    listed = await api.ok("ListAssetGroups", Filter={"GroupType": "LivenessFace"})
    return [group["Id"] for group in listed["Items"]]


async def open_cases(gateway: RunningGateway) -> list[Case]:
    return await gateway.read(lambda tx: list_cases(tx, resolved=False, at_most=10))


async def state_of(gateway: RunningGateway, check: Check) -> str:
    return (await session_of(gateway, check)).state


async def test_a_lost_answer_is_found_as_the_one_group_it_can_be(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="") as (gateway, api):
        check = await start(api)
        await lose(api, control, check)
        await until(lambda: _is(gateway, check, "exchanged"))
        session = await session_of(gateway, check)
        assert (session.outcome, session.byted_token) == ("Reconciled", None)
        assert (await exchange(api, check)).result["GroupId"] == session.group_id
        assert await groups_of(api) == [session.group_id]
        assert await open_cases(gateway) == []


@on_sqlite
async def test_a_lost_answer_is_left_to_an_operator_where_that_is_set(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="", lost_answers="operator") as (gateway, api):
        check = await start(api)
        await lose(api, control, check)

        async def there_is_a_case() -> bool:
            return len(await open_cases(gateway)) == 1

        await until(there_is_a_case)
        [case] = await open_cases(gateway)
        assert (len(case.candidates), case.rivals) == (1, ())
        assert await state_of(gateway, check) == "unknown"
        assert await groups_of(api) == []


async def _is(gateway: RunningGateway, check: Check, state: str) -> bool:
    return await state_of(gateway, check) == state


async def test_two_people_are_never_guessed_apart_and_an_operator_decides(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="", token_lifetime=LIFETIME) as (gateway, api):
        operator, stranger = await gateway.operator(), await gateway.client()
        mine, theirs = await start(api), await start(stranger)
        for client, check in ((api, mine), (stranger, theirs)):
            await lose(client, control, check)
            await until(lambda check=check: _is(gateway, check, "unknown"))  # type: ignore[misc]  # bound now
        for _ in range(3):
            advance(gateway.clock, seconds=LIFETIME)
            await exchanges_done(gateway)
        await until(lambda: _has_cases(gateway, 2))
        assert await groups_of(api) == await groups_of(stranger) == []
        assert (await exchange(api, mine)).code == "ExchangeUnknown"

        session = await session_of(gateway, mine)
        [case] = [case for case in await open_cases(gateway) if case.session_id == session.id]
        assert len(case.candidates) == 2
        assert case.rivals == ((await session_of(gateway, theirs)).id,)
        chosen = case.candidates[0]
        assert (await resolve(operator, case, GroupId=chosen))["GroupId"] == chosen
        assert (await exchange(api, mine)).result["GroupId"] == chosen
        assert (await operator.send("POST", _path(case), body={"NoGroup": True})).code == "Conflict"

        [other] = await open_cases(gateway)
        refused = await operator.send("POST", _path(other), body={"GroupId": chosen})
        assert refused.code == "InvalidParameter.GroupId"
        await resolve(operator, other, NoGroup=True)
        ended = await exchange(stranger, theirs)
        assert (ended.code, ended.error["Retry"]) == ("BytedTokenRefused", "new_session")
        assert await open_cases(gateway) == []
        await until(lambda: _are_told(operator, 4))
        told = (await operator.send("GET", "/admin/v1/events")).result["Items"]
        assert {(item["Type"], item["Data"]["id"]) for item in told} == {
            (name, one.id) for name in ("case.opened", "case.resolved") for one in (case, other)
        }
        [decided] = [item for item in told if item["Data"].get("group_id")]
        assert (decided["Data"]["session_id"], decided["Data"]["group_id"]) == (case.session_id, chosen)


async def _are_told(operator: Api, count: int) -> bool:
    return len((await operator.send("GET", "/admin/v1/events")).result["Items"]) == count


async def _has_cases(gateway: RunningGateway, count: int) -> bool:
    advance(gateway.clock, seconds=10)
    return len(await open_cases(gateway)) == count


def _path(case: Case) -> str:
    return f"/admin/v1/cases/{case.id}/resolve"


async def resolve(operator: Api, case: Case, **resolution: Any) -> dict[str, Any]:
    return (await operator.send("POST", _path(case), body=resolution)).result


async def test_a_group_may_become_the_only_one_when_a_rivals_own_answer_comes(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="") as (gateway, api):
        lost, rival = await start(api), await start(api)
        await lose(api, control, lost)
        await control.complete(rival.byted_token)
        await until(lambda: _is(gateway, lost, "unknown"))
        group_of_rival = (await exchange(api, rival)).result["GroupId"]
        advance(gateway.clock, seconds=11)
        await until(lambda: _is(gateway, lost, "exchanged"))
        assert (await session_of(gateway, lost)).group_id not in {None, group_of_rival}


@on_sqlite
async def test_nobody_is_asked_to_decide_while_the_list_cannot_be_had(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="") as (gateway, api):
        check = await start(api)
        await control.fault("error", "ListAssetGroups", times=0, status=500, name="away")
        await lose(api, control, check)
        await until(lambda: _is(gateway, check, "unknown"))
        await exchanges_done(gateway)
        assert await open_cases(gateway) == []
        await control.ask("DELETE", "faults?name=away")
        advance(gateway.clock, seconds=30)
        await until(lambda: _is(gateway, check, "exchanged"))


@on_sqlite
async def test_a_group_older_than_the_session_is_nobodys_candidate(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    """Somebody passed in the account's own console an hour ago; that group is not this actor's."""
    async with run_gateway(public_url="", token_lifetime=LIFETIME) as (gateway, api):
        elder = await start(api)
        await control.complete(elder.byted_token)
        advance(gateway.clock, hours=1)
        await control.advance(3600)
        check = await start(api)
        await lose(api, control, check)
        await until(lambda: _is(gateway, check, "exchanged"))
        assert (await session_of(gateway, elder)).group_id is None


@on_sqlite
async def test_an_operator_sees_cases_and_is_told_what_is_wrong_with_a_decision(gateway: RunningGateway) -> None:
    operator = await gateway.operator()
    assert (await operator.send("GET", "/admin/v1/cases")).result == {"Items": []}
    assert (await operator.send("GET", "/admin/v1/cases/case_none")).code == "NotFound.case"
    for body in ({}, {"GroupId": "g", "NoGroup": True}):
        refused = await operator.send("POST", "/admin/v1/cases/case_none/resolve", body=body)
        assert refused.code == "InvalidParameter.GroupId"
    unknown = await operator.send("POST", "/admin/v1/cases/case_none/resolve", body={"NoGroup": True})
    assert unknown.code == "NotFound.case"
