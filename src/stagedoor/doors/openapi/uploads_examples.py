"""Answers about uploads, to show in the OpenAPI documents."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from stagedoor.contract.results import Empty
from stagedoor.doors.uploads import UploadList, UploadView

_PICTURE = UploadView(
    upload_id="up_4fzJ0sTuVwXy2zAbCdEfGh",
    name="face.jpg",
    size=482_113,
    received=482_113,
    content_type="image/jpeg",
    asset_type="Image",
    state="Complete",
    sha256="5f2b8c1d7a9e4f60b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0",
    create_time="2026-06-02T07:39:12Z",
    expire_time="2026-06-09T07:39:13Z",
)
_VIDEO = msgspec.structs.replace(
    _PICTURE,
    upload_id="up_7aBcDeFgHiJkLmNoPqRsTu",
    name="take 3.mp4",
    size=61_440_000,
    received=33_554_432,
    content_type="video/mp4",
    asset_type="Video",
    state="Uploading",
    sha256=UNSET,
    expire_time="2026-06-03T07:41:02Z",
)

RESULTS: Mapping[str, Mapping[str, msgspec.Struct]] = {
    "ListUploads": {"Uploads, the newest first": UploadList(items=[_VIDEO, _PICTURE])},
    "CreateUpload": {"A picture": _PICTURE},
    "GetUpload": {"A picture": _PICTURE, "Half of a video": _VIDEO},
    "DeleteUpload": {"The upload is deleted": Empty()},
}
