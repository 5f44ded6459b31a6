"""The emulator's memory: one SQLite file in its data folder, and all the SQL there is."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from stagedoor.emulator.clock import from_microseconds, to_microseconds
from stagedoor.emulator.paging import Cursor, Order, Window
from stagedoor.emulator.rows import Asset, Group, LedgerEntry, Session

Row = TypeVar("Row", Group, Asset, Session, LedgerEntry)
SORT_COLUMNS = {"CreateTime": "created_at", "UpdateTime": "updated_at", "GroupId": "group_id"}
GROUP_FILTER = """
  FROM groups
  WHERE project = :project AND group_type = :group_type
    AND (:group_ids IS NULL OR id IN (SELECT value FROM json_each(:group_ids)))
    AND (:name IS NULL OR instr(lower(name), lower(:name)) > 0)
"""
ASSET_FILTER = """
  FROM assets
  WHERE project = :project AND group_type = :group_type
    AND (:group_ids IS NULL OR group_id IN (SELECT value FROM json_each(:group_ids)))
    AND (:statuses IS NULL OR status IN (SELECT value FROM json_each(:statuses)))
    AND (:name IS NULL OR instr(lower(name), lower(:name)) > 0)
"""


class Store:
    """Everything the emulator remembers. Used from one thread at a time: the event loop's."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The application is made in one thread and may be served in another, never in both at once.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA busy_timeout = 5000")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(resources.files("stagedoor.emulator").joinpath("schema.sql").read_text("utf-8"))

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def clear(self) -> None:
        """Forget groups, assets, sessions, faults and the ledger; settings stay."""
        with self.transaction():
            for statement in (
                "DELETE FROM assets",
                "DELETE FROM groups",
                "DELETE FROM sessions",
                "DELETE FROM faults",
                "DELETE FROM ledger",
            ):
                self._db.execute(statement)

    def find_setting(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row["value"])

    def set_setting(self, name: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def remove_setting(self, name: str) -> None:
        self._db.execute("DELETE FROM settings WHERE name = ?", (name,))

    def has_id(self, resource_id: str) -> bool:
        statement = "SELECT 1 FROM groups WHERE id = :id UNION ALL SELECT 1 FROM assets WHERE id = :id"
        return self._db.execute(statement, {"id": resource_id}).fetchone() is not None

    def add_group(self, group: Group) -> None:
        self._db.execute(
            "INSERT INTO groups (id, project, name, description, group_type, created_at, updated_at)"
            " VALUES (:id, :project, :name, :description, :group_type, :created_at, :updated_at)",
            _columns(group),
        )

    def find_group(self, group_id: str, project: str) -> Group | None:
        return self._find(Group, "SELECT * FROM groups WHERE id = ? AND project = ?", (group_id, project))

    def mark_group_updated(self, group_id: str, name: str, description: str, at: datetime) -> None:
        self._db.execute(
            "UPDATE groups SET name = ?, description = ?, updated_at = ? WHERE id = ?",
            (name, description, to_microseconds(at), group_id),
        )

    def delete_group(self, group_id: str) -> list[str]:
        """Delete a group with every asset in it and return the names of the files left behind."""
        files = self._db.execute("SELECT file_name FROM assets WHERE group_id = ? AND file_name <> ''", (group_id,))
        names = [row["file_name"] for row in files]
        self._db.execute("DELETE FROM groups WHERE id = ?", (group_id,))
        return names

    def count_groups(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM groups").fetchone()[0])

    def list_groups(self, conditions: dict[str, Any], order: Order, window: Window) -> list[Group]:
        return self._page(Group, GROUP_FILTER, conditions, order, window)

    def count_listed_groups(self, conditions: dict[str, Any]) -> int:
        return self._count(GROUP_FILTER, conditions)

    def add_asset(self, asset: Asset) -> None:
        self._db.execute(
            "INSERT INTO assets (id, project, group_id, group_type, name, asset_type, moderation, status, fate, error_code,"
            " error_message, file_name, content_type, looks_left, ready_at, created_at, updated_at)"
            " VALUES (:id, :project, :group_id, :group_type, :name, :asset_type, :moderation, :status, :fate, :error_code,"
            " :error_message, :file_name, :content_type, :looks_left, :ready_at, :created_at, :updated_at)",
            _columns(asset),
        )

    def find_asset(self, asset_id: str, project: str) -> Asset | None:
        return self._find(Asset, "SELECT * FROM assets WHERE id = ? AND project = ?", (asset_id, project))

    def find_asset_by_file(self, file_name: str) -> Asset | None:
        return self._find(Asset, "SELECT * FROM assets WHERE file_name = ?", (file_name,))

    def mark_asset_renamed(self, asset_id: str, name: str, at: datetime) -> None:
        self._db.execute(
            "UPDATE assets SET name = ?, updated_at = ? WHERE id = ?", (name, to_microseconds(at), asset_id)
        )

    def mark_looked_at(self, asset_ids: list[str]) -> None:
        """Spend one look at each asset that is still being processed."""
        self._db.execute(
            "UPDATE assets SET looks_left = looks_left - 1 WHERE status = 'Processing' AND looks_left > 0"
            " AND id IN (SELECT value FROM json_each(?))",
            (_json(asset_ids),),
        )

    def settle_assets(self, now: datetime) -> None:
        """Let every asset whose time and looks are up show its fate."""
        moment = to_microseconds(now)
        self._db.execute(
            "UPDATE assets SET status = fate, updated_at = max(updated_at, ready_at)"
            " WHERE status = 'Processing' AND looks_left <= 0 AND ready_at <= ?",
            (moment,),
        )

    def delete_asset(self, asset_id: str) -> None:
        self._db.execute("DELETE FROM assets WHERE id = ?", (asset_id,))

    def count_assets(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM assets").fetchone()[0])

    def list_assets(self, conditions: dict[str, Any], order: Order, window: Window) -> list[Asset]:
        return self._page(Asset, ASSET_FILTER, conditions, order, window)

    def count_listed_assets(self, conditions: dict[str, Any]) -> int:
        return self._count(ASSET_FILTER, conditions)

    def add_session(self, session: Session) -> None:
        self._db.execute(
            "INSERT INTO sessions (byted_token, project, callback_url, state, group_id, spent, created_at)"
            " VALUES (:byted_token, :project, :callback_url, :state, :group_id, :spent, :created_at)",
            _columns(session),
        )

    def find_session(self, byted_token: str) -> Session | None:
        return self._find(Session, "SELECT * FROM sessions WHERE byted_token = ?", (byted_token,))

    def mark_session_done(self, byted_token: str, state: str, group_id: str) -> None:
        self._db.execute(
            "UPDATE sessions SET state = ?, group_id = ? WHERE byted_token = ?", (state, group_id, byted_token)
        )

    def mark_session_spent(self, byted_token: str) -> None:
        self._db.execute("UPDATE sessions SET spent = 1 WHERE byted_token = ?", (byted_token,))

    def add_ledger_entry(self, action: str, at: datetime, body: Any, request_id: str) -> int:
        """Write down that a call has come in; its status follows."""
        cursor = self._db.execute(
            "INSERT INTO ledger (action, at, status, body, result, request_id, fault) VALUES (?, ?, NULL, ?, 'null', ?, '')",
            (action, to_microseconds(at), _json(body), request_id),
        )
        return int(cursor.lastrowid or 0)

    def mark_ledger_entry(self, entry: int, *, status: int, result: Any, fault: str) -> None:
        self._db.execute(
            "UPDATE ledger SET status = ?, result = ?, fault = ? WHERE seq = ?", (status, _json(result), fault, entry)
        )

    def list_ledger(self, action: str | None) -> list[LedgerEntry]:
        rows = self._db.execute(
            "SELECT action, at, status, body, result, request_id, fault FROM ledger"
            " WHERE :action IS NULL OR action = :action ORDER BY seq",
            {"action": action},
        )
        return [_row(LedgerEntry, row) for row in rows]

    def add_fault(self, script: str, *, skip: int, times: int) -> int:
        """Add a fault script; ``times`` 0 keeps it until the next reset."""
        cursor = self._db.execute(
            "INSERT INTO faults (script, skips_left, times_left) VALUES (?, ?, ?)", (script, skip, times or None)
        )
        return int(cursor.lastrowid or 0)

    def list_faults(self) -> list[tuple[int, str, int, int | None]]:
        rows = self._db.execute("SELECT seq, script, skips_left, times_left FROM faults ORDER BY seq")
        return [(row["seq"], row["script"], row["skips_left"], row["times_left"]) for row in rows]

    def mark_fault_skipped(self, fault: int) -> None:
        self._db.execute("UPDATE faults SET skips_left = skips_left - 1 WHERE seq = ?", (fault,))

    def mark_fault_used(self, fault: int) -> None:
        self._db.execute("UPDATE faults SET times_left = times_left - 1 WHERE seq = ? AND times_left > 0", (fault,))
        self._db.execute("DELETE FROM faults WHERE seq = ? AND times_left = 0", (fault,))

    def delete_fault(self, fault: int) -> None:
        self._db.execute("DELETE FROM faults WHERE seq = ?", (fault,))

    def all_groups(self) -> list[Group]:
        return [_row(Group, row) for row in self._db.execute("SELECT * FROM groups ORDER BY seq")]

    def all_assets(self) -> list[Asset]:
        return [_row(Asset, row) for row in self._db.execute("SELECT * FROM assets ORDER BY seq")]

    def all_sessions(self) -> list[Session]:
        return [_row(Session, row) for row in self._db.execute("SELECT * FROM sessions ORDER BY seq")]

    def _find(self, kind: type[Row], statement: str, values: tuple[Any, ...]) -> Row | None:
        row = self._db.execute(statement, values).fetchone()
        return None if row is None else _row(kind, row)

    def _count(self, conditions_sql: str, conditions: dict[str, Any]) -> int:
        row = self._db.execute("SELECT count(*)" + conditions_sql, conditions).fetchone()
        return int(row[0])

    def _page(
        self, kind: type[Row], conditions_sql: str, conditions: dict[str, Any], order: Order, window: Window
    ) -> list[Row]:
        column = SORT_COLUMNS[order.sort_by]
        sign, direction = (">", "ASC") if order.ascending else ("<", "DESC")
        # Only the words of the two tables above and fixed operators are put together here; values are always bound.
        statement = (
            f"SELECT *{conditions_sql} AND (:after_seq IS NULL OR ({column}, seq) {sign} (:after_value, :after_seq))"
            f" ORDER BY {column} {direction}, seq {direction} LIMIT :limit OFFSET :offset"
        )
        after = window.after or Cursor(value=None, seq=None)
        bound = {"after_value": after.value, "after_seq": after.seq, "limit": window.limit, "offset": window.offset}
        return [_row(kind, row) for row in self._db.execute(statement, conditions | bound)]


def cursor_of(row: Group | Asset, order: Order) -> Cursor:
    """Return the place just behind a listed row."""
    return Cursor(value=_columns(row)[SORT_COLUMNS[order.sort_by]], seq=row.seq)


def json_list(values: list[str] | None) -> str | None:
    """Return a list the way the filters bind it: as JSON, or NULL for no condition."""
    return None if values is None else _json(values)


def _columns(struct: Group | Asset | Session) -> dict[str, Any]:
    values = msgspec.structs.asdict(struct)
    return {name: to_microseconds(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _row(kind: type[Row], row: sqlite3.Row) -> Row:
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        value = row[field.name]
        if field.type is datetime:
            value = from_microseconds(value)
        elif field.name in {"body", "result"}:
            value = msgspec.json.decode(value)
        elif field.type is bool:
            value = bool(value)
        values[field.name] = value
    return kind(**values)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
