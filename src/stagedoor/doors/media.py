"""Looking at a file, sent along or uploaded before, before a call is spent on it: `POST /v1/media/check`."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from starlette.types import Receive, Scope, Send

from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.contract.fields import AssetType
from stagedoor.contract.media import CheckMedia
from stagedoor.contract.operations import BY_ACTION
from stagedoor.errors import InvalidParameter, MethodNotAllowed, MissingParameter
from stagedoor.groups.store import get_group
from stagedoor.http.body import decode, is_json, read_body, stream_body
from stagedoor.http.envelope import result_body
from stagedoor.http.guard import send_json
from stagedoor.http.router import Route
from stagedoor.keys.authenticate import KeyRing
from stagedoor.media.check import Media, Report, examine, judge, judge_kept, not_looked_at
from stagedoor.media.problems import Problem
from stagedoor.media.rules import READABLE, MediaRules, rules_for
from stagedoor.runtime import Runtime
from stagedoor.uploads.form import read_boundary, receive_form
from stagedoor.uploads.hand_over import find_named_upload
from stagedoor.uploads.sink import Sink

PATH, ACTION = "/v1/media/check", "CheckMedia"
SCOPE = BY_ACTION["CreateAsset"].scope


class MediaView(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    format: str | UnsetType = UNSET
    asset_type: AssetType | UnsetType = UNSET
    size: int
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    fps: float | UnsetType = UNSET
    has_audio: bool | UnsetType = UNSET


class MediaReport(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    problems: list[Problem]
    media: MediaView
    unchecked: list[str]


def show_media(media: Media) -> MediaView:
    """Return what a tenant sees of a file."""
    given = {name: value for name, value in msgspec.structs.asdict(media).items() if value not in {None, ""}}
    return MediaView(**given)


def media_routes(rt: Runtime, book: ChannelBook, keys: KeyRing) -> list[Route]:
    """Return the route of the check."""
    return [Route(PATH, MediaEndpoint(rt, book, keys))]


class MediaEndpoint:
    """Takes a form with a file, or the name of an upload, and says what is wrong with it; nothing is kept."""

    def __init__(self, rt: Runtime, book: ChannelBook, keys: KeyRing) -> None:
        self._rt = rt
        self._book = book
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            raise MethodNotAllowed("POST")
        state: dict[str, Any] = scope["state"]
        state["action"] = ACTION
        caller = await self._keys.authenticate(state["headers"].get(b"authorization", b""), SCOPE)
        state["tenant_id"] = caller.tenant_id
        if caller.rates:
            await self._keys.count(caller, state)
        report = await self._check(Call(self._rt, self._book, caller), scope, receive)
        result = MediaReport(problems=report.problems, media=show_media(report.media), unchecked=report.unchecked)
        body = result_body(state["request_id"], ACTION, self._rt.settings.region, result)
        await send_json(scope, send, 200, body)

    async def _check(self, call: Call, scope: Scope, receive: Receive) -> Report:
        content_type = scope["state"]["headers"].get(b"content-type", b"")
        if is_json(content_type):
            return await self._check_upload(call, scope, receive)
        rt, settings = self._rt, self._rt.settings
        boundary = read_boundary(content_type)
        chunks = stream_body(scope, receive, silence=settings.body_timeout, within=settings.upload_timeout)
        async with Sink(rt.files.incoming()) as sink:
            sent = await receive_form(rt, boundary, chunks, sink)
            model, asset_type = _read_fields(sent.fields)
            own = await self._rules(call, model, sent.fields.get("GroupId"))
            return judge(await examine(rt.looker, sink.path), asset_type, rules_for(asset_type, own))

    async def _check_upload(self, call: Call, scope: Scope, receive: Receive) -> Report:
        """Hold against the rules what was found when the file was uploaded."""
        settings = self._rt.settings
        body = await read_body(scope, receive, limit=settings.body_limit, within=settings.body_timeout)
        request = decode(body, CheckMedia)
        own = await self._rules(call, request.model, request.GroupId)
        upload = await find_named_upload(self._rt, call.tenant_id, request.URL)
        if upload is None:
            raise InvalidParameter(
                "Only a file that is here can be looked at: upload:// and its UploadId.", field="URL"
            )
        if upload.findings is None:
            return not_looked_at(upload.size, request.AssetType, own)
        return judge_kept(upload.findings, request.AssetType, own)

    async def _rules(self, call: Call, model: str, group_id: str | None) -> MediaRules:
        """Return the rules of the account that a group is on; without one, of that which something new would go to."""
        await call.check_model(model)
        if group_id:
            group = await self._rt.db.read(lambda tx: get_group(tx, call.tenant_id, group_id))
            channel = await self._book.get(group.channel_id)
        else:
            channel = await self._book.route(model, call.tenant_id)
        return msgspec.json.decode(channel.media_rules, type=MediaRules)


def _read_fields(fields: Mapping[str, str]) -> tuple[str, AssetType]:
    """Return the model of a form, and what its file is to be uploaded as."""
    for name in ("model", "AssetType"):
        if not fields.get(name):
            raise MissingParameter(f"The form needs a part with the name {name}.", field=name)
    for asset_type in READABLE:
        if fields["AssetType"] == asset_type:
            return fields["model"], asset_type
    raise InvalidParameter(f"The AssetType must be one of: {', '.join(READABLE)}.", field="AssetType")
