"""A process that is killed while a file comes: what it has said is here is here, and what comes of it is the file."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stagedoor.uploads.receive import PIECE_BYTES
from tests.support.stage import GONE, Stage, set_stage
from tests.support.story import ON_SQLITE
from tests.support.validation import until
from tests.uploads.support import PART, begun, files_in, go_on, offset_of, send_file, sha256

PIECES = 6
CONTENT = random.Random(11).randbytes(PIECE_BYTES * PIECES + 12_345)
LARGE = 200 << 20
FLAT = 64 << 20
"""More than a process grows by for pieces, and much less than the file."""


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_stage(database_url, tmp_path, upload_store=str(tmp_path / "files")) as made:
        yield made


async def send_slowly(stage: Stage, path: str, offset: int) -> None:
    """Send the rest of the file, so slowly that there is time to die."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(offset, len(CONTENT), 1 << 19):
            yield CONTENT[start : start + (1 << 19)]
            await asyncio.sleep(0.002)

    headers = {name.replace("_", "-"): value for name, value in PART.items()}
    sent = {**headers, "Upload-Offset": str(offset), "authorization": f"Bearer {stage.key}"}
    async with stage.api.http.patch(f"{stage.api.url}{path}", data=chunks(), headers=sent) as response:
        assert response.status == 204


async def test_a_file_is_resumed_after_kill_9_in_the_middle_of_a_part(stage: Stage) -> None:
    async with stage.process() as process:
        path = await begun(stage.api, len(CONTENT))
        sending = asyncio.create_task(send_slowly(stage, path, 0))
        reached = 0
        while reached < PIECE_BYTES * 2:
            reached = await offset_of(stage.api, path)
            await asyncio.sleep(0.002)
        await stage.killed(process)
        with pytest.raises(GONE):
            await sending
    async with stage.process():
        offset = await offset_of(stage.api, path)
        assert reached <= offset < len(CONTENT)
        assert (await go_on(stage.api, path, offset, CONTENT[offset:])).status == 204
        assert (await stage.api.send("GET", path)).result["Sha256"] == sha256(CONTENT)


@ON_SQLITE
@pytest.mark.parametrize("point", ["U1", "U2"])
async def test_a_file_is_whole_although_the_process_died_before_it_was_recorded(
    stage: Stage, point: str, tmp_path: Path
) -> None:
    """U1: a piece is on the disk and not on record. U2: so is the whole file."""
    content = b"whole" * 1000
    async with stage.process() as process:
        path = await begun(stage.api, len(content))
        await stage.dies_at(point, process, lambda: go_on(stage.api, path, 0, content))
    async with stage.process():
        if point == "U1":
            assert await offset_of(stage.api, path) == 0
            await go_on(stage.api, path, 0, content)
        else:
            assert await offset_of(stage.api, path) == len(content)
            assert (await go_on(stage.api, path, len(content), b"")).status == 204
        shown = (await stage.api.send("GET", path)).result
        assert (shown["State"], shown["Sha256"]) == ("Complete", sha256(content))
        whole = f"whole/{shown['UploadId']}"
        await until(lambda: [one for one in files_in(tmp_path / "files") if "incoming" not in one] == [whole])


@ON_SQLITE
async def test_a_large_file_is_never_in_memory(stage: Stage) -> None:
    async with stage.process() as process:
        await send_file(stage.api, b"the first")  # what is loaded for it is loaded now
        before = _peak(process.process.pid)
        path = await begun(stage.api, LARGE)
        block = bytes(1 << 20)

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(LARGE >> 20):
                yield block

        headers = {name.replace("_", "-"): value for name, value in PART.items()}
        sent = {**headers, "Upload-Offset": "0", "authorization": f"Bearer {stage.key}"}
        async with stage.api.http.patch(f"{stage.api.url}{path}", data=chunks(), headers=sent) as response:
            assert response.status == 204
        assert (await stage.api.send("GET", path)).result["State"] == "Complete"
        assert _peak(process.process.pid) - before < FLAT


def _peak(pid: int) -> int:
    """Return the most memory that a process has had, in bytes."""
    with Path(f"/proc/{pid}/status").open(encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
