"""Channels: how the upstream accounts do, how often they may be called, and taking them out of use."""

from typing import get_args

from stagedoor.channels.edit import ChannelChange
from stagedoor.channels.store import ChannelState
from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.visit import Visit
from stagedoor.db.database import Tx
from stagedoor.doors.admin_channels import edit_channel, show_channel, show_channels
from stagedoor.errors import InvalidParameter
from stagedoor.quotas.limits import Limit, read_limits
from stagedoor.quotas.store import count_taken


async def show_all(visit: Visit) -> Answer:
    return visit.page("channels.html", channels=(await show_channels(visit.rt, visit.book, "")).items)


async def show(visit: Visit) -> Answer:
    channel = await show_channel(visit.rt, visit.book, visit.params["channel"])
    limits = read_limits(channel.limits)

    async def look(tx: Tx) -> list[tuple[str, Limit, int]]:
        return [(action, limit, await count_taken(tx, channel.id, action, limit)) for action, limit in limits.items()]

    return visit.page(
        "channel.html", channel=channel, limits=await visit.rt.db.read(look), states=get_args(ChannelState)
    )


async def change_state(visit: Visit) -> None:
    """Let a channel take what is new, nothing new, or nothing at all."""
    for state in get_args(ChannelState):
        if state == visit.field("state"):
            await edit_channel(visit.rt, visit.book, visit.params["channel"], ChannelChange(state=state), by=visit.by)
            return
    raise InvalidParameter("There is no such state.", field="State")


PAGES = [
    Page("/console/channels", show_all),
    Page("/console/channels/{channel}", show, {"state": Act(change_state, proves=True)}),
]
