"""Each refusal of the upstream becomes the error that tells the truth to the right person (design §3, official-api.md §5)."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from stagedoor import errors
from stagedoor.contract.operations import BY_ACTION, OPERATIONS, Operation
from tests.support.ark import Connect
from tests.support.rawserver import http, raw_server, refused, say

REQUEST_ID = "20260601191715C9DAA092032F19CEC367"
ASKED: dict[str, dict[str, object]] = {
    "CreateAssetGroup": {"Name": "n"},
    "CreateAsset": {"GroupId": "group-1", "URL": "https://c.example/a.jpg?sig=canary", "AssetType": "Image"},
    "GetAsset": {"Id": "asset-1"},
    "GetAssetGroup": {"Id": "group-1"},
    "ListAssets": {"Filter": {"GroupType": "AIGC"}},
    "DeleteAssetGroup": {"Id": "group-1"},
    "GetVisualValidateResult": {"BytedToken": "TOKENcanary"},
}

TABLE = [
    ("GetAsset", 401, "InvalidAccessKey", "UpstreamRejected"),
    ("GetAsset", 401, "SignatureDoesNotMatch", "UpstreamRejected"),
    ("GetAsset", 400, "InvalidCredential", "UpstreamRejected"),
    ("GetAsset", 400, "InvalidTimestamp", "UpstreamRejected"),
    ("GetAsset", 403, "LackPolicy", "UpstreamRejected"),
    ("GetAsset", 403, "AccessDenied", "UpstreamRejected"),
    ("GetVisualValidateResult", 403, "AccessDenied", "UpstreamRejected"),
    ("CreateAsset", 403, "SubscriptionRequired", "UpstreamRejected"),
    ("CreateAsset", 403, "AccountOverdueError", "UpstreamRejected"),
    ("CreateAsset", 403, "SomethingNew", "UpstreamRejected"),
    ("CreateAsset", 403, "OperationDenied.ServiceNotOpen", "UpstreamRejected"),
    ("GetAsset", 404, "InvalidActionOrVersion", "UpstreamRejected"),
    ("GetVisualValidateResult", 404, "ServiceNotFound", "UpstreamRejected"),
    ("CreateAsset", 429, "FlowLimitExceeded", "FlowLimitExceeded"),
    ("CreateAsset", 400, "Throttling.User", "FlowLimitExceeded"),
    ("CreateAsset", 429, "RateLimitExceeded.EndpointRPMExceeded", "FlowLimitExceeded"),
    ("CreateAsset", 429, "RequestLimitExceeded", "FlowLimitExceeded"),
    ("CreateAsset", 429, "QuotaExceeded.QPM", "FlowLimitExceeded"),
    ("CreateAsset", 429, "SomethingNew", "FlowLimitExceeded"),
    ("CreateAsset", 429, "QuotaExceeded", "QuotaExceeded"),
    ("CreateAssetGroup", 400, "AssetGroupLimitExceeded", "QuotaExceeded"),
    ("GetAssetGroup", 404, "NotFound.group_id", "NotFound.group_id"),
    ("GetAsset", 404, "NotFound", "NotFound"),
    ("GetVisualValidateResult", 404, "NotFound.ProjectName", "NotFound.ProjectName"),
    ("ListAssets", 400, "MissingParameter.Filter.GroupType", "MissingParameter.Filter.GroupType"),
    ("CreateAsset", 400, "InvalidParameter.WidthTooSmall", "InvalidParameter.WidthTooSmall"),
    ("CreateAsset", 400, "InvalidParameter", "InvalidParameter"),
    ("CreateAsset", 400, "InputImageSensitiveContentDetected", "InvalidParameter"),
    ("DeleteAssetGroup", 403, "OperationDenied.InvalidState", "OperationDenied.InvalidState"),
    ("GetVisualValidateResult", 400, "ValidatePending", "ValidatePending"),
    ("GetVisualValidateResult", 404, "VisualValidatePending", "ValidatePending"),
    ("GetVisualValidateResult", 200, "ValidateNotReady", "ValidatePending"),
    ("GetVisualValidateResult", 202, "Whatever", "ValidatePending"),
    ("GetVisualValidateResult", 400, "ValidateFailed", "ValidateFailed"),
    ("GetVisualValidateResult", 404, "NotFound.BytedToken", "BytedTokenRefused"),
    ("GetVisualValidateResult", 404, "NotFound", "BytedTokenRefused"),
    ("GetVisualValidateResult", 400, "InvalidParameter.BytedToken", "BytedTokenRefused"),
    ("GetVisualValidateResult", 400, "InvalidParameter.ProjectName", "InvalidParameter.ProjectName"),
    ("GetAsset", 500, "InternalServiceError", "UpstreamFailed"),
    ("GetAsset", 503, "ServiceUnavailableTemp", "UpstreamFailed"),
    ("GetAsset", 200, "InternalError", "UpstreamFailed"),
    ("GetAsset", 500, "SomethingNew", "UpstreamFailed"),
    ("CreateAsset", 500, "InternalServiceError", "OutcomeUnknown"),
    ("CreateAsset", 502, "SomethingNew", "OutcomeUnknown"),
    ("GetAsset", 200, "SomethingNew", "UpstreamMalformed"),
    ("GetAsset", 404, "SomethingNew", "UpstreamMalformed"),
]


@pytest.mark.parametrize(("action", "status", "code", "expected"), TABLE, ids=str)
async def test_a_code_of_ark_becomes_our_error_with_arks_code_and_request_id(
    action: str, status: int, code: str, expected: str, upstream_at: Connect
) -> None:
    async with raw_server(say(http(refused(code), status=status))) as server:
        with pytest.raises(errors.StagedoorError) as caught:
            await upstream_at(server.url).call(BY_ACTION[action], ASKED[action])
    assert caught.value.full_code == expected
    assert caught.value.upstream == errors.UpstreamFault(Code=code, RequestId=REQUEST_ID)


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (404, "", "record does not exist or has expired", errors.BytedTokenRefused),
        (400, "InvalidParameter", "BytedToken信息有误", errors.BytedTokenRefused),
        (400, "BadRequest", "Visual Face token is not found", errors.BytedTokenRefused),
        (200, "BadRequest", "This token was already used.", errors.BytedTokenRefused),
        (400, "BadRequest", "The validation is not finished.", errors.ValidatePending),
        (500, "", "record does not exist", errors.UpstreamFailed),
        (403, "", "Your token has expired", errors.UpstreamRejected),
        (429, "", "The token quota is used up", errors.FlowLimitExceeded),
        (404, "", "404 page not found", errors.UpstreamMalformed),
        (400, "Throttling", "The token bucket is used up", errors.FlowLimitExceeded),
    ],
)
async def test_the_exchange_understands_words_where_the_code_says_nothing(
    status: int, code: str, message: str, expected: type[errors.StagedoorError], upstream_at: Connect
) -> None:
    async with raw_server(say(http(refused(code, message), status=status))) as server:
        with pytest.raises(expected):
            await upstream_at(server.url).call(BY_ACTION["GetVisualValidateResult"], {"BytedToken": "T"})


@pytest.mark.parametrize(
    ("status", "action", "expected"),
    [
        (400, "GetAsset", errors.UpstreamMalformed),
        (401, "GetAsset", errors.UpstreamRejected),
        (403, "GetAsset", errors.UpstreamRejected),
        (404, "GetAsset", errors.UpstreamMalformed),
        (404, "GetVisualValidateResult", errors.UpstreamMalformed),
        (408, "GetAsset", errors.UpstreamFailed),
        (429, "GetAsset", errors.FlowLimitExceeded),
        (502, "GetAsset", errors.UpstreamFailed),
        (504, "CreateAsset", errors.OutcomeUnknown),
    ],
)
async def test_an_error_page_blames_nobody_but_who_made_it(
    status: int, action: str, expected: type[errors.StagedoorError], upstream_at: Connect
) -> None:
    page = http(b"<html><h1>Oops</h1></html>", status=status, content_type="text/html")
    async with raw_server(say(page)) as server:
        with pytest.raises(expected):
            await upstream_at(server.url).call(BY_ACTION[action], ASKED[action])


async def test_a_server_error_may_have_taken_effect_and_says_so(upstream_at: Connect) -> None:
    async with raw_server(say(http(b"", status=500))) as server:
        with pytest.raises(errors.UpstreamFailed) as caught:
            await upstream_at(server.url).call(BY_ACTION["DeleteAssetGroup"], {"Id": "group-1"})
    assert caught.value.sent


async def test_a_rate_limit_says_how_long_to_wait(upstream_at: Connect) -> None:
    limited = http(refused("FlowLimitExceeded"), status=429, headers={"Retry-After": "17"})
    async with raw_server(say(limited)) as server:
        with pytest.raises(errors.FlowLimitExceeded) as caught:
            await upstream_at(server.url).call(BY_ACTION["CreateAsset"], ASKED["CreateAsset"])
    assert caught.value.retry_after == timedelta(seconds=17)


async def test_the_operator_sees_why_the_account_was_refused(upstream_at: Connect) -> None:
    message = "The accesskey [AKLTcanary] included in the request is invalid."
    async with raw_server(say(http(refused("InvalidAccessKey", message, CodeN=100009), status=401))) as server:
        with capture_logs() as logs, pytest.raises(errors.UpstreamRejected) as caught:
            await upstream_at(server.url).call(BY_ACTION["GetAsset"], {"Id": "asset-1"})
    assert caught.value.message == errors.UpstreamRejected.__doc__
    assert logs == [
        {
            "event": "upstream_rejected",
            "log_level": "warning",
            "action": "GetAsset",
            "status": 401,
            "code": "InvalidAccessKey",
            "message": "The accesskey [***] included in the request is invalid.",
            "upstream_request_id": REQUEST_ID,
        }
    ]


async def test_the_caller_sees_what_is_wrong_with_a_parameter_but_no_secret_and_no_control_characters(
    upstream_at: Connect,
) -> None:
    message = "Bad\x00 \x1b[31mfile\n at HTTPS://c.example/a.jpg?sig=canary \u202e: " + "x" * 5000
    async with raw_server(say(http(refused("InvalidParameter.URL", message), status=400))) as server:
        with pytest.raises(errors.InvalidParameter) as caught:
            await upstream_at(server.url).call(BY_ACTION["CreateAsset"], ASKED["CreateAsset"])
    assert caught.value.message.startswith("Bad [31mfile at <address> : xxx")
    assert len(caught.value.message) == 300
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.action)
async def test_no_secret_is_in_a_log_line_or_an_error(operation: Operation, upstream_at: Connect) -> None:
    body = {
        "Id": "x-1",
        "BytedToken": "TOKENcanary",
        "URL": "https://c.example/canary",
        "CallbackURL": "https://canary/",
    }
    echo = f"AKLTcanary SKcanary KEYcanary {' '.join(body.values())}"
    script = [say(http(refused(code, echo), status=400)) for code in ("InvalidParameter.X", "AccessDenied", "New")]
    script += [say(http({"echo": echo})), say(b"", keep=False), say(http(b"", status=500))]
    for play in script:
        async with raw_server(play) as server:
            with capture_logs() as logs, pytest.raises(errors.StagedoorError) as caught:
                await upstream_at(server.url).call(operation, body)
        shown = f"{logs} {caught.value.message} {caught.value.upstream} {caught.value.__cause__!r}"
        assert "canary" not in shown
