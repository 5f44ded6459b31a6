"""A log line tells what failed, where and for whom, and never what the variables held."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from tests.support.emulator import EmulatorControl
from tests.support.gateway import RunningGateway, free_port, gateway_settings
from tests.support.serving import ServingProcess
from tests.support.validation import EXCHANGE, come_back, on_sqlite, start, until

SECRET = "canary-4fzJ8kQ2"
PROGRAM = """
import sys, structlog
from stagedoor.logs import set_up_logs
from stagedoor.settings import Settings
set_up_logs(Settings(log_format=sys.argv[1]))

def open_account(key):
    raise ValueError("it does not open")

try:
    open_account("canary-" + "4fzJ8kQ2")
except ValueError:
    structlog.get_logger().exception("failed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_logged_exception_shows_its_way_and_no_variables(form: str) -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, check=True)
    assert "it does not open" in ended.stderr
    assert "open_account" in ended.stderr
    assert SECRET not in ended.stderr + ended.stdout


TALK = """
import asyncio, logging, sys, warnings, structlog
from stagedoor import logs
from stagedoor.settings import Settings
logs.set_up_logs(Settings(log_format=sys.argv[1]))
log = structlog.get_logger()
for text in sys.argv[2:]:
    log.warning("said", what=text)
    logging.getLogger("library").warning("it said %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("failed")
"""
SECRETS = [
    "sd_live_0123456789abcdefghijABCDEFGHIJ012345",
    "sd_admin_0123456789abcdefghijABCDEFGHIJ012345",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "AKLTYzk4NDU2Nzg5MDEyMzQ1Njc4OTAxMjM0",
]
WRAPPED = [
    ("Authorization: Bearer canary-bearer.value", "canary-bearer"),
    ("GET https://tos.example/face.jpg?X-Tos-Signature=canary-signature&x=1 failed", "canary-signature"),
    ("cannot connect to postgresql://user:canary-password@db.example/stagedoor", "canary-password"),
]


@pytest.mark.parametrize("form", ["json", "console"])
def test_what_looks_like_a_secret_is_taken_out_of_our_lines_and_of_those_of_libraries(form: str) -> None:
    texts = [*(f"before {secret} after" for secret in SECRETS), *(text for text, _ in WRAPPED)]
    ended = subprocess.run([sys.executable, "-c", TALK, form, *texts], capture_output=True, text=True, check=True)
    for secret in [*SECRETS, *(secret for _, secret in WRAPPED)]:
        assert secret not in ended.stderr
    assert ended.stderr.count("***") >= 3 * len(texts)
    assert "https://tos.example/face.jpg?***" in ended.stderr
    if form == "json":
        lines = [msgspec.json.decode(line) for line in ended.stderr.splitlines()]
        assert {line["event"] for line in lines} == {"said", "library", "failed"}
        assert {line.get("logger") for line in lines if line["event"] == "library"} == {"library"}


@on_sqlite
async def test_a_line_names_the_request_or_the_job_it_was_written_for(
    database_url: str, emulator: RunningEmulator, control: EmulatorControl, clock: MovableClock, tmp_path: Path
) -> None:
    settings = gateway_settings(database_url, log_level="info")
    async with RunningGateway(settings, clock) as setting_up:
        await setting_up.connect(emulator)
        key = (await setting_up.client()).key
    port = free_port()
    settings = msgspec.structs.replace(settings, port=port, public_url=f"http://127.0.0.1:{port}")
    async with ServingProcess(settings, tmp_path / "serve.log") as serving:
        api = serving.api(key)
        await control.fault("error", "CreateAssetGroup", times=1, status=403, code="AccessDenied", message="no")
        await api.call("CreateAssetGroup", Name="g", headers={"x_request_id": "request-of-mine"})
        check = await start(api)
        await control.fault("error", EXCHANGE, times=1, status=403, code="AccessDenied", message="no")
        await come_back(api, control, check)

        async def asked() -> bool:
            return await control.calls(EXCHANGE) > 0

        await until(asked)
    lines = [msgspec.json.decode(line) for line in (tmp_path / "serve.log").read_bytes().splitlines()]
    rejected = {line["action"]: line for line in lines if line["event"] == "upstream_rejected"}
    assert rejected["CreateAssetGroup"]["request_id"] == "request-of-mine"
    assert "job" not in rejected["CreateAssetGroup"]
    assert rejected[EXCHANGE]["job"] == "exchange"
    assert rejected[EXCHANGE]["job_key"].startswith("vs_")
    assert "request_id" not in rejected[EXCHANGE]
