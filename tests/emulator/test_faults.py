import asyncio
from typing import Any

import aiohttp
import pytest

from tests.support.emulator import Answer, EmulatorControl, SignedClient


async def create(ark: SignedClient) -> Answer:
    return await ark.call("CreateAssetGroup", Name="n")


async def groups_made(control: EmulatorControl) -> int:
    return len((await control.ask("GET", "groups"))["groups"])


async def test_an_error_keeps_the_action_from_happening(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault(
        "error", "CreateAssetGroup", status=503, code="ServiceUnavailableTemp", message="m", retry_after=7
    )
    answer = await create(ark)
    assert (answer.status, answer.error) == (503, {"CodeN": 100019, "Code": "ServiceUnavailableTemp", "Message": "m"})
    assert answer.headers["Retry-After"] == "7"
    assert await groups_made(control) == 0


async def test_an_error_after_the_effect_hides_a_success(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("error", "CreateAssetGroup", after=True)
    answer = await create(ark)
    assert (answer.status, answer.code) == (500, "InternalError")
    assert await groups_made(control) == 1


async def test_a_success_status_can_carry_an_error(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("error_200", "CreateAssetGroup", code="AccessDenied")
    answer = await create(ark)
    assert (answer.status, answer.code) == (200, "AccessDenied")


async def test_the_rate_limit_can_be_ordered(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("rate_limited", "CreateAssetGroup", retry_after=3)
    answer = await create(ark)
    assert (answer.status, answer.code, answer.error["CodeN"]) == (429, "FlowLimitExceeded", 100018)
    assert answer.headers["Retry-After"] == "3"


@pytest.mark.parametrize(("kind", "made"), [("reset_before", 0), ("reset_after", 1)])
async def test_the_connection_is_reset_before_or_after_the_effect(
    ark: SignedClient, control: EmulatorControl, kind: str, made: int
) -> None:
    await control.fault(kind, "CreateAssetGroup")
    with pytest.raises(aiohttp.ClientConnectionError) as broken:
        await create(ark)
    cause = broken.value if isinstance(broken.value, ConnectionResetError) else broken.value.__cause__
    assert isinstance(cause, ConnectionResetError), "a reset, not an orderly end"
    assert await groups_made(control) == made
    assert [call["status"] for call in await control.ledger("CreateAssetGroup")] == [0]


async def test_a_truncated_answer_announces_more_than_it_sends(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("truncate", "CreateAssetGroup")
    with pytest.raises(aiohttp.ClientPayloadError):
        await create(ark)
    assert await groups_made(control) == 1


@pytest.mark.parametrize("status", [200, 502])
async def test_a_page_of_html_can_stand_where_json_should(
    ark: SignedClient, control: EmulatorControl, status: int
) -> None:
    await control.fault("html", "CreateAssetGroup", status=status)
    answer = await create(ark)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body.startswith(b"<html>")
    assert await groups_made(control) == 0


async def test_the_right_answer_can_wear_the_wrong_type(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("content_type", "CreateAssetGroup", content_type="text/plain")
    answer = await create(ark)
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.result["Id"]


async def test_a_flat_answer_has_no_envelope(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("flat", "CreateAssetGroup")
    assert set((await create(ark)).document) == {"Id"}


async def test_an_empty_answer_has_no_bytes(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("empty", "CreateAssetGroup")
    answer = await create(ark)
    assert (answer.status, answer.body) == (200, b"")
    assert await groups_made(control) == 0


async def test_an_oversize_answer_is_as_large_as_ordered(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("oversize", "CreateAssetGroup", size=3_000_000)
    answer = await create(ark)
    assert len(answer.body) > 3_000_000
    assert answer.result["Id"]


async def test_a_key_can_stand_twice_with_two_meanings(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("duplicate_keys", "CreateAssetGroup")
    answer = await create(ark)
    assert answer.body.count(b'"Result"') == 2
    made = (await control.ask("GET", "groups"))["groups"][0]["Id"]
    assert made.encode() in answer.body
    assert answer.result["Id"] != made


async def test_a_delay_passes_before_the_answer(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("delay", "CreateAssetGroup", seconds=0.2)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await create(ark)
    assert loop.time() - begun >= 0.2


async def test_a_fault_strikes_so_many_calls_of_its_action_after_so_many_others(
    ark: SignedClient, control: EmulatorControl
) -> None:
    await control.fault("error", "CreateAssetGroup", skip=1, times=2)
    await ark.ok("ListAssetGroups", Filter={"GroupType": "AIGC"})
    assert [(await create(ark)).status for _ in range(4)] == [200, 500, 500, 200]


async def test_a_fault_without_a_number_strikes_until_reset(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("error", "*", times=0)
    assert [(await create(ark)).status for _ in range(3)] == [500, 500, 500]
    await control.reset()
    assert (await create(ark)).status == 200


async def test_scripts_are_taken_in_the_order_they_were_given(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("error", "CreateAssetGroup", status=502)
    await control.fault("error", "*", status=503)
    assert [(await create(ark)).status for _ in range(3)] == [502, 503, 200]


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"kind": "explode"},
        {"kind": "error", "action": "Nope"},
        {"kind": "error", "times": -1},
        {"kind": "error", "status": 99},
        {"kind": "error", "unknown": 1},
        {"kind": "delay", "seconds": "long"},
        [],
    ],
)
async def test_a_script_that_makes_no_sense_is_refused(control: EmulatorControl, script: Any) -> None:
    async with control.http.post(f"{control.url}/_emulator/faults", json=script) as response:
        assert response.status == 400
        assert (await response.json())["error"]


async def test_an_unsigned_call_uses_up_no_fault(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("error", "CreateAssetGroup")
    await ark.send("/?Action=CreateAssetGroup&Version=2024-01-01")
    assert len((await control.ask("GET", "faults"))["faults"]) == 1
