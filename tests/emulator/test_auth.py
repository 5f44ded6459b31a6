from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import pytest
from volcenginesdkcore.signv4 import SignerV4

from stagedoor.emulator import RunningEmulator
from tests.support.emulator import EmulatorControl, SignedClient

TARGET = "/?Action=ListAssetGroups&Version=2024-01-01"
BODY = '{"Filter":{"GroupType":"AIGC"}}'
Headers = dict[str, str]


def drop(name: str) -> Callable[[Headers], Headers]:
    return lambda headers: {key: value for key, value in headers.items() if key != name}


def edit(name: str, old: str, new: str) -> Callable[[Headers], Headers]:
    return lambda headers: {**headers, name: headers[name].replace(old, new, 1)}


def put(name: str, value: str) -> Callable[[Headers], Headers]:
    return lambda headers: {**headers, name: value}


@pytest.mark.parametrize(
    ("spoil", "status", "code", "code_n"),
    [
        (drop("Authorization"), 401, "MissingAuthenticationToken", 100003),
        (drop("X-Date"), 400, "MissingRequestInfo", 100004),
        (edit("Authorization", "Signature=", "Nothing="), 401, "MissingSignature", 100005),
        (edit("X-Date", "T", "T9"), 400, "InvalidTimestamp", 100006),
        (edit("Authorization", "=AKLT", "=AKLX"), 401, "InvalidAccessKey", 100009),
        (edit("Authorization", "Signature=", "Signature=0"), 401, "SignatureDoesNotMatch", 100010),
        (put("X-Content-Sha256", "0" * 64), 401, "SignatureDoesNotMatch", 100010),
        (edit("Authorization", "x-date", "x-date;x-not-there"), 401, "SignatureDoesNotMatch", 100010),
        (edit("Authorization", "HMAC-SHA256", "Bearer"), 400, "InvalidAuthorization", 100024),
        (put("Authorization", "HMAC-SHA256 "), 400, "InvalidAuthorization", 100024),
        (edit("Authorization", ";x-date", ""), 400, "InvalidAuthorization", 100024),
        (edit("Authorization", "cn-beijing", "cn-shanghai"), 400, "InvalidCredential", 100025),
        (edit("Authorization", "/ark/", "/iam/"), 400, "InvalidCredential", 100025),
        (put("X-Security-Token", "STS2unknown"), 401, "InvalidSecretToken", 100026),
    ],
)
async def test_what_is_wrong_with_a_signature_is_named(
    ark: SignedClient, spoil: Callable[[Headers], Headers], status: int, code: str, code_n: int
) -> None:
    answer = await ark.send(TARGET, body=BODY.encode(), headers=spoil(ark.sign("ListAssetGroups", BODY)))
    assert (answer.status, answer.code, answer.error["CodeN"]) == (status, code, code_n)


async def test_a_signature_holds_for_fifteen_minutes_either_way(ark: SignedClient, control: EmulatorControl) -> None:
    for skew, status in ((890, 200), (-890, 200), (910, 400), (-910, 400)):
        await control.settings(clock_skew_seconds=skew)
        answer = await ark.call("ListAssetGroups", Filter={"GroupType": "AIGC"})
        assert answer.status == status, skew
        if status == 400:
            assert answer.code == "InvalidTimestamp"


async def test_the_date_of_an_answer_is_that_by_which_signatures_are_judged(
    ark: SignedClient, control: EmulatorControl
) -> None:
    await control.settings(clock_skew_seconds=3600)
    answer = await ark.call("ListAssetGroups", Filter={"GroupType": "AIGC"})
    ahead = parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < ahead < timedelta(minutes=61)


async def test_moving_the_clock_spoils_nobodys_signature(ark: SignedClient, control: EmulatorControl) -> None:
    await control.advance(100_000)
    await ark.ok("ListAssetGroups", Filter={"GroupType": "AIGC"})


async def test_the_temporary_key_works_with_its_session_token_and_not_without(
    ark: SignedClient, emulator: RunningEmulator
) -> None:
    ark.access_key, ark.secret_key = emulator.sts.access_key, emulator.sts.secret_key
    assert (await ark.call("ListAssetGroups")).code == "InvalidSecretToken"
    ark.session_token = emulator.sts.session_token
    await ark.ok("ListAssetGroups", Filter={"GroupType": "AIGC"})


async def test_a_presigned_post_is_let_in(ark: SignedClient) -> None:
    query = {"Action": "ListAssetGroups", "Version": "2024-01-01"}
    host = ark.url.removeprefix("http://")
    for signed_host in (host, None):
        signed = SignerV4.sign_url(
            "/", "POST", query, ark.access_key, ark.secret_key, "cn-beijing", "ark", host=signed_host
        )
        answer = await ark.send(f"/?{signed}", body=BODY.encode(), headers={"Content-Type": "application/json"})
        assert answer.result == {"Items": []}


async def test_a_presigned_address_must_cover_the_action(ark: SignedClient) -> None:
    x_date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    query = {
        "Action": "ListAssetGroups",
        "Version": "2024-01-01",
        "X-Algorithm": "HMAC-SHA256",
        "X-Credential": f"{ark.access_key}/{x_date[:8]}/cn-beijing/ark/request",
        "X-Date": x_date,
        "X-SignedQueries": "X-Date;X-Credential",
        "X-Signature": "0" * 64,
    }
    assert (await ark.send(f"/?{urlencode(query)}")).code == "InvalidAuthorization"


async def test_an_expired_presigned_address_is_refused(ark: SignedClient, control: EmulatorControl) -> None:
    query = {"Action": "ListAssetGroups", "Version": "2024-01-01"}
    signed = SignerV4.sign_url("/", "POST", query, ark.access_key, ark.secret_key, "cn-beijing", "ark")
    await control.settings(clock_skew_seconds=timedelta(minutes=16).total_seconds())
    assert (await ark.send(f"/?{signed}", body=BODY.encode())).code == "InvalidTimestamp"
