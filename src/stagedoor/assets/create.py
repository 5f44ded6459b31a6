"""⑥ Upload an asset by URL, or an upload that is here."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from stagedoor.assets.record import add_new_asset
from stagedoor.assets.source import check_source, find_source
from stagedoor.assets.store import Asset
from stagedoor.assets.upload import find_marked, intend_upload, marked_name, new_mark, upload_job
from stagedoor.call import Call
from stagedoor.channels.store import Channel
from stagedoor.contract import requests
from stagedoor.crash import crash_point
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import (
    ConsentWithdrawn,
    DatabaseUnavailable,
    OutcomeUnknown,
    StagedoorError,
    UpstreamMalformed,
    may_have_been_sent,
)
from stagedoor.groups.store import AssetGroup, get_group
from stagedoor.jobs.store import drop_job
from stagedoor.uploads.store import Upload


class Errand(NamedTuple):
    """An upload that somebody keeps a record of: the mark it goes over with, and what is written in the asset's transaction."""

    mark: str
    note: Callable[[Tx, Asset], Awaitable[None]]


class Intent(NamedTuple):
    """An upload that nothing speaks against here: its group, and the file that it names, if that is here."""

    group: AssetGroup
    channel: Channel
    file: Upload | None


async def check_upload(call: Call, request: requests.CreateAsset) -> Intent:
    """Return what an upload is about, when nothing speaks against it here.

    Raises:
        StagedoorError: something does.

    """
    group = await call.rt.db.read(lambda tx: get_group(tx, call.tenant_id, request.GroupId, request.ProjectName))
    if group.withdrawn_at is not None:
        raise ConsentWithdrawn
    channel = await call.book.get(group.channel_id)
    return Intent(group, channel, await check_source(call, request, channel))


async def create_asset(call: Call, request: requests.CreateAsset, errand: Errand | None = None) -> msgspec.Raw:
    """Hand the URL to the upstream once and record who owns the asset it made."""
    rt = call.rt
    group, channel, file = await check_upload(call, request)
    source = await find_source(call, request, group, file, local=channel.kind == "emulator")
    if source.existing is not None:
        call.is_existing = True
        return msgspec.Raw(source.existing)
    request = replace(request, URL=source.url)
    mark = new_mark() if errand is None else errand.mark
    await rt.db.write(lambda tx: intend_upload(tx, rt, group, mark), soft=True)
    asset = _asset(call, await _upload(call, request, group, mark), group, request, source.sha256)
    crash_point("C10")

    async def work(tx: Tx) -> bytes | None:
        shown = await add_new_asset(tx, rt, asset, by=call.by, upload=upload_job(group, mark))
        if errand is not None:
            await errand.note(tx, asset)
        return shown

    try:
        shown = await rt.db.write(work)
    except AlreadyThere:
        raise UpstreamMalformed("The asset library answered with the id of an asset that exists already.") from None
    except DatabaseUnavailable as error:
        raise OutcomeUnknown(
            f"The asset {asset.id} was created and will be recorded when the database is back."
        ) from error
    if shown is None:
        # Taken back while Ark was asked: the asset is on record so that it is deleted with the others.
        raise ConsentWithdrawn
    return msgspec.Raw(shown)  # there is no address yet


async def _upload(call: Call, request: requests.CreateAsset, group: AssetGroup, mark: str) -> str:
    """Ask once for the asset and return its id, which is looked for when the answer was lost.

    Raises:
        OutcomeUnknown: neither an answer nor an asset is there; a job goes on looking.
        StagedoorError: it surely was not made.

    """
    answer: Mapping[str, object]
    try:
        answer = await call.ask(group.channel_id, "CreateAsset", _body(request, group, mark))
    except StagedoorError as error:
        if not may_have_been_sent(error):
            await call.rt.db.write(lambda tx: drop_job(tx, *upload_job(group, mark)))
            raise
        answer = await _look_for(call, group, mark, error)
    return str(answer["Id"])


async def _look_for(call: Call, group: AssetGroup, mark: str, lost: StagedoorError) -> Mapping[str, object]:
    try:
        found = await find_marked(call.book, group, mark)
    except StagedoorError:
        raise lost from None
    if found is None:
        raise OutcomeUnknown(
            "The asset library was asked for the asset and its answer was lost. If it was made, it will be in the list of"
            " assets within two minutes: look there before you upload it again.",
            upstream=lost.upstream,
        )
    return found


def _body(request: requests.CreateAsset, group: AssetGroup, mark: str) -> dict[str, object]:
    body: dict[str, object] = {
        "GroupId": group.id,
        "URL": request.URL,
        "AssetType": request.AssetType,
        "ProjectName": group.project_name,
        "Name": marked_name(request.Name or "", mark),
    }
    if request.Moderation is not None:
        body["Moderation"] = {"Strategy": request.Moderation.Strategy}
    return body


def _asset(call: Call, asset_id: str, group: AssetGroup, request: requests.CreateAsset, sha256: bytes | None) -> Asset:
    now = call.rt.clock.now()
    name = request.Name or ""
    return Asset(
        id=asset_id,
        tenant_id=call.tenant_id,
        channel_id=group.channel_id,
        group_id=group.id,
        group_type=group.group_type,
        asset_type=request.AssetType,
        name=name,
        name_folded=name.casefold(),
        moderation=request.Moderation.Strategy if request.Moderation else "Default",
        project_name=group.project_name,
        status="Processing",
        error_code=None,
        error_message=None,
        url=None,
        url_expires_at=None,
        last_inference_at=None,
        created_at=now,
        updated_at=now,
        looked_at=None,
        sha256=sha256,
    )
