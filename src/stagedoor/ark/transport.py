"""The seam to the outside: one HTTP request, one answer, and exactly three ways to fail.

What matters to the callers is whether a request that failed may have taken effect over there, so that is what the errors say.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Protocol

import aiohttp
import msgspec
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession, ClientTimeout
from yarl import URL

from stagedoor.crash import crash_point

ANSWER_LIMIT = 1 << 20
CONNECT_TIMEOUT = timedelta(seconds=2)


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer with its whole body; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TransportError(Exception):
    """There is no answer."""


class NotSent(TransportError):
    """No connection came about (DNS, refused, TLS, connect timeout), so the request was surely not sent."""


class NoAnswer(TransportError):
    """The request was perhaps sent and no complete answer came (timeout, reset, disconnect, broken HTTP)."""

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        """Say what happened; ``timed_out`` when it was the time that ran out."""
        super().__init__(reason)
        self.timed_out = timed_out


class AnswerTooLarge(TransportError):
    """The answer is larger than 1 MiB; the rest of it was not read."""


class Transport(Protocol):
    """Anything that can send an HTTP request."""

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout: timedelta,  # noqa: ASYNC109 - the HTTP client keeps it, and tells a late connection from a late answer
    ) -> Answer: ...

    async def close(self) -> None: ...


class AiohttpTransport:
    """Real HTTP over kept-alive connections: no redirects, no proxies from the environment, no cookies, no hidden second try."""

    def __init__(self) -> None:
        """Prepare; the session is made at the first request, on the loop that is running then."""
        self._session: ClientSession | None = None

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout: timedelta,  # noqa: ASYNC109 - the HTTP client keeps it, and tells a late connection from a late answer
    ) -> Answer:
        """Send one request, once, and read its answer.

        Args:
            method: in capitals.
            url: absolute and already percent-encoded.
            headers: sent as they are.
            body: may be empty.
            timeout: for everything together; connecting has at most two seconds of it.

        Raises:
            NotSent: no connection came about.
            NoAnswer: perhaps sent, but no complete answer.
            AnswerTooLarge: an answer of more than 1 MiB.

        """
        session = self._session or self._open()
        try:
            async with session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body or None,
                allow_redirects=False,
                timeout=_client_timeout(timeout),
                # aiohttp repeats these methods by itself when a kept-alive connection turns out to be dead.
                middlewares=(_only_once,) if method in {"GET", "DELETE"} else None,
            ) as response:
                crash_point("C5")
                return await _read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            # Without a cause: what aiohttp raises holds the request with its headers, and a traceback would show it.
            raise NotSent(_describe(error)) from None
        except TimeoutError as error:
            raise NoAnswer(_describe(error), timed_out=True) from None
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(_describe(error)) from None

    async def close(self) -> None:
        """Close all connections. A later request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> ClientSession:
        self._session = ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            # A compressed answer could unfold to any size; it is asked not to come and is refused when it does.
            auto_decompress=False,
            trust_env=False,
        )
        return self._session


async def _read(response: ClientResponse) -> Answer:
    announced = response.content_length
    if announced is not None and announced > ANSWER_LIMIT:
        raise _too_large(response)
    body = await response.content.readany()
    if not response.content.at_eof():
        body = await _read_rest(response, body)
    if len(body) > ANSWER_LIMIT:
        raise _too_large(response)
    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, body)


async def _read_rest(response: ClientResponse, first: bytes) -> bytes:
    chunks, size = [first], len(first)
    while size <= ANSWER_LIMIT and not response.content.at_eof():
        chunk = await response.content.readany()
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


def _too_large(response: ClientResponse) -> AnswerTooLarge:
    response.close()
    return AnswerTooLarge(f"The answer is larger than {ANSWER_LIMIT} bytes.")


async def _only_once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise NoAnswer(_describe(error), timed_out=isinstance(error, TimeoutError)) from None


def _describe(error: Exception) -> str:
    # The texts of some of these errors repeat the whole request with its headers, so they are not passed on.
    detail = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {detail}" if detail else type(error).__name__


@lru_cache(maxsize=32)
def _client_timeout(timeout: timedelta) -> ClientTimeout:
    return ClientTimeout(total=timeout.total_seconds(), connect=CONNECT_TIMEOUT.total_seconds())
