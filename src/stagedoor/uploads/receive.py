"""The bytes of a file that comes in parts: each piece is on the disk before anybody is told that it is here."""

from collections.abc import AsyncIterator
from datetime import timedelta

from msgspec.structs import replace

from stagedoor.crash import crash_point
from stagedoor.db.database import Tx
from stagedoor.errors import RequestTimeout, RequestTooLarge
from stagedoor.ids import random_base62
from stagedoor.jobs.store import add_job
from stagedoor.runtime import Runtime
from stagedoor.uploads.begin import UNFINISHED
from stagedoor.uploads.store import COMPLETE, Upload, add_piece

PIECE_BYTES = 4 << 20
"""So much of a file is lost at most when the process dies, and so much of it is in memory."""
LEFT_ALONE = timedelta(minutes=1)
"""After so long a file whose last piece is here is completed by a job: whoever took the piece has died."""


async def receive_pieces(rt: Runtime, upload: Upload, chunks: AsyncIterator[bytes]) -> Upload:
    """Take what comes, and return the upload as it is then. What came before the connection broke stays.

    Raises:
        RequestTooLarge: more comes than the file has.
        RequestTimeout: the request did not end as it should.
        UploadOffsetMismatch: somebody else is sending the same part.

    """
    waiting: list[bytes] = []
    size = 0
    try:
        async for chunk in chunks:
            size += len(chunk)
            if upload.received + size > upload.size:
                raise RequestTooLarge("There are more bytes than the file was said to have.")
            waiting.append(chunk)
            if size >= PIECE_BYTES:
                upload = await _keep_piece(rt, upload, b"".join(waiting))
                waiting, size = [], 0
    except RequestTimeout:
        if size:
            await _keep_piece(rt, upload, b"".join(waiting))
        raise
    return await _keep_piece(rt, upload, b"".join(waiting)) if size else upload


async def _keep_piece(rt: Runtime, upload: Upload, content: bytes) -> Upload:
    name = f"{upload.received}-{random_base62(8)}"
    await rt.files.put_piece(upload.id, name, content)
    crash_point("U1")
    now, tenant_id = rt.clock.now(), upload.tenant_id

    async def work(tx: Tx) -> None:
        await add_piece(tx, tenant_id, upload, name, len(content), now + UNFINISHED)
        if upload.received + len(content) == upload.size:
            await add_job(tx, tenant_id, COMPLETE, upload.id, now=now, due_at=now + LEFT_ALONE)

    await rt.db.write(work)
    return replace(upload, received=upload.received + len(content), expires_at=now + UNFINISHED)
