"""An upstream account that was in use long before the gateway came: its groups and assets, written straight into the emulator."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stagedoor.emulator.rows import Asset, Group
from stagedoor.emulator.store import Store

LONG_AGO = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
STATES = ("Active", "Active", "Failed", "Processing")


class Account:
    """The emulator's memory, open beside the running emulator."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder / "emulator.sqlite3")
        self._groups = 0
        self._assets = 0

    def close(self) -> None:
        self._store.close()

    def add_groups(
        self, count: int, group_type: str = "LivenessFace", prefix: str = "figure", **fields: Any
    ) -> list[str]:
        """Add groups, a minute apart, and return their ids."""
        ids = []
        with self._store.transaction():
            for _ in range(count):
                self._groups += 1
                made = LONG_AGO + timedelta(minutes=self._groups)
                group_id = f"group-old-{self._groups:05}"
                values: dict[str, Any] = {
                    "id": group_id,
                    "project": "default",
                    "name": f"{prefix} {self._groups}",
                    "description": f"number {self._groups}",
                    "group_type": group_type,
                    "created_at": made,
                    "updated_at": made + timedelta(days=1),
                    **fields,
                }
                self._store.add_group(Group(**values))
                ids.append(group_id)
        return ids

    def add_assets(self, group_id: str, count: int, group_type: str = "LivenessFace", **fields: Any) -> list[str]:
        """Add assets to a group, in every state, and return their ids."""
        ids = []
        with self._store.transaction():
            for _ in range(count):
                self._assets += 1
                made = LONG_AGO + timedelta(days=30, minutes=self._assets)
                status = STATES[self._assets % len(STATES)]
                asset_id = f"asset-old-{self._assets:05}"
                values: dict[str, Any] = {
                    "id": asset_id,
                    "project": "default",
                    "group_id": group_id,
                    "group_type": group_type,
                    "name": f"picture {self._assets}",
                    "asset_type": ("Image", "Video", "Audio")[self._assets % 3],
                    "moderation": "Default",
                    "status": status,
                    "fate": "Failed" if status == "Failed" else "Active",
                    "error_code": "FaceMismatch" if status == "Failed" else "",
                    "error_message": "Face consistency verification failed." if status == "Failed" else "",
                    "file_name": f"{self._assets}.jpg",
                    "content_type": "image/jpeg",
                    # In work until somebody has looked twice: the move-in itself is the first look.
                    "looks_left": 2 if status == "Processing" else 0,
                    "ready_at": made,
                    "created_at": made,
                    "updated_at": made + timedelta(minutes=1),
                    **fields,
                }
                self._store.add_asset(Asset(**values))
                ids.append(asset_id)
        return ids
