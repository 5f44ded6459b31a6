from datetime import UTC, datetime, timedelta

import pytest

from stagedoor.emulator.actions import ACTIONS
from stagedoor.emulator.errors import ArkError
from stagedoor.emulator.quotas import DEFAULT_LIMITS, Quotas
from stagedoor.emulator.settings import QuotaLimit
from tests.support.emulator import EmulatorControl, SignedClient

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_every_action_has_the_published_limit() -> None:
    others = dict.fromkeys(ACTIONS, QuotaLimit(calls=10))
    assert (
        others
        | {
            "CreateVisualValidateSession": QuotaLimit(calls=3),
            "GetVisualValidateResult": QuotaLimit(calls=3),
            "DeleteAssetGroup": QuotaLimit(calls=5),
            "GetAsset": QuotaLimit(calls=100),
            "CreateAsset": QuotaLimit(calls=300, seconds=60),
        }
        == DEFAULT_LIMITS
    )


def test_a_window_slides_and_says_when_to_come_back() -> None:
    quotas, limits = Quotas(), {"GetAsset": QuotaLimit(calls=2, seconds=10)}
    quotas.spend("GetAsset", limits, NOW)
    quotas.spend("GetAsset", limits, NOW + timedelta(seconds=4))
    with pytest.raises(ArkError) as refused:
        quotas.spend("GetAsset", limits, NOW + timedelta(seconds=5))
    assert refused.value.retry_after == 5
    quotas.spend("GetAsset", limits, NOW + timedelta(seconds=10))


def test_a_limit_of_nothing_refuses_everything() -> None:
    with pytest.raises(ArkError):
        Quotas().spend("GetAsset", {"GetAsset": QuotaLimit(calls=0)}, NOW)


async def test_limits_are_off_until_they_are_switched_on(ark: SignedClient, control: EmulatorControl) -> None:
    async def lost() -> str:
        return (await ark.call("GetVisualValidateResult", BytedToken="x")).code

    assert {await lost() for _ in range(6)} == {"NotFound.BytedToken"}
    await control.settings(quotas=True, quota_limits={"GetVisualValidateResult": {"calls": 3, "seconds": 60}})
    assert [await lost() for _ in range(4)] == ["NotFound.BytedToken"] * 3 + ["FlowLimitExceeded"]
    answer = await ark.call("GetVisualValidateResult", BytedToken="x")
    assert (answer.status, answer.error["CodeN"]) == (429, 100018)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    await ark.ok("ListAssets", Filter={"GroupType": "AIGC"})
    await control.advance(61)
    assert await lost() == "NotFound.BytedToken"
