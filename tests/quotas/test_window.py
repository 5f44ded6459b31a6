"""The arithmetic of a limit, under every order of events Hypothesis can think of, on a moved clock."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagedoor.quotas.limits import Limit
from stagedoor.quotas.window import FINEST, LEASE, MARGIN, Report, Window, deal, kept_back, span

HOLDERS = ("a", "b", "c")
START = 1_800_000_000_000_000
limits = st.builds(
    lambda calls, seconds: Limit(calls, timedelta(seconds=seconds)),
    st.integers(1, 300),
    st.sampled_from([0.2, 1.0, 3.0, 60.0]),
)


class Process:
    """A process that begins calls in its places when it likes, loses the answers of some, and sometimes dies."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self.in_hand = 0
        self.usable_until = 0
        self.flying: list[int] = []
        self.ended: list[int] = []

    def report(self, now: int, wanted: int, *, quiet: bool = False) -> Report:
        if now >= self.usable_until + MARGIN:
            self.in_hand, self.flying, self.ended = 0, [], []
        elif now >= self.usable_until:
            self.in_hand = 0
        late = [start for start in self.flying if now >= start + MARGIN]
        self.flying = [start for start in self.flying if now < start + MARGIN]
        ended = [*self.ended, *(start + MARGIN for start in late)]
        self.ended = []
        return Report(
            self.holder,
            tuple((now - moment, 1) for moment in ended),
            self.in_hand + len(self.flying),
            wanted,
            quiet,
        )


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "ask", "begin", "begin", "end", "die"]),
        st.sampled_from(HOLDERS),
        st.integers(0, 700_000),
        st.integers(0, 40),
    ),
    min_size=10,
    max_size=120,
)


@settings(max_examples=150, deadline=None)
@given(limit=limits, steps=STEPS)
def test_never_more_calls_arrive_in_any_period_than_the_limit_says(
    limit: Limit, steps: list[tuple[str, str, int, int]]
) -> None:
    window, now, arrivals = Window(), START, []
    processes = {holder: Process(holder) for holder in HOLDERS}
    for what, holder, pause, count in steps:
        now += pause
        process = processes[holder]
        if what == "ask":
            dealt = deal(window, limit, now, process.report(now, count))
            process.in_hand += dealt.dealt
            process.usable_until = now + LEASE
        elif what == "begin" and now < process.usable_until:
            begun = min(count, process.in_hand)
            process.in_hand -= begun
            process.flying += [now] * begun
        elif what == "end":
            # The answers come: the calls may have been counted at any moment since their starts, up to the margin.
            for start in process.flying[:count]:
                moment = min(now, start + MARGIN)
                process.ended.append(moment)
                arrivals.append((start, moment))
            del process.flying[:count]
        elif what == "die":
            arrivals += [(start, start + MARGIN) for start in process.flying]
            processes[holder] = Process(f"{holder}{now}")
    arrivals += [(start, start + MARGIN) for process in processes.values() for start in process.flying]
    # Whatever the moments at which they are counted: no period can have had more of them.
    period = limit.period // timedelta(microseconds=1)
    for _, begin in arrivals:
        assert sum(start < begin + period and begin <= last for start, last in arrivals) <= limit.calls


@settings(max_examples=100, deadline=None)
@given(limit=limits, pauses=st.lists(st.integers(0, 2_000_000), max_size=400))
def test_no_call_is_refused_without_need_when_calls_end_at_once(limit: Limit, pauses: list[int]) -> None:
    window, now, calls = Window(), START, Counter[int]()
    grain = span(limit) // FINEST
    for pause in pauses:
        now += pause
        dealt = deal(window, limit, now, Report("a", wanted=1))
        recent = sum(count for moment, count in calls.items() if moment > now - span(limit) - grain)
        if dealt.dealt:
            deal(window, limit, now, Report("a", ended=((0, 1),)))
            calls[now] += 1
            assert sum(count for moment, count in calls.items() if moment > now - span(limit)) <= limit.calls
        else:
            assert recent >= limit.calls - kept_back(limit)
            assert now < dealt.next_at <= now + span(limit) + grain


def test_the_window_of_a_high_limit_stays_small() -> None:
    window, limit = Window(), Limit(10_000, timedelta(seconds=1))
    now = START
    for _ in range(5_000):
        now += 200
        deal(window, limit, now, Report("a", ended=((0, 1),)))
    assert len(window.ended) <= FINEST + 2
    assert sum(count for _, count in window.ended) == 5_000


def test_background_work_is_dealt_half_and_nothing_while_more_is_taken() -> None:
    limit = Limit(10, timedelta(seconds=1))
    window = Window()
    assert deal(window, limit, START, Report("a", wanted=9, quiet=True)).dealt == 5
    assert deal(window, limit, START, Report("b", wanted=1, quiet=True)).dealt == 0
    assert deal(window, limit, START, Report("b", wanted=9)).dealt == 5


def test_a_closed_limit_deals_nothing_until_it_opens() -> None:
    limit, window = Limit(10, timedelta(seconds=1)), Window()
    deal(window, limit, START, Report("a", closed_for=7_000_000))
    assert deal(window, limit, START + 1, Report("b", wanted=1)).next_at == START + 7_000_000
    assert deal(window, limit, START + 6_999_999, Report("b", wanted=1)).dealt == 0
    assert deal(window, limit, START + 7_000_000, Report("b", wanted=1)).dealt == 1


@pytest.mark.parametrize("back", [3600, 86_400 * 365])
def test_a_clock_that_is_set_back_blocks_nothing_for_longer_than_a_period(back: int) -> None:
    limit, window = Limit(2, timedelta(seconds=1)), Window()
    deal(window, limit, START, Report("a", ended=((0, 2),), kept=0))
    deal(window, limit, START, Report("b", closed_for=1_000_000))
    now = START - back * 1_000_000
    assert deal(window, limit, now, Report("a", wanted=1)).dealt == 0
    assert deal(window, limit, now + 61_000_000, Report("a", wanted=2)).dealt == 2
