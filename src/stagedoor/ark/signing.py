"""Sign a request as the gateway in front of Ark wants it: HMAC-SHA256 over a canonical request (official-api.md §1.13)."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

import msgspec

ALGORITHM = "HMAC-SHA256"


class Credentials(msgspec.Struct, frozen=True):
    """An access key pair, with the session token when it is a temporary one."""

    access_key: str
    secret_key: str
    session_token: str = ""

    def __repr__(self) -> str:
        return "Credentials(…)"


def sign(
    credentials: Credentials,
    *,
    region: str,
    service: str,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> dict[str, str]:
    """Return the headers with the ones that sign the request added to them.

    Args:
        credentials: whose request it is.
        region: such as ``cn-beijing``.
        service: ``ark``.
        method: in capitals.
        path: as it stands in the URL, ``/`` when there is none.
        query: in canonical form, see ``canonical_query``.
        headers: what is sent anyway; ``Host`` has to be among them.
        body: the exact bytes that are sent.
        now: the time to sign with, in UTC.

    """
    x_date = _timestamp(now.replace(microsecond=0))
    day = x_date[:8]
    body_hash = sha256(body).hexdigest()
    signed = {**headers, "X-Date": x_date, "X-Content-Sha256": body_hash}
    if credentials.session_token:
        signed["X-Security-Token"] = credentials.session_token
    names, name_list = _signed_names(tuple(signed))
    lines = "".join([f"{low}:{_host(signed[name]) if low == 'host' else signed[name]}\n" for low, name in names])
    canonical = f"{method}\n{path or '/'}\n{query}\n{lines}\n{name_list}\n{body_hash}"
    scope = f"{day}/{region}/{service}/request"
    to_sign = f"{ALGORITHM}\n{x_date}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    key = _day_key(credentials.secret_key, day, region, service)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    signed["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={name_list}, Signature={signature}"
    )
    return signed


def canonical_query(query: Mapping[str, str]) -> str:
    """Write a query percent-encoded (RFC 3986) and sorted, the form that is signed and can be sent as well."""
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


@lru_cache(maxsize=16)
def _timestamp(second: datetime) -> str:
    return second.strftime("%Y%m%dT%H%M%SZ")


@lru_cache(maxsize=64)
def _signed_names(names: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], str]:
    # The SDK signs these three and whatever begins with a capital X; a verifier follows the list in the request.
    chosen = sorted(
        (name.lower(), name)
        for name in names
        if name in {"Content-Type", "Content-Md5", "Host"} or name.startswith("X-")
    )
    return tuple(chosen), ";".join(low for low, _ in chosen)


def _host(host: str) -> str:
    return host.removesuffix(":80").removesuffix(":443")


@lru_cache(maxsize=256)
def _day_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = secret_key.encode()
    for part in (day, region, service, "request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
