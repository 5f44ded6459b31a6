"""What the documents tell people to type is typed here, and what they show as the answer is what comes."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from stagedoor.contract.operations import OPERATIONS
from tests.cli.conftest import environment
from tests.cli.test_dev import Dev, two_free_ports

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "@@@ next block @@@"
RUN_SECONDS = 60
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


class Step(NamedTuple):
    """A block of commands, and the answer shown under it."""

    commands: str
    shown: str


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    started = Dev(tmp_path_factory.mktemp("dev"), two_free_ports())
    started.ready()
    (started.folder / ".stagedoor").symlink_to("data")
    yield started
    assert started.stop() == (0, [])


def read_steps(page: str) -> list[Step]:
    steps: list[Step] = []
    for language, content in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if language == "bash":
            steps.append(Step(content, ""))
        else:
            steps[-1] = steps[-1]._replace(shown=content)
    return steps


def run(script: str, folder: Path) -> str:
    programs = Path(sys.executable).parent
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**environment(), "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    return ended.stdout


def looks_like(shown: str, said: str) -> bool:
    """Tell whether an answer is the one that is shown; `…` stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, said.strip(), re.DOTALL) is not None


@pytest.mark.parametrize("page", ["tutorial/first-asset.md", "how-to/test-your-integration.md"])
def test_every_command_gives_the_answer_that_is_shown(dev: Dev, page: str) -> None:
    facts = dev.ready()
    addresses = {"127.0.0.1:8080": facts["gateway_url"], "127.0.0.1:8081": facts["emulator_url"]}
    steps = read_steps(page)
    script = f"echo '{MARK}'\n".join(step.commands for step in steps)
    for known, url in addresses.items():
        script = script.replace(known, url.removeprefix("http://"))
    answers = run(script, dev.folder).split(f"{MARK}\n")
    for known, url in addresses.items():
        answers = [answer.replace(url.removeprefix("http://"), known) for answer in answers]
    assert len(answers) == len(steps)
    checked = 0
    for step, answer in zip(steps, answers, strict=True):
        if step.shown:
            assert looks_like(step.shown, answer), f"{step.commands}\nis shown to say\n{step.shown}\nand says\n{answer}"
            checked += 1
    assert checked > 5


def test_every_request_shown_in_the_reference_is_well_formed(dev: Dev) -> None:
    """Most name things that do not exist here: not being found is as far as they can get."""
    facts = dev.ready()
    steps = read_steps("reference/endpoints.md")
    assert len(steps) >= len(OPERATIONS)
    parts = [f"GATEWAY={facts['gateway_url']} KEY={facts['api_key']}", *(step.commands for step in steps)]
    answers = run(f"\necho; echo '{MARK}'\n".join(parts), dev.folder).split(f"{MARK}\n")[1:]
    assert len(answers) == len(steps)
    for step, answer in zip(steps, answers, strict=True):
        error = json.loads(answer)["ResponseMetadata"].get("Error", {})
        assert error.get("Code", "ok").partition(".")[0] in {"ok", "NotFound"}, f"{step.commands}\n{answer}"


def test_the_fixture_for_pytest_starts_a_sandbox(tmp_path: Path) -> None:
    page = (DOCS / "how-to" / "test-your-integration.md").read_text(encoding="utf-8")
    [fixture] = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    port = two_free_ports()
    test = "def test_it(sandbox):\n    assert sandbox['gateway_url'].endswith(':PORT')\n"
    (tmp_path / "test_sandbox.py").write_text(
        (fixture + "\n\n" + test).replace("PORT", str(port)).replace("18080", str(port))
    )
    said = run(
        f"{sys.executable} -m pytest -q -p no:cacheprovider -p no:randomly -p no:asyncio --rootdir . test_sandbox.py",
        tmp_path,
    )
    assert "1 passed" in said


def make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway.example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    folder.mkdir()
    (folder / "fullchain.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "privkey.pem").write_bytes(pem)


def configure_nginx(folder: Path, gateway: str, port: int) -> Path:
    """Write the configuration of the page with this machine's ports and folders, and return it."""
    page = (DOCS / "how-to" / "behind-a-proxy.md").read_text(encoding="utf-8")
    [site] = re.findall(r"^```nginx\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for shown, ours in (
        ("127.0.0.1:8080", gateway),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("/etc/nginx/tls", str(folder / "tls")),
        ("/var/log/nginx", str(folder / "log")),
    ):
        assert shown in site
        site = site.replace(shown, ours)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(f"pid {folder}/pid;\nevents {{}}\nhttp {{\n{temporary}{site}}}\n")
    return config


@contextmanager
def nginx_before(gateway: str, folder: Path) -> Iterator[int]:
    """Run an nginx in front of a gateway and yield its port; its logs are in ``folder / "log"``."""
    if NGINX is None:
        pytest.skip("needs nginx")
    make_certificate(folder / "tls")
    (folder / "log").mkdir()
    port = two_free_ports()
    config = configure_nginx(folder, gateway, port)
    error_log = folder / "log" / "error.log"
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(config), "-e", str(error_log), "-g", "daemon off;"])
    deadline = time.monotonic() + 10
    while not (folder / "pid").exists():
        assert process.poll() is None, error_log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    try:
        yield port
    finally:
        process.terminate()
        assert process.wait(10) == 0


def read_logs(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "log").iterdir()}


def test_no_token_of_a_callback_gets_into_the_logs_of_nginx(dev: Dev, tmp_path: Path) -> None:
    facts = dev.ready()
    with nginx_before(facts["gateway_url"].removeprefix("http://"), tmp_path) as port:
        *statuses, token = run(callback_through(port, facts), tmp_path).split()
    assert statuses == ["303", "403", "200"]
    logs = read_logs(tmp_path)
    assert '"GET /cb/' in logs["stagedoor.log"]
    assert not any(token in text or "bytedToken" in text for text in logs.values()), logs


def test_no_token_gets_into_the_logs_of_nginx_when_the_gateway_is_down(tmp_path: Path) -> None:
    with nginx_before(f"127.0.0.1:{two_free_ports()}", tmp_path) as port:
        address = f"https://127.0.0.1:{port}/cb/state?bytedToken=secret"
        assert run(f"curl -sSk -o /dev/null -w '%{{http_code}}' '{address}'", tmp_path) == "502"
    assert not any("secret" in text for text in read_logs(tmp_path).values())


def callback_through(port: int, facts: dict[str, str]) -> str:
    """Return commands that send a callback and two other requests through a proxy, and then name the token."""
    return f"""
GATEWAY={facts["gateway_url"]} EMULATOR={facts["emulator_url"]} MODEL=doubao-seedance-2-0-260128 KEY={facts["api_key"]}
PROXY=https://gateway.example.com:{port}
through() {{ curl -sSk --resolve gateway.example.com:{port}:127.0.0.1 -o /dev/null -w '%{{http_code}}\\n' "$@"; }}
api() {{ curl -sS "$GATEWAY$1" -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d "$2"; }}
field() {{ python3 -c "import json, sys; answer = json.load(sys.stdin); print(answer.get('Result', answer)['$1'])"; }}
TOKEN=$(api /v1/real-avatar/auth/session "{{\\"model\\":\\"$MODEL\\",\\"CallbackURL\\":\\"https://studio.example/done\\"}}" | field BytedToken)
BACK=$(curl -sS "$EMULATOR/_emulator/sessions/$TOKEN" -d '{{"outcome":"pass"}}' | field redirect)
through "${{BACK/$GATEWAY/$PROXY}}"
through "$PROXY/admin/v1/channels"
through "$PROXY/readyz"
echo "$TOKEN"
"""
