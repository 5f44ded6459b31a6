"""Entries are sealed into one chain a tenant, in the order of their transactions, by whichever process comes first."""

import asyncio
from datetime import timedelta

import msgspec

from stagedoor.audit.seal import MOST_UNSIGNED, seal_all, sign_due
from stagedoor.audit.store import count_pending, find_chain, list_checkpoints, list_sealed, record
from stagedoor.audit.verify import Verdict, verify_chain
from stagedoor.clock import MovableClock
from stagedoor.db.database import Tx
from stagedoor.tenants.store import Tenant
from tests.audit.trail import entries_of, happens
from tests.support.gateway import Api, RunningGateway
from tests.support.story import ON_SQLITE, eventually, make_group, second_gateway


async def verdict(gateway: RunningGateway, tenant: Tenant) -> Verdict:
    return await verify_chain(gateway.rt, tenant.id)


async def test_the_gateway_seals_by_itself_and_signs_when_the_time_has_come(
    gateway: RunningGateway, tenant: Tenant, api: Api, clock: MovableClock
) -> None:
    await make_group(api)

    async def sealed() -> bool:
        return (await verdict(gateway, tenant)).seq == 2

    await eventually(sealed)
    before = await verdict(gateway, tenant)
    assert (before.tail, before.checkpoints, before.pending, before.findings) == (2, 0, 0, [])
    clock.advance(timedelta(seconds=60))

    async def signed() -> bool:
        return (await verdict(gateway, tenant)).checkpoints == 1

    await eventually(signed)
    after = await verdict(gateway, tenant)
    assert (after.tail, after.findings, after.hash) == (0, [], before.hash)


async def test_each_tenants_chain_has_its_own_numbers_and_no_gap(gateway: RunningGateway) -> None:
    tenants = [await gateway.tenant() for _ in range(3)]
    await asyncio.gather(*(happens(gateway.rt, tenant.id, f"g{n}") for n in range(40) for tenant in tenants))
    for tenant in tenants:
        entries = await entries_of(gateway.rt, tenant.id)
        assert [one["seq"] for one in entries] == list(range(1, 41))
        assert {one["object"] for one in entries} == {f"g{n}" for n in range(40)}
        assert (await verdict(gateway, tenant)).findings == []


async def test_two_processes_that_seal_at_once_seal_everything_once(gateway: RunningGateway, tenant: Tenant) -> None:
    async with second_gateway(gateway) as other:
        for turn in range(6):
            await asyncio.gather(*(happens(gateway.rt, tenant.id, f"g{turn}.{n}") for n in range(25)))
            await asyncio.gather(*(seal_all(one.rt) for one in (gateway, other, gateway, other)))
        entries = await entries_of(other.rt, tenant.id)
    assert sorted(one["object"] for one in entries) == sorted(f"g{t}.{n}" for t in range(6) for n in range(25))
    found = await verdict(gateway, tenant)
    assert (found.seq, found.pending, found.findings) == (150, 0, [])


async def test_entries_of_one_transaction_stay_in_their_order(gateway: RunningGateway, tenant: Tenant) -> None:
    async def work(tx: Tx) -> None:
        for number in range(450):
            await record(tx, tenant.id, "gateway", "asset.deleted", f"a{number}", now=gateway.rt.clock.now())

    await gateway.rt.db.write(work)
    assert [one["object"] for one in await entries_of(gateway.rt, tenant.id)] == [f"a{n}" for n in range(450)]


async def test_a_thousand_entries_are_signed_without_waiting(gateway: RunningGateway, tenant: Tenant) -> None:
    async def work(tx: Tx) -> None:
        for number in range(MOST_UNSIGNED + 10):
            await record(tx, tenant.id, "gateway", "asset.deleted", f"a{number}", now=gateway.rt.clock.now())

    await gateway.rt.db.write(work)
    await entries_of(gateway.rt, tenant.id)
    await sign_due(gateway.rt)

    async def signed() -> bool:
        return (await verdict(gateway, tenant)).checkpoints == 1

    await eventually(signed)
    found = await verdict(gateway, tenant)
    assert found.tail < 10 + 200
    assert found.findings == []


@ON_SQLITE
async def test_the_chain_survives_a_restart_byte_by_byte(gateway: RunningGateway, tenant: Tenant) -> None:
    await happens(gateway.rt, tenant.id, "g")
    await seal_all(gateway.rt)
    before = await gateway.rt.db.read(lambda tx: list_sealed(tx, tenant.id, after=0, at_most=10))
    async with second_gateway(gateway) as other:
        await happens(other.rt, tenant.id, "h")
        await seal_all(other.rt)
        after = await other.rt.db.read(lambda tx: list_sealed(tx, tenant.id, after=0, at_most=10))
        assert after[: len(before)] == before
        assert msgspec.json.decode(after[-1].entry)["prev"] == before[-1].hash.hex()
        chain = await other.rt.db.read(lambda tx: find_chain(tx, tenant.id))
        assert chain is not None
        assert await other.rt.db.read(lambda tx: count_pending(tx, tenant.id, at_most=5)) == 0
        assert await other.rt.db.read(lambda tx: list_checkpoints(tx, tenant.id, after=0, at_most=5)) == []
