"""The way back to the customer's page: without the token, and signed."""

import hmac
from urllib.parse import quote, urlencode

from stagedoor.ids import base62
from stagedoor.runtime import Runtime
from stagedoor.validation.callback import VISIBLE_ASCII


def signing_secret(rt: Runtime, tenant_id: str) -> str:
    """Return the secret by which a tenant checks its return addresses; it follows from the instance's secret key."""
    return "sdsig_" + base62(int.from_bytes(rt.vault.hash("return_url", tenant_id)), 43)


def sign(secret: str, session_id: str, status: str, ts: str) -> str:
    """Return the signature of a return address: HMAC-SHA256 over ``session_id.status.ts``, in hex."""
    return hmac.digest(secret.encode(), f"{session_id}.{status}.{ts}".encode(), "sha256").hex()


def return_address(rt: Runtime, tenant_id: str, url: str, session_id: str, status: str) -> str:
    """Return the customer's page with ``status``, ``session_id``, ``ts`` and ``sig`` behind its own query."""
    ts = str(rt.clock.microseconds() // 1_000_000)
    sig = sign(signing_secret(rt, tenant_id), session_id, status, ts)
    page, hash_sign, fragment = url.partition("#")
    joint = "" if page.endswith(("?", "&")) else "&" if "?" in page else "?"
    ours = urlencode({"status": status, "session_id": session_id, "ts": ts, "sig": sig})
    return quote(f"{page}{joint}{ours}{hash_sign}{fragment}", safe=VISIBLE_ASCII)
