"""Load by wrk: one thread, a fixed time, a script made for the cell."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import psutil

from bench.process import Server

_SCRIPT = """
local requests = {}
local last = 0
init = function(arguments)
%s
end
request = function()
  last = last %% #requests + 1
  return requests[last]
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%%d,"microseconds":%%d,"p50_ms":%%.3f,"p99_ms":%%.3f,"errors":%%d}\\n',
    summary.requests, summary.duration, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""
_RESULT = re.compile(r"^RESULT (\{.*\})$", re.MULTILINE)
_SAMPLE_EVERY = 0.25


class LoadFailed(Exception):
    """A cell could not be measured: the answer was wrong, or wrk failed."""


@dataclass(frozen=True)
class Call:
    """One HTTP request; text is ASCII."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class Cell:
    """One thing to measure: these calls, in turn, to this server over this many connections.

    ``expect`` is a piece of text that a right answer holds; one call is looked at before each measurement.
    """

    name: str
    server: Server
    calls: Sequence[Call]
    expect: str
    connections: int = 32


class _Summary(msgspec.Struct):
    requests: int
    microseconds: int
    p50_ms: float
    p99_ms: float
    errors: int


@dataclass(frozen=True)
class Sample:
    """What one measurement of a cell gave."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    errors: int
    rss_mb: float
    stolen: float
    """Share of the machine's processor time that its host gave to others meanwhile."""
    cpu_us: float = 0.0
    """Microseconds of processor time that the server took for a request, whatever else was going on."""


def post(path: str, body: object, headers: Mapping[str, str] | None = None) -> Call:
    return Call("POST", path, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body))


def send(port: int, call: Call) -> tuple[int, str]:
    """Send one call and return the status and the body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(call.method, call.path, call.body.encode("ascii") or None, dict(call.headers))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def measure(cell: Cell, *, seconds: int, work: Path) -> Sample:
    """Put one cell under load for some seconds.

    Raises:
        LoadFailed: the first answer is not a 200 with the expected text, or wrk gives no figures.

    """
    status, body = send(cell.server.port, cell.calls[0])
    if status != 200 or cell.expect not in body:
        raise LoadFailed(f"{cell.name}: answered {status}: {body[:500]}")
    script = work / "wrk.lua"
    script.write_text(_script(cell.calls), encoding="ascii")
    before, worked = psutil.cpu_times(), cell.server.cpu_seconds()
    output, rss = _run_wrk(cell, seconds, script)
    found = _RESULT.search(output)
    if not found:
        raise LoadFailed(f"{cell.name}: wrk said:\n{output[-2000:]}")
    summary = msgspec.json.decode(found[1], type=_Summary)
    rate = summary.requests / (summary.microseconds / 1e6)
    stolen, worked = _stolen_since(before), cell.server.cpu_seconds() - worked
    cpu_us = worked / max(summary.requests, 1) * 1e6
    return Sample(rate, summary.p50_ms, summary.p99_ms, summary.errors, rss, stolen, cpu_us)


def _stolen_since(before: Any) -> float:
    passed = [later - earlier for earlier, later in zip(before, psutil.cpu_times(), strict=True)]
    return float(passed[before._fields.index("steal")] / sum(passed)) if "steal" in before._fields else 0.0


def program() -> str:
    return shutil.which("wrk") or "/usr/bin/wrk"


def _run_wrk(cell: Cell, seconds: int, script: Path) -> tuple[str, float]:
    command = [program(), "-t1", f"-c{cell.connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script)]
    address = f"http://127.0.0.1:{cell.server.port}"
    child = subprocess.Popen([*command, address], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    rss = 0.0
    deadline = time.monotonic() + seconds + 15
    while child.poll() is None and time.monotonic() < deadline:
        rss = max(rss, cell.server.rss_mb())
        time.sleep(_SAMPLE_EVERY)
    child.kill()  # Does nothing to a process that has ended and been waited for.
    output, _ = child.communicate()
    return output, rss


def _script(calls: Sequence[Call]) -> str:
    return _SCRIPT % "\n".join(f"  requests[{number}] = {_format(call)}" for number, call in enumerate(calls, 1))


def _format(call: Call) -> str:
    # A JSON string of ASCII without control characters is a Lua string as well.
    headers = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in call.headers.items())
    body = json.dumps(call.body) if call.body else "nil"
    return f"wrk.format({json.dumps(call.method)}, {json.dumps(call.path)}, {{{headers}}}, {body})"
