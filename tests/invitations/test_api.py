"""The four endpoints of the invitations, as a customer's program meets them."""

import asyncio
import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from stagedoor.db.rows import columns
from stagedoor.invitations.store import Consent, Invitation
from tests.invitations.support import INVITATIONS, PURPOSES, Studio, Visitor
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Answer, Api, RunningGateway
from tests.support.validation import START, until
from tests.validation.conftest import RunGateway, run_gateway  # noqa: F401 - a fixture

NOBODY = "inv_0000000000000000000000"


async def test_an_invitation_holds_what_was_asked_for_and_everything_to_send_it(
    studio: Studio, control: EmulatorControl
) -> None:
    asked: dict[str, Any] = {
        "Name": "Long Night, lead",
        "ReturnURL": "https://studio.example/done",
        "Lng": "en",
        "Purposes": PURPOSES,
        "IntendedUses": ["Streaming, until 2027"],
        "Metadata": {"actor": "42"},
    }
    made = await studio.invite(**asked, ExpiresIn=3600)
    assert {name: made[name] for name in asked} == asked
    assert made["Status"] == "open"
    assert made["Attempts"] == 0
    assert made["Link"].startswith(studio.api.url + "/i/")
    assert len(made["Link"].rpartition("/")[2]) == 22
    for language in ("zh", "zh-Hant", "en"):
        assert made["Link"] in made["Texts"][language]
        assert "Studio North" in made["Texts"][language]
    secret = made.pop("SigningSecret")
    assert secret == (await studio.invite())["SigningSecret"]
    assert await studio.look(made) == made
    assert await studio.event_types() == ["invitation.created"] * 2
    # The link is made without a word to the asset library.
    assert await control.calls() == 0


async def test_only_model_and_name_are_needed_and_the_link_is_good_for_a_week(studio: Studio) -> None:
    made = await studio.invite()
    assert set(made) == {
        *("Id", "Name", "Status", "Link", "QR", "Texts", "Attempts", "SigningSecret", "CreateTime", "ExpireTime")
    }
    assert made["ExpireTime"][:10] == str((studio.gateway.clock.now() + timedelta(days=7)).date())


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Name": None}, "InvalidParameter.Name"),
        ({"Name": ""}, "InvalidParameter.Name"),
        ({"Name": "a\nb"}, "InvalidParameter.Name"),
        ({"Name": "\u202eevil"}, "InvalidParameter.Name"),
        ({"Name": "x" * 65}, "InvalidParameter.Name"),
        ({"model": "unheard-of"}, "InvalidParameter.model"),
        ({"ReturnURL": "javascript:alert(1)"}, "InvalidParameter.ReturnURL"),
        ({"ReturnURL": "https://a b"}, "InvalidParameter.ReturnURL"),
        ({"Lng": "fr"}, "InvalidParameter.Lng"),
        ({"ExpiresIn": 59}, "InvalidParameter.ExpiresIn"),
        ({"ExpiresIn": 7_776_001}, "InvalidParameter.ExpiresIn"),
        ({"ExpiresIn": 1.5}, "InvalidParameter.ExpiresIn"),
        ({"Purposes": []}, "InvalidParameter.Purposes"),
        ({"Purposes": [" "]}, "InvalidParameter.Purposes"),
        ({"Purposes": ["x"] * 11}, "InvalidParameter.Purposes"),
        ({"IntendedUses": "films"}, "InvalidParameter.IntendedUses"),
        ({"Metadata": {"a": 1}}, "InvalidParameter.Metadata"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_name(studio: Studio, fields: dict[str, Any], code: str) -> None:
    answer = await studio.ask_to_invite(**fields)
    assert (answer.status, answer.code) == (400, code)
    assert (await studio.list_all())["Items"] == []


async def test_the_qr_codes_may_be_shown_in_the_customers_own_page(studio: Studio) -> None:
    made = await studio.invite()
    visitor = Visitor(studio.api, made["Link"])
    svg, png = [await visitor.send("GET", made["QR"][kind]) for kind in ("SVG", "PNG")]
    assert svg.headers["content-type"] == "image/svg+xml"
    assert b"viewBox" in svg.body
    with Image.open(io.BytesIO(png.body)) as picture:
        assert picture.size[0] == picture.size[1] >= 200
    for answer in (svg, png):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert (await visitor.send("GET", made["QR"]["SVG"].replace("/i/", "/i/x"))).status == 404


async def test_lists_go_by_age_status_page_and_token(studio: Studio) -> None:
    made = []
    for number in range(5):
        made.append((await studio.invite(Name=f"n{number}", ExpiresIn=60 if number == 4 else 3600))["Id"])
        studio.gateway.clock.advance(timedelta(seconds=1))
    await studio.cancel({"Id": made[1]})
    page = await studio.list_all()
    assert [item["Id"] for item in page["Items"]] == made[::-1]
    assert (page["TotalCount"], page["PageNumber"], page["PageSize"]) == (5, 1, 10)
    assert "SigningSecret" not in page["Items"][0]
    studio.gateway.clock.advance(timedelta(seconds=60))
    for status, expected in (("open", [0, 2, 3]), ("cancelled", [1]), ("expired", [4]), ("completed", [])):
        found = await studio.list_all(Filter={"Status": status}, SortOrder="Asc")
        assert [item["Id"] for item in found["Items"]] == [made[number] for number in expected]
        assert found["TotalCount"] == len(expected)
    seen, token = [], None
    while True:
        page = await studio.list_all(Filter={"Status": "open"}, MaxResults=2, NextToken=token)
        seen += [item["Id"] for item in page["Items"]]
        studio.gateway.clock.advance(timedelta(seconds=1))
        if (token := page.get("NextToken")) is None:
            break
    assert seen == [made[number] for number in (3, 2, 0)]


async def test_cancelling_is_final_and_safe_to_repeat(studio: Studio) -> None:
    made = await studio.invite()
    for _ in range(2):
        assert (await studio.cancel(made)).result["Status"] == "cancelled"
    assert (await studio.api.send("POST", f"{INVITATIONS}/{made['Id']}/cancel")).result["Status"] == "cancelled"
    assert await studio.event_types() == ["invitation.created", "invitation.cancelled"]
    answer = await studio.api.send("POST", f"{INVITATIONS}/{made['Id']}/cancel", body={"Id": "inv_other"})
    assert answer.code == "InvalidParameter.Id"


async def test_an_invitation_says_once_that_its_time_is_over(studio: Studio) -> None:
    await studio.invite(ExpiresIn=60)
    called_back = await studio.invite(ExpiresIn=60)
    await studio.cancel(called_back)
    studio.gateway.clock.advance(timedelta(seconds=61))

    async def is_said() -> bool:
        return "invitation.expired" in await studio.event_types()

    await until(is_said)
    await asyncio.sleep(0.7)
    assert (await studio.event_types()).count("invitation.expired") == 1


def comparable(answer: Answer, invitation_id: str) -> tuple[int, bytes]:
    request_id = str(answer.metadata["RequestId"]).encode()
    return answer.status, answer.body.replace(request_id, b"").replace(invitation_id.encode(), b"")


async def test_another_tenants_invitation_looks_like_none(studio: Studio, other_api: Api) -> None:
    made = await studio.invite()
    for method, path in (("GET", "{}?model=" + MODEL), ("POST", "{}/cancel")):
        answers = [
            comparable(await other_api.send(method, f"{INVITATIONS}/{path.format(one)}"), one)
            for one in (made["Id"], NOBODY)
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
    assert (await other_api.send("POST", f"{INVITATIONS}/list")).result["Items"] == []
    assert (await studio.look(made))["Status"] == "open"


async def test_a_repeated_key_makes_one_invitation(studio: Studio) -> None:
    body = {"model": MODEL, "Name": "once"}
    answers = [await studio.api.send("POST", INVITATIONS, body=body, idempotency_key="k") for _ in range(2)]
    assert answers[0].result == answers[1].result
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert (await studio.list_all())["TotalCount"] == 1


async def test_each_endpoint_needs_its_scope(studio: Studio) -> None:
    made = await studio.invite()
    reader = await studio.gateway.client(scopes=["invitations:read"])
    assert (await reader.send("POST", INVITATIONS, body={"model": MODEL, "Name": "x"})).code == "AccessDenied"
    assert (await reader.send("POST", f"{INVITATIONS}/{made['Id']}/cancel")).code == "AccessDenied"
    writer = await studio.gateway.client(scopes=["invitations:write"])
    assert (await writer.send("GET", f"{INVITATIONS}/{made['Id']}")).code == "AccessDenied"
    assert (await writer.send("POST", f"{INVITATIONS}/list")).code == "AccessDenied"


async def test_without_a_public_address_there_are_no_invitations(run_gateway: RunGateway) -> None:  # noqa: F811
    async with run_gateway(public_url="") as (_, api):
        answer = await api.send("POST", INVITATIONS, body={"model": MODEL, "Name": "x"})
        assert (answer.status, answer.code) == (503, "InvitationsUnavailable")


async def test_the_code_and_the_words_are_not_readable_in_the_database(
    studio: Studio, gateway: RunningGateway, control: EmulatorControl
) -> None:
    made = await studio.invite(
        Purposes=PURPOSES, Metadata={"actor": "Zhang Canary"}, ReturnURL="https://canary.example/"
    )
    code = made["Link"].rpartition("/")[2]
    assert (await Visitor(studio.api, made["Link"]).agree()).status == 303
    [call] = await control.ledger(START)
    assert code not in str(call)
    sql = {Invitation: "invitations", Consent: "consents"}
    for cls, table in sql.items():
        rows = await gateway.read(lambda tx, c=cls, t=table: tx.list(c, f"SELECT {columns(c)} FROM {t}"))  # type: ignore[misc]
        [row] = rows
        text = repr([getattr(row, name) for name in row.__struct_fields__])
        for secret in (code, "Canary", "canary", "Long Night"):
            assert secret not in text
