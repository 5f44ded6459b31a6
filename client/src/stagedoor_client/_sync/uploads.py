# Written from _async by `make client`; do not edit.
"""Uploads: files of this machine."""

import time
from collections.abc import Callable, Iterator
from typing import Unpack

from stagedoor_client._sync.library import Library
from stagedoor_client.answers import Answer
from stagedoor_client.base import check_id
from stagedoor_client.errors import StagedoorError
from stagedoor_client.operations import BEGIN_UPLOAD, DELETE_UPLOAD, GET_UPLOAD, LIST_UPLOADS, SEND_PART, Operation
from stagedoor_client.options import CreateOptions, Fields, Options
from stagedoor_client.reading import read
from stagedoor_client.results import Asset, Deleted
from stagedoor_client.uploads import (
    PART,
    File,
    Source,
    Upload,
    begin_headers,
    check_same_content,
    check_same_size,
    open_source,
)

CONFLICT = 409
"""The gateway is still writing what an earlier connection has brought."""


class Uploads(Library):
    """Files on their way to the asset library."""

    def upload(
        self,
        file: File,
        *,
        group_id: str,
        asset_type: str | None = None,
        name: str | None = None,
        moderation: Fields | None = None,
        allow_duplicate: bool = False,
        filename: str | None = None,
        upload_id: str | None = None,
        on_begin: Callable[[str], object] | None = None,
        on_progress: Callable[[int, int], object] | None = None,
        **options: Unpack[CreateOptions],
    ) -> Asset:
        """Upload a file and make an asset of it (⑥); it is ``Processing`` at first.

        Args:
            file: a path, bytes, or an open file that can seek.
            group_id: where the asset will be.
            asset_type: of the asset; what the file's name says when left out.
            name: of the asset.
            moderation: as ⑥ takes it.
            allow_duplicate: make another asset although the group has one of the same content, which is given else.
            filename: in place of the file's own.
            upload_id: of an upload that was begun before and is gone on with.
            on_begin: is told the UploadId, once.
            on_progress: is told how many bytes are there, of how many.
            options: of ⑥; ``timeout`` and ``headers`` of every request.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is not the one that was begun, or cannot seek.
            StagedoorError: the gateway refused it, or was out of reach for too long.

        """
        uploaded = self.upload_file(
            file,
            asset_type=asset_type,
            filename=filename,
            upload_id=upload_id,
            on_begin=on_begin,
            on_progress=on_progress,
            **_shared(options),
        )
        return self.create_asset(
            group_id,
            uploaded.url,
            asset_type or uploaded.asset_type or "Image",
            name=name,
            moderation=moderation,
            allow_duplicate=allow_duplicate,
            **options,
        )

    def upload_file(
        self,
        file: File,
        *,
        asset_type: str | None = None,
        filename: str | None = None,
        upload_id: str | None = None,
        on_begin: Callable[[str], object] | None = None,
        on_progress: Callable[[int, int], object] | None = None,
        **options: Unpack[Options],
    ) -> Upload:
        """Upload a file, which ⑥ can then name by the upload's ``url``; the arguments are those of ``upload``."""
        with open_source(file, filename) as source:
            if upload_id is None:
                upload_id = self._begin(source, asset_type, options)
            if on_begin is not None:
                on_begin(upload_id)
            upload = self.get_upload(upload_id, **options)
            check_same_size(source, upload)
            upload = self._send_rest(source, upload, on_progress, options)
            check_same_content(source, upload)
            return upload

    def list_uploads(self, **options: Unpack[Options]) -> tuple[Upload, ...]:
        """Return the newest uploads."""
        page = self._page(LIST_UPLOADS, Upload, {}, options)
        return page.items

    def iter_uploads(self, **options: Unpack[Options]) -> Iterator[Upload]:
        """Yield all uploads, the newest first."""
        for upload in self._walk(LIST_UPLOADS, Upload, {}, options):
            yield upload

    def get_upload(self, upload_id: str, **options: Unpack[Options]) -> Upload:
        """Return an upload, with how much of the file is there."""
        answer = self._call(GET_UPLOAD, {}, options, upload_id)
        return read(Upload, answer.result, answer.response)

    def delete_upload(self, upload_id: str, **options: Unpack[Options]) -> Deleted:
        """Delete a file at the gateway; assets that were made of it stay."""
        answer = self._call(DELETE_UPLOAD, {}, options, upload_id)
        return read(Deleted, answer.result, answer.response)

    def _begin(self, source: Source, asset_type: str | None, options: Options) -> str:
        """Return the id of a new upload. One whose answer was lost stays empty, and expires."""
        headers = begin_headers(source, asset_type)
        number = 0
        while True:
            answer = self._try(BEGIN_UPLOAD, self.build_upload_request(BEGIN_UPLOAD, headers, options))
            if isinstance(answer, Answer):
                return answer.response.headers.get("location", "").rpartition("/")[2]
            self._wait(BEGIN_UPLOAD, number, answer)
            number += 1

    def _send_rest(
        self, source: Source, upload: Upload, on_progress: Callable[[int, int], object] | None, options: Options
    ) -> Upload:
        """Send what is missing, part after part; after trouble, ask how much has come."""
        number = 0
        if on_progress is not None:
            on_progress(upload.received, upload.size)
        offset = upload.received
        while not upload.is_complete:
            request = self.build_upload_request(
                SEND_PART,
                {**PART, "upload-offset": str(offset)},
                options,
                object_id=check_id(upload.id),
                part=source.part(offset),
            )
            answer = self._try(SEND_PART, request)
            if isinstance(answer, Answer):
                number, offset = 0, int(answer.response.headers.get("upload-offset", "0"))
                if on_progress is not None:
                    on_progress(offset, upload.size)
                if offset < upload.size:
                    continue
            else:
                self._wait(SEND_PART, number, answer)
                number += 1
            upload = self.get_upload(upload.id, **options)
            offset = upload.received
        return upload

    def _wait(self, operation: Operation, number: int, error: StagedoorError) -> None:
        """Wait before the next try.

        Raises:
            StagedoorError: there is none.

        """
        again = error.status == CONFLICT
        pause = self._retries.pause(number, error) if again else self._pause(operation, number, error)
        if pause is None:
            raise error
        time.sleep(pause)


def _shared(options: CreateOptions) -> Options:
    """Return what every request is sent with, of the options of ⑥."""
    shared: Options = {}
    if "timeout" in options:
        shared["timeout"] = options["timeout"]
    if "headers" in options:
        shared["headers"] = options["headers"]
    return shared
