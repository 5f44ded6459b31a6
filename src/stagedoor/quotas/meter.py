"""One limit as one process sees it: the places it has in hand, the calls under way, and who waits for a place.

Places are dealt by the limit's window, which all processes share, a few at a time: as many as are waited for, and a few more while
they are being used up. Then most calls find a place in hand, which costs a microsecond, and idle processes hold none.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from stagedoor.errors import FlowLimitExceeded, InternalError, StagedoorError
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.queue import FairQueue, Place, Turn
from stagedoor.quotas.window import LEASE, MARGIN, Deal, Report, share, span

log = structlog.get_logger()
Exchange = Callable[[Limit, Report], Awaitable[Deal]]

FLUSH = 0.2
"""Seconds after which calls that have ended are reported, and places that nobody wants given back."""
FRESH = 50_000
"""For so long an earlier answer shows whether it is quiet."""
PARTS = 20
"""At most this part of a limit is dealt ahead to one process."""


class Meter:
    """Lets calls through as the window of a limit deals places."""

    def __init__(
        self, exchange: Exchange, holder: str, limit: Limit, now: Callable[[], int], *, patient: bool = True
    ) -> None:
        """Begin with nothing in hand.

        Args:
            exchange: brings a report to the limit's window, and the answer back.
            holder: this process.
            limit: how often; ``take`` may bring another one.
            now: steadily counts microseconds.
            patient: whether calls wait for a place; else all are refused that find none.

        """
        self._exchange = exchange
        self._holder = holder
        self._limit = limit
        self._now = now
        self._patient = patient
        self._in_hand = 0
        self._usable_until = self._held_until = 0
        self._flying: deque[Place] = deque()
        self._ended: list[int] = []
        self._dealt_ahead = 1
        self._used = 0
        self._deal: Deal | None = None
        self._received = 0
        self._own_then = 0
        self._people = FairQueue()
        self._background: deque[tuple[Turn, bool]] = deque()
        self._changed = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._closing = False
        self._one_at_a_time = asyncio.Lock()

    def take(self, limit: Limit) -> Place | None:
        """Take a place that is in hand, when there is one and nobody waits for it."""
        if limit is not self._limit and limit != self._limit:
            self._limit, self._in_hand, self._deal = limit, 0, None
        now = self._now()
        if not self._in_hand or now >= self._usable_until or self._people:
            return None
        if self._pump is None:
            self._start()
        return self._placed(now)

    def leave(self, place: Place) -> None:
        """Note that the call in this place has its answer."""
        if place.is_open:
            place.is_open = False
            now = self._now()
            # A lease that is over has been counted by the others.
            if now < self._held_until:
                self._ended.append(min(now, place.start + MARGIN))

    async def wait(self, tenant_id: str, patience: timedelta) -> Place:
        """Return a place when it is this tenant's turn.

        Raises:
            FlowLimitExceeded: that takes longer than the patience.
            StagedoorError: the window cannot be asked.

        """
        if self.expected(self._people.rank(tenant_id)) > patience:
            raise self._too_many(tenant_id)
        turn: Turn = asyncio.get_running_loop().create_future()
        self._people.add(tenant_id, turn)
        self._start()
        try:
            await asyncio.wait([turn], timeout=patience.total_seconds() if self._patient else None)
            if not turn.done() and self._one_at_a_time.locked():
                # A slow database is no lack of room: the answer that is on its way decides.
                async with self._one_at_a_time:
                    pass
        finally:
            self._people.remove(tenant_id, turn)
        if not turn.done():
            raise self._too_many(tenant_id)
        place = turn.result()
        if place is None:
            raise AssertionError("People are given a place.")
        return place

    async def wait_until_quiet(self, *, take: bool) -> Place | None:
        """Return when half of the limit is free and nobody waits; with a place when one is wanted."""
        turn: Turn = asyncio.get_running_loop().create_future()
        self._background.append((turn, take))
        self._start()
        return await turn

    async def close_for(self, microseconds: int) -> None:
        """Let nothing through for so long, here at once and in other processes as soon as they ask for places."""
        self._in_hand = 0
        await self._sync(closed_for=microseconds)

    async def close(self) -> None:
        """Report the calls that have ended, give back what is in hand, and end."""
        self._closing = True
        self._start()
        if self._pump is not None:
            await asyncio.wait([self._pump])

    def expected(self, rank: int) -> timedelta:
        """Return the least time until so many other calls, and then one more, have had a place."""
        deal, now = self._deal, self._now()
        if deal is None:
            return timedelta()
        length, calls = span(self._limit), self._limit.calls
        shift = self._received - deal.now
        rounds, rank = divmod(rank, calls)
        frees = [(at + shift, count) for at, count in deal.frees]
        frees += [(place.start + length, 1) for place in self._flying if place.is_open]
        frees += [(moment + length, 1) for moment in self._ended]
        wait = max(deal.closed_until + shift - now, 0)
        behind = rank - (calls - sum(count for _, count in frees))
        for at, count in sorted(frees):
            if behind < 0:
                break
            behind -= count
            wait = max(wait, at - now)
        return timedelta(microseconds=wait + rounds * length)

    def left(self) -> tuple[int, int]:
        """Return how many places are free, as far as is known here, and the microseconds until all of them are."""
        deal, now = self._deal, self._now()
        if deal is None:
            return self._limit.calls, 0
        shift, length = self._received - deal.now, span(self._limit)
        frees = [(at + shift, count) for at, count in deal.frees if at + shift > now]
        frees += [(moment + length, 1) for moment in self._ended]
        last = max((at for at, _ in frees), default=now)
        elsewhere = deal.taken - self._own_then - sum(count for _, count in deal.frees)
        if now >= self._received + LEASE + MARGIN:
            elsewhere = 0
        return max(0, self._limit.calls - elsewhere - sum(count for _, count in frees)), last - now

    def _too_many(self, tenant_id: str) -> FlowLimitExceeded:
        wait = self.expected(self._people.rank(tenant_id))
        return FlowLimitExceeded(retry_after=max(wait, timedelta(seconds=self._until_next())))

    def _placed(self, now: int) -> Place:
        """Take a place out of the hand. Not later: a report made meanwhile would not know of it."""
        self._in_hand -= 1
        self._used += 1
        place = Place(now)
        self._flying.append(place)
        return place

    def _start(self) -> None:
        if self._pump is None:
            self._pump = asyncio.create_task(self._work(), name="quota")
        else:
            self._changed.set()

    async def _work(self) -> None:
        """Serve those who wait, and report, until there is nothing to do."""
        try:
            while not self._closing and (self._people or self._background or self._owes()):
                self._changed.clear()
                await self._step()
            if self._closing and self._owes():
                self._in_hand = 0
                await self._sync()
            self._fail(FlowLimitExceeded("The gateway is stopping."))
        except StagedoorError as error:
            self._fail(error)
        except Exception:
            log.exception("quota_failed")
            self._fail(InternalError())
        finally:
            self._pump = None

    def _owes(self) -> bool:
        return bool(self._in_hand or self._flying or self._ended) and self._now() < self._held_until

    async def _step(self) -> None:
        while self._background and self._background[0][0].done():
            self._background.popleft()
        if self._people:
            await self._serve_people()
        elif self._background:
            await self._serve_background()
        else:
            await self._pause(FLUSH)
            if not self._people and not self._background and not self._closing:
                if not self._used:
                    self._in_hand = 0
                await self._sync()

    async def _serve_people(self) -> None:
        if not self._in_hand or self._now() >= self._usable_until:
            most = max(1, self._limit.calls // PARTS)
            # Twice as many as the last time while they are being used up, one by one else.
            busy = self._used >= self._dealt_ahead and self._now() < self._usable_until
            self._dealt_ahead = min(most, self._dealt_ahead * 2) if busy else 1
            await self._sync(wanted=min(most, max(self._dealt_ahead, len(self._people))))
        served = False
        while self._people and self._in_hand:
            turn = self._people.pop()
            if not turn.done():
                turn.set_result(self._placed(self._now()))
                served = True
        if self._people and not served:
            if self._patient:
                # Who comes meanwhile changes nothing: there is no place for anybody.
                await asyncio.sleep(min(self._until_next(), FLUSH))
            else:
                self._fail(self._too_many(""))

    async def _serve_background(self) -> None:
        turn, take = self._background[0]
        room = share(self._limit, quiet=True)
        place: Place | None = None
        if take:
            deal = await self._sync(wanted=1, quiet=True)
            if not deal.dealt or not self._in_hand:
                await self._pause(self._until_next())
                return
            place = self._placed(self._now())
        elif not self._is_fresh() or self._taken() >= room:
            await self._sync(quiet=True)
            if self._taken() >= room:
                await self._pause(self._until_next())
                return
        self._background.popleft()
        if not turn.done():
            turn.set_result(place)
        elif place is not None:
            self.leave(place)

    def _is_fresh(self) -> bool:
        return self._deal is not None and self._now() < self._received + FRESH

    def _taken(self) -> int:
        """Return how many places are taken in all processes, without those that are only in hand here."""
        others = 0 if self._deal is None else self._deal.taken - self._own_then
        return others + sum(place.is_open for place in self._flying) + len(self._ended)

    async def _sync(self, *, wanted: int = 0, quiet: bool = False, closed_for: int = 0) -> Deal:
        """Report, and take what is dealt. One after the other: a report says what is in hand when it is read."""
        async with self._one_at_a_time:
            return await self._report(wanted=wanted, quiet=quiet, closed_for=closed_for)

    async def _report(self, *, wanted: int, quiet: bool, closed_for: int) -> Deal:
        sent = self._now()
        self._tidy(sent)
        ended, self._ended = self._ended, []
        kept = self._in_hand + len(self._flying)
        report = Report(
            holder=self._holder,
            ended=tuple((sent - moment, 1) for moment in ended),
            kept=kept,
            wanted=wanted,
            quiet=quiet,
            closed_for=closed_for,
        )
        try:
            deal = await self._exchange(self._limit, report)
        except BaseException:
            self._ended += ended  # perhaps they have arrived: then they count twice for a while
            raise
        self._used = 0
        self._in_hand += deal.dealt
        self._usable_until, self._held_until = sent + LEASE, sent + LEASE + MARGIN
        self._deal, self._received, self._own_then = deal, self._now(), kept + deal.dealt
        if deal.now < deal.closed_until:
            self._in_hand = 0
        return deal

    def _tidy(self, now: int) -> None:
        """Sort out what has ended, and forget what the others have counted already."""
        if now >= self._held_until:
            self._in_hand = 0
            for place in self._flying:
                place.is_open = False
            self._ended.clear()
        elif now >= self._usable_until:
            self._in_hand = 0
        flying: deque[Place] = deque()
        for place in self._flying:
            if place.is_open and now >= place.start + MARGIN:
                place.is_open = False
                self._ended.append(place.start + MARGIN)
            elif place.is_open:
                flying.append(place)
        self._flying = flying

    def _until_next(self) -> float:
        """Return the seconds until it is worth while to ask for places again."""
        if self._deal is None:
            return 0
        return max(0, self._received + self._deal.next_at - self._deal.now - self._now()) / 1e6

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until somebody comes who may change what is to do."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def _fail(self, error: StagedoorError) -> None:
        turns = self._people.clear() + [turn for turn, _ in self._background]
        self._background.clear()
        for turn in turns:
            if not turn.done():
                turn.set_exception(error)
