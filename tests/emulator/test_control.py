from typing import Any

import pytest

from stagedoor.emulator import RunningEmulator
from tests.support.emulator import EmulatorControl, SignedClient

EVERY_ROUTE = [
    ("GET", ""),
    ("POST", "sessions/x"),
    ("GET", "ledger"),
    ("GET", "faults"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("GET", "held"),
    ("POST", "release"),
    ("POST", "reset"),
    ("GET", "settings"),
    ("PUT", "settings"),
    ("PATCH", "settings"),
    ("POST", "clock"),
    ("GET", "groups"),
    ("GET", "assets"),
    ("GET", "sessions"),
]


async def test_it_says_what_it_is(control: EmulatorControl, emulator: RunningEmulator) -> None:
    about = await control.ask("GET", "")
    assert "simulation" in about["what"]
    assert about["url"] == emulator.url
    assert len(about["actions"]) == 12


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
async def test_nothing_that_came_through_a_proxy_controls_it(
    control: EmulatorControl, method: str, path: str, header: str
) -> None:
    url = f"{control.url}/_emulator/{path}"
    async with control.http.request(method, url, json={}, headers={header: "for=1.2.3.4"}) as response:
        assert response.status == 403


@pytest.mark.parametrize(("method", "path"), EVERY_ROUTE)
async def test_no_foreign_web_page_controls_it(control: EmulatorControl, method: str, path: str) -> None:
    url = f"{control.url}/_emulator/{path}"
    async with control.http.request(method, url, json={}, headers={"Origin": "https://evil.example"}) as response:
        assert response.status == 403


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"[" * 100_000, b'{"outcome":"maybe"}', b'{"outcome":"pass","x":1}']
)
async def test_an_outcome_that_makes_no_sense_is_refused(
    ark: SignedClient, control: EmulatorControl, body: bytes
) -> None:
    session = await ark.ok("CreateVisualValidateSession", CallbackURL="https://a.example/")
    url = f"{control.url}/_emulator/sessions/{session['BytedToken']}"
    async with control.http.post(url, data=body) as response:
        assert response.status == 400
        assert (await response.json())["error"]


async def test_an_unknown_session_takes_no_outcome(control: EmulatorControl) -> None:
    async with control.http.post(f"{control.url}/_emulator/sessions/nope", json={"outcome": "pass"}) as response:
        assert (response.status, (await response.json())["reason"]) == (404, "unknown")


async def test_patch_changes_some_settings_and_put_all(control: EmulatorControl) -> None:
    before = await control.ask("GET", "settings")
    await control.settings(pending="empty")
    assert await control.settings(quotas=True) == {**before, "pending": "empty", "quotas": True}
    assert await control.ask("PUT", "settings", {"projects": ["p"]}) == {**before, "projects": ["p"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown": 1},
        {"pending": "perhaps"},
        {"link_lifetime_seconds": -1},
        {"transition": {"mode": "never"}},
        {"quotas": "yes"},
    ],
)
async def test_a_setting_that_makes_no_sense_is_refused_and_changes_nothing(
    control: EmulatorControl, changes: dict[str, Any]
) -> None:
    before = await control.ask("GET", "settings")
    async with control.http.patch(f"{control.url}/_emulator/settings", json=changes) as response:
        assert response.status == 400
    assert await control.ask("GET", "settings") == before


async def test_the_clock_is_set_or_advanced_and_never_overflows(control: EmulatorControl) -> None:
    assert (await control.ask("POST", "clock", {"shift_seconds": 100}))["shift_seconds"] == 100
    assert (await control.ask("POST", "clock", {"advance_seconds": 20}))["shift_seconds"] == 120
    assert (await control.ask("POST", "clock", {"shift_seconds": 400_000_000}))["shift_seconds"] <= 3650 * 86_400
    async with control.http.post(f"{control.url}/_emulator/clock", json={"shift_seconds": 1e300}) as response:
        assert response.status == 400


async def test_a_reset_forgets_everything_but_the_keys(
    ark: SignedClient, control: EmulatorControl, pictures: str
) -> None:
    settings = await control.ask("GET", "settings")
    group = await ark.ok("CreateAssetGroup", Name="n")
    asset = await ark.ok("CreateAsset", GroupId=group["Id"], URL=pictures, AssetType="Image")
    media = (await ark.ok("GetAsset", **asset))["URL"].removeprefix(ark.url)
    await ark.ok("CreateVisualValidateSession", CallbackURL="https://a.example/")
    await control.settings(pending="empty")
    await control.fault("error")
    await control.advance(100)
    await control.reset()
    assert await control.ledger() == []
    assert await control.ask("GET", "settings") == settings
    assert (await control.ask("GET", "faults")) == {"faults": []}
    for kind in ("groups", "assets", "sessions"):
        assert (await control.ask("GET", kind)) == {kind: []}
    assert (await control.ask("POST", "clock", {}))["shift_seconds"] == 0
    assert (await ark.send(media, method="GET")).status == 404
    await ark.ok("CreateAssetGroup", Name="the keys are still good")


async def test_inspection_shows_groups_assets_and_sessions_of_every_project(
    ark: SignedClient, control: EmulatorControl, pictures: str
) -> None:
    group = await ark.ok("CreateAssetGroup", Name="n", ProjectName="p")
    await ark.ok("CreateAsset", GroupId=group["Id"], URL=pictures, AssetType="Image", ProjectName="p")
    session = await ark.ok("CreateVisualValidateSession", CallbackURL="https://a.example/", ProjectName="q")
    assert (await control.ask("GET", "groups"))["groups"][0]["ProjectName"] == "p"
    assert (await control.ask("GET", "assets"))["assets"][0]["GroupId"] == group["Id"]
    shown = (await control.ask("GET", "sessions"))["sessions"][0]
    assert (shown["ProjectName"], shown["state"]) == ("q", "open")
    assert session["BytedToken"] not in str(shown)
