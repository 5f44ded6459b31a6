"""Sending files: as a form, and by the tus protocol."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from stagedoor.uploads.store import COMPLETE, DISCARD
from tests.support.gateway import Answer, Api, RunningGateway
from tests.support.validation import until

TUS: dict[str, Any] = {"Tus_Resumable": "1.0.0"}
PART: dict[str, Any] = {**TUS, "content_type": "application/offset+octet-stream"}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def send_form(
    api: Api, content: bytes, *, filename: str = "face.jpg", content_type: str = "image/jpeg", **fields: str
) -> Answer:
    form = aiohttp.FormData()
    for name, value in fields.items():
        form.add_field(name, value)
    form.add_field("file", BytesIO(content), filename=filename, content_type=content_type)
    async with api.http.post(
        f"{api.url}/v1/uploads", data=form, headers={"authorization": f"Bearer {api.key}"}
    ) as response:
        return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, await response.read())


async def send_file(api: Api, content: bytes, **options: Any) -> str:
    """Upload a file and return its UploadId."""
    return str((await send_form(api, content, **options)).result["UploadId"])


def metadata(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


async def begin(api: Api, size: int, **values: str) -> Answer:
    told: dict[str, Any] = {"Upload_Metadata": metadata(**values)} if values else {}
    return await api.send("POST", "/v1/uploads", **TUS, Upload_Length=str(size), **told)


async def begun(api: Api, size: int, **values: str) -> str:
    """Begin an upload and return the path to which its parts go."""
    answer = await begin(api, size, **values)
    assert answer.status == 201, answer.body
    return answer.headers["location"]


async def go_on(api: Api, path: str, offset: int, content: bytes) -> Answer:
    headers = {name.replace("_", "-"): value for name, value in PART.items()}
    sent = {**headers, "Upload-Offset": str(offset), "authorization": f"Bearer {api.key}"}
    async with api.http.patch(f"{api.url}{path}", data=BytesIO(content), headers=sent) as response:
        return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, await response.read())


async def offset_of(api: Api, path: str) -> int:
    answer = await api.send("HEAD", path, **TUS)
    assert answer.status == 200
    return int(answer.headers["upload-offset"])


def files_in(store: Path) -> list[str]:
    """Return the names of all files that lie there."""
    return sorted(path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file())


async def settled(gateway: RunningGateway) -> None:
    """Return when no job about files is owed any more."""

    async def none() -> bool:
        return not await gateway.rt.db.read(
            lambda tx: tx.number("SELECT count(*) FROM jobs WHERE kind IN (:a, :b)", a=COMPLETE, b=DISCARD)
        )

    await until(none)


@asynccontextmanager
async def breaking_proxy(url: str, *, after: int, times: int) -> AsyncIterator[tuple[str, list[int]]]:
    """Yield the address of a proxy that breaks its first connections after so many bytes of theirs, and a list of those."""
    target = urlsplit(url)
    broken: list[int] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> None:
        passed = 0
        while data := await reader.read(65536):
            passed += len(data)
            if limit is not None and passed > limit and len(broken) < times:
                broken.append(passed)
                break
            writer.write(data)
            await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(target.hostname, target.port)
        pumps = [
            asyncio.create_task(pump(reader, up_writer, after)),
            asyncio.create_task(pump(up_reader, writer, None)),
        ]
        with suppress(ConnectionError):
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for end in (writer, up_writer):
            end.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", broken
