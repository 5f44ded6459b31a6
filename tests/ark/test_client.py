"""What is sent to Ark is what Ark's own SDK would send, and nothing more."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

import pytest

from stagedoor import errors
from stagedoor.ark.account import Account, Kind
from stagedoor.ark.transport import AiohttpTransport
from stagedoor.ark.upstream import connect
from stagedoor.clock import MovableClock
from stagedoor.contract.operations import BY_ACTION
from tests.support.ark import Connect
from tests.support.rawserver import enveloped, http, raw_server, refused, say

FOUND = say(http(enveloped({"Id": "asset-1"})))
STALE = http(refused("InvalidTimestamp", "The Signature of the request is expired."), status=400)


def fields(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.lower().split(": ", 1) for line in lines)


@pytest.mark.parametrize(("path", "target"), [("", "/"), ("/", "/"), ("/api/v3/", "/api/v3/"), ("/api/v3", "/api/v3/")])
async def test_a_call_is_a_signed_post_of_the_official_fields(path: str, target: str, upstream_at: Connect) -> None:
    async with raw_server(FOUND) as server:
        upstream = upstream_at(server.url + path, project_name="studio", session_token="STS")
        await upstream.call(BY_ACTION["GetAsset"], {"Id": "asset-1", "Name": None})
    request = server.requests[0]
    headers = fields(request)
    body = request.partition(b"\r\n\r\n")[2]
    assert request.startswith(f"POST {target}?Action=GetAsset&Version=2024-01-01 HTTP/1.1\r\n".encode())
    assert json.loads(body) == {"Id": "asset-1", "ProjectName": "studio"}
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert headers["x-security-token"] == "sts"
    assert headers["x-content-sha256"] == sha256(body).hexdigest()
    assert set(headers) == {
        "host", "content-type", "content-length", "accept", "accept-encoding", "user-agent",
        "x-date", "x-content-sha256", "x-security-token", "authorization",
    }  # fmt: skip
    # The signature once more, step by step, over what has come over the wire.
    signed = "content-type;host;x-content-sha256;x-date;x-security-token"
    lines = "".join(f"{name}:{'STS' if name.endswith('token') else headers[name]}\n" for name in signed.split(";"))
    lines = lines.replace(headers["x-date"], headers["x-date"].upper())
    canonical = f"POST\n{target}\nAction=GetAsset&Version=2024-01-01\n{lines}\n{signed}\n{sha256(body).hexdigest()}"
    x_date = headers["x-date"].upper()
    key = b"SKcanary"
    for part in (x_date[:8], "cn-beijing", "ark", "request"):
        key = hmac.digest(key, part.encode(), "sha256")
    scope = f"{x_date[:8]}/cn-beijing/ark/request"
    text = f"HMAC-SHA256\n{x_date}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    assert headers["authorization"].endswith(f"signature={hmac.digest(key, text.encode(), 'sha256').hex()}")


async def test_a_project_named_in_the_call_goes_before_the_one_of_the_account(upstream_at: Connect) -> None:
    async with raw_server(FOUND) as server:
        await upstream_at(server.url, project_name="a").call(
            BY_ACTION["GetAsset"], {"Id": "asset-1", "ProjectName": "b"}
        )
    assert b'"ProjectName":"b"' in server.requests[0]


async def test_without_a_project_none_is_sent(upstream_at: Connect) -> None:
    async with raw_server(FOUND) as server:
        await upstream_at(server.url).call(BY_ACTION["GetAsset"], {"Id": "asset-1"})
    assert b"ProjectName" not in server.requests[0]


@pytest.mark.parametrize("action", ["GetAsset", "CreateAssetGroup"])
@pytest.mark.parametrize("minutes", [-20, 20])
async def test_a_wrong_clock_is_corrected_after_one_refused_call(
    action: str, minutes: int, upstream_at: Connect, clock: MovableClock
) -> None:
    clock.advance(timedelta(minutes=minutes))
    true_time = datetime.now(UTC)
    stale = STALE.replace(b"\r\n", f"\r\nDate: {format_datetime(true_time, usegmt=True)}\r\n".encode(), 1)
    async with raw_server(say(stale), FOUND) as server:
        upstream = upstream_at(server.url)
        for _ in range(2):
            assert await upstream.call(BY_ACTION[action], {"Id": "asset-1"}) == {"Id": "asset-1"}
        assert len(server.requests) == 3
    for request in server.requests[1:]:
        sent_at = datetime.strptime(fields(request)["x-date"].upper(), "%Y%m%dT%H%M%S%z")
        assert abs(sent_at - true_time) < timedelta(seconds=30)


async def test_a_timestamp_refused_by_a_server_with_our_own_time_is_not_argued_about(upstream_at: Connect) -> None:
    stale = STALE.replace(b"\r\n", f"\r\nDate: {format_datetime(datetime.now(UTC), usegmt=True)}\r\n".encode(), 1)
    async with raw_server(say(stale)) as server:
        with pytest.raises(errors.UpstreamRejected):
            await upstream_at(server.url).call(BY_ACTION["GetAsset"], {"Id": "asset-1"})
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "ark.example",
        "ftp://ark.example",
        "https://",
        "https://u:p@ark.example",
        "https://ark.example/?a=b",
        "http://a/#b",
    ],
)
@pytest.mark.parametrize("kind", ["ark", "emulator", "dialect"])
def test_an_endpoint_that_is_no_plain_address_is_refused(
    endpoint: str, kind: Kind, transport: AiohttpTransport, clock: MovableClock
) -> None:
    with pytest.raises(ValueError, match="endpoint"):
        connect(Account(kind=kind, endpoint=endpoint), transport=transport, clock=clock)


def test_an_account_does_not_show_its_secrets() -> None:
    account = Account(
        kind="ark",
        endpoint="https://ark.example",
        access_key="canary",
        secret_key="canary",
        session_token="canary",
        api_key="canary",
    )
    assert "canary" not in f"{account} {account!r}"
