"""A client that writes bytes, right or wrong, and reads until the server has closed."""

import asyncio
from contextlib import suppress

from tests.support.gateway import Answer, RunningGateway

JSON = "Content-Type: application/json"


def head(line: str, *fields: str, key: str = "") -> bytes:
    """Return a request head that asks the server to close; ``fields`` are whole header lines."""
    lines = [line, "Host: gateway", "Connection: close", *fields]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")


async def talk(gateway: RunningGateway, *pieces: bytes, seconds: float = 10) -> list[Answer]:
    """Send bytes, a write per piece, and return every answer that came before the server closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
    try:
        async with asyncio.timeout(seconds):
            # The server may close while we still write; what it said before is what counts.
            with suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
            return answers(await read_to_end(reader))
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    received = bytearray()
    with suppress(ConnectionError):
        while chunk := await reader.read(65_536):
            received += chunk
    return bytes(received)


def answers(received: bytes) -> list[Answer]:
    """Take a byte stream apart into answers."""
    found = []
    while received:
        top, blank, received = received.partition(b"\r\n\r\n")
        assert blank, f"half an answer: {top!r}"
        status, *lines = top.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        found.append(Answer(int(status.split(" ")[1]), headers, received[:length]))
        received = received[length:]
    return found
