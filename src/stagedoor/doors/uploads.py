"""The uploads door: files of this caller's machine, to be named by ⑥ as `upload://<UploadId>`.

POST   /v1/uploads        a file as a form; or, by the tus protocol, the beginning of one that comes in parts
GET    /v1/uploads        list them, the newest first
GET    /v1/uploads/{id}   one of them
DELETE /v1/uploads/{id}   delete it here; assets made of it stay

HEAD, PATCH and OPTIONS are the tus protocol's (`doors/tus.py`), like every request with `Tus-Resumable`.
"""

from functools import partial
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.types import Receive, Scope, Send

from stagedoor.audit.store import by_key
from stagedoor.clock import to_iso
from stagedoor.contract.fields import AssetType
from stagedoor.contract.operations import UPLOADS_WRITE
from stagedoor.contract.results import Empty
from stagedoor.db.pages import Order, Selection
from stagedoor.doors import tus
from stagedoor.doors.pages import read_page
from stagedoor.errors import MethodNotAllowed
from stagedoor.http.body import stream_body
from stagedoor.http.envelope import result_body
from stagedoor.http.guard import send_json
from stagedoor.http.router import Route
from stagedoor.keys.authenticate import Caller, KeyRing
from stagedoor.listing import Listing, answer_page
from stagedoor.media.check import judge_kept
from stagedoor.media.problems import Problem
from stagedoor.media.rules import MediaRules
from stagedoor.runtime import Runtime
from stagedoor.uploads.begin import new_upload
from stagedoor.uploads.complete import keep_whole
from stagedoor.uploads.form import read_boundary, receive_form
from stagedoor.uploads.remove import delete_upload
from stagedoor.uploads.sink import Sink
from stagedoor.uploads.store import Upload, count_uploads, get_upload, list_uploads

PATH, ONE_PATH = "/v1/uploads", "/v1/uploads/{id}"
UploadState = Literal["Uploading", "Complete"]


class UploadView(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    upload_id: str
    name: str
    size: int
    received: int
    content_type: str
    asset_type: AssetType | UnsetType = UNSET
    state: UploadState
    sha256: str | UnsetType = UNSET
    problems: list[Problem] | UnsetType = UNSET
    create_time: str
    expire_time: str


class UploadList(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    items: list[UploadView]
    next_token: str | UnsetType = UNSET


def show(upload: Upload) -> UploadView:
    """Return what the tenant sees of an upload."""
    return UploadView(
        upload_id=upload.id,
        name=upload.name,
        size=upload.size,
        received=upload.received,
        content_type=upload.content_type,
        asset_type=upload.asset_type or UNSET,
        state="Complete" if upload.is_complete else "Uploading",
        sha256=UNSET if upload.sha256 is None else upload.sha256.hex(),
        problems=_problems(upload),
        create_time=to_iso(upload.created_at),
        expire_time=to_iso(upload.expires_at),
    )


def _problems(upload: Upload) -> list[Problem] | UnsetType:
    """Return what the documented rules have against a file, where it is known what it will be; at ⑥ those of the account count."""
    if upload.findings is None or upload.asset_type is None:
        return UNSET
    return judge_kept(upload.findings, upload.asset_type, MediaRules()).problems


def upload_routes(rt: Runtime, keys: KeyRing) -> list[Route]:
    """Return the routes of the uploads."""
    return [Route(PATH, UploadsEndpoint(rt, keys)), Route(ONE_PATH, UploadEndpoint(rt, keys))]


class _Endpoint:
    """What both paths have in common."""

    def __init__(self, rt: Runtime, keys: KeyRing) -> None:
        self._rt = rt
        self._keys = keys

    async def _admit(self, state: dict[str, Any], action: str) -> Caller:
        state["action"] = action
        caller = await self._keys.authenticate(state["headers"].get(b"authorization", b""), UPLOADS_WRITE)
        state["tenant_id"] = caller.tenant_id
        if caller.rates:
            await self._keys.count(caller, state)
        return caller

    async def _answer(self, scope: Scope, send: Send, result: msgspec.Struct, status: int = 200) -> None:
        state = scope["state"]
        body = result_body(state["request_id"], state["action"], self._rt.settings.region, result)
        await send_json(scope, send, status, body)


class UploadsEndpoint(_Endpoint):
    """`/v1/uploads`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope["state"]
        match scope["method"]:
            case "OPTIONS":
                await tus.tell_what_is_understood(self._rt, send)
            case "GET":
                caller = await self._admit(state, "ListUploads")
                await self._answer(scope, send, await self._list(caller.tenant_id, scope["query_string"]))
            case "POST":
                tus.speak(state)
                caller = await self._admit(state, "CreateUpload")
                if tus.is_spoken(state):
                    await tus.begin(self._rt, caller.tenant_id, scope, send)
                else:
                    await self._answer(scope, send, show(await self._receive(caller, scope, receive)))
            case _:
                raise MethodNotAllowed("GET, POST, OPTIONS")

    async def _receive(self, caller: Caller, scope: Scope, receive: Receive) -> Upload:
        rt, settings = self._rt, self._rt.settings
        boundary = read_boundary(scope["state"]["headers"].get(b"content-type", b""))
        chunks = stream_body(scope, receive, silence=settings.body_timeout, within=settings.upload_timeout)
        async with Sink(rt.files.incoming()) as sink:
            sent = await receive_form(rt, boundary, chunks, sink)
            upload = new_upload(
                rt,
                caller.tenant_id,
                name=sent.fields.get("Name") or sent.filename,
                content_type=sent.content_type,
                asset_type=sent.fields.get("AssetType", ""),
                size=sink.size,
            )
            return await keep_whole(rt, upload, sink.path, sent.sha256, by=by_key(caller.key_id))

    async def _list(self, tenant_id: str, query: bytes) -> UploadList:
        listing = Listing(
            Selection("uploads", [{"tenant_id": tenant_id}]),
            Order("created_at", descending=True),
            read_page(query),
            list_uploads,
            partial(count_uploads, tenant_id=tenant_id),
            heavy=False,
        )
        rows, counters = await answer_page(self._rt.db, listing)
        return UploadList(items=[show(row) for row in rows], next_token=counters.get("NextToken", UNSET))


class UploadEndpoint(_Endpoint):
    """`/v1/uploads/{id}`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state, rt, upload_id = scope["state"], self._rt, scope["path_params"]["id"]
        match scope["method"]:
            case "OPTIONS":
                await tus.tell_what_is_understood(rt, send)
            case "GET":
                tenant_id = (await self._admit(state, "GetUpload")).tenant_id
                await self._answer(scope, send, show(await rt.db.read(lambda tx: get_upload(tx, tenant_id, upload_id))))
            case "HEAD":
                tus.speak(state, always=True)
                tenant_id = (await self._admit(state, "GetUpload")).tenant_id
                await tus.tell_offset(rt, tenant_id, upload_id, send)
            case "PATCH":
                tus.speak(state, always=True)
                caller = await self._admit(state, "ContinueUpload")
                await tus.go_on(rt, caller, upload_id, scope, receive, send)
            case "DELETE":
                tus.speak(state)
                caller = await self._admit(state, "DeleteUpload")
                await delete_upload(rt, caller.tenant_id, upload_id, by=by_key(caller.key_id))
                await (tus.say_done(send) if tus.is_spoken(state) else self._answer(scope, send, Empty()))
            case _:
                raise MethodNotAllowed("GET, HEAD, PATCH, DELETE, OPTIONS")
