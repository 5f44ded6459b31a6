"""Where the asset library is to fetch an asset from: an address of the caller's, or one made now for a file that is here."""

from typing import NamedTuple

import msgspec

from stagedoor.assets.address import check_url
from stagedoor.assets.store import find_same_asset
from stagedoor.call import Call
from stagedoor.channels.store import Channel
from stagedoor.contract import requests
from stagedoor.db.database import Tx
from stagedoor.errors import InvalidParameter, UploadsUnavailable
from stagedoor.groups.store import AssetGroup
from stagedoor.media.check import judge_kept
from stagedoor.media.rules import MediaRules
from stagedoor.uploads.hand_over import find_named_upload, make_address
from stagedoor.uploads.store import Upload


class Source(NamedTuple):
    """An address, and what is known of the file behind it."""

    url: str
    sha256: bytes | None = None
    existing: bytes | None = None
    """The answer's JSON of an asset of the group that has the same content: nothing has to be fetched."""


async def check_source(call: Call, request: requests.CreateAsset, channel: Channel) -> Upload | None:
    """Let a URL pass that can be fetched from, and return the file that it names, if that is here.

    Raises:
        InvalidParameter: the upstream could not fetch from there, or would not take the file.
        NotFound: the tenant has no such upload.
        UploadNotComplete: a part of it is missing.

    """
    upload = await find_named_upload(call.rt, call.tenant_id, request.URL)
    if upload is None:
        check_url(request.URL, local=channel.kind == "emulator")
        return None
    own = msgspec.json.decode(channel.media_rules, type=MediaRules)
    if upload.findings is not None and (problems := judge_kept(upload.findings, request.AssetType, own).problems):
        raise InvalidParameter(" ".join(found.message for found in problems), field=problems[0].code)
    return upload


async def find_source(
    call: Call, request: requests.CreateAsset, group: AssetGroup, upload: Upload | None, *, local: bool
) -> Source:
    """Return where the file of ⑥ comes from.

    Args:
        call: who calls.
        request: what is asked for.
        group: where the asset will be.
        upload: the file that is named, if it is here.
        local: whether the upstream reaches addresses of this machine, as the emulator does.

    Raises:
        UploadsUnavailable: the upstream could not fetch it from this gateway.

    """
    if upload is None or upload.sha256 is None:
        return Source(request.URL)
    sha256 = upload.sha256
    if not request.AllowDuplicate:

        async def work(tx: Tx) -> bytes | None:
            return await find_same_asset(tx, call.tenant_id, group.id, request.AssetType, sha256)

        existing = await call.rt.db.read(work)
        if existing is not None:
            return Source(request.URL, sha256, existing)
    url = await make_address(call.rt, upload)
    try:
        check_url(url, local=local)
    except InvalidParameter as error:
        # The address is the operator's, not the caller's.
        raise UploadsUnavailable from error
    return Source(url, sha256)
