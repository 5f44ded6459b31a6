"""The proxy of docs/how-to/scale-out.md: a rolling restart behind it fails no request, and its logs have no token."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.scale.load import Load
from tests.scale.replicas import Replica, replicas
from tests.scale.test_rolling import ACTORS, CLIENTS, check_nothing_is_lost, restart_each
from tests.support.databases import require_or_skip
from tests.support.gateway import free_port
from tests.support.stage import set_stage
from tests.test_docs_commands import DOCS, NGINX

pytestmark = pytest.mark.alone

INVITATION = "a-code-that-opens-an-invitation"
FENCE = r"^```{}\n(.*?)^```$"


def block(page: str, language: str) -> str:
    """Return the only block of a language in a page."""
    [found] = re.findall(FENCE.format(language), (DOCS / "how-to" / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def configure(folder: Path, port: int, gateways: tuple[int, int]) -> Path:
    """Write the site of the one page with the upstream of the other, without TLS, and return the file."""
    (folder / "log").mkdir()
    upstream = block("scale-out.md", "nginx")
    for shown, ours in zip(("8081", "8082"), gateways, strict=True):
        assert shown in upstream
        upstream = upstream.replace(f"127.0.0.1:{shown}", f"127.0.0.1:{ours}")
    site = re.sub(
        r"^upstream .*?^}\n", lambda _: upstream, block("behind-a-proxy.md", "nginx"), flags=re.MULTILINE | re.DOTALL
    )
    site = re.sub(r"^ *ssl_.*\n", "", site, flags=re.MULTILINE).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    site = site.replace("/var/log/nginx", str(folder / "log"))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    config = folder / "nginx.conf"
    config.write_text(f"pid {folder}/pid;\nworker_processes 2;\nevents {{}}\nhttp {{\n{temporary}{site}}}\n")
    return config


@contextmanager
def proxy(folder: Path, config: Path) -> Iterator[None]:
    """Run nginx with a configuration that it has found good."""
    assert NGINX is not None
    words = [NGINX, "-p", str(folder), "-c", str(config), "-e", str(folder / "log" / "error.log")]
    checked = subprocess.run([*words, "-t"], capture_output=True, text=True, check=False)
    assert "test is successful" in checked.stderr, checked.stderr
    process = subprocess.Popen([*words, "-g", "daemon off;"])
    deadline = time.monotonic() + 10
    while not (folder / "pid").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.postgres
async def test_a_rolling_restart_behind_nginx_fails_no_request_and_no_token_is_in_its_logs(
    postgres: str, tmp_path: Path
) -> None:
    if NGINX is None:
        require_or_skip("needs nginx")
    ports, front = (free_port(), free_port()), free_port()
    load = Load()
    url = f"http://127.0.0.1:{front}"
    async with set_stage(postgres, tmp_path, public_url=url) as stage:
        made = [Replica(stage, tmp_path, str(port), port=port) for port in ports]
        with proxy(tmp_path, configure(tmp_path, front, ports)):
            async with replicas(*made):
                async with load.on(url, stage.key, stage.control, clients=CLIENTS, actors=ACTORS):
                    await restart_each(load, made)
                await check_nothing_is_lost(load, url, stage)
                async with aiohttp.ClientSession() as http, http.get(f"{url}/i/{INVITATION}") as page:
                    assert page.status == 404
    logs = {path.name: path.read_text() for path in (tmp_path / "log").iterdir()}
    assert '"GET /cb/' in logs["stagedoor.log"]
    assert load.tokens
    assert not any(token in text for text in logs.values() for token in ["bytedToken", INVITATION, *load.tokens])


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("needs systemd-analyze")
    unit = tmp_path / "stagedoor@8081.service"
    unit.write_text(block("scale-out.md", "ini").replace("/opt/stagedoor/bin/stagedoor", "/bin/true"))
    ended = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, timeout=30, check=False)
    said = [line for line in ended.stderr.splitlines() if "stagedoor" in line]
    assert said == []
