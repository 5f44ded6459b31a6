import asyncio

from tests.support.emulator import EmulatorControl, SignedClient


async def test_held_calls_wait_without_effect_until_they_are_released(
    ark: SignedClient, control: EmulatorControl
) -> None:
    hold = await control.hold("CreateAssetGroup")
    calls = [asyncio.create_task(ark.ok("CreateAssetGroup", Name="n")) for _ in range(3)]
    await hold.wait(3)
    assert await control.calls("CreateAssetGroup") == 3
    assert [call["status"] for call in await control.ledger("CreateAssetGroup")] == [None] * 3
    assert (await control.ask("GET", "groups")) == {"groups": []}
    await hold.release()
    assert len({made["Id"] for made in await asyncio.gather(*calls)}) == 3


async def test_a_call_held_after_its_effect_has_already_happened(ark: SignedClient, control: EmulatorControl) -> None:
    hold = await control.hold("CreateAssetGroup", after=True)
    call = asyncio.create_task(ark.ok("CreateAssetGroup", Name="n"))
    await hold.wait()
    groups = (await control.ask("GET", "groups"))["groups"]
    await hold.release()
    assert [group["Id"] for group in groups] == [(await call)["Id"]]


async def test_other_actions_are_answered_while_one_is_held(ark: SignedClient, control: EmulatorControl) -> None:
    hold = await control.hold("CreateAssetGroup")
    call = asyncio.create_task(ark.ok("CreateAssetGroup", Name="n"))
    await hold.wait()
    await ark.ok("ListAssetGroups", Filter={"GroupType": "AIGC"})
    await hold.release()
    await call
    await ark.ok("CreateAssetGroup", Name="not held any more")


async def test_one_hold_can_be_released_without_the_other(ark: SignedClient, control: EmulatorControl) -> None:
    one, other = await control.hold("CreateAssetGroup"), await control.hold("ListAssets")
    first = asyncio.create_task(ark.ok("CreateAssetGroup", Name="n"))
    second = asyncio.create_task(ark.ok("ListAssets", Filter={"GroupType": "AIGC"}))
    await one.wait()
    await other.wait()
    await one.release()
    await first
    assert (await one.count(), await other.count()) == (0, 1)
    await other.release()
    await second


async def test_a_reset_lets_everything_held_go(ark: SignedClient, control: EmulatorControl) -> None:
    hold = await control.hold("CreateAssetGroup")
    call = asyncio.create_task(ark.ok("CreateAssetGroup", Name="n"))
    await hold.wait()
    await control.reset()
    await call


async def test_a_caller_who_hangs_up_while_held_has_still_called(ark: SignedClient, control: EmulatorControl) -> None:
    hold = await control.hold("CreateAssetGroup")
    call = asyncio.create_task(ark.ok("CreateAssetGroup", Name="n"))
    await hold.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    await hold.release()
    async with asyncio.timeout(5):
        while not (await control.ask("GET", "groups"))["groups"]:  # noqa: ASYNC110 - the event is on the other side of HTTP
            await asyncio.sleep(0.01)
