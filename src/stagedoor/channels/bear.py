"""Something new is born on the channel chosen for it, or on the next fit one when that one surely made nothing."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

import structlog

from stagedoor.channels.book import ChannelBook
from stagedoor.channels.store import Channel
from stagedoor.db.database import Result
from stagedoor.errors import StagedoorError, may_go_elsewhere
from stagedoor.runtime import Runtime

log = structlog.get_logger()


class Birth(NamedTuple):
    """What was asked for, by whom, and the channel that was chosen for it."""

    model: str
    tenant_id: str
    first: Channel
    seed: str | None = None
    may_be_on: Callable[[Channel], bool] = lambda _: True
    """Tells whether another channel may stand in for the first."""


async def bear(rt: Runtime, book: ChannelBook, birth: Birth, make: Callable[[Channel], Awaitable[Result]]) -> Result:
    """Make something new on the first channel, or on the next fit one while those asked surely made nothing.

    Nothing is begun on another channel once the time of a whole upstream call is over.

    Raises:
        StagedoorError: what the last channel asked said.

    """
    until = rt.clock.now() + timedelta(seconds=rt.settings.upstream_timeout)
    channel, asked = birth.first, {birth.first.id}
    while True:
        try:
            return await make(channel)
        except StagedoorError as error:
            if not may_go_elsewhere(error) or rt.clock.now() >= until:
                raise
            other = await book.choose_other(
                birth.model, birth.tenant_id, birth.seed, asked=asked, may_be_on=birth.may_be_on
            )
            if other is None:
                raise
            log.warning("channel_moved_on", channel=channel.name, to=other.name, code=error.full_code)
            channel = other
            asked.add(other.id)
