"""docs/reference/errors.md: its recipes lead to the errors they promise."""

import asyncio
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from docs.generate.errors import ADVICE, FAULTS
from stagedoor.clock import MovableClock
from stagedoor.doors.openapi.errors import error_classes
from tests.support import databases
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Recipes are about errors, not about databases."""
    return databases.fresh_sqlite(sqlite_template, tmp_path)


def test_every_error_has_advice_and_a_way_to_meet_it() -> None:
    codes = {cls.code for cls in error_classes()}
    assert set(ADVICE) == codes
    assert {code for code, (_, how) in ADVICE.items() if not how} == set(FAULTS)


async def make(api: Api, action: str) -> dict[str, Any]:
    """Return the fields of a call that succeeds when nothing is in its way."""
    if action == "CreateAssetGroup":
        return {"Name": "hero"}
    group = await api.ok("CreateAssetGroup", Name="hero")
    return {"Id": group["Id"], **({"Name": "heroine"} if action == "UpdateAssetGroup" else {})}


@pytest.mark.parametrize("code", sorted(FAULTS))
async def test_an_ordered_fault_leads_to_its_error(api: Api, control: EmulatorControl, code: str) -> None:
    fault = FAULTS[code]
    fields = await make(api, fault.action)
    await control.ask("POST", "faults", fault.document)
    answer = await api.call(fault.action, **fields)
    assert answer.code.partition(".")[0] == code


async def start(api: Api) -> str:
    session = await api.ok("CreateVisualValidateSession", CallbackURL="https://studio.example/done")
    return str(session["BytedToken"])


async def come_back(api: Api, control: EmulatorControl, byted_token: str, outcome: str) -> None:
    redirect = await control.complete(byted_token, outcome)
    async with api.http.get(redirect, allow_redirects=False) as response:
        assert response.status == 303


async def test_an_exchange_before_the_callback_is_pending(api: Api) -> None:
    assert (await api.call("GetVisualValidateResult", BytedToken=await start(api))).code == "ValidatePending"


async def test_a_failed_person_leads_to_validate_failed(api: Api, control: EmulatorControl) -> None:
    token = await start(api)
    await come_back(api, control, token, "fail")
    assert (await api.call("GetVisualValidateResult", BytedToken=token)).code == "ValidateFailed"


async def test_a_token_without_lifetime_is_refused(api: Api, control: EmulatorControl, clock: MovableClock) -> None:
    token = await start(api)
    await control.settings(token_lifetime_seconds=0)
    await come_back(api, control, token, "pass")
    assert (await api.call("GetVisualValidateResult", BytedToken=token)).code == "ExchangeInProgress"
    clock.advance(timedelta(seconds=10))
    assert (await api.call("GetVisualValidateResult", BytedToken=token)).code == "BytedTokenRefused"


async def test_a_lost_answer_to_a_used_token_is_unknown(api: Api, control: EmulatorControl) -> None:
    token = await start(api)
    await control.settings(token_policy="used_up_by_success")
    await control.fault("reset_after", "GetVisualValidateResult")
    await come_back(api, control, token, "pass")
    for _ in range(50):
        answer = await api.call("GetVisualValidateResult", BytedToken=token)
        if answer.code == "ExchangeUnknown":
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"the last answer was {answer.code}")


async def test_an_old_token_is_expired(api: Api, clock: MovableClock) -> None:
    token = await start(api)
    clock.advance(timedelta(minutes=31))
    assert (await api.call("GetVisualValidateResult", BytedToken=token)).code == "BytedTokenExpired"


async def test_a_key_in_use_and_a_key_reused(api: Api, control: EmulatorControl) -> None:
    hold = await control.hold("CreateAssetGroup")
    headers = {"Idempotency_Key": "one"}
    first = asyncio.create_task(api.call("CreateAssetGroup", headers=headers, Name="hero"))
    await hold.wait()
    assert (await api.call("CreateAssetGroup", headers=headers, Name="hero")).code == "IdempotencyKeyInUse"
    await hold.release()
    assert (await first).status == 200
    assert (await api.call("CreateAssetGroup", headers=headers, Name="other")).code == "IdempotencyKeyReused"


async def test_what_a_request_can_do_wrong(api: Api, gateway: RunningGateway) -> None:
    url = "http://user:secret@example.com/"
    group = await api.ok("CreateAssetGroup", Name="hero")
    wrong = await api.call("CreateAsset", GroupId=group["Id"], URL=url, AssetType="Image")
    reader = await gateway.client(scopes=["groups:read"])
    path = "/v1/private-avatar/groups"
    found = {
        "MissingParameter.model": await api.call("CreateAssetGroup", model=None, Name="hero"),
        "InvalidParameter.URL": wrong,
        "NotFound.asset_id": await api.call("GetAsset", Id="asset-20000101000000-aaaaa"),
        "AuthenticationError": await gateway.api("sd_test_nonsense").call("CreateAssetGroup", Name="hero"),
        "AccessDenied": await reader.call("CreateAssetGroup", Name="hero"),
        "MethodNotAllowed": await api.send("PUT", path),
        "UnsupportedMediaType": await api.send("POST", path, data=b"{}", content_type="text/plain"),
    }
    assert {code: answer.code for code, answer in found.items()} == {code: code for code in found}


async def test_more_than_a_mebibyte_is_too_large(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "application/json"}
    body = io.BytesIO(b" " * 1_048_577)
    async with api.http.post(f"{api.url}/v1/private-avatar/groups", data=body, headers=headers) as answer:
        assert (await answer.json())["ResponseMetadata"]["Error"]["Code"] == "RequestTooLarge"


async def test_no_header_is_a_missing_token(gateway: RunningGateway) -> None:
    async with aiohttp.ClientSession() as nobody, nobody.get(f"{gateway.url}/v1/private-avatar/groups/x") as answer:
        assert (await answer.json())["ResponseMetadata"]["Error"]["Code"] == "MissingAuthenticationToken"
