"""Checks of files, before a call is spent on them."""

import asyncio
from typing import Unpack

from stagedoor_client._async.caller import AsyncCaller
from stagedoor_client.answers import Answer
from stagedoor_client.media import MediaReport, guess_asset_type
from stagedoor_client.operations import CHECK_MEDIA
from stagedoor_client.options import Options
from stagedoor_client.reading import read
from stagedoor_client.uploads import SCHEME, File, Upload, open_source


class AsyncChecks(AsyncCaller):
    """What is wrong with a file."""

    async def check_media(
        self,
        file: File,
        *,
        asset_type: str | None = None,
        group_id: str | None = None,
        filename: str | None = None,
        **options: Unpack[Options],
    ) -> MediaReport:
        """Send a file to be looked at, which the gateway does not keep, and return every rule that it breaks.

        Args:
            file: a path, bytes, or an open file that can seek.
            asset_type: what it is to be uploaded as; what its name says when left out.
            group_id: where it is to go: the rules are those of the group's account.
            filename: in place of the file's own.
            options: of the request.

        Raises:
            OSError: the file cannot be read.
            ValueError: it cannot seek, or its name does not say what it is.

        """
        with open_source(file, filename) as source:
            fields = {"AssetType": asset_type or guess_asset_type(source.name), "GroupId": group_id}
            number = 0
            while True:
                answer = await self._try(CHECK_MEDIA, self.build_form_request(CHECK_MEDIA, fields, source, options))
                if isinstance(answer, Answer):
                    return read(MediaReport, answer.result, answer.response)
                pause = self._pause(CHECK_MEDIA, number, answer)
                if pause is None:
                    raise answer
                await asyncio.sleep(pause)
                number += 1

    async def check_upload(
        self, upload: Upload | str, asset_type: str, *, group_id: str | None = None, **options: Unpack[Options]
    ) -> MediaReport:
        """Return every rule that an uploaded file breaks: of its group's account, else of the model's."""
        url = upload.url if isinstance(upload, Upload) else f"{SCHEME}{upload}"
        answer = await self._call(CHECK_MEDIA, {"URL": url, "AssetType": asset_type, "GroupId": group_id}, options)
        return read(MediaReport, answer.result, answer.response)
