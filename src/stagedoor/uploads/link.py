"""Addresses at which the gateway itself gives a file out, for a while and to whoever has the address."""

import base64
import hmac
import mimetypes
import re
from datetime import datetime
from typing import NamedTuple

from stagedoor.clock import to_microseconds
from stagedoor.runtime import Runtime
from stagedoor.uploads.store import Upload

PURPOSE = "upload_link"
_EXPIRES = re.compile(r"[1-9][0-9]{0,11}")


class Link(NamedTuple):
    """What an address carries."""

    upload_id: str
    expires: str
    signature: str


def sign_link(rt: Runtime, upload: Upload, expires_at: datetime) -> str:
    """Return the path and query at which the file is given out until then. The name of the file is not in it."""
    expires = str(to_microseconds(expires_at) // 1_000_000)
    ending = mimetypes.guess_extension(upload.content_type) or ".bin"
    return f"/u/{upload.id}/file{ending}?expires={expires}&signature={_signature(rt, upload.id, expires)}"


def is_good(rt: Runtime, link: Link) -> bool:
    """Tell whether an address is one of ours, and its time not over."""
    if not _EXPIRES.fullmatch(link.expires):
        return False
    signed = hmac.compare_digest(_signature(rt, link.upload_id, link.expires).encode(), link.signature.encode())
    return signed and int(link.expires) * 1_000_000 > to_microseconds(rt.clock.now())


def _signature(rt: Runtime, upload_id: str, expires: str) -> str:
    digest = rt.vault.hash(PURPOSE, f"{upload_id}\n{expires}")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
