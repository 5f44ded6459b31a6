"""The settings: each by the environment and by the TOML file, wrong ones named."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stagedoor.cli.serve import check_start
from stagedoor.crypto import encode_secret_key, new_secret_key
from stagedoor.settings import Settings, SettingsError, describe, load_settings
from tests.cli.conftest import Stagedoor
from tests.support.gateway import free_port

OTHER: dict[str, Any] = {
    "host": "0.0.0.0",
    "port": 9000,
    "workers": 3,
    "data_dir": "/srv/stagedoor",
    "database_url": "postgresql://gateway@db/stagedoor",
    "database_pool": 20,
    "secret_key": encode_secret_key(new_secret_key()),
    "public_url": "https://gateway.example",
    "region": "ap-southeast-1",
    "link_window": 90.5,
    "token_lifetime": 3600.0,
    "ask_without_callback": "never",
    "lost_answers": "operator",
    "exchange_wait": 10.0,
    "sweep_hours": 12.0,
    "idempotency_days": 2.0,
    "body_limit": 65_536,
    "body_timeout": 5.0,
    "head_timeout": 5.0,
    "upstream_timeout": 9.0,
    "quota_wait": 0.5,
    "key_rate": "50/s",
    "tenant_rate": "6000/m",
    "address_rate": "100/s",
    "trusted_proxies": "127.0.0.1, 10.0.0.0/8",
    "webhook_http": True,
    "webhook_private": True,
    "event_days": 10.0,
    "console": False,
    "import_limit": 1_000_000,
    "import_days": 7.0,
    "media_seconds": 20,
    "media_memory": 1_073_741_824,
    "media_at_once": 4,
    "audit_checkpoint_seconds": 10.0,
    "upload_store": "s3://studio/files",
    "upload_limit": 1_000_000,
    "upload_tenant_limit": 2_000_000,
    "upload_timeout": 60.0,
    "upload_days": 2.0,
    "upload_link_seconds": 600.0,
    "s3_endpoint": "https://s3.example",
    "s3_region": "cn-beijing",
    "s3_access_key": "AKIASTUDIO",
    "s3_secret_key": "the bucket's",
    "s3_virtual_hosts": True,
    "metrics": "open",
    "traces_url": "http://127.0.0.1:4318/v1/traces",
    "share_port": True,
    "stop_delay": 2.5,
    "log_level": "debug",
    "log_format": "console",
}


def toml(path: Path, values: dict[str, Any]) -> dict[str, str]:
    """Write a settings file and return the environment that names it."""
    lines = [f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in values.items()]
    path.write_text("".join(lines), encoding="utf-8")
    return {"STAGEDOOR_CONFIG": str(path)}


def test_every_setting_is_in_this_test_and_differs_from_its_default() -> None:
    assert set(OTHER) == set(Settings.__struct_fields__)
    defaults = msgspec.to_builtins(Settings())
    assert [name for name, value in OTHER.items() if value == defaults[name]] == []


@pytest.mark.parametrize("name", OTHER)
def test_a_setting_comes_from_the_environment(name: str) -> None:
    settings = load_settings({f"STAGEDOOR_{name.upper()}": str(OTHER[name])})
    assert settings == Settings(**{name: OTHER[name]})


@pytest.mark.parametrize("name", OTHER)
def test_a_setting_comes_from_the_file(name: str, tmp_path: Path) -> None:
    assert load_settings(toml(tmp_path / "s.toml", {name: OTHER[name]})) == Settings(**{name: OTHER[name]})


def test_the_environment_goes_before_the_file_and_the_arguments_before_both(tmp_path: Path) -> None:
    environ = toml(tmp_path / "s.toml", {"port": 1, "host": "file", "region": "file"})
    environ |= {"STAGEDOOR_PORT": "2", "STAGEDOOR_HOST": "environment", "PATH": "/bin", "STAGEDOOR_TEST_POSTGRES": "x"}
    settings = load_settings(environ, port=3, host=None)
    assert (settings.port, settings.host, settings.region) == (3, "environment", "file")


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("STAGEDOOR_PROT", "There is no setting STAGEDOOR_PROT. Did you mean STAGEDOOR_PORT?"),
        ("STAGEDOOR_port", "There is no setting STAGEDOOR_port. Did you mean STAGEDOOR_PORT?"),
        ("STAGEDOOR_SECRET", "There is no setting STAGEDOOR_SECRET. Did you mean STAGEDOOR_SECRET_KEY?"),
        ("STAGEDOOR_CONFIG_FILE", "There is no setting STAGEDOOR_CONFIG_FILE. Did you mean STAGEDOOR_CONFIG?"),
        ("STAGEDOOR_XYZZY", "There is no setting STAGEDOOR_XYZZY."),
    ],
)
def test_an_unknown_variable_is_named_with_the_one_that_was_meant(variable: str, said: str) -> None:
    with pytest.raises(SettingsError, match=f"^{re.escape(said)}$"):
        load_settings({variable: "8080"})


def test_where_a_client_calls_is_no_setting_and_no_mistake() -> None:
    told = {"STAGEDOOR_API_KEY": "sd_live_1", "STAGEDOOR_BASE_URL": "https://gateway.example", "STAGEDOOR_MODEL": "m"}
    assert load_settings(told) == load_settings({})


def test_an_unknown_key_is_named_with_its_file_and_the_one_that_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    for key, said in (("Port", " Did you mean port?"), ("xyzzy", "")):
        with pytest.raises(SettingsError, match=f"^{re.escape(f'There is no setting {key} in {path}.{said}')}$"):
            load_settings(toml(path, {key: 8080}))
    path.write_text("[server]\nport = 1\n")
    with pytest.raises(SettingsError, match=r"no setting server in .*s\.toml\. Settings stand without sections\.$"):
        load_settings({"STAGEDOOR_CONFIG": str(path)})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STAGEDOOR_PORT", "tcp://10.0.0.1:80"),
        ("STAGEDOOR_SERVICE_HOST", "10.0.0.1"),
        ("STAGEDOOR_SERVICE_PORT", "80"),
        ("STAGEDOOR_SERVICE_PORT_HTTP", "80"),
        ("STAGEDOOR_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("STAGEDOOR_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("STAGEDOOR_DB_PORT", "tcp://10.0.0.2:5432"),
        ("STAGEDOOR_DB_SERVICE_HOST", "10.0.0.2"),
    ],
)
def test_what_kubernetes_sets_for_a_service_of_this_name_is_said_with_its_remedy(variable: str, value: str) -> None:
    with pytest.raises(
        SettingsError, match=f"^{variable} was set by Kubernetes.*enableServiceLinks: false.*another name"
    ):
        load_settings({variable: value})


@pytest.mark.parametrize("networks", ["10.0.0.1/8", "10.0.0.0/33", "1.2.3", "fe80::/10, :::"])
def test_proxies_that_are_no_networks_are_refused_before_anything_is_opened(networks: str) -> None:
    with pytest.raises(SettingsError, match=r"^trusted_proxies cannot be used: "):
        check_start(Settings(trusted_proxies=networks))


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("log_level", "loud", "one of debug, info, warning, error"),
        ("workers", "0", "a whole number, at least 1 and at most 64"),
        ("port", "many", "a whole number, at least 0 and at most 65535"),
        ("body_limit", "1.5", "a whole number, at least 1024"),
        ("trusted_proxies", "nginx", "networks, like 127.0.0.1 or 10.0.0.0/8, with commas between them, or empty"),
        ("link_window", "soon", "a number, more than 0 and at most 86400"),
    ],
)
def test_a_wrong_value_is_said_with_what_is_allowed_instead(
    name: str, value: str, allowed: str, tmp_path: Path
) -> None:
    path = tmp_path / "s.toml"
    given: list[tuple[str, dict[str, str], dict[str, str]]] = [
        (f"STAGEDOOR_{name.upper()}", {f"STAGEDOOR_{name.upper()}": value}, {}),
        (f"{name} in {path}", toml(path, {name: value}), {}),
        (f"--{name.replace('_', '-')}", {}, {name: value}),
    ]
    for written, environ, options in given:
        with pytest.raises(SettingsError, match=f"^{re.escape(f'{written} cannot be used: it must be {allowed}.')}$"):
            load_settings(environ, **options)


@pytest.mark.parametrize("name", ["secret_key", "database_url"])
def test_a_secret_that_cannot_be_used_is_not_repeated(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be used: it must be text\.$") as refused:
        load_settings(toml(tmp_path / "s.toml", {name: ["sesame"]}))
    assert "sesame" not in str(refused.value)


def test_a_secret_in_a_wrong_place_is_not_repeated() -> None:
    for variable in ("STAGEDOOR_PORT", "STAGEDOOR_LOG_LEVEL", "STAGEDOOR_SECRET"):
        with pytest.raises(SettingsError) as refused:
            load_settings({variable: "sesame"})
        assert "sesame" not in str(refused.value)


def test_every_setting_can_say_what_it_allows() -> None:
    for field in msgspec.structs.fields(Settings):
        assert re.fullmatch(
            r"text|a rate, .*|networks, .*|one of .*|true or false|a (whole )?number, .*\d", describe(field.type)
        ), field.name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key_rate", "fast"),
        ("tenant_rate", "0/s"),
        ("port", "65536"),
        ("port", "-1"),
        ("port", ""),
        ("workers", "0"),
        ("workers", "1.5"),
        ("database_pool", "0"),
        ("token_lifetime", "0"),
        ("head_timeout", "61"),
        ("head_timeout", "nan"),
        ("body_timeout", "inf"),
        ("body_limit", "1"),
        ("quota_wait", "-1"),
        ("quota_wait", "nan"),
        ("log_level", "loud"),
        ("ask_without_callback", "sometimes"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_the_name_of_its_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^STAGEDOOR_{name.upper()} cannot be used: "):
        load_settings({f"STAGEDOOR_{name.upper()}": value})


@pytest.mark.parametrize("text", ["port = ", "port = 1\nport = 2", "[section"])
def test_a_file_that_is_no_toml_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"s\.toml"):
        load_settings({"STAGEDOOR_CONFIG": str(tmp_path / "s.toml")})
    with pytest.raises(SettingsError, match="absent"):
        load_settings({"STAGEDOOR_CONFIG": str(tmp_path / "absent.toml")})
    (tmp_path / "s.toml").write_bytes(b'region = "\xff"')
    with pytest.raises(SettingsError, match=r"s\.toml cannot be read"):
        load_settings({"STAGEDOOR_CONFIG": str(tmp_path / "s.toml")})


def test_the_database_is_a_file_in_the_data_folder_unless_it_is_set(tmp_path: Path) -> None:
    assert Settings(data_dir=str(tmp_path / "a")).database == f"sqlite:///{tmp_path}/a/stagedoor.db"
    assert Settings(database_url="postgresql://db/x").database == "postgresql://db/x"


@pytest.mark.parametrize(
    ("secret_key", "said"),
    [
        ("abcd", "must be 32 bytes"),
        (encode_secret_key(bytes(33)), "must be 32 bytes"),
        ("not base64!", "not base64"),
    ],
)
def test_a_secret_key_that_is_none_is_refused_before_anything_is_served(
    stagedoor: Stagedoor, secret_key: str, said: str
) -> None:
    line = stagedoor("serve", "--port", str(free_port()), SECRET_KEY=secret_key).complaint
    assert "STAGEDOOR_SECRET_KEY" in line
    assert said in line
    assert secret_key not in line


def test_wrong_settings_are_said_in_one_line(stagedoor: Stagedoor, tmp_path: Path) -> None:
    assert "no setting STAGEDOOR_PROT" in stagedoor("serve", PROT="1").complaint
    assert "STAGEDOOR_PORT cannot be used" in stagedoor("migrate", PORT="many").complaint
    toml(tmp_path / "s.toml", {"potr": 1})
    assert "no setting potr" in stagedoor("tenants", "list", CONFIG=str(tmp_path / "s.toml")).complaint
