"""`stagedoor tenants`, `keys`, `channels`, `migrate`, `doctor`: what they do, and what they say when they cannot."""

import asyncio
import re
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stagedoor.app import open_runtime
from stagedoor.channels.account import account_of
from stagedoor.channels.store import list_channels
from stagedoor.cli.main import app
from stagedoor.cli.serve import NEWEST
from stagedoor.crypto import is_api_key
from stagedoor.settings import Settings, load_settings
from tests.cli.conftest import RUN_SECONDS, Stagedoor, environment
from tests.support import databases

COMMANDS = [
    (),
    ("dev",),
    ("serve",),
    ("migrate",),
    ("emulator",),
    ("doctor",),
    ("backup",),
    ("restore",),
    ("adopt",),
    ("mcp",),
    ("move-to-postgres",),
    ("version",),
    ("tenants",),
    ("tenants", "create"),
    ("tenants", "limit"),
    ("tenants", "list"),
    ("keys",),
    ("keys", "create"),
    ("keys", "limit"),
    ("keys", "list"),
    ("keys", "pair"),
    ("keys", "revoke"),
    ("channels",),
    ("channels", "add"),
    ("channels", "list"),
    ("channels", "show"),
    ("channels", "change"),
    ("channels", "drain"),
    ("channels", "disable"),
    ("channels", "enable"),
    ("jobs",),
    ("jobs", "count"),
    ("jobs", "list"),
    ("jobs", "retry"),
    ("cases",),
    ("cases", "list"),
    ("cases", "resolve"),
    ("audit",),
    ("audit", "verify"),
    ("audit", "list"),
    ("audit", "export"),
    ("audit", "proof"),
    ("audit", "key"),
    ("operators",),
    ("operators", "add"),
    ("operators", "list"),
    ("operators", "remove"),
    ("operators", "reset"),
    ("login",),
    ("logout",),
    ("verify",),
    ("upload",),
    ("groups",),
    ("groups", "list"),
    ("groups", "show"),
    ("groups", "create"),
    ("groups", "rename"),
    ("groups", "delete"),
    ("assets",),
    ("assets", "list"),
    ("assets", "show"),
    ("assets", "create"),
    ("assets", "wait"),
    ("assets", "rename"),
    ("assets", "delete"),
    ("events",),
    ("events", "list"),
    ("events", "tail"),
    ("listen",),
    ("trigger",),
]
ADD = ("channels", "add", "main", "--model", "m")
KEY = ("--access-key", "AK")
SECRET = "a-secret-of-the-account"


def test_every_command_explains_itself() -> None:
    listed: set[tuple[str, ...]] = {()}
    for command in COMMANDS:
        result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*command, "--help"])
        assert result.exit_code == 0, command
        assert re.search(r"Usage: ", result.output)
        panels = re.findall(r"^╭─ (?:Commands|Over HTTP)[^╰]*", result.output, re.MULTILINE)
        listed |= {(*command, name) for name in re.findall(r"^│ ([a-z-]+) ", "".join(panels), re.MULTILINE)}
    assert listed == set(COMMANDS)


def test_help_needs_nothing_and_makes_nothing(stagedoor: Stagedoor, tmp_path: Path) -> None:
    ended = stagedoor("serve", "--help", SECRET_KEY="nonsense", DATA_DIR=str(tmp_path / "other"))
    assert (ended.code, ended.err) == (0, "")
    assert not (tmp_path / "other").exists()


def test_the_life_of_a_tenant_and_its_keys(stagedoor: Stagedoor, tmp_path: Path) -> None:
    tenant = stagedoor("tenants", "create", "studio", "--project", "p1").out.strip()
    assert re.fullmatch(r"tn_\w{22}", tenant)
    assert stagedoor("tenants", "list").out.splitlines() == [f"{tenant}\tstudio\tp1"]

    options = ("--name", "ci", "--test", "--scope", "groups:read", "--days", "1", "--access-key")
    made = stagedoor("keys", "create", tenant, *options)
    secret, access_key, secret_key = made.out.split()
    assert is_api_key(secret)
    assert access_key.startswith("AKLT")
    assert secret.startswith("sd_test_")
    assert secret not in made.err
    [listed] = stagedoor("keys", "list", tenant).out.splitlines()
    key, hint, state, name = listed.split("\t")
    assert (hint, state, name) == (f"…{secret[-4:]}", "valid", "ci")

    new_access_key, new_secret_key = stagedoor("keys", "pair", key).out.split()
    assert {new_access_key, new_secret_key}.isdisjoint({access_key, secret_key})

    assert stagedoor("keys", "revoke", key).code == 0
    assert "revoked" in stagedoor("keys", "list", tenant).out
    assert "NotFound" in stagedoor("keys", "revoke", key).complaint

    operator = stagedoor("keys", "create", "--admin").out.strip()
    assert operator.startswith("sd_admin_")
    assert len(stagedoor("keys", "list").out.splitlines()) == 1
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert not any(one.encode() in kept for one in (secret, operator, secret_key, new_secret_key))
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


def test_the_life_of_a_channel(stagedoor: Stagedoor, tmp_path: Path) -> None:
    added = stagedoor(*ADD, "--access-key", "AK", "--limit", "CreateAsset=120/60", given=f"{SECRET}\n")
    assert re.fullmatch(r"ch_\w{22}", added.out.strip())
    assert SECRET not in added.out + added.err
    assert "\tmain\tark\t" in stagedoor("channels", "list").out
    assert stagedoor("channels", "drain", "main").code == 0
    assert stagedoor("channels", "list").out.strip().endswith("draining")
    assert stagedoor("channels", "disable", "main").code == 0
    assert stagedoor("channels", "list").out.strip().endswith("disabled")
    assert stagedoor("channels", "enable", "main").code == 0
    assert stagedoor("channels", "change", "main", "--model", "m2", "--model", "m3").code == 0
    assert "\tm2,m3\tenabled" in stagedoor("channels", "list").out
    tenant = stagedoor("tenants", "create", "studio").out.strip()
    assert stagedoor("channels", "change", "main", "--weight", "3", "--tenant", tenant).code == 0
    shown = dict(line.split("\t") for line in stagedoor("channels", "show", "main").out.splitlines())
    assert (shown["weight"], shown["tenants"], shown["state"], shown["passed over"]) == ("3", tenant, "enabled", "no")
    assert stagedoor("channels", "change", "main", "--every-tenant").code == 0
    assert "tenants\tall\n" in stagedoor("channels", "show", added.out.strip()).out
    assert "NotFound" in stagedoor("channels", "show", "nothing").complaint
    assert stagedoor("channels", "change", "main", "--access-key", "AK2", given=f"{SECRET}\n").code == 0
    assert "Conflict" in stagedoor(*ADD, "--access-key", "AK", given=f"{SECRET}\n").complaint
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert SECRET.encode() not in kept


@pytest.mark.parametrize("command", [("channels", "add"), ("channels", "change"), ("keys", "create"), ("serve",)])
def test_no_secret_is_taken_from_the_arguments(command: tuple[str, ...]) -> None:
    explained = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*command, "--help"]).output
    assert not re.search(r"--(secret|password|token)", explained)
    # What asks for one is a flag without a value: the secret comes by standard input.
    assert not re.search(r"--(api-key|session-token) +<(?!bool)", explained)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "create", "nobody"), "There is no tenant nobody"),
        (("keys", "revoke", "nothing"), "nothing"),
        (("keys", "pair", "nothing"), "nothing"),
        (("channels", "change", "nothing", "--priority", "1"), "There is no channel nothing"),
        (("channels", "disable", "nothing"), "There is no channel nothing"),
        (("keys", "list", "nobody"), "There is no tenant nobody"),
        ((*ADD, *KEY, "--limit", "CreateAsset"), "ACTION=CALLS/SECONDS"),
        ((*ADD, *KEY, "--limit", "Nope=1/1"), "Nope"),
        ((*ADD, *KEY, "--endpoint", "ftp://a"), "Endpoint"),
        ((*ADD, *KEY, "--priority", "1001"), "Priority: Expected int <= 1000"),
        (("channels", "change", "main", "--priority", "1001"), "Priority: Expected int <= 1000"),
        ((*ADD, *KEY), "secret key"),
        (ADD, "access key"),
        ((*ADD, "--kind", "dialect"), "needs an --endpoint"),
        ((*ADD, "--kind", "dialect", "--endpoint", "https://a"), "API key"),
        (("emulator", "--host", "0.0.0.0", "--port", "0"), "--allow-remote"),
        (("emulator", "--data", "/proc/none", "--port", "0"), "cannot work in /proc/none"),
        (("dev", "--ready-file", "/proc/none/ready.json"), "/proc/none/ready.json cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(stagedoor: Stagedoor, arguments: tuple[str, ...], said: str) -> None:
    assert said in stagedoor(*arguments).complaint


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "create"), "--admin"),
        (("keys", "create", "tn_1", "--admin"), "--admin"),
        (("keys", "create", "--admin", "--scope", "groups:read"), "--admin"),
        (("keys", "create", "--admin", "--access-key"), "--admin"),
        (("keys", "create", "tn_1", "--days", "0"), "--days must be more than 0"),
        (("keys", "create", "tn_1", "--days", "nan"), "--days must be more than 0"),
        ((*ADD, *KEY, "--kind", "aws"), "'aws' is not one of 'ark', 'dialect', 'emulator'"),
        (("channels", "change", "main"), "Say what to change"),
        (("channels", "change", "main", *KEY, "--api-key"), "exclude each other"),
        (("channels", "change", "main", "--session-token"), "goes with --access-key"),
        (("emulator", "--port", "65536"), "--port"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_done(
    stagedoor: Stagedoor, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    ended = stagedoor(*arguments, DATA_DIR=str(tmp_path / "other"))
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "arguments", [ADD, (*ADD, *KEY, "--limit", "CreateAsset"), (*ADD, "--kind", "dialect")], ids=" ".join
)
def test_no_secret_is_asked_for_before_the_options_are_looked_at(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "stagedoor", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        # Whoever reads the open pipe waits for ever.
        assert process.wait(RUN_SECONDS) == 1


def test_what_has_run_out_is_listed_as_expired(stagedoor: Stagedoor) -> None:
    tenant = stagedoor("tenants", "create", "studio").out.strip()
    assert stagedoor("keys", "create", tenant, "--days", "1e-9").code == 0
    assert stagedoor("keys", "list", tenant).out.split("\t")[2] == "expired"


def test_tenants_and_keys_are_given_a_rate_and_lose_it_again(stagedoor: Stagedoor) -> None:
    tenant = stagedoor("tenants", "create", "studio", "--rate", "100/s").out.strip()
    assert stagedoor("tenants", "list").out.splitlines() == [f"{tenant}\tstudio\t-\t100/s"]
    assert stagedoor("tenants", "limit", tenant, "default").code == 0
    assert stagedoor("tenants", "list").out.splitlines() == [f"{tenant}\tstudio\t-"]
    assert stagedoor("keys", "create", tenant, "--rate", "50/s").code == 0
    key, *_, rate = stagedoor("keys", "list", tenant).out.strip().split("\t")
    assert rate == "50/s"
    assert stagedoor("keys", "limit", key, "off").code == 0
    assert stagedoor("keys", "list", tenant).out.endswith("\toff\n")
    for wrong in (
        ("tenants", "create", "other", "--rate", "fast"),
        ("tenants", "limit", tenant, "0/s"),
        ("tenants", "limit", "tn_none", "5/s"),
        ("keys", "create", tenant, "--rate", "5"),
        ("keys", "limit", "key_none", "5/s"),
    ):
        refused = stagedoor(*wrong)
        assert (refused.code, refused.out) == (1, ""), wrong
        assert "Traceback" not in refused.err
    assert len(stagedoor("tenants", "list").out.splitlines()) == 1


def test_the_life_of_an_operator(stagedoor: Stagedoor) -> None:
    public = {"PUBLIC_URL": "https://gateway.example.com/"}
    added = stagedoor("operators", "add", "Ada", **public)
    assert re.fullmatch(r"https://gateway\.example\.com/console/set-up/[0-9A-Za-z]{32}\n", added.out)
    assert re.fullmatch(r"/console/set-up/[0-9A-Za-z]{32}\n", stagedoor("operators", "add", "vera", "--auditor").out)
    listed = [line.split("\t")[1:] for line in stagedoor("operators", "list").out.splitlines()]
    assert listed == [["ada", "operator"], ["vera", "auditor"]]
    assert stagedoor("operators", "reset", "ada", **public).out != added.out
    assert stagedoor("operators", "remove", "vera").code == 0
    assert "There is no operator vera" in stagedoor("operators", "remove", "vera").complaint
    assert "Somebody has or had this name" in stagedoor("operators", "add", "vera").complaint
    assert "A name has 1 to 64" in stagedoor("operators", "add", "a b").complaint


def test_the_session_token_of_a_channel_can_be_replaced(stagedoor: Stagedoor, tmp_path: Path) -> None:
    assert stagedoor(*ADD, *KEY, "--session-token", given=f"{SECRET}\ntoken-1\n").code == 0
    changed = stagedoor(
        "channels",
        "change",
        "main",
        *KEY,
        "--session-token",
        "--region",
        "ap-southeast-1",
        given=f"{SECRET}\ntoken-2\n",
    )
    assert (changed.code, changed.err) == (0, "")
    settings = load_settings({"STAGEDOOR_DATA_DIR": str(tmp_path / "data")})
    assert asyncio.run(session_tokens(settings)) == [("ap-southeast-1", "token-2")]


async def session_tokens(settings: Settings) -> list[tuple[str, str]]:
    rt = await open_runtime(settings)
    try:
        channels = await rt.db.read(list_channels)
        return [(channel.region, account_of(rt, channel).session_token) for channel in channels]
    finally:
        await rt.close()


def test_migrate_makes_the_newest_schema_and_may_be_repeated(stagedoor: Stagedoor, tmp_path: Path) -> None:
    path = tmp_path / "new" / "stagedoor.db"
    for _ in range(2):
        assert stagedoor("migrate", DATABASE_URL=f"sqlite:///{path}").out.strip() == NEWEST
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(NEWEST,)]


@pytest.mark.postgres
def test_an_unmigrated_postgres_is_named_with_its_remedy(stagedoor: Stagedoor) -> None:
    server = databases.postgres_url()
    if server is None:
        databases.require_or_skip("there is no PostgreSQL server")
        raise AssertionError
    url = databases.make_bare_postgres_database(server, "_bare")
    try:
        for command in (("serve",), ("tenants", "list"), ("channels", "list")):
            assert "Run `stagedoor migrate`" in stagedoor(*command, DATABASE_URL=url).complaint
        assert "Run `stagedoor migrate`" in stagedoor("doctor", DATABASE_URL=url).out
        assert stagedoor("migrate", DATABASE_URL=url).out.strip() == NEWEST
        assert stagedoor("tenants", "list", DATABASE_URL=url).code == 0
    finally:
        databases.drop_postgres_database(server, url)


@pytest.mark.parametrize(
    ("command", "url", "said"),
    [
        (("serve",), "mysql://a/b", "sqlite:/// or postgresql://"),
        (("migrate",), "mysql://a/b", "sqlite:/// or postgresql://"),
        (("serve",), "postgresql://nobody@127.0.0.1:1/none", "PostgreSQL cannot be reached"),
        (("migrate",), "postgresql://nobody@127.0.0.1:1/none", "PostgreSQL cannot be reached"),
        (("migrate",), "sqlite:////proc/none/stagedoor.db", "cannot be opened"),
        (("tenants", "list"), "sqlite:////proc/none/stagedoor.db", "cannot be opened"),
    ],
)
def test_a_database_that_is_not_there_is_said_in_one_line(
    stagedoor: Stagedoor, command: tuple[str, ...], url: str, said: str
) -> None:
    assert said in stagedoor(*command, DATABASE_URL=url).complaint


def test_the_doctor_names_each_trouble_with_its_remedy(stagedoor: Stagedoor, tmp_path: Path) -> None:
    stagedoor("tenants", "create", "studio")
    ended = stagedoor("doctor")
    assert ended.code == 1
    assert "Set STAGEDOOR_PUBLIC_URL" in ended.out
    assert "Run `stagedoor channels add" in ended.out
    lines = ended.out.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("FAIL"):
            assert lines[number + 1].strip().startswith("→ ")

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        stagedoor(*ADD, "--kind", "emulator", "--endpoint", endpoint, "--access-key", "AK", given=f"{SECRET}\n")
        ended = stagedoor("doctor", PUBLIC_URL="https://gateway.example")
    assert "channel main (emulator at 127.0.0.1), a SIMULATION: UpstreamUnavailable" in ended.out
    assert "stagedoor channels change" in ended.out
    assert "FAIL  public URL" not in ended.out
    assert SECRET not in ended.out + ended.err

    (tmp_path / "data" / "secret.key").chmod(0o644)
    assert "chmod 600" in stagedoor("doctor").out
    assert "https://" in stagedoor("doctor", PUBLIC_URL="http://gateway.example").out
    assert "secret key: STAGEDOOR_SECRET_KEY cannot be used" in stagedoor("doctor", SECRET_KEY="short").out


HEAVY = ["aiohttp", "alembic", "asyncio", "asyncpg", "av", "cryptography", "PIL", "sqlalchemy", "structlog", "uvicorn"]


def test_the_command_line_loads_nothing_that_only_some_commands_need() -> None:
    """``--help``, ``version`` and a wrong option answer without the gateway."""
    look = "import sys, stagedoor.cli.main; print(*(name for name in sys.argv[1:] if name in sys.modules))"
    ended = subprocess.run([sys.executable, "-c", look, *HEAVY], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


def test_the_version_is_printed(stagedoor: Stagedoor) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", stagedoor("version").out)
