"""Everything that is sealed is on one list, opens at its place and nowhere else, and nothing else is sealed."""

from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import LargeBinary

from stagedoor.cli.examine_database import examine_database
from stagedoor.clock import from_microseconds
from stagedoor.crypto import SealBroken, Vault, new_secret_key
from stagedoor.db.backup import copy_sqlite, sealed_values
from stagedoor.db.database import Tx
from stagedoor.db.sealed import list_sealed
from stagedoor.db.tables import metadata
from stagedoor.imports.store import Import, Item, add_import, add_items
from stagedoor.sealed import IMPORT_SOURCE, IMPORT_URL, SEALED, SealedColumn
from tests.console.support import Desk, first_person
from tests.invitations.support import PURPOSES, Studio, Visitor
from tests.support.action import action_api
from tests.support.emulator import EmulatorControl
from tests.support.gateway import RunningGateway
from tests.support.story import AT_ONCE, DONE, eventually, make_group, upload

HOOKS = "/v1/webhook-endpoints"
HASH_BYTES = 32
PROOFS = {"audit_chains.proof": HASH_BYTES, "audit_checkpoints.signature": 64}
"""What proves the audit trail, and how long it is."""
NAMES = [column.name for column in SEALED]


class Value(msgspec.Struct, frozen=True):
    value: bytes


async def fill(gateway: RunningGateway, control: EmulatorControl, pictures: str) -> None:
    """Do everything of which something is kept in bytes."""
    tenant = await gateway.tenant()
    api = await gateway.client(tenant)
    await action_api(gateway, tenant)
    assert (await (await first_person(gateway)).enroll(Desk(gateway))).status == 200
    hook = (await api.send("POST", HOOKS, body={"URL": "https://hooks.example/in"})).result
    assert (await api.send("POST", f"{HOOKS}/{hook['Id']}/rotate-secret")).status == 200
    await api.ok("CreateVisualValidateSession", CallbackURL=DONE, headers={"Idempotency-Key": "once"})
    made = await Studio(gateway, api).invite(Purposes=PURPOSES)
    assert (await Visitor(api, made["Link"]).agree()).status == 303
    await control.settings(transition=AT_ONCE)
    asset = await upload(api, await make_group(api), f"{pictures}a.jpg")

    async def is_active() -> bool:
        return bool((await api.ok("GetAsset", Id=asset))["Status"] == "Active")

    await eventually(is_active)
    await (await gateway.client(tenant, rate_limit="100/h")).ok("ListAssetGroups")
    await gateway.rt.db.write(partial(write_import, vault=gateway.rt.vault, tenant_id=tenant.id))

    async def is_audited() -> bool:
        return bool(await values(gateway, "audit_chains", "proof"))

    await eventually(is_audited)


async def write_import(tx: Tx, *, vault: Vault, tenant_id: str) -> None:
    """Write an import as it is for a moment: its items are about to get rows of their own."""
    source, url = (
        vault.seal(IMPORT_SOURCE.place("imp"), b"[]"),
        vault.seal(IMPORT_URL.place("imp", 1), "https://x.example"),
    )
    whole = Import(
        "imp", tenant_id, "key", "model", None, bytes(HASH_BYTES), 1, source, from_microseconds(0), None, None
    )
    await add_import(tx, tenant_id, whole)
    await add_items(tx, [Item("imp", 1, tenant_id, "group", "Image", "", url, "Pending")])


async def values(gateway: RunningGateway, table: str, column: str) -> list[bytes]:
    sql = f"SELECT {column} AS value FROM {table} WHERE {column} IS NOT NULL"
    return [row.value for row in await gateway.rt.db.read(lambda tx: tx.list(Value, sql))]


def is_json(value: bytes) -> bool:
    try:
        msgspec.json.decode(value)
    except msgspec.DecodeError:
        return False
    return True


async def sealed(gateway: RunningGateway, column: SealedColumn) -> list[tuple[str, bytes]]:
    return await gateway.rt.db.read(lambda tx: list_sealed(tx, column))


async def test_what_is_on_the_list_opens_at_its_place_and_what_is_not_on_it_is_no_seal(
    gateway: RunningGateway, control: EmulatorControl, pictures: str, tmp_path: Path
) -> None:
    await fill(gateway, control, pictures)
    vault, other = gateway.rt.vault, Vault(new_secret_key())
    for column in SEALED:
        found = await sealed(gateway, column)
        assert len(found) == len(await values(gateway, column.table, column.column)) > 0, column.name
        for place, value in found:
            vault.open_bytes(place, value)
            for opens, where in ((vault, f"{place}x"), (other, place)):
                with pytest.raises(SealBroken):
                    opens.open_bytes(where, value)
    for table in metadata.sorted_tables:
        for one in table.columns:
            if isinstance(one.type, LargeBinary) and f"{table.name}.{one.name}" not in NAMES:
                for value in await values(gateway, table.name, one.name):
                    is_hash = one.name.endswith(("hash", "_sha256")) and len(value) == HASH_BYTES
                    is_proof = PROOFS.get(f"{table.name}.{one.name}") == len(value)
                    assert is_hash or is_proof or is_json(value), (table.name, one.name)
    if gateway.settings.database_url.startswith("sqlite"):
        copy = tmp_path / "copy.db"
        copy_sqlite(Path(gateway.settings.database_url.removeprefix("sqlite:///")), copy)
        in_copy = list(sealed_values(copy))
        assert sorted({place.partition(":")[0] for place, _ in in_copy}) == sorted({one.prefix for one in SEALED})
        assert all(vault.open_bytes(place, value) for place, value in in_copy)


def test_the_schema_says_of_the_same_columns_that_they_are_sealed() -> None:
    said = [
        f"{table.name}.{one.name}"
        for table in metadata.sorted_tables
        for one in table.columns
        if "sealed" in (one.comment or "") and isinstance(one.type, LargeBinary)
    ]
    assert sorted(said) == sorted(NAMES)


@pytest.mark.parametrize("place", ["tenants.name:tn_1", "channels.endpoint:ch_1", "credentials:ch_1", ""])
def test_nothing_else_can_be_sealed(place: str) -> None:
    with pytest.raises(ValueError, match="is not on the list of what is sealed"):
        Vault(new_secret_key()).seal(place, "a secret")


async def test_doctor_opens_some_of_each_and_names_what_does_not_open(
    gateway: RunningGateway, control: EmulatorControl, pictures: str
) -> None:
    await fill(gateway, control, pictures)
    assert ("ok", f"secret key: opens {len(SEALED) + 1} sealed values") in await findings(gateway)  # two sessions
    await gateway.rt.db.write(lambda tx: tx.execute("UPDATE consents SET record = text_sha256"))
    told = f"secret key: opens {len(SEALED)} sealed values, and none or not all of consents.record"
    assert ("fail", told) in await findings(gateway)


async def findings(gateway: RunningGateway) -> list[tuple[str, str]]:
    return [(one.state, one.subject) async for one in examine_database(gateway.rt)]
