"""The numbers of this process, for Prometheus. No label holds a tenant, a text of a caller, or a secret.

What is counted here is counted once, where it happens; what lies in the database is read when somebody asks (``doors/metrics.py``).
The label sets are bounded: operations, actions, error codes, kinds of jobs and types of events are words of this code, channels
are named by the operator. Children are bound once and found by one look into a dictionary: a request pays some microseconds.
"""

import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from stagedoor import __version__
from stagedoor.contract.operations import INVITATIONS, OPERATIONS

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
OTHER = "other"
OK = "ok"

_ANSWER = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WAIT = (0.01, 0.05, 0.1, 0.5, 1, 3, 10, 60)
_WRITE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
_LAG = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1)
_GROUP = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter says when it began, which nobody asks


class Described(NamedTuple):
    """A metric as the reference tells of it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str


CATALOGUE: list[Described] = []
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

Metric = TypeVar("Metric", Counter, Gauge, Histogram)


class Children(dict[tuple[str, ...], Metric], Generic[Metric]):
    """The children of a metric by the values of its labels; each is bound when it is first met."""

    def __init__(self, metric: Metric) -> None:
        super().__init__()
        self.metric: Metric = metric

    def __missing__(self, labels: tuple[str, ...]) -> Metric:
        child: Metric = self.metric.labels(*labels)
        self[labels] = child
        return child


def _counter(name: str, text: str, *labels: str) -> Counter:
    CATALOGUE.append(Described(f"{name}_total", "counter", labels, text))
    return Counter(name, text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    CATALOGUE.append(Described(name, "gauge", labels, text))
    return Gauge(name, text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    CATALOGUE.append(Described(name, "histogram", labels, text))
    return Histogram(name, text, labels, buckets=buckets, registry=REGISTRY)


_build = _gauge("stagedoor_build", "1, labelled with the version that runs.", "version")
_build.labels(__version__).set(1)

_requests = Children(
    _histogram(
        "stagedoor_request_seconds",
        "From a request's head to the end of its answer, by operation and class of the HTTP status. What is no known operation is `other`.",
        _ANSWER,
        "operation",
        "status",
    )
)
_upstream_seconds = Children(
    _histogram(
        "stagedoor_upstream_seconds",
        "A call of an upstream account, its retries included, without the wait for room under its limits.",
        _ANSWER,
        "channel",
        "action",
    )
)
_upstream_calls = Children(
    _counter(
        "stagedoor_upstream_calls",
        "Calls of upstream accounts by what they came to: `ok`, or the error's code.",
        "channel",
        "action",
        "result",
    )
)
_quota_wait = Children(
    _histogram(
        "stagedoor_quota_wait_seconds",
        "How long a call that somebody waits for waited for room under the account's limits.",
        _WAIT,
        "channel",
        "action",
    )
)
_quota_refusals = Children(
    _counter(
        "stagedoor_quota_refusals",
        "Calls that were answered FlowLimitExceeded because there was no room in time.",
        "channel",
        "action",
    )
)
_exchanges = Children(
    _counter(
        "stagedoor_exchanges",
        "Exchanges of a BytedToken that asked the upstream, by what they came to: `ok`, or the error's code.",
        "outcome",
    )
)
_callback_to_group = _histogram(
    "stagedoor_callback_to_group_seconds", "From the actor's return to the group on record.", _GROUP
)
_events = Children(_counter("stagedoor_events", "Events written.", "type"))
_webhooks = Children(
    _counter(
        "stagedoor_webhook_attempts",
        "Webhooks sent, by class of the HTTP status that was answered; `none`: no answer.",
        "result",
    )
)
_webhook_seconds = _histogram(
    "stagedoor_webhook_seconds", "From sending a webhook to the endpoint's answer or its absence.", _ANSWER
)
_jobs_running = Children(_gauge("stagedoor_jobs_running", "Jobs at work in this process.", "kind"))
_job_attempts = Children(
    _counter(
        "stagedoor_job_attempts",
        "Attempts at jobs: `done`, `again` (not finished yet), `failed` (tried again later), `crashed` (nobody foresaw it), `dead` (given up), `lost` (another process has it).",
        "kind",
        "result",
    )
)
_write_seconds = _histogram(
    "stagedoor_database_write_seconds", "From asking for a write to its commit, the wait for its turn included.", _WRITE
)


class _Writes:
    waiting = 0


_writes = _Writes()
_gauge("stagedoor_database_writes_waiting", "Writes that are asked for and not committed.").set_function(
    lambda: _writes.waiting
)
_lag = _histogram(
    "stagedoor_event_loop_lag_seconds", "How much later than planned the event loop comes to something.", _LAG
)
_busy = _gauge(
    "stagedoor_event_loop_busy",
    "Share of a core that the event loop used lately; from 0.5 on, work that can wait yields.",
)
DATABASE_UP = _gauge("stagedoor_database_up", "Whether the database could be read for this scrape.")
JOBS = Children(
    _gauge(
        "stagedoor_jobs",
        "Jobs in the database, at most 10,000 of each: `due` (may be taken and is not), `later` (waits for its time, or is at work), `dead`.",
        "kind",
        "state",
    )
)
OLDEST_JOB = Children(
    _gauge("stagedoor_job_oldest_due_seconds", "For how long the job that waits longest could have been taken.", "kind")
)
TRACKED = _gauge("stagedoor_tracked_assets", "Assets that are Processing and looked after, at most 20,000.")
OPEN_CASES = _gauge("stagedoor_cases_open", "Face checks that wait for an operator's decision, at most 10,000.")

_known_operations = {operation.action for operation in (*OPERATIONS, *INVITATIONS)}


def answered(operation: str, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    labels = _STATUS_LABELS.get((operation, status // 100)) or _status_labels(operation, status)
    _requests[labels].observe(seconds)


_STATUS_LABELS: dict[tuple[str, int], tuple[str, str]] = {}


def _status_labels(operation: str, status: int) -> tuple[str, str]:
    """Return the labels of an answer; a name that has never been answered well may be anybody's invention."""
    if operation and status < 400:
        _known_operations.add(operation)
    if operation not in _known_operations:
        return OTHER, f"{status // 100}xx"
    labels = _STATUS_LABELS[operation, status // 100] = (operation, f"{status // 100}xx")
    return labels


def upstream_answered(channel: str, action: str, result: str, seconds: float) -> None:
    """Count a call of an upstream; ``result`` is ``ok`` or the code of an error class."""
    _upstream_calls[channel, action, result].inc()
    _upstream_seconds[channel, action].observe(seconds)


def quota_waited(channel: str, action: str, seconds: float) -> None:
    _quota_wait[channel, action].observe(seconds)


def quota_refused(channel: str, action: str) -> None:
    _quota_refusals[channel, action].inc()


def exchange_ended(outcome: str) -> None:
    """Count an exchange; ``outcome`` is ``ok`` or the code of an error class."""
    _exchanges[outcome,].inc()


def group_came(seconds: float) -> Callable[[], None]:
    """Return what records the time from callback to group, for ``tx.then``."""
    return lambda: _callback_to_group.observe(seconds)


def event_written(type: str) -> Callable[[], None]:  # noqa: A002 - what it is called in the payload
    """Return what counts an event, for ``tx.then``."""
    return _events[type,].inc


def webhook_tried(status: int | None, seconds: float) -> None:
    _webhooks["none" if status is None else f"{status // 100}xx",].inc()
    _webhook_seconds.observe(seconds)


def job_begun(kind: str) -> None:
    _jobs_running[kind,].inc()


def job_ended(kind: str) -> None:
    _jobs_running[kind,].dec()


def job_attempted(kind: str, result: str) -> None:
    _job_attempts[kind, result].inc()


def write_begun() -> float:
    """Note that a write waits, and return the moment for ``write_ended``."""
    _writes.waiting += 1
    return time.perf_counter()


def write_ended(begun: float) -> None:
    _writes.waiting -= 1
    _write_seconds.observe(time.perf_counter() - begun)


def pulse_felt(late: float, busy: float) -> None:
    """Note how many seconds late the event loop was, and the share of a core that it used."""
    _lag.observe(late)
    _busy.set(busy)


def render() -> bytes:
    """Return everything in the text format of Prometheus."""
    return generate_latest(REGISTRY)
