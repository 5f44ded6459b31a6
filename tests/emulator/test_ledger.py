import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.emulator.ledger import mask, mask_url, masked
from tests.support.emulator import EmulatorControl, SignedClient


async def test_every_call_is_written_down_with_action_time_status_and_body(
    ark: SignedClient, control: EmulatorControl
) -> None:
    await ark.ok("CreateAssetGroup", Name="n")
    await ark.call("GetAssetGroup", Id="nope")
    await ark.send("/?Action=ListAssets&Version=2024-01-01", body=b"{")
    calls = await control.ledger()
    assert [(call["action"], call["status"], call["body"]) for call in calls] == [
        ("CreateAssetGroup", 200, {"Name": "n"}),
        ("GetAssetGroup", 404, {"Id": "nope"}),
        ("ListAssets", 401, None),
    ]
    assert calls[0]["at"] <= calls[1]["at"]
    assert calls[0]["at"].endswith("Z")


async def test_the_ledger_can_be_asked_for_one_action(ark: SignedClient, control: EmulatorControl) -> None:
    await ark.ok("CreateAssetGroup", Name="n")
    await ark.ok("ListAssets", Filter={"GroupType": "AIGC"})
    assert [call["action"] for call in await control.ledger("ListAssets")] == ["ListAssets"]
    assert await control.calls("GetAsset") == 0


async def test_no_secret_stands_in_the_ledger_but_equal_ones_look_equal(
    ark: SignedClient, control: EmulatorControl
) -> None:
    state = "s" * 43
    session = await ark.ok(
        "CreateVisualValidateSession", CallbackURL=f"https://a.example/cb/{state}?ticket=secret-value"
    )
    await ark.call("GetVisualValidateResult", BytedToken=session["BytedToken"])
    calls = await control.ledger()
    text = msgspec.json.encode(calls).decode()
    for secret in (session["BytedToken"], session["H5Link"], state, "secret-value", ark.access_key, ark.secret_key):
        assert secret not in text
    assert calls[0]["result"]["BytedToken"] == calls[1]["body"]["BytedToken"] == mask(session["BytedToken"])
    assert calls[0]["body"]["CallbackURL"].startswith("https://a.example/cb/ssss…")


async def test_a_fault_is_named_beside_the_call_it_struck(ark: SignedClient, control: EmulatorControl) -> None:
    await control.fault("error", "ListAssets", status=502)
    await ark.call("ListAssets", Filter={"GroupType": "AIGC"})
    await ark.call("ListAssets", Filter={"GroupType": "AIGC"})
    struck, clean = await control.ledger("ListAssets")
    assert (struck["status"], struck["fault"]) == (502, "error")
    assert "fault" not in clean


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/p/a.jpg", "https://a.example/p/a.jpg"),
        ("https://user:secret@a.example/a.jpg", "https://a.example/a.jpg"),
        ("https://a.example/a.jpg?X-Sig=0123456789", "https://a.example/a.jpg?X-Sig=0123…84d89877f0d4"),
        ("https://a.example/#secret-fragment", "https://a.example/"),
    ],
)
def test_an_address_keeps_its_place_and_loses_its_secrets(url: str, shown: str) -> None:
    assert mask_url(url) == shown


@given(st.text())
def test_masking_an_address_never_fails(url: str) -> None:
    assert isinstance(mask_url(url), str)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(min_size=30),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_secret_field_is_masked_whatever_is_in_it(value: object) -> None:
    text = msgspec.json.encode(masked({"deep": [{"BytedToken": value}]})).decode()

    def leaves(part: object) -> list[str]:
        if isinstance(part, dict):
            return [leaf for item in part.values() for leaf in leaves(item)]
        if isinstance(part, list):
            return [leaf for item in part for leaf in leaves(item)]
        return [part] if isinstance(part, str) else []

    assert not any(msgspec.json.encode(leaf).decode()[1:-1] in text for leaf in leaves(value))
