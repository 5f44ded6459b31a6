"""What is sent again, what is not, and that nothing is made twice."""

import asyncio
import re
import time
from typing import Any

import httpx2
import pytest

from stagedoor_client import (
    AsyncClient,
    Client,
    ConnectionFailed,
    FlowLimitExceeded,
    GatewayError,
    OutcomeUnknown,
    QuotaExceeded,
    Retries,
)
from tests.client.faces import AT_ONCE, Face, open_face
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Api
from tests.support.rawserver import Play, enveloped, http, raw_server, refused, reset, say
from tests.support.story import ON_SQLITE

GROUP = {"Id": "group-1", "Name": "hero"}
GOOD = say(http(enveloped(GROUP)))
KEY = re.compile(rb"idempotency-key: (\S+)", re.IGNORECASE)


def told(code: str, retry: str, status: int, **headers: str) -> Play:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return say(http(refused(code, Retry=retry), status=status, headers=fields))


@ON_SQLITE
async def test_a_limit_is_waited_for_as_long_as_it_says(face: Face, control: EmulatorControl) -> None:
    await control.fault("rate_limited", "CreateAssetGroup", retry_after=1)
    began = time.monotonic()
    group = await face.call("create_group", "hero")
    assert time.monotonic() - began >= 1
    assert group.name == "hero"


class LosesAnswers(httpx2.AsyncHTTPTransport):
    """A way to the gateway on which the first answer is lost, after the gateway has done what it was asked."""

    lost = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if not self.lost:
            await response.aread()
            await response.aclose()
            self.lost = 1
            raise httpx2.ReadError("the connection broke", request=request)
        return response


class LosesAnswersWaiting(httpx2.HTTPTransport):
    """The same for the client that waits."""

    lost = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        if not self.lost:
            response.read()
            response.close()
            self.lost = 1
            raise httpx2.ReadError("the connection broke", request=request)
        return response


@ON_SQLITE
async def test_a_lost_answer_makes_no_second_group(api: Api, control: EmulatorControl) -> None:
    common: dict[str, Any] = {"base_url": api.url, "api_key": api.key, "model": MODEL, "retries": AT_ONCE}
    async with (
        httpx2.AsyncClient(transport=LosesAnswers()) as http_client,
        AsyncClient(**common, http_client=http_client) as client,
    ):
        first = await client.create_group("hero")
    assert first.response.headers["idempotency-replayed"] == "true"
    with (
        httpx2.Client(transport=LosesAnswersWaiting()) as waiting_http,
        Client(**common, http_client=waiting_http) as waiting,
    ):
        second = await asyncio.to_thread(waiting.create_group, "hero")
    assert second.id != first.id
    assert await control.calls("CreateAssetGroup") == 2


@pytest.mark.parametrize(
    "trouble",
    [
        reset(),
        told("DatabaseUnavailable", "later", 503),
        told("IdempotencyKeyInUse", "same_request", 409),
        told("FlowLimitExceeded", "later", 429, Retry_After="0"),
        say(http(b"<html>", status=503, content_type="text/html", headers={"Retry-After": "0"})),
    ],
)
async def test_what_creates_is_sent_again_with_the_same_key(face_kind: str, trouble: Play) -> None:
    async with raw_server(trouble, trouble, GOOD) as raw, open_face(face_kind, raw.url) as face:
        assert (await face.call("create_group", "hero")).id == "group-1"
    assert len(raw.requests) == 3
    keys = {KEY.findall(request)[0] for request in raw.requests}
    assert len(keys) == 1
    assert len(set(raw.requests)) == 1


async def test_a_key_of_ones_own_is_sent(face_kind: str) -> None:
    async with raw_server(GOOD) as raw, open_face(face_kind, raw.url) as face:
        await face.call("create_group", "hero", idempotency_key="order-7")
        await face.call("get_group", "group-1")
    assert [KEY.findall(request) for request in raw.requests] == [[b"order-7"], []]


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (told("OutcomeUnknown", "never", 504), OutcomeUnknown),
        (told("QuotaExceeded", "later", 429), QuotaExceeded),
        (told("FlowLimitExceeded", "later", 429, Retry_After="3600"), FlowLimitExceeded),
        (told("ValidatePending", "same_request", 409), GatewayError),
        (say(http({"error": {"message": "no", "code": "x"}}, status=500)), GatewayError),
    ],
)
async def test_what_waiting_does_not_help_is_said_at_once(face_kind: str, trouble: Play, error: type) -> None:
    async with raw_server(trouble) as raw, open_face(face_kind, raw.url) as face:
        with pytest.raises(error):
            await face.call("create_group", "hero")
    assert len(raw.requests) == 1


async def test_where_keys_are_not_kept_a_lost_answer_is_not_asked_for_again(face_kind: str) -> None:
    async with raw_server(reset()) as raw, open_face(face_kind, raw.url, keys_are_kept=False) as face:
        with pytest.raises(ConnectionFailed) as caught:
            await face.call("create_group", "hero")
        assert caught.value.sent
        assert len(raw.requests) == 1
        with pytest.raises(ConnectionFailed):
            await face.call("get_group", "group-1")
        assert len(raw.requests) == 4


async def test_what_has_no_idempotency_key_is_sent_again_only_when_it_was_refused(face_kind: str) -> None:
    failed, refused_once = told("InternalError", "later", 500), told("DatabaseUnavailable", "later", 503)
    made = say(http(enveloped({"Id": "we_1", "Secret": "whsec_1"})))
    async with raw_server(refused_once, made, failed) as raw, open_face(face_kind, raw.url) as face:
        assert (await face.call("create_webhook_endpoint", "https://hooks.example/")).id == "we_1"
        with pytest.raises(GatewayError):
            await face.call("rotate_webhook_secret", "we_1")
        assert len(raw.requests) == 3


async def test_tries_can_be_forbidden(face_kind: str) -> None:
    async with raw_server(reset()) as raw, open_face(face_kind, raw.url, retries=Retries(most=0)) as face:
        with pytest.raises(ConnectionFailed):
            await face.call("get_group", "group-1")
    assert len(raw.requests) == 1


async def test_a_read_is_repeated_where_the_gateway_says_nothing_of_retries(face_kind: str) -> None:
    bad = say(http(b"<html>", status=502, content_type="text/html"))
    async with raw_server(bad, GOOD) as raw, open_face(face_kind, raw.url) as face:
        assert (await face.call("get_group", "group-1")).id == "group-1"


def test_pauses_double_and_are_drawn_below_their_limit() -> None:
    retries = Retries(first_pause=0.5, longest_pause=4)
    for number, limit in enumerate([0.5, 1, 2, 4, 4, 4]):
        pauses = [retries.backoff(number) for _ in range(200)]
        assert max(pauses) <= limit
        assert max(pauses) - min(pauses) > limit / 2
