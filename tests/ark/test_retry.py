"""A call is repeated only where that is safe, inside its time, and out of a budget (reliability rows 9, 11, 12)."""

import socket
from datetime import timedelta

import pytest

from stagedoor import errors
from stagedoor.ark.retry import Budget
from stagedoor.contract.operations import BY_ACTION, OPERATIONS, Operation
from tests.support.ark import Connect, Pauses
from tests.support.rawserver import Play, enveloped, hang, http, raw_server, refused, reset, say

CREATES = [operation for operation in OPERATIONS if operation.creates]
GET = BY_ACTION["GetAsset"]
EXCHANGE = BY_ACTION["GetVisualValidateResult"]
ASSET = {"Id": "asset-1"}
TOKEN = {"BytedToken": "T1"}
FOUND = say(http(enveloped({"Id": "asset-1"})))
EXCHANGED = say(http(enveloped({"GroupId": "group-1"})))
FAILED = say(http(refused("InternalServiceError"), status=500))
LIMITED = say(http(refused("FlowLimitExceeded"), status=429))
TOKEN_REFUSED = say(http(refused("NotFound.BytedToken"), status=404))


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_the_three_operations_that_make_something_are_marked() -> None:
    assert {operation.action for operation in CREATES} == {
        "CreateAssetGroup",
        "CreateAsset",
        "CreateVisualValidateSession",
    }


@pytest.mark.parametrize("operation", CREATES, ids=lambda operation: operation.action)
@pytest.mark.parametrize(
    ("play", "expected"),
    [
        (FAILED, errors.OutcomeUnknown),
        (say(b"", keep=False), errors.OutcomeUnknown),
        (reset(), errors.OutcomeUnknown),
        (reset(http(enveloped({"Id": "x-1"}))[:-20]), errors.OutcomeUnknown),
        (LIMITED, errors.FlowLimitExceeded),
        (say(http(b"<html>")), errors.UpstreamMalformed),
    ],
    ids=["500", "closed", "reset", "reset in the body", "429", "HTML"],
)
async def test_a_create_that_was_perhaps_sent_is_never_sent_again(
    operation: Operation, play: Play, expected: type[errors.StagedoorError], upstream_at: Connect, pauses: Pauses
) -> None:
    async with raw_server(play) as server:
        with pytest.raises(expected):
            await upstream_at(server.url).call(operation, {"Name": "n"})
        assert len(server.requests) == 1
    assert not pauses


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.action)
async def test_a_request_that_found_no_connection_is_sent_again_whatever_it_is(
    operation: Operation, upstream_at: Connect, pauses: Pauses
) -> None:
    with pytest.raises(errors.UpstreamUnavailable) as caught:
        await upstream_at(f"http://127.0.0.1:{closed_port()}").call(operation, {"Id": "x-1"})
    assert not caught.value.sent
    assert pauses == [0.05, 0.1, 0.2]


@pytest.mark.parametrize(
    "trouble",
    [FAILED, LIMITED, reset(), say(b"", keep=False), say(http(b"<html>"))],
    ids=["500", "429", "RST", "FIN", "HTML"],
)
async def test_a_question_survives_three_transient_errors(trouble: Play, upstream_at: Connect) -> None:
    async with raw_server(trouble, trouble, trouble, FOUND) as server:
        assert await upstream_at(server.url).call(GET, ASSET) == ASSET
        assert len(server.requests) == 4


async def test_the_fourth_transient_error_is_the_last(upstream_at: Connect) -> None:
    async with raw_server(FAILED) as server:
        with pytest.raises(errors.UpstreamFailed):
            await upstream_at(server.url).call(GET, ASSET)
        assert len(server.requests) == 4


async def test_a_definite_refusal_is_not_questioned(upstream_at: Connect) -> None:
    async with raw_server(say(http(refused("NotFound.asset_id"), status=404))) as server:
        with pytest.raises(errors.NotFound):
            await upstream_at(server.url).call(GET, ASSET)
        assert len(server.requests) == 1


@pytest.mark.parametrize(("header", "pause"), [("2", 2.0), ("0", 1.0), ("garbage", 1.0), ("-1", 1.0)])
async def test_retry_after_is_honoured(header: str, pause: float, upstream_at: Connect, pauses: Pauses) -> None:
    limited = say(http(refused("FlowLimitExceeded"), status=429, headers={"Retry-After": header}))
    async with raw_server(limited, FOUND) as server:
        assert await upstream_at(server.url).call(GET, ASSET) == ASSET
    assert pauses == [pause]


async def test_a_pause_that_would_outlast_the_call_is_not_begun(upstream_at: Connect, pauses: Pauses) -> None:
    limited = say(http(refused("FlowLimitExceeded"), status=429, headers={"Retry-After": "1000000000"}))
    async with raw_server(limited) as server:
        with pytest.raises(errors.FlowLimitExceeded) as caught:
            await upstream_at(server.url).call(GET, ASSET)
        assert len(server.requests) == 1
    assert caught.value.retry_after == timedelta(seconds=30)
    assert not pauses


async def test_silence_ends_with_the_time_of_the_whole_call(upstream_at: Connect) -> None:
    async with raw_server(hang()) as server:
        upstream = upstream_at(server.url, timeout=timedelta(milliseconds=200))
        with pytest.raises(errors.UpstreamTimeout):
            await upstream.call(GET, ASSET)
        with pytest.raises(errors.OutcomeUnknown):
            await upstream.call(BY_ACTION["CreateAsset"], ASSET)
        assert len(server.requests) == 2


async def test_an_exchange_whose_answer_was_lost_is_asked_again(upstream_at: Connect) -> None:
    async with raw_server(reset(), FAILED, EXCHANGED) as server:
        assert await upstream_at(server.url).call(EXCHANGE, TOKEN) == {"GroupId": "group-1"}
        assert len(server.requests) == 3


async def test_a_token_refused_at_once_is_refused(upstream_at: Connect) -> None:
    async with raw_server(TOKEN_REFUSED) as server:
        with pytest.raises(errors.BytedTokenRefused):
            await upstream_at(server.url).call(EXCHANGE, TOKEN)


@pytest.mark.parametrize("lost", [reset(), FAILED, say(http(b"<html>"))], ids=["RST", "500", "HTML"])
async def test_a_token_refused_after_a_lost_answer_may_have_been_spent_by_us(lost: Play, upstream_at: Connect) -> None:
    async with raw_server(lost, TOKEN_REFUSED) as server:
        with pytest.raises(errors.UpstreamTimeout) as caught:
            await upstream_at(server.url).call(EXCHANGE, TOKEN)
    assert caught.value.sent
    assert caught.value.upstream is not None
    assert caught.value.upstream.Code == "NotFound.BytedToken"


async def test_a_token_refused_after_a_rate_limit_is_refused(upstream_at: Connect) -> None:
    async with raw_server(LIMITED, TOKEN_REFUSED) as server:
        with pytest.raises(errors.BytedTokenRefused):
            await upstream_at(server.url).call(EXCHANGE, TOKEN)


async def test_a_pending_check_is_pending_even_after_a_lost_answer(upstream_at: Connect) -> None:
    async with raw_server(reset(), say(http(enveloped({})))) as server:
        with pytest.raises(errors.ValidatePending):
            await upstream_at(server.url).call(EXCHANGE, TOKEN)


@pytest.mark.parametrize("last", [LIMITED, say(http(refused("AccessDenied"), status=403))], ids=["429", "403"])
async def test_an_exchange_that_was_perhaps_sent_never_ends_as_if_it_had_not_been(
    last: Play, upstream_at: Connect
) -> None:
    async with raw_server(reset(), last) as server:
        with pytest.raises(errors.UpstreamTimeout):
            await upstream_at(server.url).call(EXCHANGE, TOKEN)


READINGS = [operation for operation in OPERATIONS if operation.action.startswith(("Get", "List"))]


def test_what_only_reads_is_marked_and_an_exchange_is_no_reading() -> None:
    assert [operation for operation in OPERATIONS if operation.reads] == [
        one for one in READINGS if one is not EXCHANGE
    ]


@pytest.mark.parametrize("operation", [one for one in READINGS if one is not EXCHANGE], ids=lambda one: one.action)
@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (say(http(refused("AccessDenied"), status=403)), errors.UpstreamRejected),
        (say(http(refused("NotFound.asset_id"), status=404)), errors.NotFound),
        (FAILED, errors.UpstreamFailed),
    ],
    ids=["403", "404", "500"],
)
async def test_a_question_whose_answer_was_lost_is_never_said_to_have_taken_effect(
    operation: Operation, last: Play, expected: type[errors.StagedoorError], upstream_at: Connect
) -> None:
    async with raw_server(reset(), last) as server:
        with pytest.raises(expected) as caught:
            await upstream_at(server.url).call(operation, ASSET)
    assert "effect" not in caught.value.message


async def test_a_change_whose_answer_was_lost_may_have_taken_effect(upstream_at: Connect) -> None:
    async with raw_server(reset(), say(http(refused("AccessDenied"), status=403))) as server:
        with pytest.raises(errors.UpstreamTimeout, match="may have taken effect"):
            await upstream_at(server.url).call(BY_ACTION["UpdateAsset"], ASSET)


async def test_in_an_outage_retries_stay_within_a_fifth_of_the_first_tries(upstream_at: Connect) -> None:
    async with raw_server(FAILED) as server:
        upstream = upstream_at(server.url)
        for _ in range(200):
            with pytest.raises(errors.UpstreamFailed):
                await upstream.call(GET, ASSET)
        assert len(server.requests) <= 1.2 * 200


def test_the_budget_pays_ten_retries_and_then_one_for_every_ten_first_tries() -> None:
    budget = Budget()
    assert [budget.spend() for _ in range(11)] == [True] * 10 + [False]
    for _ in range(10):
        assert not budget.spend()
        budget.earn()
    assert budget.spend()
    assert not budget.spend()


async def test_an_account_with_an_empty_budget_does_not_hold_back_another(upstream_at: Connect) -> None:
    async with raw_server(FAILED) as server:
        tired, fresh = upstream_at(server.url), upstream_at(server.url)
        for _ in range(30):
            with pytest.raises(errors.UpstreamFailed):
                await tired.call(GET, ASSET)
        before = len(server.requests)
        with pytest.raises(errors.UpstreamFailed):
            await fresh.call(GET, ASSET)
        assert len(server.requests) - before == 4
