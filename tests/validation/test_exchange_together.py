"""⑫ Many callers with one token: one call upstream and equal answers, in one process and in several.

Ark's side is held while the callers come, so that they really are there at the same time.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from stagedoor.emulator import RunningEmulator
from tests.support.counts import times
from tests.support.emulator import EmulatorControl, Hold
from tests.support.gateway import Answer, Api, RunningGateway, free_port, gateway_settings
from tests.support.serving import ServingProcess
from tests.support.validation import (
    EXCHANGE,
    Check,
    another,
    come_back,
    exchange,
    exchanges_done,
    on_postgres,
    on_sqlite,
    session_of,
    start,
    until,
    waiting_callers,
)
from tests.validation.conftest import RunGateway

N = 200
ROUNDS = times(3, 100)
ARK_TAKES = 0.3
POLICIES = ["reusable", "burnt_by_any_query", "used_up_by_success"]
PENDING = ["error", "empty"]


@asynccontextmanager
async def callers(apis: Sequence[Api], check: Check, held: Hold, *, count: int = N) -> AsyncIterator[list[Answer]]:
    """Let ``count`` callers meet in the exchange; their answers are there when the block is over."""
    answers: list[Answer] = []
    already = waiting_callers()
    tasks = [asyncio.create_task(exchange(apis[number % len(apis)], check)) for number in range(count)]
    await held.wait()
    await until(lambda: waiting_callers() == already + count)
    try:
        yield answers
    finally:
        await held.release()
        answers.extend(await asyncio.gather(*tasks))


def results(answers: Sequence[Answer]) -> set[bytes]:
    return {msgspec.json.encode(answer.result) for answer in answers}


def errors(answers: Sequence[Answer]) -> set[bytes]:
    """Return the different errors, without what only the one that asked can know: Ark's own words."""
    told = [{name: value for name, value in answer.error.items() if name != "Upstream"} for answer in answers]
    return {msgspec.json.encode([answer.status, error]) for answer, error in zip(answers, told, strict=True)}


@pytest.mark.parametrize("pending", PENDING)
@pytest.mark.parametrize("policy", POLICIES)
async def test_two_hundred_callers_cause_one_call_and_get_equal_answers(
    gateway: RunningGateway, api: Api, control: EmulatorControl, policy: str, pending: str
) -> None:
    await control.settings(token_policy=policy, pending=pending)
    check = await start(api)
    held = await control.hold(EXCHANGE)
    # The callback's own exchange is the one that is in flight.
    await come_back(api, control, check)
    await held.wait()
    async with callers([api], check, held) as answers:
        pass
    assert len(answers) == N
    assert len(results(answers)) == 1
    assert await control.calls(EXCHANGE) == 1


@pytest.mark.parametrize("pending", PENDING)
@pytest.mark.parametrize("policy", POLICIES)
async def test_two_gateways_on_one_database_cause_one_call_and_give_equal_answers(
    run_gateway: RunGateway, control: EmulatorControl, policy: str, pending: str
) -> None:
    await control.settings(token_policy=policy, pending=pending)
    async with run_gateway(public_url="") as (gateway, api), another(gateway) as second:
        check = await start(api)
        await control.complete(check.byted_token)
        held = await control.hold(EXCHANGE)
        async with callers([api, second.api(api.key)], check, held, count=N // 2) as answers:
            assert await held.count() == 1
    assert len(results(answers)) == 1
    assert await control.calls(EXCHANGE) == 1


@pytest.mark.parametrize(
    ("outcome", "pending", "code"),
    [
        (None, "error", "ValidatePending"),
        (None, "empty", "ValidatePending"),
        ("fail", "error", "ValidateFailed"),
        ("forgotten", "error", "BytedTokenRefused"),
    ],
)
async def test_those_who_waited_get_the_error_of_the_one_who_asked(
    run_gateway: RunGateway, control: EmulatorControl, outcome: str | None, pending: str, code: str
) -> None:
    await control.settings(pending=pending)
    async with run_gateway(public_url="") as (gateway, api), another(gateway) as second:
        check = await start(api)
        if outcome == "fail":
            await control.complete(check.byted_token, outcome)
        elif outcome == "forgotten":
            await control.advance(1801)
        held = await control.hold(EXCHANGE)
        async with callers([api, second.api(api.key)], check, held, count=20) as answers:
            pass
    assert {answer.code for answer in answers} == {code}
    assert len(errors(answers)) == 1
    assert await control.calls(EXCHANGE) == 1


async def test_one_who_came_while_another_gateway_was_asking_asks_not_again(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(public_url="") as (gateway, api), another(gateway) as second:
        check = await start(api)
        held = await control.hold(EXCHANGE)
        asking = asyncio.create_task(exchange(api, check))
        await held.wait()
        # This one sees the lease from its first look at the session on.
        came_later = asyncio.create_task(exchange(second.api(api.key), check))
        await until(lambda: waiting_callers() == 2)
        await held.release()
        assert {answer.code for answer in await asyncio.gather(asking, came_later)} == {"ValidatePending"}
    assert await control.calls(EXCHANGE) == 1


async def test_different_tokens_do_not_wait_for_each_other(
    gateway: RunningGateway, api: Api, other_api: Api, control: EmulatorControl
) -> None:
    slow, quick = await start(api), await start(other_api)
    held = await control.hold(EXCHANGE, times=1)
    await come_back(api, control, slow)
    await held.wait()
    await come_back(other_api, control, quick)
    assert (await exchange(other_api, quick)).status == 200
    assert (await session_of(gateway, slow)).state == "passed"
    await held.release()
    assert (await exchange(api, slow)).status == 200


async def test_no_transaction_is_open_while_ark_is_asked(
    gateway: RunningGateway, api: Api, other_api: Api, control: EmulatorControl, database_url: str
) -> None:
    check = await start(api)
    held = await control.hold(EXCHANGE)
    await come_back(api, control, check)
    await held.wait()
    await assert_nobody_holds(database_url)
    assert (await other_api.call("CreateAssetGroup", Name="meanwhile")).status == 200
    await start(api)
    await held.release()
    assert (await exchange(api, check)).status == 200


async def assert_nobody_holds(database_url: str) -> None:
    """Check that the database can be written, and that no connection stays in a transaction; other work has short ones."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=1)) as file:
            file.execute("BEGIN EXCLUSIVE")
            file.execute("ROLLBACK")
        return
    connection = await asyncpg.connect(database_url)
    try:
        sql = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND xact_start IS NOT NULL AND backend_type = 'client backend'"
        )

        async def nobody() -> bool:
            return bool(await connection.fetchval(sql) == 0)

        await until(nobody, seconds=5)
    finally:
        await connection.close()


async def test_a_caller_who_hangs_up_does_not_stop_the_exchange(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    await control.settings(token_policy="used_up_by_success")
    async with run_gateway(public_url="") as (gateway, api):
        check = await start(api)
        await control.complete(check.byted_token)
        held = await control.hold(EXCHANGE)
        caller = asyncio.create_task(exchange(api, check))
        await held.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await held.release()
        await exchanges_done(gateway)
        assert (await session_of(gateway, check)).state == "exchanged"
        assert (await exchange(api, check)).status == 200
    assert await control.calls(EXCHANGE) == 1


@on_sqlite
async def test_a_caller_who_waits_too_long_is_told_so_and_the_exchange_goes_on(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    async with run_gateway(exchange_wait=0.05) as (gateway, api):
        check = await start(api)
        held = await control.hold(EXCHANGE)
        await come_back(api, control, check)
        await held.wait()
        answer = await exchange(api, check)
        assert (answer.status, answer.code, answer.error["Retry"]) == (409, "ExchangeInProgress", "same_request")
        assert answer.headers["retry-after"] == "1"
        await held.release()
        await exchanges_done(gateway)
        assert (await exchange(api, check)).status == 200
    assert await control.calls(EXCHANGE) == 1


@on_sqlite
async def test_a_gateway_that_is_stopped_lets_its_exchange_end_first(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    await control.settings(token_policy="used_up_by_success")
    async with run_gateway(public_url="") as (gateway, api), AsyncExitStack() as stack:
        check = await start(api)
        await control.complete(check.byted_token)
        held = await control.hold(EXCHANGE)
        stopped = await stack.enter_async_context(another(gateway))
        caller = asyncio.create_task(exchange(stopped.api(api.key), check))
        await held.wait()
        caller.cancel()
        stopping = asyncio.create_task(stack.aclose())
        await until(lambda: refuses_connections(stopped))
        await held.release()
        await stopping
        assert (await session_of(gateway, check)).state == "exchanged"


async def refuses_connections(gateway: RunningGateway) -> bool:
    try:
        _, writer = await asyncio.open_connection(gateway.settings.host, gateway.settings.port)
    except OSError:
        return True
    writer.close()
    return False


@on_postgres
async def test_two_processes_on_postgresql_cause_one_call_and_give_equal_answers(
    database_url: str, emulator: RunningEmulator, control: EmulatorControl, tmp_path: Path, clock: Any
) -> None:
    settings = gateway_settings(database_url, public_url="")
    async with AsyncExitStack() as stack:
        setting_up = await stack.enter_async_context(RunningGateway(settings, clock))
        await setting_up.connect(emulator)
        key = (await setting_up.client()).key
        processes = [
            await stack.enter_async_context(
                ServingProcess(msgspec.structs.replace(settings, port=free_port()), tmp_path / f"serve-{number}.log")
            )
            for number in range(2)
        ]
        apis = [process.api(key) for process in processes]
        await control.settings(token_policy="used_up_by_success")
        for number in range(1, ROUNDS + 1):
            check = await start(apis[0])
            await control.complete(check.byted_token)
            held = await control.hold(EXCHANGE)
            tasks = [asyncio.create_task(exchange(apis[caller % 2], check)) for caller in range(N)]
            await held.wait()
            await asyncio.sleep(ARK_TAKES)
            await held.release()
            assert len(results(await asyncio.gather(*tasks))) == 1
            assert await control.calls(EXCHANGE) == number
