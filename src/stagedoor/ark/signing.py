"""Sign a request as the gateway in front of Ark wants it: HMAC-SHA256 over a canonical request (official-api.md §1.13)."""

import hmac
from collections.abc import Iterable, Mapping
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
    lines = "".join([f"{low}:{signed_host(signed[name]) if low == 'host' else signed[name]}\n" for low, name in names])
    canonical = f"{method}\n{path or '/'}\n{query}\n{lines}\n{name_list}\n{body_hash}"
    scope = f"{day}/{region}/{service}/request"
    signature = calculate_signature(credentials.secret_key, x_date, scope, canonical.encode())
    signed["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={name_list}, Signature={signature}"
    )
    return signed


def calculate_signature(secret_key: str, x_date: str, scope: str, canonical: bytes) -> str:
    """Return the signature of a canonical request in hex; ``scope`` is ``YYYYMMDD/region/service/request``."""
    to_sign = f"{ALGORITHM}\n{x_date}\n{scope}\n{sha256(canonical).hexdigest()}"
    return hmac.digest(_day_key(secret_key, scope), to_sign.encode(), "sha256").hex()


def canonical_query(query: Iterable[tuple[str, str]]) -> str:
    """Write a query percent-encoded (RFC 3986) and sorted, the form that is signed and can be sent as well."""
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query)
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


def signed_host(host: str) -> str:
    """Return the host as it is signed: without port 80 or 443; any other port belongs to it."""
    return host.removesuffix(":80").removesuffix(":443")


@lru_cache(maxsize=4096)  # both ways: the channels' keys, and those of whoever signs requests to us
def _day_key(secret_key: str, scope: str) -> bytes:
    key = secret_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
