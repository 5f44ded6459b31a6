"""Writing down what is known against an account, and telling operators of it in the same transaction."""

from datetime import datetime

from stagedoor.channels.store import Condition, drop_condition, drop_conditions, note_condition
from stagedoor.db.database import Tx
from stagedoor.events.catalogue import OPERATOR
from stagedoor.events.store import emit
from stagedoor.runtime import Runtime


async def record_condition(tx: Tx, rt: Runtime, condition: Condition) -> bool:
    """Write down that a condition was met, and tell so when that is news; return whether it is."""
    if not await note_condition(tx, condition):
        return False
    data = {"kind": condition.kind, "action": condition.action, "code": condition.code}
    event_id, now = rt.new_id("evt"), condition.last_seen_at
    await emit(tx, OPERATOR, "channel.condition_began", condition.channel_id, data, event_id=event_id, now=now)
    return True


async def end_condition(tx: Tx, rt: Runtime, condition: Condition, *, seen_before: datetime) -> bool:
    """Forget a condition that was disproven, unless it was met again since, and tell so; return whether it was there."""
    if not await drop_condition(tx, condition, seen_before=seen_before):
        return False
    await _tell_end(tx, rt, condition, "Disproven")
    return True


async def end_conditions(tx: Tx, rt: Runtime, channel_id: str) -> None:
    """Forget everything that was said of an account, and tell so: the channel has been changed."""
    for condition in await drop_conditions(tx, channel_id):
        await _tell_end(tx, rt, condition, "Changed")


async def _tell_end(tx: Tx, rt: Runtime, condition: Condition, reason: str) -> None:
    data = {"kind": condition.kind, "action": condition.action, "reason": reason}
    event_id, now = rt.new_id("evt"), rt.clock.now()
    await emit(tx, OPERATOR, "channel.condition_ended", condition.channel_id, data, event_id=event_id, now=now)
