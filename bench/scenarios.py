"""What is measured side by side: each scenario starts its servers and names its cells."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench import bare, gateway, jobs, nginx, peers, stub
from bench.callbacks import callback_delays
from bench.crowd import Crowd, Visit, measure_crowd, raw
from bench.database import fresh_postgres, fresh_sqlite
from bench.gateway import Gateway
from bench.load import Call, Cell, measure, post
from bench.passing import start as pass_on
from bench.process import Server
from bench.share import CannotHold, held_to

PAGE = {"PageNumber": 1, "PageSize": 20}
CURSOR = {"MaxResults": 20}
POSTGRES_ASSETS = 100_000
SLOW_MS = 20
REFERENCE_RATE = 24_700
"""Answers a second of the bare handler where the goals were set: the speed that the 20 ms are to be seen against."""
IDLE, STREAMS, SLOW, TENANTS = 10_000, 2_000, 500, 20
"""Connections of the crowds, and how many tenants the streams belong to."""
SHARE = 0.3
"""Of a core, for a worker that is not to use up the machine."""


class NotPossible(Exception):
    """This machine lacks what a scenario needs; the message says what."""


@dataclass
class Plan:
    """What the scenarios work with: a folder on a real disk, table sizes, a PostgreSQL server, and what to close."""

    stack: ExitStack
    work: Path
    sizes: Sequence[int]
    postgres_url: str
    scaled_ms: int = 0
    """How long the stub of ``scaled`` takes on this machine."""

    def stub(self, delay_ms: int = 0) -> Server:
        return self.stack.enter_context(stub.start(self.work, delay_ms=delay_ms))

    def nginx(self, upstream: Server) -> Server:
        return self.stack.enter_context(nginx.start(self.work, upstream))

    def bare(self, workers: int = 1) -> Server:
        return self.stack.enter_context(bare.start(self.work, workers=workers))

    def gateway(self, upstream: Server, *, workers: int = 1, postgres: bool = False, tenants: int = 1) -> Gateway:
        url = self.fresh_postgres() if postgres else fresh_sqlite(self.work)
        setup = gateway.set_up(url, upstream, tenants=tenants)
        return Gateway(self.stack.enter_context(gateway.start(self.work, setup, workers=workers)), setup, upstream)

    def fresh_postgres(self) -> str:
        if not self.postgres_url:
            raise NotPossible("no PostgreSQL server was named (--postgres or STAGEDOOR_TEST_POSTGRES)")
        return self.stack.enter_context(fresh_postgres(self.postgres_url))


def proxy(plan: Plan) -> list[Cell]:
    """The harness itself: the stub, nginx before it, and the bare handler with one and two workers."""
    upstream = plan.stub()
    return [
        Cell("proxy: stub alone", upstream, [upstream_call()], "asset-"),
        Cell("proxy: nginx", plan.nginx(upstream), [upstream_call()], "asset-"),
        bare_cell("proxy: bare, 1 worker", plan.bare()),
        bare_cell("proxy: bare, 2 workers", plan.bare(2)),
    ]


def write(plan: Plan) -> list[Cell]:
    """W1: ⑥ through the gateway, against nginx, to a stub that answers at once."""
    return _uploads("write", plan, plan.stub(), connections=32)


def slow(plan: Plan) -> list[Cell]:
    """W1 again, to a stub that takes 20 ms."""
    return _uploads("slow", plan, plan.stub(SLOW_MS), connections=16)


def scaled(plan: Plan) -> list[Cell]:
    """W1 once more, to a stub that takes as many answers of the bare handler as 20 ms do where the goals were set."""
    cell = bare_cell("scaled: bare", plan.bare())
    bare_rate = median(measure(cell, seconds=1, work=plan.work).requests_per_second for _ in range(9))
    plan.scaled_ms = max(SLOW_MS, round(SLOW_MS * REFERENCE_RATE / bare_rate))
    return _uploads("scaled", plan, plan.stub(plan.scaled_ms), connections=16)


def _uploads(name: str, plan: Plan, upstream: Server, *, connections: int) -> list[Cell]:
    ours = plan.gateway(upstream)
    passing = plan.stack.enter_context(pass_on(plan.work, upstream))
    return [
        Cell(f"{name}: nginx", plan.nginx(upstream), [upstream_call()], "asset-", connections),
        Cell(f"{name}: passed on in Python", passing, [upstream_call()], "asset-", connections),
        Cell(f"{name}: gateway ⑥", ours.server, [ours.create_asset()], "asset-", connections),
    ]


def others(plan: Plan) -> list[Cell]:
    """⑥ through the gateway, against LiteLLM and Portkey, which pass the call on with no database and no signature."""
    if not peers.installed():
        raise NotPossible("LiteLLM and Portkey are not installed (make peers)")
    upstream = plan.stub()
    ours = plan.gateway(upstream)
    cells = [Cell("others: gateway ⑥", ours.server, [ours.create_asset()], "asset-")]
    for name, start in (("LiteLLM", peers.litellm), ("Portkey", peers.portkey)):
        server, call = plan.stack.enter_context(start(plan.work, upstream))
        cells.append(Cell(f"others: {name}", server, [call], "asset-"))
    return cells


def read(plan: Plan) -> list[Cell]:
    """W2 and replay: ⑧ terminal, ⑦ page of 20 in both paging modes, ⑫ replay, against the bare handler."""
    upstream = plan.stub()
    plain = plan.bare()
    replaying = plan.gateway(upstream)
    replay = replaying.replay_exchange()
    cells = [
        bare_cell("read: bare", plain),
        Cell("read: bare, what ⑫ is sent", plain, [replace(replay, path=bare.PATH)], "ResponseMetadata"),
        Cell("read: gateway ⑫ replay", replaying.server, [replay], "GroupId"),
    ]
    for size in plan.sizes:
        cells += _reads(f"read: gateway {size:,}", plan.gateway(upstream), size, {"page": PAGE, "cursor": CURSOR})
    return cells


def postgres(plan: Plan) -> list[Cell]:
    """⑧ and ⑦ on PostgreSQL against the same on SQLite."""
    upstream = plan.stub()
    on_postgres = plan.gateway(upstream, postgres=True)
    on_sqlite = plan.gateway(upstream)
    return [
        *_reads("postgres: SQLite", on_sqlite, POSTGRES_ASSETS, {"page": PAGE}),
        *_reads("postgres: PostgreSQL", on_postgres, POSTGRES_ASSETS, {"page": PAGE}),
    ]


def workers(plan: Plan) -> list[Cell]:
    """⑥ on PostgreSQL, and the bare handler, with one worker and with two."""
    upstream = plan.stub()
    cells = []
    for number in (1, 2):
        ours = plan.gateway(upstream, workers=number, postgres=True)
        cells.append(Cell(f"workers: gateway ⑥, {number}", ours.server, [ours.create_asset()], "asset-"))
        cells.append(bare_cell(f"workers: bare, {number}", plan.bare(number)))
    return cells


def shares(plan: Plan) -> list[Cell]:
    """⑥ on PostgreSQL again, each worker held to a part of a core: does a second one pay where there are cores for it?"""
    upstream = plan.stub()
    cells = []
    for number in (1, 2):
        ours = plan.gateway(upstream, workers=number, postgres=True)
        try:
            plan.stack.enter_context(held_to(SHARE, [process.pid for process in ours.server.tree()]))
        except CannotHold as reason:
            raise NotPossible(str(reason)) from None
        cells.append(Cell(f"shares: gateway ⑥, {number} × {SHARE} core", ours.server, [ours.create_asset()], "asset-"))
    return cells


SCENARIOS: Mapping[str, Callable[[Plan], list[Cell]]] = {
    function.__name__: function for function in (proxy, write, slow, scaled, others, read, postgres, workers, shares)
}


def cold_start(plan: Plan, times: int) -> dict[str, list[float]]:
    """Return the seconds from starting a process to its first 200 on ``/healthz``, several times over."""
    seconds: dict[str, list[float]] = {"bare": [], "gateway": []}
    setup = gateway.set_up(fresh_sqlite(plan.work), plan.stub())
    for _ in range(times):
        with bare.start(plan.work) as server:
            seconds["bare"].append(server.start_seconds)
        with gateway.start(plan.work, setup) as server:
            seconds["gateway"].append(server.start_seconds)
    return seconds


def job_delays(plan: Plan) -> dict[str, list[float]]:
    """Return the milliseconds from commit to first step of many jobs, by where they are done."""
    found = {"SQLite": jobs.delays(fresh_sqlite(plan.work))}
    if plan.postgres_url:
        found["PostgreSQL"] = jobs.delays(plan.fresh_postgres())
        found["PostgreSQL, another process"] = jobs.delays(plan.fresh_postgres(), other_process=True)
    return found


def crowds(plan: Plan) -> dict[str, Crowd]:
    """Measure what many connections cost: idle ones, streams of events, and clients that never get to the end."""
    ours = plan.gateway(plan.stub(), tenants=TENANTS)
    [asset_id] = ours.fill(1)
    healthz = Call("GET", "/healthz")
    half = raw(ours.create_asset())[:-20]
    visits = [
        Visit(f"bare, {IDLE:,} idle", plan.bare(), healthz, [raw(healthz)] * IDLE),
        Visit(f"gateway, {IDLE:,} idle", ours.server, healthz, [raw(healthz)] * IDLE),
        Visit(f"gateway, {STREAMS:,} streams", ours.server, healthz, [raw(call) for call in ours.streams(STREAMS)]),
        Visit(f"gateway, {SLOW} slow", ours.server, ours.get_asset(asset_id), [half] * SLOW, awaits=False),
    ]
    return {visit.name: measure_crowd(visit) for visit in visits}


def callbacks(plan: Plan) -> list[float]:
    """Return the milliseconds from each of many callbacks to the question it leads to."""
    upstream = plan.stub()
    return callback_delays(plan.gateway(upstream), upstream.port)


def upstream_call() -> Call:
    """Return what the gateway asks of the upstream in ⑥, without the signature."""
    body = {"GroupId": "group-20260601191715-5vm6c", "URL": "https://pictures.example/face.jpg", "AssetType": "Image"}
    return post("/?Action=CreateAsset&Version=2024-01-01", {**body, "Name": "face", "ProjectName": "default"})


def bare_cell(name: str, server: Server) -> Cell:
    return Cell(name, server, [Call("GET", bare.PATH)], "ResponseMetadata")


def _reads(name: str, ours: Gateway, size: int, pagings: Mapping[str, Mapping[str, int]]) -> list[Cell]:
    gets = [ours.get_asset(asset_id) for asset_id in ours.fill(size)]
    pages = [
        Cell(f"{name} ⑦ {mode}", ours.server, [ours.list_assets(paging)], '"Items"') for mode, paging in pagings.items()
    ]
    return [Cell(f"{name} ⑧", ours.server, gets, '"Active"'), *pages]
