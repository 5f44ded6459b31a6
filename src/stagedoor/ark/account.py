"""An account at an upstream: where it is and what opens it."""

from datetime import timedelta
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

Kind = Literal["ark", "dialect", "emulator"]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream account. ``ark`` and ``emulator`` sign with a key pair, ``dialect`` sends a Bearer key and a ``model``."""

    kind: Kind
    endpoint: str
    region: str = "cn-beijing"
    project_name: str = ""
    model: str = ""
    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""
    api_key: str = ""
    timeout: timedelta = timedelta(seconds=30)

    def __repr__(self) -> str:
        return f"Account(kind={self.kind!r}, endpoint={self.endpoint!r}, project_name={self.project_name!r}, …)"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.access_key, self.secret_key, self.session_token, self.api_key)


def split_endpoint(endpoint: str) -> SplitResult:
    """Take an endpoint apart.

    Raises:
        ValueError: it is no plain http(s) address: no host, or with a user name, a query or a fragment.

    """
    parts = urlsplit(endpoint.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("The endpoint must be an http:// or https:// address with a host.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("The endpoint must have no user name, no query and no fragment.")
    return parts
