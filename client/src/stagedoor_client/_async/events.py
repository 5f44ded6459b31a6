"""Events: page by page, and as they happen."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Unpack

from stagedoor_client._async.caller import AsyncCaller
from stagedoor_client.errors import StagedoorError
from stagedoor_client.events import Event, EventPage, read_message
from stagedoor_client.operations import LIST_EVENTS
from stagedoor_client.options import Options
from stagedoor_client.reading import read
from stagedoor_client.waits import SILENCE_SECONDS, may_come_back, now

BEGINNING = "0"


class AsyncEvents(AsyncCaller):
    """What happened, and what happens."""

    async def list_events(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        types: Sequence[str] = (),
        **options: Unpack[Options],
    ) -> EventPage:
        """Return events in their order, from the one after ``after``, or from the first."""
        fields = {"after": after, "limit": limit, "type": list(types) or None}
        answer = await self._call(LIST_EVENTS, fields, options)
        return read(EventPage, answer.result, answer.response)

    async def iter_events(
        self, *, after: str = BEGINNING, types: Sequence[str] = (), **options: Unpack[Options]
    ) -> AsyncIterator[Event]:
        """Yield all events there are, page after page."""
        has_more = True
        while has_more:
            page = await self.list_events(after=after, limit=200, types=types, **options)
            for event in page:
                yield event
            after, has_more = page.next_cursor or after, page.has_more

    async def stream_events(
        self, *, after: str | None = None, types: Sequence[str] = (), patience: float = 300.0
    ) -> AsyncGenerator[Event, None]:
        """Yield events as they happen, without end, over broken connections and restarts of the gateway.

        Args:
            after: the id of the last event that is known, ``0`` for all there are; from now on when left out.
            types: of which types; all when left out.
            patience: for how many seconds the gateway may be out of reach.

        Raises:
            StagedoorError: the key may not read events, or the gateway is out of reach for too long.

        """
        place, number, was_heard = after, 0, False
        lost_at: float | None = None
        while True:
            trouble: StagedoorError | None = None
            try:
                async with aclosing(self._listen(place, types, SILENCE_SECONDS)) as messages:
                    async for message in messages:
                        place, number, was_heard, lost_at = message.id or place, 0, True, None
                        event = read_message(message)
                        if event is not None:
                            yield event
            except StagedoorError as error:
                trouble = error
            if trouble is not None:
                lost_at = now() if lost_at is None else lost_at
                # A gateway that was never heard may be the wrong one.
                may_go_on = now() - lost_at < patience if was_heard else number < self._retries.most
                if not may_go_on or not may_come_back(trouble):
                    raise trouble
            wait = 0.0 if trouble is None else trouble.retry_after or 0.0
            await asyncio.sleep(max(wait, self._retries.backoff(number)))
            number += 1
