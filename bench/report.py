"""From figures to a page: medians, goals, Markdown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from statistics import median, quantiles

import msgspec

from bench.crowd import Crowd
from bench.load import Sample
from bench.scenarios import IDLE, REFERENCE_RATE, SHARE, SLOW, SLOW_MS, STREAMS


class Machine(msgspec.Struct, frozen=True):
    """What a reader needs to know about where it ran."""

    date: str
    cores: int
    python: str


class Run(msgspec.Struct):
    """The raw figures of one run, in the order they were asked for."""

    machine: Machine
    rounds: int
    seconds: int
    sizes: list[int]
    cells: dict[str, list[Sample]] = {}
    starts: dict[str, list[float]] = {}
    delays: dict[str, list[float]] = {}
    crowds: dict[str, Crowd] = {}
    callbacks: list[float] = []
    scaled_ms: int = SLOW_MS
    """How long the stub took that stands for 20 ms at this machine's speed."""
    skipped: dict[str, str] = {}

    def beside(self, earlier: "Run") -> "Run":
        """Return this run with the scenarios of an earlier one that were not measured in it."""
        names = {name.partition(":")[0] for name in self.cells}
        kept = {name: samples for name, samples in earlier.cells.items() if name.partition(":")[0] not in names}
        return msgspec.structs.replace(
            self,
            sizes=self.sizes if "read" in names else earlier.sizes,
            cells=kept | self.cells,
            starts=self.starts or earlier.starts,
            delays=self.delays or earlier.delays,
            crowds=self.crowds or earlier.crowds,
            callbacks=self.callbacks or earlier.callbacks,
            scaled_ms=self.scaled_ms if "scaled" in names else earlier.scaled_ms,
            skipped={name: why for name, why in earlier.skipped.items() if name not in names} | self.skipped,
        )

    def middle(self, cell: str) -> Sample:
        """Return the median of each figure over the calmer half of a cell's rounds, and the sum of all its errors.

        Calm is what the machine's host left to it: what it gave to others in that moment is nobody's figure.

        Raises:
            KeyError: the cell was not measured.

        """
        samples = self.cells[cell]
        calm = sorted(samples, key=lambda sample: sample.stolen)[: (len(samples) + 1) // 2]
        values = {item.name: median(getattr(sample, item.name) for sample in calm) for item in fields(Sample)}
        return Sample(**(values | {"errors": sum(sample.errors for sample in samples)}))

    def rate(self, cell: str) -> float:
        return self.middle(cell).requests_per_second


@dataclass(frozen=True)
class Goal:
    """A figure of the run and what it should be; ``unit`` follows the numbers."""

    what: str
    figure: Callable[[Run], float]
    goal: float
    stretch: float | None
    unit: str
    at_most: bool = False

    def reached(self, value: float, level: float) -> bool:
        return value <= level if self.at_most else value >= level


def goals(run: Run) -> list[Goal]:
    """Return the goals of a run."""
    sizes = run.sizes
    largest = f"read: gateway {max(sizes):,}"
    scaled = f"⑥, stub {run.scaled_ms} ms"
    bare, nginx, slow = " × bare handler", " × nginx", f"⑥, stub {SLOW_MS} ms"
    return [
        Goal("⑥, stub at once", _ratio("write: gateway ⑥", "write: nginx"), 0.025, 0.08, nginx),
        Goal("⑥ against LiteLLM", _ratio("others: gateway ⑥", "others: LiteLLM"), 12, 40, " × LiteLLM"),
        Goal("⑥ against Portkey", _ratio("others: gateway ⑥", "others: Portkey"), 3, 9, " × Portkey"),
        Goal(slow, _ratio("slow: gateway ⑥", "slow: nginx"), 0.85, 0.93, nginx),
        Goal(f"{slow}: p50 added", lambda run: _added(run, "slow", "p50_ms"), 4, None, " ms", at_most=True),
        Goal(f"{slow}: p99 added", lambda run: _added(run, "slow", "p99_ms"), 15, None, " ms", at_most=True),
        Goal(scaled, _ratio("scaled: gateway ⑥", "scaled: nginx"), 0.85, 0.93, nginx),
        Goal(f"{scaled}: p50 added, of 20", lambda run: _scaled(run, "p50_ms"), 4, None, " ms", at_most=True),
        Goal(f"{scaled}: p99 added, of 20", lambda run: _scaled(run, "p99_ms"), 15, None, " ms", at_most=True),
        Goal(f"⑧ terminal, {max(sizes):,} assets", _ratio(f"{largest} ⑧", "read: bare"), 0.5, 0.7, bare),
        Goal("⑫ replay", _ratio("read: gateway ⑫ replay", "read: bare"), 0.5, 0.7, bare),
        Goal(
            "⑫ replay, the handler sent the same",
            _ratio("read: gateway ⑫ replay", "read: bare, what ⑫ is sent"),
            0.5,
            0.7,
            bare,
        ),
        Goal(f"⑦ 20 of {max(sizes):,}, page mode", _ratio(f"{largest} ⑦ page", "read: bare"), 0.2, 0.35, bare),
        Goal(f"⑦ 20 of {max(sizes):,}, cursor mode", _ratio(f"{largest} ⑦ cursor", "read: bare"), 0.2, 0.35, bare),
        Goal("⑦ page mode, flat over all sizes", lambda run: _spread(run, "page"), 20, None, " %", at_most=True),
        Goal("⑦ cursor mode, flat over all sizes", lambda run: _spread(run, "cursor"), 20, None, " %", at_most=True),
        Goal("⑧ on PostgreSQL", _ratio("postgres: PostgreSQL ⑧", "postgres: SQLite ⑧"), 0.25, 0.4, " × SQLite"),
        Goal("⑥ on PostgreSQL, 2 workers", _ratio("workers: gateway ⑥, 2", "workers: gateway ⑥, 1"), 1.6, 1.8, " × 1"),
        Goal(
            f"⑥ on PostgreSQL, 2 workers of {SHARE} core each",
            _ratio(f"shares: gateway ⑥, 2 × {SHARE} core", f"shares: gateway ⑥, 1 × {SHARE} core"),
            1.6,
            1.8,
            " × 1",
        ),
        Goal(
            "memory of a worker under ⑥",
            lambda run: run.middle("write: gateway ⑥").rss_mb,
            130,
            90,
            " MB",
            at_most=True,
        ),
        Goal("job, commit → first step, SQLite", _delay("SQLite"), 5, 2, " ms", at_most=True),
        Goal("the same on PostgreSQL", _delay("PostgreSQL"), 5, 2, " ms", at_most=True),
        Goal("the same in another process", _delay("PostgreSQL, another process"), 50, 10, " ms", at_most=True),
        Goal(
            "callback → question to the upstream, p50",
            lambda run: _of(run.callbacks, 50),
            20,
            None,
            " ms",
            at_most=True,
        ),
        Goal("the same, p99", lambda run: _of(run.callbacks, 99), 250, None, " ms", at_most=True),
        Goal(f"{IDLE:,} idle connections", lambda run: _crowd(run, f"{IDLE:,} idle").mb, 80, None, " MB", at_most=True),
        Goal("ping beside them, p99", lambda run: _crowd(run, f"{IDLE:,} idle").p99_ms, 25, None, " ms", at_most=True),
        Goal(
            f"ping beside {STREAMS:,} streams, p99",
            lambda run: _crowd(run, f"{STREAMS:,} streams").p99_ms,
            25,
            None,
            " ms",
            at_most=True,
        ),
        Goal(f"⑧ beside {SLOW} slow clients, p99", _slowed, 2, None, " × alone", at_most=True),
        Goal("cold start", lambda run: median(run.starts["gateway"]), 1.0, 0.4, " s", at_most=True),
    ]


def _ratio(cell: str, to: str) -> Callable[[Run], float]:
    return lambda run: run.rate(cell) / run.rate(to)


def _added(run: Run, scenario: str, figure: str) -> float:
    value: float = getattr(run.middle(f"{scenario}: gateway ⑥"), figure) - getattr(
        run.middle(f"{scenario}: nginx"), figure
    )
    return value


def _scaled(run: Run, figure: str) -> float:
    """Return what is added of 20 ms, at the speed of the machine that the goals come from."""
    return _added(run, "scaled", figure) * SLOW_MS / run.scaled_ms


def _delay(where: str) -> Callable[[Run], float]:
    return lambda run: median(run.delays[where])


def _of(figures: Sequence[float], hundredth: int) -> float:
    if not figures:
        raise KeyError
    return quantiles(figures, n=100)[hundredth - 1]


def _crowd(run: Run, crowd: str) -> Crowd:
    return run.crowds[f"gateway, {crowd}"]


def _slowed(run: Run) -> float:
    crowd = _crowd(run, f"{SLOW} slow")
    return crowd.p99_ms / crowd.alone_p99_ms


def _spread(run: Run, mode: str) -> float:
    """Return by how many percent the rate at any size differs, at most, from the rate at the smallest."""
    smallest, *others = [run.rate(f"read: gateway {size:,} ⑦ {mode}") for size in sorted(run.sizes)]
    return max((abs(rate / smallest - 1) * 100 for rate in others), default=0.0)


PRICE = (
    "## What ⑥ costs",
    "",
    "*Passed on in Python* is one route that hands the call to the upstream by the same HTTP client on the same server: no key, no limit, no signature, nothing written. It is the",
    "most that a gateway on this stack can reach, and on a slow machine that is below the goal of 0.85 × nginx at 20 ms already. What ⑥ does beside it: before the call a row that survives the end of the process (written at once, without waiting for the disk);",
    "after it the asset, its counters, its job, its event and its entry in the audit trail in one durable commit, which goes on while the disk is waited for",
    "([0013](../decisions/0013-sqlite-writes-on-the-event-loop.md)); and behind it the look whether the asset is Active, and the entry's seal. While the process is busy those looks are made at a fifth of their pace.",
)


def markdown(run: Run) -> str:
    """Return the whole page."""
    machine = run.machine
    return "\n".join(
        [
            "# Performance",
            "",
            f"Measured on {machine.date} by `python -m bench`, each scenario in one run: {machine.cores} cores, Python {machine.python}, everything on",
            f"loopback, load by wrk with one thread; {run.rounds} alternating rounds of {run.seconds} s. Clients, servers and the database share the",
            "cores, so the absolute figures hold only inside this run: read the ratios. Each figure is the median of the calmer half of its",
            "rounds: those in which the machine's host gave the least of its processors to others (column *lost*).",
            "",
            f"Twenty milliseconds stay twenty milliseconds however slow a machine is. The goals come from one whose bare handler answers {REFERENCE_RATE:,} times a second;",
            f"the stub of `scaled` takes as many of this machine's answers: {run.scaled_ms} ms. What is *added, of 20* is given at that speed, too.",
            "",
            "## Goals",
            "",
            "| Measure | Figure | Goal | Stretch | Reached |",
            "|---|---|---|---|---|",
            *[_goal_row(run, goal) for goal in goals(run)],
            "",
            *PRICE,
            "",
            "## Cells",
            "",
            "*µs* is the processor time of the server for one request: less than anything else it depends on what else the machine did at that moment.",
            "",
            "| Cell | req/s | p50 ms | p99 ms | µs | errors | MB | lost |",
            "|---|---|---|---|---|---|---|---|",
            *[_cell_row(run, name) for name in run.cells],
            *_crowds(run),
            *_starts(run),
            *_skipped(run),
            "",
            "How to run it and what each cell does: [`bench/README.md`](../../bench/README.md). Other days, other machines: [earlier figures](performance-earlier.md).",
            "",
        ]
    )


def _goal_row(run: Run, goal: Goal) -> str:
    sign = "≤" if goal.at_most else "≥"
    stretch = "" if goal.stretch is None else f"{sign} {goal.stretch:g}{goal.unit}"
    levels = f"{sign} {goal.goal:g}{goal.unit} | {stretch}"
    try:
        value = goal.figure(run)
    except KeyError:
        return f"| {goal.what} | not measured | {levels} | |"
    return f"| {goal.what} | {value:.3g}{goal.unit} | {levels} | {_verdict(goal, value)} |"


def _verdict(goal: Goal, value: float) -> str:
    if goal.stretch is not None and goal.reached(value, goal.stretch):
        return "stretch"
    return "yes" if goal.reached(value, goal.goal) else "**no**"


def _cell_row(run: Run, name: str) -> str:
    cell = run.middle(name)
    return f"| {name} | {cell.requests_per_second:,.0f} | {cell.p50_ms:.1f} | {cell.p99_ms:.1f} | {cell.cpu_us:.0f} | {cell.errors} | {cell.rss_mb:.0f} | {cell.stolen:.0%} |"


def _crowds(run: Run) -> list[str]:
    rows = [
        f"| {name} | {crowd.mb:.0f} | {crowd.mb * 1000 / crowd.connections:.1f} | {crowd.alone_p50_ms:.2f} / {crowd.alone_p99_ms:.2f} |"
        f" {crowd.p50_ms:.2f} / {crowd.p99_ms:.2f} | {crowd.lost} |"
        for name, crowd in run.crowds.items()
    ]
    head = [
        "",
        "| Crowd | MB more | kB each | call alone, p50 / p99 ms | beside the crowd | lost |",
        "|---|---|---|---|---|---|",
    ]
    return head + rows if rows else []


def _starts(run: Run) -> list[str]:
    if not run.starts:
        return []
    listed = ", ".join(f"{name} {median(seconds):.2f} s" for name, seconds in run.starts.items())
    return ["", f"From starting the process to the first 200 on `/healthz`: {listed}."]


def _skipped(run: Run) -> list[str]:
    return (
        ["", *(f"Not measured: {name}, because {reason}." for name, reason in run.skipped.items())]
        if run.skipped
        else []
    )
