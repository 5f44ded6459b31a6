"""How far an adoption has come, and its SQL."""

from datetime import datetime

import msgspec

from stagedoor.db.database import Tx


class _Kept(msgspec.Struct, frozen=True):
    place: bytes


async def find_place(tx: Tx, adoption_id: str) -> bytes | None:
    """Return where an adoption that did not come to its end goes on; None: at the beginning."""
    kept = await tx.find(_Kept, "SELECT place FROM adoptions WHERE id = :id", id=adoption_id)
    return None if kept is None else kept.place


async def keep_place(tx: Tx, adoption_id: str, place: bytes, now: datetime) -> None:
    """Remember where the adoption goes on: everything before is done."""
    await tx.execute(
        "INSERT INTO adoptions (id, place, updated_at) VALUES (:id, :place, :now)"
        " ON CONFLICT (id) DO UPDATE SET place = excluded.place, updated_at = excluded.updated_at",
        id=adoption_id,
        place=place,
        now=now,
    )


async def drop_place(tx: Tx, adoption_id: str) -> None:
    """Forget an adoption that has come to its end."""
    await tx.execute("DELETE FROM adoptions WHERE id = :id", id=adoption_id)
