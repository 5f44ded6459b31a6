"""``python -m bench``: measure, print the page, keep the raw figures."""

import argparse
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench import report
from bench.load import Cell, measure
from bench.process import ROOT, wait_until_idle
from bench.scenarios import SCENARIOS, NotPossible, Plan, callbacks, cold_start, crowds, job_delays

RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "reference" / "performance.md"
START, JOBS, CROWDS, CALLBACKS = "start", "jobs", "crowds", "callbacks"
LONGEST = 8
WARM_UP = 1


def arguments() -> argparse.Namespace:
    names = [*SCENARIOS, START, JOBS, CROWDS, CALLBACKS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, metavar="NAME", help=f"some of: {', '.join(names)}"
    )
    parser.add_argument("--rounds", type=int, default=6, help="alternating rounds; the calmer half counts (default 6)")
    parser.add_argument(
        "--seconds", type=int, default=3, help=f"length of one measurement, at most {LONGEST} (default 3)"
    )
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="assets in the tables that are read"
    )
    parser.add_argument(
        "--quick", action="store_true", help="1 round of 1 s over 1,000 and 10,000 assets: does it work at all?"
    )
    parser.add_argument(
        "--postgres",
        default=os.environ.get("STAGEDOOR_TEST_POSTGRES", ""),
        help="URL of a server; default STAGEDOOR_TEST_POSTGRES",
    )
    parser.add_argument(
        "--earlier", type=Path, help="raw figures of an earlier run, for the scenarios that are not measured now"
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="where the page goes; default: printed, and for a whole run docs/reference/performance.md",
    )
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.sizes = 1, 1, [1_000, 10_000]
    if not 1 <= options.seconds <= LONGEST or options.rounds < 1 or min(options.sizes) < 1:
        parser.error(f"--seconds must be 1 to {LONGEST}, --rounds and --sizes at least 1")
    if options.output is None and not options.quick and set(options.only) == set(names):
        options.output = PAGE
    return options


def run_all(options: argparse.Namespace, work: Path) -> report.Run:
    machine = report.Machine(f"{datetime.now(UTC):%Y-%m-%d}", os.cpu_count() or 1, platform.python_version())
    run = report.Run(machine, options.rounds, options.seconds, sorted(options.sizes))
    for name in options.only:
        with ExitStack() as stack:
            plan = Plan(stack, work, run.sizes, options.postgres)
            try:
                if name == START:
                    run.starts = cold_start(plan, options.rounds + 2)
                elif name == JOBS:
                    run.delays = job_delays(plan)
                elif name == CROWDS:
                    run.crowds = crowds(plan)
                elif name == CALLBACKS:
                    run.callbacks = callbacks(plan)
                else:
                    run_cells(run, SCENARIOS[name](plan), work)
                    run.scaled_ms = plan.scaled_ms or run.scaled_ms
            except NotPossible as missing:
                run.skipped[name] = str(missing)
    return run


def run_cells(run: report.Run, cells: Sequence[Cell], work: Path) -> None:
    """Measure the cells in turn, round after round; before the first round each gets a second to warm up."""
    servers = list({cell.server.port: cell.server for cell in cells}.values())
    for cell in cells:
        measure(cell, seconds=WARM_UP, work=work)
    for number in range(1, run.rounds + 1):
        for cell in cells:
            if (waited := wait_until_idle(servers)) > 2:
                note(f"waited {waited:.0f} s for work left over by the cell before")
            sample = measure(cell, seconds=run.seconds, work=work)
            run.cells.setdefault(cell.name, []).append(sample)
            note(
                f"{number}/{run.rounds} {cell.name}: {sample.requests_per_second:,.0f}/s, p99 {sample.p99_ms:.1f} ms, {sample.errors} errors, {sample.stolen:.0%} stolen"
            )


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    RESULTS.mkdir(exist_ok=True)
    # Beside the results and not in the system's temporary folder, which may be memory: there a durable commit costs nothing.
    work = Path(tempfile.mkdtemp(prefix="work-", dir=RESULTS))
    try:
        run = run_all(options, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if options.earlier:
        run = run.beside(msgspec.json.decode(options.earlier.read_bytes(), type=report.Run))
    raw = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    raw.write_bytes(msgspec.json.format(msgspec.json.encode(run)))
    page = report.markdown(run)
    if options.output is None:
        print(page)
    else:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(page, encoding="utf-8")
        note(f"written to {options.output}")


if __name__ == "__main__":
    main()
