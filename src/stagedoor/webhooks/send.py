"""Sending one webhook: to a public address that was checked, once, without following anybody anywhere."""

import email.utils
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import aiohttp
import msgspec
from yarl import URL

from stagedoor.addresses import AddressRefused, CheckedResolver, LookUp, check_target, read_web_address

TIMEOUT = timedelta(seconds=15)
CONNECT_TIMEOUT = timedelta(seconds=5)
READ_LIMIT = 64 * 1024


class Reply(msgspec.Struct, frozen=True):
    """What an endpoint answered; its body is thrown away."""

    status: int
    retry_after: timedelta | None = None


class SendError(Exception):
    """There is no answer; ``reason`` is one word, the same for what may not be called and what cannot be reached."""

    def __init__(self, reason: str) -> None:
        """Say why: ``Unreachable``, ``TlsFailed``, ``Timeout`` or ``NoAnswer``."""
        super().__init__(reason)
        self.reason = reason


class Sender:
    """Posts webhooks. No redirects, no proxies from the environment, no cookies."""

    def __init__(self, *, plain_http: bool = False, private: bool = False, look_up: LookUp | None = None) -> None:
        """Prepare; the session is made at the first webhook, on the loop that is running then.

        Args:
            plain_http: whether a webhook may go unencrypted.
            private: whether it may go to this machine and its neighbours.
            look_up: who knows the addresses of names; the system by default.

        """
        self._plain_http = plain_http
        self._private = private
        self._resolver = CheckedResolver(private=private, look_up=look_up)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        """Post a body and return the answer.

        Raises:
            SendError: there is none.

        """
        try:
            check_target(read_web_address(url), plain_http=self._plain_http, private=self._private)
        except AddressRefused:
            raise SendError("Unreachable") from None
        session = self._session or self._open()
        try:
            async with session.post(
                URL(url, encoded=True), headers=headers, data=body, allow_redirects=False
            ) as response:
                await _throw_away(response)
                return Reply(response.status, _retry_after(response.headers.get("retry-after", "")))
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLError):
            raise SendError("TlsFailed") from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            raise SendError("Unreachable") from None
        except TimeoutError:
            raise SendError("Timeout") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise SendError("NoAnswer") from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            # A new connection each time: one kept open may be closed just when a webhook is sent, which would count as a failure.
            connector=aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT.total_seconds(), connect=CONNECT_TIMEOUT.total_seconds()),
            # A compressed answer could unfold to any size, and nobody reads it.
            auto_decompress=False,
            trust_env=False,
        )
        return self._session


async def _throw_away(response: aiohttp.ClientResponse) -> None:
    size = 0
    while not response.content.at_eof():
        size += len(await response.content.readany())
        if size > READ_LIMIT:
            response.close()
            return


def _retry_after(text: str) -> timedelta | None:
    """Read ``Retry-After``: seconds, or a date."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:10]), 10**7))
    try:
        moment = email.utils.parsedate_to_datetime(text)
        wait = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)
    except (ValueError, OverflowError):
        return None
    return max(wait, timedelta())
