"""The proxies of docs/how-to/scale-out.md: a rolling restart behind it fails no request, and their logs have no token."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import aiohttp
import pytest

from tests.scale.load import Load
from tests.scale.replicas import Replica, replicas
from tests.scale.test_rolling import ACTORS, CLIENTS, check_nothing_is_lost, restart_each
from tests.support.gateway import free_port
from tests.support.proxies import HOST, block, nginx_config, put_in, running_caddy, running_nginx
from tests.support.stage import set_stage

pytestmark = pytest.mark.alone

INVITATION = "a-code-that-opens-an-invitation"


def upstream_of(gateways: tuple[int, int], language: str) -> str:
    """Return the block of the page with the ports of two gateways."""
    changes = {f"127.0.0.1:{shown}": f"127.0.0.1:{ours}" for shown, ours in zip((8081, 8082), gateways, strict=True)}
    return put_in(block("scale-out.md", language), changes)


def nginx(folder: Path, port: int, gateways: tuple[int, int]) -> AbstractContextManager[None]:
    """Run the site of the one page with the upstream of the other, without TLS."""
    upstream = upstream_of(gateways, "nginx")
    site = re.sub(
        r"^upstream .*?^}\n", lambda _: upstream, block("behind-a-proxy.md", "nginx"), flags=re.MULTILINE | re.DOTALL
    )
    site = re.sub(r"^ *ssl_.*\n", "", site, flags=re.MULTILINE).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    site = site.replace("/var/log/nginx", str(folder / "log"))
    return running_nginx(folder, nginx_config(folder, site))


def caddy(folder: Path, port: int, gateways: tuple[int, int]) -> AbstractContextManager[None]:
    upstream = upstream_of(gateways, "caddyfile")
    text, replaced = re.subn(
        r"^\treverse_proxy .*?^\t}\n",
        lambda _: upstream,
        block("behind-a-proxy.md", "caddyfile"),
        flags=re.MULTILINE | re.DOTALL,
    )
    assert replaced == 1
    changes = {
        "\n{\n": "\n{\n\tadmin off\n\tauto_https off\n",
        f"\n{HOST} {{\n": f"\nhttp://127.0.0.1:{port} {{\n",
        "/var/log/caddy": str(folder / "log"),
    }
    return running_caddy(folder, put_in(text, changes), port)


Proxy = Callable[[Path, int, tuple[int, int]], AbstractContextManager[None]]
STOP_DELAY: dict[Proxy, float] = {nginx: 0.0, caddy: 2.0}
"""nginx asks the next one when a connection is refused; Caddy has to see at /readyz what is coming."""

PAUSE: dict[Proxy, float] = {nginx: 0.0, caddy: 3.0}
"""Caddy has to see at /readyz that a process is there before it is asked for, or the next one goes; else it knows of none for a moment."""


@pytest.mark.postgres
@pytest.mark.parametrize("proxy", [nginx, caddy])
async def test_a_rolling_restart_behind_a_proxy_fails_no_request_and_no_token_is_in_its_logs(
    proxy: Proxy, postgres: str, tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    ports, front = (free_port(), free_port()), free_port()
    load = Load()
    url = f"http://127.0.0.1:{front}"
    async with set_stage(postgres, tmp_path, public_url=url) as stage:
        made = [Replica(stage, tmp_path, str(port), port=port, stop_delay=STOP_DELAY[proxy]) for port in ports]
        with proxy(tmp_path, front, ports):
            async with replicas(*made):
                await asyncio.sleep(PAUSE[proxy])
                async with load.on(url, stage.key, stage.control, clients=CLIENTS, actors=ACTORS):
                    await restart_each(load, made, pause=PAUSE[proxy])
                await check_nothing_is_lost(load, url, stage)
                async with aiohttp.ClientSession() as http, http.get(f"{url}/i/{INVITATION}") as page:
                    assert page.status == 404
    logs = {path.name: path.read_text() for path in (tmp_path / "log").iterdir()}
    assert "/cb/" in logs["stagedoor.log"]
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
