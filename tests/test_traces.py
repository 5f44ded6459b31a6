"""Traces: nothing is loaded without the setting; with it, one exchange is one trace, and no secret is in it."""

import subprocess
import sys
import time
from pathlib import Path

import msgspec

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from tests.support.collector import Collector, Received
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway, free_port, gateway_settings
from tests.support.serving import ServingProcess
from tests.support.validation import EXCHANGE, START, Check, browse, exchange, on_sqlite, until

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
NAME = "canary-name-of-an-actor"


async def test_an_exchange_is_followed_from_the_callers_trace_to_the_upstream(
    database_url: str,
    emulator: RunningEmulator,
    control: EmulatorControl,
    pictures: str,
    clock: MovableClock,
    tmp_path: Path,
) -> None:
    settings = gateway_settings(database_url)
    async with RunningGateway(settings, clock) as setting_up:
        await setting_up.connect(emulator)
        key = (await setting_up.client()).key
    port = free_port()
    # The callback goes to the caller's page: ⑫ asks, in the trace of its caller.
    settings = msgspec.structs.replace(settings, port=port, public_url="")
    async with Collector() as collector:
        settings = msgspec.structs.replace(settings, traces_url=collector.url)
        async with ServingProcess(settings, tmp_path / "serve.log") as serving:
            check = await tell(serving.api(key), control)
            await track(serving.api(key), control, f"{pictures}face.jpg?signature=canary-signature")
        spans = list(collector.spans())
        sent = b"".join(collector.bodies)

    asked = follow(spans, EXCHANGE, ["exchange", f"upstream {EXCHANGE}"])
    assert asked.attributes["stagedoor.action"] == EXCHANGE
    assert asked.attributes["stagedoor.channel_id"].startswith("ch_")
    assert asked.attributes["stagedoor.result"] == "ok"
    assert asked.attributes["stagedoor.upstream_request_id"]
    refused = [span for span in spans if span.name == "upstream CreateAssetGroup" and span.failed]
    assert [span.attributes["stagedoor.result"] for span in refused] == ["UpstreamRejected"]
    [job, *_] = [span for span in spans if span.name == "job track"]
    assert job.parent_id == ""
    assert job.attributes["stagedoor.job_key"].startswith("asset-")
    secrets = {
        key,
        check.byted_token,
        check.h5_link,
        emulator.access_key,
        emulator.secret_key,
        NAME,
        "studio.example",
        "canary",
    }
    assert [secret for secret in secrets if secret.encode() in sent] == []
    assert b"/v1/" not in sent


async def tell(api: Api, control: EmulatorControl) -> Check:
    """Make a face check and something that fails, all in one trace."""
    api.http.headers["traceparent"] = f"00-{TRACE}-{PARENT}-01"
    started = (await api.call(START, CallbackURL="https://studio.example/done?secret=canary")).result
    check = Check(started["BytedToken"], started["H5Link"])
    await control.complete(check.byted_token)
    assert (await exchange(api, check)).status == 200
    await control.fault("error", "CreateAssetGroup", times=1, status=403, code="AccessDenied", message=NAME)
    assert (await api.call("CreateAssetGroup", Name=NAME)).status >= 400
    await browse(api, f"{api.url}/nowhere/{check.byted_token}?q={check.byted_token}")
    return check


async def track(api: Api, control: EmulatorControl, url: str) -> None:
    """Upload a picture and return when a job has asked for it."""
    group = await api.ok("CreateAssetGroup", Name="g")
    await api.ok("CreateAsset", GroupId=group["Id"], URL=url, AssetType="Image")

    async def asked() -> bool:
        return await control.calls("GetAsset") + await control.calls("ListAssets") > 0

    await until(asked)


def follow(spans: list[Received], first: str, names: list[str]) -> Received:
    """Go from a request's span down by names and return the last; everything is in the caller's trace."""
    [span] = [span for span in spans if span.name == first]
    assert (span.trace_id, span.parent_id) == (TRACE, PARENT)
    assert span.attributes["http.response.status_code"] == "200"
    for name in names:
        [child] = [one for one in spans if one.name == name and one.parent_id == span.span_id]
        assert child.trace_id == TRACE
        span = child
    return span


def test_without_the_setting_nothing_of_opentelemetry_is_loaded() -> None:
    look = "import sys, stagedoor.server; print(*(name for name in sys.modules if name.startswith('opentelemetry')))"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.split() == []


@on_sqlite
async def test_a_collector_that_is_away_holds_up_nobody(database_url: str, clock: MovableClock, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1/traces"
    settings = gateway_settings(database_url, traces_url=url, log_level="warning", console=False)
    async with ServingProcess(settings, tmp_path / "serve.log") as serving:
        for _ in range(5):
            assert (await serving.api("").send("GET", "/readyz")).status == 200
        begun = time.monotonic()
    assert time.monotonic() - begun < 15
    for line in (tmp_path / "serve.log").read_bytes().splitlines():
        assert msgspec.json.decode(line)["logger"].startswith("opentelemetry"), line
