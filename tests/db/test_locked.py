"""A database that is busy, read-only or away costs time and a 503, never a 500 and never a false answer."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, closing
from typing import Any

import asyncpg
import pytest

from stagedoor.db.sqlite_tx import BUSY_TIMEOUT_MS
from stagedoor.idempotency.once import LEASE
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway
from tests.support.story import DONE, ON_SQLITE, make_group

PATIENCE = BUSY_TIMEOUT_MS / 1000
ON_POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@asynccontextmanager
async def locked(database_url: str) -> AsyncIterator[None]:
    """Hold the one write lock of the SQLite file for as long as the block runs."""
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


async def timed(call: Awaitable[Answer], *, later: float = 0) -> tuple[Answer, float]:
    await asyncio.sleep(later)
    begun = time.monotonic()
    return await call, time.monotonic() - begun


@ON_SQLITE
async def test_a_locked_file_is_waited_for_and_then_answered_503(
    gateway: RunningGateway, api: Api, control: EmulatorControl, pictures: str, database_url: str
) -> None:
    operator, group_id = await gateway.operator(), await make_group(api)
    upload: dict[str, Any] = {"GroupId": group_id, "URL": pictures, "AssetType": "Image"}
    started = await api.ok("CreateVisualValidateSession", CallbackURL=DONE)
    came_back = await control.complete(started["BytedToken"])
    keyed = {"idempotency_key": "locked"}
    held = await control.hold("CreateAsset")
    sent_already = asyncio.create_task(api.call("CreateAsset", **upload, headers=keyed))
    await held.wait()
    async with locked(database_url):
        await held.release()
        reading = [await timed(api.call("GetAssetGroup", Id=group_id)), await timed(api.call("ListAssetGroups"))]
        writing = await asyncio.gather(
            timed(operator.send("POST", "/admin/v1/tenants", body={"Name": "a"})),
            timed(api.call("CreateAssetGroup", Name="keyed", headers=keyed)),
            timed(api.call("UpdateAssetGroup", Id=group_id, Name="renamed")),
            timed(api.send("GET", came_back.removeprefix(gateway.url))),
            timed(operator.send("POST", "/admin/v1/tenants", body={"Name": "b"}), later=1.0),
            timed(api.call("CreateAssetGroup", Name="lost"), later=1.0),
        )
        unrecorded = await sent_already
        sent = [call["body"]["Name"] for call in await control.ledger("CreateAssetGroup")]
    assert all(answer.status == 200 and seconds < 1 for answer, seconds in reading)
    *unavailable, (lost, _) = writing
    for answer, seconds in unavailable:
        assert (answer.status, answer.code) == (503, "DatabaseUnavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert seconds < PATIENCE + 1
    # With a key on it nothing is sent without a claim on record; without one the caller is told what has happened.
    assert sent == ["figures", "lost"]
    for answer in (lost, unrecorded):
        assert (answer.status, answer.code, answer.error["Retry"]) == (504, "OutcomeUnknown", "never")
    assert (await api.call("CreateAsset", **upload, headers=keyed)).code == "IdempotencyKeyInUse"
    gateway.clock.advance(LEASE)
    assert (await api.call("CreateAsset", **upload, headers=keyed)).code == "OutcomeUnknown"
    assert await control.calls("CreateAsset") == 1
    # The browser loads its page again, and nothing has been lost.
    assert (await api.send("GET", came_back.removeprefix(gateway.url))).status == 303
    exchanged = await api.ok("GetVisualValidateResult", BytedToken=started["BytedToken"])
    assert exchanged["GroupType"] == "LivenessFace"
    assert (await api.call("CreateAssetGroup", Name="keyed", headers=keyed)).result["Name"] == "keyed"
    assert (await api.ok("UpdateAssetGroup", Id=group_id, Name="renamed"))["Name"] == "renamed"


@ON_SQLITE
async def test_a_file_locked_for_a_moment_costs_only_that_moment(gateway: RunningGateway, database_url: str) -> None:
    operator = await gateway.operator()
    async with locked(database_url):
        waiting = asyncio.create_task(timed(operator.send("POST", "/admin/v1/tenants", body={"Name": "a"})))
        await asyncio.sleep(0.2)
    answer, seconds = await waiting
    assert answer.status == 200
    assert seconds < PATIENCE


@ON_POSTGRES
async def test_a_postgresql_that_drops_its_connections_is_found_again(
    gateway: RunningGateway, api: Api, database_url: str
) -> None:
    group_id = await make_group(api)
    admin = await asyncpg.connect(database_url)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await admin.close()
    seen = set()
    for _ in range(20):
        answer = await api.call("GetAssetGroup", Id=group_id)
        seen.add((answer.status, answer.code if answer.status != 200 else ""))
        if answer.status == 200:
            break
    assert seen <= {(200, ""), (503, "DatabaseUnavailable")}
    assert (await api.ok("UpdateAssetGroup", Id=group_id, Name="b"))["Name"] == "b"


@ON_POSTGRES
async def test_a_postgresql_that_may_not_be_written_answers_reads_and_503_to_writes(
    gateway: RunningGateway, api: Api, database_url: str
) -> None:
    operator, group_id = await gateway.operator(), await make_group(api)
    name = database_url.rpartition("/")[2]
    admin = await asyncpg.connect(database_url)
    try:
        await admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for _ in range(20):
            answer = await api.call("GetAssetGroup", Id=group_id)
            if answer.status == 200:
                break
        assert answer.status == 200
        refused = await operator.send("POST", "/admin/v1/tenants", body={"Name": "a"})
        assert (refused.status, refused.code) == (503, "DatabaseUnavailable")
        assert (await api.send("GET", "/readyz")).status == 503
    finally:
        await admin.execute("SET default_transaction_read_only = off")
        await admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await admin.close()
