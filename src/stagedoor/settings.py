"""The settings: one TOML file, overridden by ``STAGEDOOR_*``, read once by the command line."""

import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

AskWithoutCallback = Literal["never", "after_window", "always"]


Seconds = Annotated[float, Meta(gt=0, le=86_400)]

PREFIX = "STAGEDOOR_"
NO_SETTINGS = ("STAGEDOOR_CONFIG", "STAGEDOOR_TEST_")
"""Where the TOML file is, and what the tests are told."""


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
    data_dir: str = ".stagedoor"
    """Folder of the SQLite file and the secret key, when those are not set otherwise."""
    database_url: str = ""
    """`sqlite:///path` or `postgresql://user@host/database`. Empty: `stagedoor.db` in the data folder."""
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
    exchange_wait: Seconds = 25.0
    """How long a caller of ⑫ waits for an exchange that another request has begun."""
    exchange_lease: Seconds = 30.0
    """How long a claimed exchange belongs to its process before another may take it over."""
    idempotency_days: Annotated[float, Meta(gt=0, le=3650)] = 7.0
    """How long the answer to an Idempotency-Key is kept."""
    body_limit: Annotated[int, Meta(ge=1024)] = 1_048_576
    """Largest request body, in bytes."""
    body_timeout: Seconds = 20.0
    """Time for a request body to arrive."""
    head_timeout: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """Time for a request head to arrive."""
    upstream_timeout: Seconds = 20.0
    """Time for one attempt at the upstream."""
    quota_wait: Annotated[float, Meta(ge=0, le=86_400)] = 3.0
    """How long a call waits for room under the upstream account's limits before FlowLimitExceeded."""
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
    def idempotency_lifetime(self) -> timedelta:
        return timedelta(days=self.idempotency_days)


def load_settings(environ: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """Read the settings: defaults, then the TOML file named by ``STAGEDOOR_CONFIG``, then ``STAGEDOOR_*``, then overrides.

    Raises:
        SettingsError: a name is unknown or a value is not allowed.

    """
    values: dict[str, object] = {}
    if path := environ.get("STAGEDOOR_CONFIG"):
        try:
            values |= tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"The settings file {path} cannot be read: {error}") from error
    for name, text in environ.items():
        if name.startswith(PREFIX) and not name.startswith(NO_SETTINGS):
            values[name.removeprefix(PREFIX).lower()] = text
    values |= {name: value for name, value in overrides.items() if value is not None}
    if unknown := sorted(values.keys() - set(Settings.__struct_fields__)):
        raise SettingsError(f"There is no setting {unknown[0]}.")
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"The settings cannot be used: {error}") from error
