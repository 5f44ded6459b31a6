# Written from _async by `make client`; do not edit.
"""Requests and their answers, over the network: what every method stands on."""

import time
from collections.abc import Generator, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar

import httpx2

from stagedoor_client.answers import Answer, not_understood, read_answer, read_failure
from stagedoor_client.base import BaseClient, check_id, next_place, tls_context
from stagedoor_client.errors import StagedoorError
from stagedoor_client.operations import STREAM_EVENTS, Operation
from stagedoor_client.options import PAGE_SIZE, Fields, Options
from stagedoor_client.reading import Page, Result, read_page
from stagedoor_client.retries import Retries

Item = TypeVar("Item", bound=Result)


class Caller(BaseClient):
    """The network of a client."""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        model: str | None = None,
        timeout: float = 30.0,
        retries: Retries | None = None,
        keys_are_kept: bool = True,
        http_client: httpx2.Client | None = None,
    ) -> None:
        """Make a client.

        Args:
            api_key: ``sd_…``; from ``STAGEDOOR_API_KEY`` when left out.
            base_url: the gateway's address; from ``STAGEDOOR_BASE_URL`` when left out.
            model: what requests are routed by; from ``STAGEDOOR_MODEL`` when left out.
            timeout: seconds for each step of a request: connecting, sending, each piece of the answer.
            retries: how often and how patiently a request is sent again.
            keys_are_kept: whether the gateway honours ``Idempotency-Key``, as stagedoor does. With one that does not, say False: then
                what creates something is not sent again after a lost answer.
            http_client: your own HTTP client, with proxies or certificates; it is yours to close.

        Raises:
            ConfigurationError: there is no key or no base URL, or it is none.

        """
        super().__init__(
            api_key=api_key,
            base_url=base_url,
            model=model,
            timeout=timeout,
            retries=retries or Retries(),
            keys_are_kept=keys_are_kept,
        )
        self._http = http_client or httpx2.Client(verify=tls_context())
        self._owns_http = http_client is None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the HTTP client is the caller's."""
        if self._owns_http:
            self._http.close()

    def _call(self, operation: Operation, fields: Fields, options: Options, object_id: str = "") -> Answer:
        if "{id}" in operation.path:
            check_id(object_id)
        request = self.build_request(operation, fields, options, object_id=object_id)
        number = 0
        while True:
            answer = self._try(operation, request)
            if isinstance(answer, Answer):
                return answer
            pause = self._pause(operation, number, answer)
            if pause is None:
                raise answer
            time.sleep(pause)
            number += 1

    def _try(self, operation: Operation, request: httpx2.Request) -> Answer | StagedoorError:
        """Send the request once. Errors are returned: one raised here would carry the request, and with it the key."""
        try:
            response = self._http.send(request, follow_redirects=False)
        except httpx2.RequestError as failure:
            return read_failure(failure)
        return self._judge(operation, response)

    def _page(self, operation: Operation, kind: type[Item], fields: Fields, options: Options) -> Page[Item]:
        answer = self._call(operation, fields, options)
        return read_page(kind, answer.result, answer.response)

    def _walk(self, operation: Operation, kind: type[Item], fields: Fields, options: Options) -> Iterator[Item]:
        place: Fields | None = {"MaxResults": PAGE_SIZE}
        while place is not None:
            page = self._page(operation, kind, {**fields, **place}, options)
            for item in page:
                yield item
            place = next_place(page, PAGE_SIZE)

    def _listen(
        self, after: str | None, types: Sequence[str], silence: float
    ) -> Generator[httpx2.ServerSentEvent, None, None]:
        """Yield the messages of one connection to the stream of events, until it ends.

        Raises:
            StagedoorError: it was refused, it broke, or nothing came for so many seconds.

        """
        headers = {"accept": "text/event-stream"} | ({"last-event-id": after} if after else {})
        request = self.build_request(STREAM_EVENTS, {"type": types or None}, {"headers": headers, "timeout": silence})
        trouble: StagedoorError | None = None
        try:
            response = self._http.send(request, stream=True, follow_redirects=False)
            try:
                if response.status_code == 200:
                    for message in httpx2.EventSource(response):
                        yield message
                else:
                    response.read()
                    answer = read_answer(response)
                    trouble = not_understood(answer, "stream") if isinstance(answer, Answer) else answer
            finally:
                response.close()
        except httpx2.RequestError as failure:
            trouble = read_failure(failure)
        if trouble is not None:
            raise trouble
