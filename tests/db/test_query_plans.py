"""Every query of the lists and the stores finds its rows along an index on SQLite, however large a table grows."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stagedoor.adoption import store as adoption
from stagedoor.assets import store as assets
from stagedoor.assets.listing import COLUMNS as ASSET_COLUMNS
from stagedoor.assets.listing import _is_heavy, select_assets
from stagedoor.audit import store as audit
from stagedoor.cases import store as cases
from stagedoor.contract.requests import AssetFilter, GroupFilter
from stagedoor.db.counters import sum_counters
from stagedoor.db.database import AlreadyThere, Param, Record
from stagedoor.db.pages import Order, Place, Selection, count_query
from stagedoor.db.sqlite_tx import SqliteTx
from stagedoor.deletions import store as deletions
from stagedoor.errors import NotFound, QuotaExceeded
from stagedoor.events import store as events
from stagedoor.groups import store as groups
from stagedoor.groups.listing import COLUMNS as GROUP_COLUMNS
from stagedoor.groups.listing import select_groups
from stagedoor.idempotency import store as idempotency
from stagedoor.imports import store as imports
from stagedoor.invitations import store as invitations
from stagedoor.jobs import store as jobs
from stagedoor.keys import store as keys
from stagedoor.operators import store as operators
from stagedoor.quotas import store as quotas
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.window import Report, Window
from stagedoor.tenants import store as tenants
from stagedoor.uploads import store as uploads
from stagedoor.validation import store as sessions
from stagedoor.webhooks import store as webhooks
from tests.support.rows import asset_row, group_row

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SMALL = ("channels", "tenants", "operators")
"""Tables of a handful of rows, written by operators."""
OPERATORS_ONLY = ("count_jobs", "list_jobs", "list_operators")
"""These read the whole table, for whoever asks for all of it."""
SHORT = ("has_pending", "count_pending")
"""These read a table that holds no more than about a second's entries, and no further than to a number."""


class ExplainingTx(SqliteTx):
    """Runs the statements and keeps the plan of each."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.plans: list[tuple[str, list[str]]] = []

    async def find(self, into: type[Record], sql: str, /, **params: Param) -> Record | None:
        self._explain(sql, params)
        return await super().find(into, sql, **params)

    async def list(self, into: type[Record], sql: str, /, **params: Param) -> list[Record]:
        self._explain(sql, params)
        return await super().list(into, sql, **params)

    async def number(self, sql: str, /, **params: Param) -> int:
        self._explain(sql, params)
        return await super().number(sql, **params)

    async def execute(self, sql: str, /, **params: Param) -> int:
        self._explain(sql, params)
        return await super().execute(sql, **params)

    def _explain(self, sql: str, params: dict[str, Param]) -> None:
        # The plan does not depend on the values, and EXPLAIN wants none of the right kind.
        rows = self._connection.execute(f"EXPLAIN QUERY PLAN {sql}", dict.fromkeys(params))
        self.plans.append((sql, [row[3] for row in rows]))

    def check(self, *, may_sort: bool = False) -> None:
        """Fail the test when a plan reads a whole table, or sorts what an index has in order."""
        assert self.plans
        for sql, steps in self.plans:
            for step in steps:
                scanned = step.startswith("SCAN ") and "CONSTANT ROW" not in step and "selected" not in step
                assert not scanned or step.split()[1] in SMALL, (step, sql)
                assert may_sort or "TEMP B-TREE" not in step, (step, sql)
        self.plans.clear()


@pytest.fixture
def tx(sqlite_template: Path) -> Iterator[ExplainingTx]:
    with closing(sqlite3.connect(f"file:{sqlite_template}?mode=ro", uri=True)) as template:
        connection = sqlite3.connect(":memory:")
        template.backup(connection)
    with closing(connection):
        yield ExplainingTx(connection)


def asset_selections() -> Iterator[tuple[AssetFilter, Selection]]:
    for group_ids, group_type, statuses, name, asset_ids, project in product(
        (None, [], ["g1"], ["g1", "g2", "g3"]),
        (None, "AIGC"),
        (None, ["Active"], ["Active", "Failed"]),
        (None, "face"),
        (None, ["a1"], ["a1", "a2"]),
        (None, "films"),
    ):
        wanted = AssetFilter(
            GroupIds=group_ids,
            GroupType=group_type,  # type: ignore[arg-type]  # product widens the literals
            Statuses=statuses,  # type: ignore[arg-type]  # product widens the literals
            Name=name,
            AssetType="Video" if name else None,
            AssetIds=asset_ids,
        )
        yield wanted, select_assets("t1", wanted, project)


async def test_no_list_of_assets_reads_more_than_its_filter_names(tx: ExplainingTx) -> None:
    for (wanted, selection), column, descending in product(asset_selections(), ASSET_COLUMNS.values(), (True, False)):
        order = Order(column, descending=descending)
        for after in (None, Place("g1" if column == "group_id" else 1, "a1")):
            await assets.list_assets(tx, selection, order, limit=10, offset=0, after=after)
            # At most a hundred rows are named by their ids, and one group's are sorted by id away from the event loop.
            sorts = _is_heavy(Selection("assets", []), wanted, "GroupId" if column == "group_id" else None)
            tx.check(may_sort=bool(wanted.AssetIds) or sorts)
        await assets.count_selected_assets(tx, selection)
        tx.check()


async def test_no_list_of_groups_reads_more_than_its_filter_names(tx: ExplainingTx) -> None:
    for group_ids, group_type, name, project in product(
        (None, [], ["g1"], ["g1", "g2"]), (None, "LivenessFace"), (None, "face"), (None, "films")
    ):
        wanted = GroupFilter(Name=name, GroupIds=group_ids, GroupType=group_type)  # type: ignore[arg-type]  # product widens the literals
        selection = select_groups("t1", wanted, project)
        for column, descending, after in product(GROUP_COLUMNS.values(), (True, False), (None, Place(1, "g1"))):
            order = Order(column, descending=descending)
            await groups.list_groups(tx, selection, order, limit=10, offset=0, after=after)
            tx.check(may_sort=bool(group_ids))
        await groups.count_selected_groups(tx, selection)
        tx.check()


async def test_the_checker_itself_sees_a_scan_and_a_sort(tx: ExplainingTx) -> None:
    for sql in (
        "SELECT count(*) FROM assets WHERE name = :x",
        "SELECT id FROM asset_groups WHERE id > :x ORDER BY name",
    ):
        await tx.number(sql, x="x")
        with pytest.raises(AssertionError):
            tx.check()
        tx.plans.clear()
    sql, params = count_query(Selection("assets", [{"name": "x"}]))
    await tx.number(sql, **params)
    with pytest.raises(AssertionError):
        tx.check()


def session_row() -> sessions.ValidationSession:
    values: dict[str, Any] = dict.fromkeys(sessions.ValidationSession.__struct_fields__)
    return sessions.ValidationSession(
        **{
            **values,
            "id": "vs",
            "tenant_id": "t1",
            "channel_id": "c1",
            "token_hash": b"h",
            "claims": 1,
            "state": "open",
        }
        | {"project_name": "p", "callback_url": "u", "unanswered": 0, "created_at": NOW}
    )


def idempotency_row() -> idempotency.IdempotencyKey:
    return idempotency.IdempotencyKey("t1", "CreateAsset", b"k", b"b", NOW, 1, None, None, NOW)


def api_key_row() -> keys.ApiKey:
    return keys.ApiKey("k1", "t1", "live", "", b"h", "hint", ("a",), None, NOW, None, None)


def endpoint_row() -> webhooks.Endpoint:
    return webhooks.Endpoint("we", "t1", "u", "", None, b"s", None, None, NOW, NOW, None, None, None, None)


async def look_at_invitations(tx: ExplainingTx) -> None:
    invitation = invitations.Invitation("inv", "t1", b"h", "model", None, b"d", 0, NOW, NOW, None)
    consent = invitations.Consent("cs", "t1", "inv", "r", "1", "en", b"s", b"r", b"u", NOW, None)
    await invitations.add_invitation(tx, "t1", invitation)
    await invitations.find_invitation(tx, "t1", "inv")
    await invitations.get_invitation(tx, "t1", "inv")
    await invitations.find_invitation_by_code(tx, b"h")
    await invitations.take_attempt(tx, "t1", "inv", NOW)
    await invitations.give_attempt_back(tx, "t1", "inv")
    await invitations.mark_cancelled(tx, "t1", "inv", NOW)
    for conditions, after in product(((), *invitations.STATUS.values()), (None, Place(1, "a"))):
        selection = Selection("invitations", [{"tenant_id": "t1"}], conditions)
        order = Order("created_at", descending=True)
        await invitations.list_invitations(tx, selection, order, now=NOW, limit=10, offset=0, after=after)
        await invitations.count_invitations(tx, selection, now=NOW)
    await invitations.add_consent(tx, "t1", consent)
    await invitations.list_consents(tx, "t1", ["inv", "other"])
    await invitations.mark_withdrawn(tx, "t1", "inv", NOW)


async def look_at_the_audit_trail(tx: ExplainingTx) -> None:
    pending = audit.Pending(1, 0, "t1", "gateway", "group.deleted", "g1", b"{}", NOW)
    sealed = audit.Sealed("t1", 1, "g1", b"{}", b"h")
    chain = audit.Chain("t1", 1, b"h", 0, NOW, b"p")
    await audit.record(tx, "t1", "gateway", "group.deleted", "g1", now=NOW)
    await audit.list_pending(tx, at_most=10)
    await audit.remove_pending(tx, pending)
    await audit.add_sealed(tx, [sealed, replace(sealed, seq=2)])
    await audit.find_last_sealed(tx, "t1")
    for object_id in (None, "g1"):
        await audit.list_sealed(tx, "t1", after=0, at_most=10, object_id=object_id)
    await audit.take_turn(tx, replace(chain, tenant_id=""))
    await audit.keep_chain(tx, chain)
    await audit.find_chain(tx, "t1")
    await audit.list_chains_due(tx, NOW, at_most=10)
    await audit.add_checkpoint(tx, audit.Checkpoint("t1", 1, b"s", b"s"))
    await audit.find_last_checkpoint(tx, "t1")
    await audit.list_checkpoints(tx, "t1", after=0, at_most=10)


async def look_at_deletions(tx: ExplainingTx) -> None:
    await deletions.add_deletion(tx, "t1", deletions.Deletion("g1", "t1", "c1", "p", "cs", "inv", NOW))
    await deletions.find_deletion(tx, "t1", "g1")
    await deletions.get_deletion(tx, "t1", "g1")
    await deletions.list_deletions(tx, "t1", at_most=10)
    await deletions.mark_overdue(tx, "t1", "g1", NOW)
    await deletions.mark_proved(tx, "t1", "g1", b"{}", NOW)
    await deletions.add_step(tx, deletions.Step("g1", "DeleteAsset", "a1", "Deleted", "r", NOW))
    await deletions.list_steps(tx, "g1")
    await deletions.drop_proved_deletion(tx, "g1")
    await groups.mark_group_withdrawn(tx, "t1", "g1", NOW)
    await assets.hide_addresses(tx, "t1", "g1", NOW)
    await assets.list_assets_of_group(tx, "t1", "g1", at_most=10)


async def look_at_operators(tx: ExplainingTx) -> None:
    operator = operators.Operator("op", "ada", "operator", None, None, 0, NOW)
    passkey = operators.Passkey("pk", "op", "key", "gateway.example", 0, NOW)
    await operators.add_operator(tx, operator)
    await operators.find_operator_by_name(tx, "ada")
    await operators.find_operator(tx, "op")
    await operators.get_operator(tx, "op")
    await operators.has_operators(tx)
    await operators.mark_password(tx, "op", "hash", b"s")
    await operators.take_step(tx, "op", 5)
    await operators.add_passkey(tx, passkey)
    await operators.find_passkey(tx, "pk")
    await operators.list_passkeys(tx, "op")
    await operators.mark_passkey_used(tx, passkey, 1, NOW)
    await operators.remove_passkeys(tx, "op")
    await operators.set_recovery_codes(tx, "op", [b"h"])
    await operators.count_recovery_codes(tx, "op")
    await operators.take_recovery_code(tx, "op", b"h")
    await operators.add_link(tx, operators.Link(b"h", "set-up", "op", NOW, NOW))
    await operators.find_link(tx, b"h", NOW)
    await operators.take_link(tx, b"h", NOW)
    for owner in ("op", None):
        await operators.remove_links(tx, owner)
    await operators.use_challenge(tx, b"h", NOW)
    await operators.add_session(tx, operators.Session("os", b"h", "op", NOW, NOW, NOW, NOW, "", ""))
    await operators.find_session(tx, b"h")
    await operators.list_sessions(tx, "op")
    await operators.mark_seen(tx, "os", NOW)
    await operators.mark_proved(tx, "os", NOW)
    await operators.remove_session(tx, "op", "os")
    await operators.remove_sessions(tx, "op")
    await operators.lock_tries(tx, b"h", NOW)
    await operators.note_try(tx, b"h", NOW)
    await operators.forget_tries(tx, b"h")
    await operators.remove_old_things(tx, NOW, tried_before=NOW, at_most=10)
    await operators.mark_removed(tx, "op", NOW)
    await tenants.list_tenants_after(tx, "t1", at_most=10)


async def look_at_imports(tx: ExplainingTx) -> None:
    whole = imports.Import("imp", "t1", "k1", "model", b"k", b"b", 2, b"s", NOW, None, None)
    item = imports.Item("imp", 1, "t1", "g1", "Image", "", b"u", "Pending")
    await imports.add_import(tx, "t1", whole)
    assert (await imports.add_import(tx, "t1", replace(whole, id="other"))).id == "imp"
    await imports.find_import(tx, "t1", "imp")
    await imports.get_import(tx, "t1", "imp")
    await imports.add_items(tx, [item, replace(item, number=2)])
    await imports.wipe_source(tx, "imp")
    for state in (None, "Pending"):
        await imports.list_items(tx, "t1", "imp", after=0, at_most=10, state=state)
    selection, order = Selection("imports", [{"tenant_id": "t1"}]), Order("created_at", descending=True)
    for after in (None, Place(1, "a")):
        await imports.list_imports(tx, selection, order, limit=10, offset=0, after=after)
    await imports.count_imports(tx, "t1")
    await imports.count_items(tx, ["imp", "other"])
    await imports.list_settled(tx, "imp", at_most=10)
    await imports.mark_creating(tx, item, "m")
    await imports.mark_made(tx, item, "m", "a1")
    await imports.mark_pending(tx, item, tries=1)
    await imports.mark_ended(tx, "imp", [1, 2], "Failed", "{}")
    await imports.forget_group_items(tx, "t1", "g1")
    await imports.mark_cancelled(tx, "t1", "imp", NOW)
    await imports.mark_finished(tx, "imp", NOW)
    while await imports.remove_old_imports(tx, before=NOW + timedelta(1), at_most=10):
        pass


async def look_at_uploads(tx: ExplainingTx) -> None:
    upload = uploads.Upload("up", "t1", "n", "image/png", "Image", 2, 0, None, NOW, NOW, None)
    await uploads.add_upload(tx, "t1", upload, limit=10)
    with pytest.raises(QuotaExceeded):
        await uploads.add_upload(tx, "t1", upload, limit=1)
    await uploads.add_piece(tx, "t1", upload, "p", 2, NOW)
    await uploads.get_upload(tx, "t1", "up")
    await uploads.find_linked_upload(tx, "up")
    for after in (None, Place(1, "a")):
        selection, order = Selection("uploads", [{"tenant_id": "t1"}]), Order("created_at", descending=True)
        await uploads.list_uploads(tx, selection, order, limit=10, offset=0, after=after)
    await uploads.count_uploads(tx, "t1")
    await uploads.list_pieces(tx, "up")
    assert await uploads.mark_complete(tx, "t1", replace(upload, sha256=b"h"))
    await uploads.keep_until(tx, "t1", "up", NOW)
    assert await uploads.share_file(tx, "t1", b"h", "up") == "up"
    await uploads.find_file(tx, "t1", b"h")
    await uploads.is_file_used(tx, "up")
    await uploads.list_uploads_of_content(tx, "t1", b"h")
    assert await uploads.release_file(tx, "t1", b"h") == "up"
    assert await uploads.remove_upload(tx, "t1", upload)
    await assets.find_same_asset(tx, "t1", "g1", "Image", b"h")


async def test_no_other_query_of_the_stores_reads_a_whole_table(tx: ExplainingTx) -> None:
    group, asset = group_row("t1", "c1", "g1"), asset_row("t1", "c1", "a1", "g1")
    session, key = session_row(), idempotency_row()
    job = jobs.Job("work", "a", "t1", NOW, NOW, None, 0, 0, 0, None, NOW)
    case = cases.Case("case", "t1", "vs", "c1", "default", (), (), NOW, None, None)
    await groups.add_group(tx, "t1", group)
    await groups.find_group_owner(tx, "g1")
    await groups.list_group_owners(tx, ["g1", "g2"])
    await groups.list_groups_by_id(tx, "t1", ["g1", "g2"])
    await groups.get_group(tx, "t1", "g1")
    await groups.check_group(tx, "t1", "g1")
    await groups.mark_group_changed(tx, "t1", group)
    await groups.count_groups(tx, "t1", ["AIGC"])
    await assets.add_asset(tx, "t1", asset)
    await assets.get_asset(tx, "t1", "a1")
    await assets.list_asset_owners(tx, ["a1", "a2"])
    await assets.mark_asset_seen(tx, "t1", asset, asset)
    await assets.mark_asset_renamed(tx, "t1", asset, asset)
    await assets.get_shown_asset(tx, "t1", "a1")
    await assets.count_assets(tx, "t1", group_ids=["g1", "g2"], group_types=["AIGC"], statuses=assets.STATUSES)
    await assets.list_known_assets(tx, "t1", group, "Active", after="", at_most=10)
    await assets.remove_asset(tx, "t1", "a1")
    await assets.remove_assets_of_group(tx, "t1", "g1", at_most=500)
    await groups.remove_group(tx, "t1", group, assets.counters_of_group("g1", "AIGC"))
    await sum_counters(tx, "t1", ["a", "b"])
    limit = Limit(3, timedelta(seconds=1))
    for _ in range(2):
        await quotas.exchange(tx, "ch", "GetAsset", limit, Report("holder", wanted=1))
    await quotas.keep_window(tx, "ch", "GetAsset", b"[]")
    await quotas.find_window(tx, "ch", "ListAssets")
    await quotas.count_taken(tx, "ch", "ListAssets", limit)
    long_ago = quotas.encode_window(Window(ended=[(1, 1)]))
    await quotas.keep_window(tx, "key", "calls", long_ago)
    assert (await quotas.remove_idle_windows(tx, ("ch", ""), at_most=500)).removed > 0
    await sessions.add_session(tx, "t1", session)
    await sessions.get_session_by_token(tx, "t1", b"h")
    await sessions.find_exchange(tx, "t1", b"h")
    await sessions.find_session_by_callback(tx, b"c")
    await sessions.find_session(tx, "t1", "vs")
    await sessions.get_session(tx, "t1", "vs")
    await sessions.mark_callback(tx, "t1", "vs", state="passed", code="10000/0", now=NOW)
    for seen in (session, replace(session, claimed_until=NOW)):
        await sessions.claim_exchange(tx, "t1", seen, now=NOW, until=NOW)
    await sessions.keep_exchange(tx, "t1", session, NOW)
    await sessions.release_exchange(tx, "t1", session, outcome="x", unanswered=0)
    await sessions.mark_ended(tx, "t1", session, state="failed", outcome="x", now=NOW)
    await sessions.mark_exchanged(tx, "t1", "vs", "g1", NOW)
    await sessions.give_up_session(tx, "t1", "vs", NOW)
    await sessions.mark_without_group(tx, "t1", "vs", outcome="x", now=NOW)
    await sessions.list_rivals(tx, session, born_after=NOW, born_before=NOW, alive_at=NOW)
    await sessions.find_first_unresolved(tx, "c1", not_of="t2")
    await sessions.claim_exchange(tx, "t1", replace(session, invitation_id="inv"), now=NOW, until=NOW)
    await sessions.list_invited_sessions(tx, "t1", ["inv", "other"])
    await sessions.mark_invited_sessions_closed(tx, "t1", "inv", NOW)
    await look_at_invitations(tx)
    await look_at_the_audit_trail(tx)
    await look_at_deletions(tx)
    await look_at_operators(tx)
    await look_at_imports(tx)
    await look_at_uploads(tx)
    await jobs.add_job(tx, "t1", "work", "a", now=NOW, due_at=NOW)
    await jobs.has_job(tx, "work", "a")
    await jobs.find_next_due(tx, "work")
    await jobs.list_dead_jobs(tx, "work", at_most=10)
    await jobs.find_backlog(tx, "work", now=NOW, at_most=10)
    await cases.count_open_cases(tx, at_most=10)
    await jobs.claim_jobs(tx, "work", now=NOW, until=NOW, at_most=10)
    await jobs.keep_job(tx, job, NOW)
    for end in (jobs.finish_job(tx, job), jobs.put_off_job(tx, job, due_at=NOW, failures=0, crashes=0, error=None)):
        with pytest.raises(jobs.LeaseLost):
            await end
    with pytest.raises(NotFound):
        await jobs.retry_job(tx, "work", "a", NOW)
    await jobs.drop_job(tx, "work", "a")
    await jobs.turn_job(tx, "t1", ("work", "a"), ("work", "b"), now=NOW, due_at=NOW)
    await cases.note_case(tx, case)
    await cases.mark_case_resolved(tx, "vs", None, NOW)
    await cases.get_case(tx, "case")
    await cases.list_cases(tx, resolved=False, at_most=10)
    await cases.list_cases(tx, resolved=True, at_most=10)
    await idempotency.claim_key(tx, "t1", key, NOW)
    await idempotency.claim_key(tx, "t1", key, datetime(2020, 1, 1, tzinfo=UTC))
    await idempotency.reclaim_key(tx, "t1", key, now=NOW, until=NOW)
    await idempotency.mark_answered(tx, "t1", key, answer=b"a", until=NOW)
    await idempotency.mark_lost(tx, "t1", key, NOW)
    await idempotency.wipe_answers(tx, NOW, at_most=500)
    await idempotency.remove_key(tx, "t1", key)
    await adoption.keep_place(tx, "h", b"{}", NOW)
    await adoption.find_place(tx, "h")
    await adoption.drop_place(tx, "h")
    await keys.add_key(tx, api_key_row())
    await keys.find_key_by_hash(tx, b"h")
    await keys.find_key_by_access_key(tx, "AKLT")
    await keys.mark_key_paired(tx, "k1", "AKLT", b"s")
    await keys.list_keys(tx, "t1")
    await keys.find_key(tx, "k1")
    await keys.mark_key_limited(tx, "k1", "5/s")
    await keys.list_admin_keys(tx)
    await keys.mark_key_revoked(tx, "k1", NOW)
    await events.emit(tx, "t1", "group.created", "g1", {}, event_id="e1", now=NOW)
    await events.find_event(tx, "t1", "e1")
    await events.find_newest_event(tx, "t1")
    for after in (None, events.Event(1, 0, "e1", "group.created", "g1", b"{}", NOW)):
        await events.list_events(tx, "t1", after, at_most=10)
    await webhooks.add_endpoint(tx, "t1", endpoint_row())
    await webhooks.list_endpoints(tx, "t1")
    await webhooks.count_endpoints(tx, "t1")
    await webhooks.find_endpoint(tx, "t1", "we")
    await webhooks.get_endpoint(tx, "t1", "we")
    await webhooks.mark_endpoint_changed(tx, "t1", "we", NOW, url="u", types=(None,))
    await webhooks.mark_endpoint_enabled(tx, "t1", "we")
    await webhooks.mark_endpoint_good(tx, "t1", "we")
    await webhooks.mark_endpoint_failing(tx, "t1", "we", NOW)
    await webhooks.mark_endpoint_paused(tx, "t1", "we", NOW)
    await webhooks.mark_endpoint_disabled(tx, "t1", "we", "Gone", NOW)
    await webhooks.mark_secret_rotated(tx, "t1", "we", secret=b"s", until=NOW, now=NOW)
    await webhooks.wipe_old_secrets(tx, NOW, at_most=500)
    await webhooks.owe_event(tx, "t1", "we", "e1", NOW)
    await webhooks.owe_events(tx, "t1", "we", types=["a"], since=NOW, until=NOW, now=NOW, at_most=10)
    await webhooks.list_owed(tx, "t1", "we", NOW, at_most=8)
    await webhooks.find_next_due(tx, "we")
    await webhooks.list_pending(tx, "we", at_most=10)
    await webhooks.find_types(tx, "t1", ["e1", "e2"])
    owed = webhooks.Owed("e1", 0, "group.created", b"{}", NOW)
    await webhooks.mark_tried(tx, "we", owed, delivered=True, due_at=None, status=204, error=None, now=NOW)
    await webhooks.remove_old_deliveries(tx, NOW, at_most=500)
    await webhooks.remove_endpoint(tx, "t1", "we")
    await events.remove_old_events(tx, NOW, at_most=500)
    assert len(tx.plans) > 60
    tx.check()


def test_every_function_of_the_stores_with_sql_is_looked_at_above() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    for module in (
        assets,
        groups,
        sessions,
        idempotency,
        keys,
        jobs,
        cases,
        invitations,
        events,
        webhooks,
        adoption,
        quotas,
        audit,
        deletions,
        operators,
        imports,
    ):
        for name, function in vars(module).items():
            if asyncio.iscoroutinefunction(function) and function.__module__ == module.__name__ and name[0] != "_":
                short = module.__name__.split(".")[1].replace("validation", "sessions")
                covered = f"{short}.{name}(" in source or name in {"find_group", "find_asset", *OPERATORS_ONLY, *SHORT}
                assert covered, f"{module.__name__}.{name} has no plan to look at"


async def test_a_key_that_is_taken_is_told_from_other_troubles(tx: ExplainingTx) -> None:
    await groups.add_group(tx, "t1", group_row("t1", "c1", "g1"))
    with pytest.raises(AlreadyThere):
        await groups.add_group(tx, "t2", group_row("t2", "c1", "g1"))
