"""A picture, a video or a recording, passed on from the asset library: for a minute, to one session, a piece at a time."""

import hmac
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
from yarl import URL

from stagedoor.addresses import AddressRefused, CheckedResolver, check_target, read_web_address
from stagedoor.clock import to_microseconds
from stagedoor.console.browser import Answer
from stagedoor.console.visit import Visit
from stagedoor.errors import AccessDenied, NotFound, UpstreamUnavailable

LIFTED_FOR = timedelta(minutes=1)
TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)
MOST_BYTES = 256 * 1_048_576
PIECE = 65_536
SHOWN = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/bmp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "audio/",
)
"""What a browser shows and runs nothing of."""


def new_ticket(visit: Visit, asset_id: str) -> str:
    """Return what lets this session see an asset for a minute."""
    until = to_microseconds(visit.rt.clock.now() + LIFTED_FOR)
    return f"{until}-{_sign(visit, asset_id, until)}"


def check_ticket(visit: Visit, asset_id: str) -> None:
    """Let those pass who have asked to see the asset within the last minute.

    Raises:
        AccessDenied: nobody has in this session.

    """
    until, _, signature = visit.browser.query.get("ticket", "").partition("-")
    good = until.isascii() and until.isdigit() and len(until) < 20
    if not good or not hmac.compare_digest(signature.encode(), _sign(visit, asset_id, int(until)).encode()):
        raise AccessDenied("Ask to see it first.")
    if to_microseconds(visit.rt.clock.now()) >= int(until):
        raise AccessDenied("The minute is over. Ask to see it again.")


def _sign(visit: Visit, asset_id: str, until: int) -> str:
    return visit.rt.vault.hash("console_media", f"{visit.who.session.id}\0{asset_id}\0{until}").hex()[:32]


async def fetch_media(url: str, *, private: bool) -> Answer:
    """Ask for a file at a public address, and return an answer that passes it on.

    Raises:
        NotFound: it is nothing that is shown, or is too large.
        UpstreamUnavailable: there is no answer.

    """
    try:
        check_target(read_web_address(url), private=private)
    except AddressRefused:
        raise NotFound("This asset's address leads to no public place.", field="URL") from None
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=CheckedResolver(private=private), use_dns_cache=False),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=TIMEOUT,
        auto_decompress=False,
        trust_env=False,
    )
    try:
        response = await session.get(URL(url, encoded=True), allow_redirects=False)
        _check(response)
    except BaseException as error:
        await session.close()
        if isinstance(error, aiohttp.ClientError | OSError | TimeoutError):
            raise UpstreamUnavailable from None
        raise
    return Answer(content_type=response.content_type.encode("ascii"), stream=_pieces(session, response))


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status != 200 or not response.content_type.startswith(SHOWN):
        raise NotFound(
            "The asset library does not give it out at the moment, or in no form that a browser shows.", field="URL"
        )
    if (response.content_length or 0) > MOST_BYTES:
        raise NotFound("It is too large to be shown here.", field="URL")


async def _pieces(session: aiohttp.ClientSession, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async with session:
        left = MOST_BYTES
        async for piece in response.content.iter_chunked(PIECE):
            left -= len(piece)
            if left < 0:
                return
            yield piece
