"""The proxies of docs/how-to/behind-a-proxy.md, run as the page configures them, with a certificate of their own."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.support.databases import require_or_skip

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
CADDY = shutil.which("caddy")
HOST = "gateway.example.com"
START_SECONDS = 10
_FENCE = r"^```{}\n(.*?)^```$"


def block(page: str, language: str) -> str:
    """Return the only block of a language in a page."""
    [found] = re.findall(_FENCE.format(language), (HOW_TO / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def put_in(text: str, changes: Mapping[str, str]) -> str:
    """Return a configuration with this machine's ports and folders, each of which must have stood there."""
    for shown, ours in changes.items():
        assert shown in text, shown
        text = text.replace(shown, ours)
    return text


def nginx_config(folder: Path, site: str) -> Path:
    """Write a whole configuration around a site, and return the file."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    config = folder / "nginx.conf"
    config.write_text(f"pid {folder}/pid;\nworker_processes 2;\nevents {{}}\nhttp {{\n{temporary}{site}}}\n")
    return config


@contextmanager
def running_nginx(folder: Path, config: Path) -> Iterator[None]:
    """Run nginx with a configuration that it has found good."""
    if NGINX is None:
        require_or_skip("needs nginx")
    words = [str(NGINX), "-p", str(folder), "-c", str(config), "-e", str(folder / "log" / "error.log")]
    checked = subprocess.run([*words, "-t"], capture_output=True, text=True, check=False)
    assert "test is successful" in checked.stderr, checked.stderr
    pid = folder / "pid"
    pid.unlink()  # made by the check
    with _running([*words, "-g", "daemon off;"], folder, pid.exists):
        yield


@contextmanager
def nginx(folder: Path, gateway: str, port: int, operators: str) -> Iterator[None]:
    """Run the nginx of the page before a gateway; its logs are in ``folder / "log"``."""
    _prepare(folder)
    changes = {
        "127.0.0.1:8080": gateway,
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/nginx/tls": str(folder / "tls"),
        "/var/log/nginx": str(folder / "log"),
        "10.0.0.0/8": operators,
    }
    with running_nginx(folder, nginx_config(folder, put_in(block("behind-a-proxy.md", "nginx"), changes))):
        yield


@contextmanager
def caddy(folder: Path, gateway: str, port: int, operators: str) -> Iterator[None]:
    """Run the Caddy of the page before a gateway; what it says itself is in ``folder / "log"``, too."""
    _prepare(folder)
    changes = {
        "127.0.0.1:8080": gateway,
        "\n{\n": f"\n{{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port {port}\n\tdefault_bind 127.0.0.1\n",
        f"\n{HOST} {{\n": f"\n{HOST} {{\n\ttls {folder}/tls/fullchain.pem {folder}/tls/privkey.pem\n",
        "/var/log/caddy": str(folder / "log"),
        "10.0.0.0/8": operators,
    }
    with running_caddy(folder, put_in(block("behind-a-proxy.md", "caddyfile"), changes), port):
        yield


@contextmanager
def running_caddy(folder: Path, text: str, port: int) -> Iterator[None]:
    """Run Caddy with a configuration until it listens."""
    if CADDY is None:
        require_or_skip("needs Caddy")
    config = folder / "Caddyfile"
    config.write_text(text)
    words = [str(CADDY), "run", "--config", str(config), "--adapter", "caddyfile"]
    with _running(words, folder, lambda: _listens(port)):
        yield


@contextmanager
def _running(words: list[str], folder: Path, is_ready: Callable[[], bool]) -> Iterator[None]:
    said = folder / "log" / "program.log"
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with said.open("wb") as log:
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        assert process.wait(START_SECONDS) == 0


def _listens(port: int) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def _prepare(folder: Path) -> None:
    (folder / "log").mkdir()
    (folder / "tls").mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    signed = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    (folder / "tls" / "fullchain.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tls" / "privkey.pem").write_bytes(pem)
