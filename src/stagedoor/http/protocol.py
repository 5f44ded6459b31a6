"""HTTP/1.1 as uvicorn speaks it, with what uvicorn leaves to others: a head that comes in time, is not large, and is one."""

import asyncio
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from stagedoor.errors import InvalidParameter, RequestTimeout, RequestTooLarge, StagedoorError
from stagedoor.http.envelope import error_body
from stagedoor.ids import new_request_id

MAX_READ_HEAD_BYTES = 65_536
PIECE_BYTES = 16_384
"""More than this is never counted to a head that it does not belong to: the largest that is taken, of 32 KiB, stays below the limit."""
LAST_LOOK_SECONDS = 1.0
_OVER = asyncio.Event()
"""Stands for the events of requests that are over, on which nobody waits."""


class HttpProtocol(HttpToolsProtocol):
    """One connection.

    A head must be complete ``head_timeout`` seconds after the connection, or after its own first byte on a connection
    that has been used. What is no request is answered in the envelope all the same, and the connection is closed.
    """

    def __init__(self, *, head_timeout: float, region: str, stopping: asyncio.Event, **given: Any) -> None:
        super().__init__(**given)
        self._stopping = stopping
        self._head_timeout = head_timeout
        self._region = region
        self._head_is_open = True
        self._head_bytes = self._piece_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._has_hung_up = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self._head_timeout, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # In small pieces: how much of a piece belongs to the head that is open at its end, nobody can tell.
        for at in range(0, len(data), PIECE_BYTES):
            self._take(data[at : at + PIECE_BYTES])

    def _take(self, data: bytes) -> None:
        if self._has_hung_up:
            return
        self._piece_bytes = len(data)
        super().data_received(data)
        if not self._head_is_open:
            # Bytes that began no request have ended uvicorn's wait for the next one: it goes on as the wait for its head.
            self._head_is_open = self.timeout_keep_alive_task is None and getattr(
                self.cycle, "response_complete", False
            )
            if not self._head_is_open:
                return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_READ_HEAD_BYTES:
            self._refuse(RequestTooLarge("The request head is larger than 32 KiB."))
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self._head_timeout, self._head_is_late)

    def on_message_begin(self) -> None:
        self._head_is_open = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self.parser.get_http_version() not in {"1.0", "1.1"}:
            raise ValueError  # uvicorn takes it for a broken request, which it is
        most_bytes = self._head_bytes + self._piece_bytes
        self._head_is_open = False
        self._head_bytes = 0
        self._stop_head_timer()
        super().on_headers_complete()
        state = self.scope["state"]
        state["hang_up"], state["stopping"] = self._hang_up, self._stopping
        state["head_bytes_at_most"] = most_bytes
        state["has_whole_body"] = partial(_has_whole_body, self.cycle)
        state["send_at_once"] = partial(self._send_at_once, self.cycle)
        if self._stopping.is_set():
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.is_idle:
            # A connection that waits keeps nothing of what it was used for: there may be ten thousand of them.
            self.cycle.scope = self.scope = None  # type: ignore[assignment]  # made anew for the next request
            self.headers = []
            self.cycle.message_event = _OVER

    @property
    def is_idle(self) -> bool:
        """Whether nothing is owed on this connection, and nothing of a request has come."""
        return not (self.is_reading_head or self._owes_an_answer or self.transport.is_closing())

    @property
    def is_reading_head(self) -> bool:
        return self._head_is_open and self._head_bytes > 0 and not self.transport.is_closing()

    @property
    def _owes_an_answer(self) -> bool:
        return not getattr(self.cycle, "response_complete", True)

    def close_after_this_answer(self) -> None:
        """Say in the answer that is owed that the connection ends with it."""
        if self._owes_an_answer:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are for logs
        self._refuse(
            InvalidParameter("The request is not well-formed HTTP/1.1, or its method is unknown.", field="Request")
        )

    def _head_is_late(self) -> None:
        self._refuse(RequestTimeout("The request head did not arrive in time."))

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, error: StagedoorError) -> None:
        """Say what is wrong and close; while the answer to an earlier request is owed, only that is sent."""
        self._head_is_open = False
        self._stop_head_timer()
        if self.transport.is_closing():
            return
        if self._owes_an_answer:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        request_id = new_request_id()
        body = error_body(request_id, "", self._region, error)
        self.transport.write(
            STATUS_LINE[error.status] + b"content-type: application/json\r\ncontent-length: %d\r\nx-request-id: %b\r\n"
            b"cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n%b"
            % (len(body), request_id.encode(), body)
        )
        self._hang_up()

    def _send_at_once(self, cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> bool:
        """Send a whole answer in one write, where uvicorn makes two: that is a fifth of the cost of a small one.

        Args:
            cycle: the request that is answered.
            status: one that has a body.
            head: lines that end with CRLF, the length among them.
            body: all of it; nothing for HEAD.

        Returns:
            Whether that could be done; if not, nothing was sent.

        """
        if cycle.response_started or self.flow.write_paused:
            return False
        if cycle.disconnected:
            return True
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        ours = b"".join([b"%b: %b\r\n" % header for header in cycle.default_headers])
        end = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((STATUS_LINE[status], ours, head, end, body)))
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def _hang_up(self) -> None:
        """End our side of the connection, read nothing more, and close it a moment later.

        Closed at once, it would be reset under whoever is still sending and has not read our answer yet.
        """
        if self._has_hung_up or self.transport.is_closing():
            return
        self._has_hung_up = True
        if self.cycle is not None:
            self.cycle.disconnected = True  # whatever the app still sends goes nowhere
        self.flow.pause_reading()
        self.transport.write_eof()
        self.loop.call_later(LAST_LOOK_SECONDS, self.transport.close)


def _has_whole_body(cycle: RequestResponseCycle) -> bool:
    return not cycle.more_body
