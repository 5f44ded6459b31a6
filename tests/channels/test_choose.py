"""The choice among channels, as a function: by fitness, priority, weight, and chance or seed."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from stagedoor.channels.choose import choose, random_lot, steady_lot
from stagedoor.channels.live import FRESH_FOR, LiveChannel, Standing
from stagedoor.channels.store import Channel, Condition
from stagedoor.contract.operations import Operation

NOW = datetime(2026, 6, 1, tzinfo=UTC)
JUST_NOW = NOW - timedelta(seconds=1)
A_WHILE_AGO = NOW - FRESH_FOR


class Silent:
    """An upstream that is never asked here."""

    def __init__(self, *, is_down: bool) -> None:
        self.is_down = is_down

    def check(self) -> None:
        raise AssertionError

    async def call(self, operation: Operation, body: Mapping[str, object]) -> dict[str, object]:
        raise AssertionError


def live(
    name: str, *, priority: int = 0, weight: int = 1, down: bool = False, refused_at: datetime | None = None
) -> LiveChannel:
    channel = Channel(
        id=name,
        name=name,
        kind="ark",
        endpoint="https://ark.example",
        region="cn-beijing",
        project_name="default",
        models=("m",),
        priority=priority,
        limits="{}",
        credentials=b"",
        created_at=NOW,
        updated_at=NOW,
        disabled_at=None,
        weight=weight,
        tenants=None,
        draining_at=None,
    )
    full = Condition(name, "GroupsFull", "CreateAssetGroup", "QuotaExceeded", NOW, refused_at or NOW)
    return LiveChannel(channel, Silent(is_down=down), {}, (full,) if refused_at else ())


def chosen(ranked: Sequence[LiveChannel], lot: Callable[[str], float] = random_lot, *, may_try: bool = True) -> str:
    return choose(ranked, lot, NOW, lambda _: may_try).channel.name


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (live("a", priority=1), live("b"), "a"),
        (live("a", priority=1, down=True), live("b"), "b"),
        (live("a", priority=1, refused_at=JUST_NOW), live("b"), "b"),
        (live("a", priority=1, refused_at=A_WHILE_AGO), live("b"), "a"),
        # None is fit: the one that may soonest be.
        (live("a", priority=1, refused_at=JUST_NOW), live("b", down=True), "b"),
        (live("a", priority=1, down=True), live("b", down=True), "a"),
        (live("a", priority=1, refused_at=JUST_NOW), live("b", refused_at=JUST_NOW), "a"),
    ],
)
def test_fitness_comes_before_priority(first: LiveChannel, second: LiveChannel, expected: str) -> None:
    assert chosen([first, second]) == expected


def test_while_one_new_thing_tries_a_doubtful_channel_the_others_go_elsewhere() -> None:
    ranked = [live("a", priority=1, refused_at=A_WHILE_AGO), live("b")]
    assert chosen(ranked, may_try=True) == "a"
    assert chosen(ranked, may_try=False) == "b"
    assert ranked[0].standing(NOW) is Standing.DOUBTFUL


def test_weights_are_shares() -> None:
    ranked = [live("a", weight=1), live("b", weight=3), live("c", weight=6)]
    lots = random.Random(1)
    shares = Counter(chosen(ranked, lambda _: 1.0 - lots.random()) for _ in range(10_000))
    for name, share in (("a", 0.1), ("b", 0.3), ("c", 0.6)):
        assert abs(shares[name] / 10_000 - share) < 0.02
    assert {chosen(ranked) for _ in range(200)} == {"a", "b", "c"}


def test_a_seed_leads_to_the_same_channel_and_moves_only_when_that_is_gone() -> None:
    ranked = [live("a"), live("b"), live("c")]
    seeds = [f"inv_{number}" for number in range(300)]
    before = {seed: chosen(ranked, steady_lot(seed)) for seed in seeds}
    assert before == {seed: chosen(ranked, steady_lot(seed)) for seed in seeds}
    assert min(Counter(before.values()).values()) > 60
    after = {seed: chosen([live("a"), live("b", down=True), live("c")], steady_lot(seed)) for seed in seeds}
    assert {seed for seed in seeds if before[seed] != after[seed]} == {seed for seed in seeds if before[seed] == "b"}


def test_a_process_that_is_cut_off_does_not_speak_for_the_others() -> None:
    alone = live("a", priority=1)
    told = LiveChannel(alone.channel, alone.upstream, {}, (Condition("a", "Unreachable", "*", "X", NOW, NOW),))
    assert chosen([told, live("b")]) == "a"


def test_what_one_reading_may_not_do_keeps_nothing_new_away() -> None:
    alone = live("a", priority=1)
    for action, expected in (("GetAsset", "a"), ("CreateAssetGroup", "b"), ("*", "b")):
        denied = Condition("a", "PermissionDenied", action, "LackPolicy", NOW, NOW)
        assert chosen([LiveChannel(alone.channel, alone.upstream, {}, (denied,)), live("b")]) == expected
