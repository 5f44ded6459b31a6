"""Presigned addresses of stored media: 12 hours by the emulator's clock, in the form the cloud's storage gives them."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from stagedoor.emulator.world import World

LIFETIME = timedelta(hours=12)
SIGNED_FIELDS = ("X-Tos-Algorithm", "X-Tos-Credential", "X-Tos-Date", "X-Tos-Expires", "X-Tos-SignedHeaders")


def media_url(world: World, file_name: str) -> str:
    """Return a freshly signed address; nothing for an asset whose file was never stored."""
    if not file_name:
        return ""
    now = world.clock.now()
    path = media_path(world, file_name)
    fields = {
        "X-Tos-Algorithm": "TOS4-HMAC-SHA256",
        "X-Tos-Credential": f"{world.sts.access_key}/{now:%Y%m%d}/{world.settings.region}/tos/request",
        "X-Tos-Date": now.strftime("%Y%m%dT%H%M%SZ"),
        "X-Tos-Expires": str(int(LIFETIME.total_seconds())),
        "X-Tos-SignedHeaders": "host",
    }
    query = urlencode(fields | {"X-Tos-Signature": _signature(world, path, fields)}, quote_via=quote)
    return f"{world.public_url}{path}?{query}"


def media_path(world: World, file_name: str) -> str:
    return f"/_media/{world.account_id}/{file_name}"


def is_good(world: World, path: str, query: dict[str, str]) -> bool:
    """Tell whether an address was signed here and has not expired."""
    fields = {name: query.get(name, "") for name in SIGNED_FIELDS}
    expected = _signature(world, path, fields)
    if not hmac.compare_digest(expected.encode(), query.get("X-Tos-Signature", "").encode()):
        return False
    signed_at = datetime.strptime(fields["X-Tos-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return world.clock.now() < signed_at + timedelta(seconds=int(fields["X-Tos-Expires"]))


def _signature(world: World, path: str, fields: dict[str, str]) -> str:
    text = "\n".join([path, *(fields[name] for name in SIGNED_FIELDS)])
    return hmac.digest(world.media_secret.encode(), text.encode(), hashlib.sha256).hex()
