"""The settings: one TOML file, overridden by ``STAGEDOOR_*``, read once by the command line."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

AskWithoutCallback = Literal["never", "after_window", "always"]
Rate = Annotated[str, Meta(pattern=r"^$|^[1-9][0-9]{0,6}/[smhd]$|^off$")]
Networks = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f.:/, ]*$")]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]

PREFIX = "STAGEDOOR_"
CONFIG = "STAGEDOOR_CONFIG"
"""Names the TOML file; no setting itself."""
FOR_TESTS = "STAGEDOOR_TEST_"
"""What begins like this is for this project's tests."""
FOR_CLIENTS = frozenset({"STAGEDOOR_API_KEY", "STAGEDOOR_BASE_URL", "STAGEDOOR_MODEL", "STAGEDOOR_LANG"})
"""Where a client calls: they may stand in the environment of a gateway as well, and say nothing to it."""


class SettingsError(ValueError):
    """A setting is missing or cannot be used."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator can set. Times are in seconds."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    """Port to listen on."""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    """Server processes. More than one needs PostgreSQL."""
    share_port: bool = False
    """Whether other gateways may listen on the same port of this machine: a new one starts there before the old one is stopped."""
    stop_delay: Annotated[float, Meta(ge=0, le=20)] = 0.0
    """How long new connections are still taken after SIGTERM, while `/readyz` says 503: as long as a load balancer takes to look there."""
    data_dir: str = ".stagedoor"
    """Folder of the SQLite file and the secret key, when those are not set otherwise."""
    database_url: str = ""
    """`sqlite:///path` or `postgresql://user@host/database`. Empty: `stagedoor.db` in the data folder; what lies beside it (`-wal`, `-shm`, `-reserve`) belongs to it."""
    database_pool: Annotated[int, Meta(ge=1, le=200)] = 10
    """PostgreSQL connections per process."""
    secret_key: str = ""
    """32 bytes in URL-safe base64, the root of every hash and seal. Empty: the file `secret.key` in the data folder."""
    public_url: str = ""
    """Where actors' browsers reach this gateway, `https://…`. Set: callbacks come here first. Empty: they go to the caller's own CallbackURL."""
    region: str = "cn-beijing"
    """The region named in answers that no channel took part in."""
    link_window: Seconds = 120.0
    """How long the face-check link can be used. After it, a missing callback no longer forbids asking the upstream."""
    token_lifetime: Seconds = 1800.0
    """Age at which a BytedToken is refused here without asking the upstream."""
    ask_without_callback: AskWithoutCallback = "after_window"
    """Whether ⑫ asks the upstream although the callback, which should have come to this gateway, has not come: an early query may burn the token."""
    lost_answers: Literal["reconcile", "operator"] = "reconcile"
    """What becomes of a face check whose answer was lost: found again as the one group it can be, or always left to an operator. `operator` where other software makes face checks in the same upstream project."""
    exchange_wait: Seconds = 25.0
    """How long a caller of ⑫ waits for an exchange that another request has begun."""
    sweep_hours: Annotated[float, Meta(gt=0, le=8760)] = 24.0
    """How often a group's assets are compared with the upstream's list of them, to notice what was deleted there by hand."""
    idempotency_days: Annotated[float, Meta(gt=0, le=3650)] = 7.0
    """How long the answer to an Idempotency-Key is kept."""
    body_limit: Annotated[int, Meta(ge=1024)] = 1_048_576
    """Largest request body, in bytes."""
    body_timeout: Seconds = 20.0
    """Time for a request body to arrive."""
    head_timeout: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """Time for a request head to arrive."""
    upstream_timeout: Seconds = 20.0
    """Time for one call of the upstream, retries and pauses included."""
    quota_wait: Annotated[float, Meta(ge=0, le=86_400)] = 3.0
    """How long a call waits for room under the upstream account's limits before FlowLimitExceeded."""
    key_rate: Rate = ""
    """How often each API key may call that has no rate of its own. Empty: as often as it likes."""
    tenant_rate: Rate = ""
    """How often each tenant may call, with all of its keys together, that has no rate of its own. Empty: as often as it likes."""
    address_rate: Rate = ""
    """How often each client address may call without a key that is known: without any, with wrong ones, and for the actor's pages. Callbacks that are waited for always pass. Each process counts for itself. Empty: as often as it likes."""
    trusted_proxies: Networks = ""
    """Networks of the proxies whose `X-Forwarded-For` is believed, with commas between them: `127.0.0.1, 10.0.0.0/8`. Empty: nobody's."""
    webhook_http: bool = False
    """Whether webhooks may go to `http://` addresses, where everybody on the way can read them."""
    webhook_private: bool = False
    """Whether webhooks may go to this machine and to private networks: for trials, since every tenant could then reach what stands there."""
    event_days: Annotated[float, Meta(ge=4, le=3650)] = 30.0
    """How long events, and what became of their deliveries, are kept."""
    console: bool = True
    """Whether operators can sign in at `/console`."""
    import_limit: Annotated[int, Meta(ge=1024)] = 8_388_608
    """Largest body of a bulk import, in bytes."""
    import_days: Annotated[float, Meta(gt=0, le=3650)] = 30.0
    """How long a bulk import and its results are kept when it has come to its end."""
    media_seconds: Annotated[int, Meta(ge=1, le=600)] = 10
    """Processor time that opening a file may take; one that takes more is refused."""
    media_memory: Annotated[int, Meta(ge=268_435_456)] = 2_147_483_648
    """Memory that opening a file may take, in bytes; one that takes more is refused."""
    media_at_once: Annotated[int, Meta(ge=1, le=64)] = 2
    """How many files each process opens at a time; each takes one processor."""
    audit_checkpoint_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 60.0
    """How long an entry of the audit trail may wait for the signature that covers it; it is signed at once when 1,000 have come."""
    upload_store: str = ""
    """Where uploaded files lie: a folder, which all processes share, or `s3://bucket/prefix`, which needs `stagedoor[s3]`. Empty: `uploads` in the data folder."""
    upload_limit: Annotated[int, Meta(ge=1024)] = 209_715_200
    """Largest file that can be uploaded, in bytes."""
    upload_tenant_limit: Annotated[int, Meta(ge=1024)] = 10_737_418_240
    """How many bytes all files of a tenant may have that are here at a time."""
    upload_timeout: Seconds = 3600.0
    """Time for one request that brings a file, or a part of it, to arrive. Nothing may come for as long as `body_timeout`."""
    upload_days: Annotated[float, Meta(gt=0, le=3650)] = 7.0
    """How long an uploaded file is kept. One that is not complete after a day goes then."""
    upload_link_seconds: Annotated[float, Meta(ge=60, le=86_400)] = 3600.0
    """How long the asset library can fetch a file at the address that it is given with ⑥."""
    s3_endpoint: str = ""
    """Address of the S3-compatible store, which the asset library has to reach, too. Empty: AWS."""
    s3_region: str = "us-east-1"
    """Region of the bucket."""
    s3_access_key: str = ""
    """Access key for the bucket. Empty: what the environment or the machine's role gives."""
    s3_secret_key: str = ""
    """Secret key for the bucket."""
    s3_virtual_hosts: bool = False
    """Whether the bucket's name stands in front of the store's host name, as some stores want it, instead of in the path."""
    metrics: Literal["admin", "open", "off"] = "admin"
    """Who may read `/metrics`: holders of an operator's key, everybody who reaches this gateway, or nobody."""
    traces_url: str = ""
    """Where traces go, as OTLP over HTTP: `http://127.0.0.1:4318/v1/traces`. Empty: there are none. Needs `stagedoor[otel]`."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe log line written."""
    log_format: Literal["json", "console"] = "json"
    """Form of the log lines."""

    @property
    def data_path(self) -> Path:
        path = Path(self.data_dir)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"The data folder {path} cannot be made: {error.strerror}.") from None
        return path

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_path / 'stagedoor.db'}"

    @property
    def proxy_networks(self) -> "Sequence[IPv4Network | IPv6Network]":
        from ipaddress import ip_network

        try:
            return [ip_network(text) for text in self.trusted_proxies.replace(",", " ").split()]
        except ValueError as error:
            raise SettingsError(f"trusted_proxies cannot be used: {error}.") from None

    @property
    def idempotency_lifetime(self) -> timedelta:
        return timedelta(days=self.idempotency_days)

    @property
    def import_lifetime(self) -> timedelta:
        return timedelta(days=self.import_days)

    @property
    def upload_lifetime(self) -> timedelta:
        return timedelta(days=self.upload_days)

    @property
    def upload_link_lifetime(self) -> timedelta:
        return timedelta(seconds=self.upload_link_seconds)

    @property
    def event_lifetime(self) -> timedelta:
        return timedelta(days=self.event_days)


class Given(NamedTuple):
    """A value that somebody set, and how they wrote its name: a variable, an option, or a key and its file."""

    written: str
    value: object


def load_settings(environ: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """Read the settings: defaults, then the TOML file named by ``STAGEDOOR_CONFIG``, then ``STAGEDOOR_*``, then overrides.

    Raises:
        SettingsError: a name is unknown or a value is not allowed.

    """
    given: dict[str, Given] = {}
    if path := environ.get(CONFIG):
        given.update(_read_file(path))
    given.update(_read_environment(environ))
    for name, value in overrides.items():
        if value is not None:
            given[name] = Given(f"--{name.replace('_', '-')}", value)
    types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    return Settings(**{name: _convert(one, types[name]) for name, one in given.items()})


def _read_file(path: str) -> Iterator[tuple[str, Given]]:
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}") from None
    fields = Settings.__struct_fields__
    for name, value in values.items():
        if name not in fields:
            hint = " Settings stand without sections." if isinstance(value, dict) else _did_you_mean(name, fields)
            raise SettingsError(f"There is no setting {name} in {path}.{hint}")
        yield name, Given(f"{name} in {path}", value)


def _read_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, Given]]:
    names = {f"{PREFIX}{name.upper()}": name for name in Settings.__struct_fields__}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in {CONFIG, *FOR_CLIENTS} or variable.startswith(FOR_TESTS):
            continue
        if _is_service_link(variable, text):
            raise SettingsError(
                f"{variable} was set by Kubernetes, for a Service called stagedoor or stagedoor-…. Say enableServiceLinks: false in the"
                " pod's spec, or give the Service another name."
            )
        if variable not in names:
            raise SettingsError(f"There is no setting {variable}.{_did_you_mean(variable, (*names, CONFIG))}")
        yield names[variable], Given(variable, text)


def _is_service_link(variable: str, text: str) -> bool:
    """Tell what Kubernetes puts into every pod for a Service whose name begins like our variables."""
    address = variable.endswith("_PORT") and re.match(r"(tcp|udp|sctp)://", text)
    return bool(address or re.search(r"_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP|SCTP)", variable))


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    import difflib

    cores = {_core(other): other for other in known}
    near = difflib.get_close_matches(_core(name), cores, n=1)
    return f" Did you mean {cores[near[0]]}?" if near else ""


def _core(name: str) -> str:
    # With the prefix every variable would be like every other.
    return name.removeprefix(PREFIX).lower()


def _convert(given: Given, kind: Any) -> Any:
    try:
        return msgspec.convert(given.value, kind, strict=False)
    except msgspec.ValidationError:
        # The value is not repeated: it may be a secret in the wrong place.
        raise SettingsError(f"{given.written} cannot be used: it must be {describe(kind)}.") from None


def describe(kind: Any) -> str:
    """Say which values the type of a setting allows, as the end of "it must be …"."""
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if kind is str:
        return "text"
    if kind is Rate:
        return "a rate, like 100/s or 6000/m, or empty"
    if kind is Networks:
        return "networks, like 127.0.0.1 or 10.0.0.0/8, with commas between them, or empty"
    if kind is bool:
        return "true or false"
    whole, limits = get_args(kind)
    named = (("more than", limits.gt), ("at least", limits.ge), ("at most", limits.le))
    allowed = " and ".join(f"{words} {limit}" for words, limit in named if limit is not None)
    return f"a {'whole ' if whole is int else ''}number, {allowed}"
