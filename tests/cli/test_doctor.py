"""`stagedoor doctor`: what it finds, what it cannot try, and that it names a remedy for each."""

import asyncio
import json
import re
import sqlite3
import ssl
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from stagedoor.cli.examine_media import examine_media
from stagedoor.clock import MovableClock, to_microseconds
from stagedoor.db.durability import file_system
from stagedoor.emulator import RunningEmulator
from stagedoor.media.look import Bounds, Looker, Seen
from tests.cli.conftest import Ended, Stagedoor
from tests.support.emulator import file_server
from tests.support.gateway import RunningGateway, free_port, gateway_settings
from tests.support.rawserver import enveloped, http, raw_server, say
from tests.support.serving import ServingProcess
from tests.support.validation import on_postgres

ADD = ("channels", "add", "main", "--model", "m", "--access-key", "AK")
NO_GROUPS = enveloped({"Items": [], "TotalCount": 0, "PageNumber": 1, "PageSize": 1})
OF_THE_MACHINE = ("disk: ", "SQLite: ")
"""What the machine that runs the tests may be short of."""


def findings(ended: Ended, state: str) -> list[dict[str, Any]]:
    found = [one for one in json.loads(ended.out)["findings"] if one["state"] == state]
    assert all(one["remedy"] for one in found if state != "ok")
    return found


def subjects(ended: Ended, state: str) -> list[str]:
    return [one["subject"] for one in findings(ended, state)]


def change(data: Path, *statements: tuple[str, Sequence[object]]) -> None:
    with closing(sqlite3.connect(data / "stagedoor.db")) as connection, connection:
        for sql, values in statements:
            connection.execute(sql, values)


async def test_a_gateway_that_serves_before_its_account_is_well(
    database_url: str, emulator: RunningEmulator, clock: MovableClock, stagedoor: Stagedoor, tmp_path: Path
) -> None:
    settings = gateway_settings(database_url)
    async with RunningGateway(settings, clock) as setting_up:
        await setting_up.connect(emulator)
    port = free_port()
    settings = msgspec.structs.replace(settings, port=port, public_url=f"http://127.0.0.1:{port}")
    given = {"DATABASE_URL": database_url, "SECRET_KEY": settings.secret_key, "PUBLIC_URL": settings.public_url}
    async with ServingProcess(settings, tmp_path / "serve.log"):
        ended = await asyncio.to_thread(stagedoor, "doctor", "--json", **given)
    bad = [subject for subject in subjects(ended, "fail") if not subject.startswith(OF_THE_MACHINE)]
    bad = [subject for subject in bad if "fsync" not in subject and "synchronous_commit" not in subject]
    assert bad == []
    assert subjects(ended, "untried") == []
    said = "\n".join(subjects(ended, "ok"))
    for part in (
        "callback: ",
        "media: the decoders look into",
        "schema ",
        "answers a list call",
        "clock: ",
        "jobs: 0 given up",
        "cases: 0 wait",
    ):
        assert part in said, part
    assert ("journal wal" if database_url.startswith("sqlite") else "full_page_writes") in said


def test_everything_that_is_wrong_is_told_at_once(stagedoor: Stagedoor, data: Path) -> None:
    asyncio.run(_with_a_clock_that_is_wrong(stagedoor, data))


async def _with_a_clock_that_is_wrong(stagedoor: Stagedoor, data: Path) -> None:
    long_ago = to_microseconds(datetime.now(UTC) - timedelta(days=400))
    date = (datetime.now(UTC) + timedelta(minutes=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    async with raw_server() as upstream, file_server(b"somebody else", "text/plain") as other:
        upstream.script[:] = [say(http(NO_GROUPS, headers={"Date": date}))]
        added = await asyncio.to_thread(stagedoor, *ADD, "--endpoint", upstream.url, given="a-secret-of-the-account\n")
        assert added.code == 0, added
        assert (await asyncio.to_thread(stagedoor, "keys", "create", "--admin")).code == 0
        change(
            data,
            ("UPDATE channels SET updated_at = ?", [long_ago]),
            ("UPDATE api_keys SET created_at = ?", [long_ago]),
            (
                "INSERT INTO jobs (kind, key, claims, failures, crashes, created_at) VALUES ('track', 'a', 1, 1, 10, ?)",
                [long_ago],
            ),
        )
        ended = await asyncio.to_thread(stagedoor, "doctor", "--json", PUBLIC_URL=other.rstrip("/"))
    assert ended.code == 1
    said = subjects(ended, "fail")
    for part in (
        "callback: ",
        "s behind that of main",
        "unchanged for 400 days",
        "older than 365 days: 1",
        "jobs: 1 given up",
    ):
        assert any(part in subject for subject in said), (part, said)
    assert "a-secret-of-the-account" not in ended.out + ended.err


def test_what_cannot_be_tried_from_here_is_marked_and_is_no_failure(stagedoor: Stagedoor, data: Path) -> None:
    assert stagedoor(*ADD, "--endpoint", "http://127.0.0.1:1", given="s\n").code == 0
    change(data, ("UPDATE channels SET disabled_at = created_at", []))
    url = f"http://127.0.0.1:{free_port()}"
    ended = stagedoor("doctor", PUBLIC_URL=url)
    assert f"?     callback: {url}/healthz does not answer here" in ended.out
    assert "?     channel main: disabled" in ended.out
    assert not re.search("FAIL.*(callback|main)", ended.out)


async def test_decoders_that_are_missing_or_broken_are_told() -> None:
    class Blind(Looker):
        async def look(self, path: Path, name: str) -> Seen | None:
            return None

    looker = Blind(Bounds(seconds=1, memory=1 << 30, at_once=1))
    missing, broken = await examine_media(looker, installed=False), await examine_media(looker, installed=True)
    assert (missing.state, broken.state) == ("untried", "fail")
    assert all("stagedoor[media]" in finding.remedy for finding in (missing, broken))


def test_a_schema_of_another_release_is_told(stagedoor: Stagedoor, data: Path) -> None:
    change(data, ("UPDATE alembic_version SET version_num = '9999'", []))
    assert "schema 9999 of a newer stagedoor" in stagedoor("doctor").out


@on_postgres
def test_the_settings_of_the_server_that_decide_about_durability_are_told(
    database_url: str, stagedoor: Stagedoor
) -> None:
    ended = stagedoor("doctor", "--json", DATABASE_URL=database_url)
    said = "\n".join(subjects(ended, "ok") + subjects(ended, "fail"))
    for part in ("fsync o", "full_page_writes o", "synchronous_commit o", "a server that can be written"):
        assert f"PostgreSQL: {part}" in said


@pytest.mark.parametrize(("path", "kind"), [("/proc/self", "proc"), ("/sys/kernel", "sysfs")])
def test_the_file_system_under_a_path_is_known(path: str, kind: str) -> None:
    if not Path("/proc/self/mounts").exists():
        pytest.skip("this system has no /proc")
    assert file_system(Path(path)) == kind


async def test_a_certificate_that_no_phone_trusts_is_told(stagedoor: Stagedoor, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))

    async def nobody_comes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(nobody_comes, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ended = await asyncio.to_thread(stagedoor, "doctor", PUBLIC_URL=url)
    assert f"FAIL  callback: the certificate of {url}/healthz is not trusted" in ended.out


def self_signed(folder: Path) -> Path:
    """Make a certificate that nobody vouches for, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "tls.pem"
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


@pytest.mark.parametrize(("proxies", "state"), [("", "fail"), ("127.0.0.1", "ok")])
def test_a_rate_that_all_clients_behind_a_proxy_share_is_named(stagedoor: Stagedoor, proxies: str, state: str) -> None:
    given = {"ADDRESS_RATE": "50/s", "TRUSTED_PROXIES": proxies, "PUBLIC_URL": "https://gateway.invalid"}
    ended = stagedoor("doctor", "--json", **given)
    assert [one for one in subjects(ended, state) if one.startswith("rate of addresses: 50/s")]
