"""Handing a file on: from ``upload://<UploadId>`` to an address that the asset library can fetch, made at the call."""

import re
from urllib.parse import urlsplit

from stagedoor.db.database import Tx
from stagedoor.errors import InvalidParameter, UploadNotComplete, UploadsUnavailable
from stagedoor.runtime import Runtime
from stagedoor.uploads.link import sign_link
from stagedoor.uploads.store import Upload, find_file, get_upload, keep_until

SCHEME = "upload://"
_OURS = re.compile(r"upload://([A-Za-z0-9_]{1,64})")


async def find_named_upload(rt: Runtime, tenant_id: str, url: str) -> Upload | None:
    """Return the complete upload that a URL names; None when it is an address of another kind.

    Raises:
        InvalidParameter: there is more behind ``upload://`` than an id.
        NotFound: the tenant has no such upload.
        UploadNotComplete: a part of the file is missing.

    """
    if not url.lower().startswith(SCHEME):
        return None
    named = _OURS.fullmatch(url)
    if named is None:
        raise InvalidParameter("The URL must be upload:// and the UploadId, and nothing else.", field="URL")
    upload = await rt.db.read(lambda tx: get_upload(tx, tenant_id, named[1]))
    if not upload.is_complete:
        raise UploadNotComplete
    return upload


async def make_address(rt: Runtime, upload: Upload) -> str:
    """Return an address at which the file can be fetched for a while; so long it is kept at least.

    Raises:
        UploadsUnavailable: this gateway knows no address of its own.

    """
    lifetime = rt.settings.upload_link_lifetime
    until = rt.clock.now() + lifetime
    sha256 = upload.sha256 or b""

    async def work(tx: Tx) -> str:
        await keep_until(tx, upload.tenant_id, upload.id, until)
        return await find_file(tx, upload.tenant_id, sha256) or upload.id

    file_id = await rt.db.write(work)
    link = await rt.files.link(file_id, lifetime)
    if link is not None:
        return link
    if not urlsplit(rt.settings.public_url).hostname:
        raise UploadsUnavailable
    return rt.settings.public_url.rstrip("/") + sign_link(rt, upload, until)
