"""An invitation from the link to the group, met without a browser: what counts, and what must change nothing."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from stagedoor.channels.live import FRESH_FOR
from stagedoor.invitations.signing import sign
from tests.invitations.support import DONE, PURPOSES, Form, Studio, Visitor
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer
from tests.support.validation import EXCHANGE, START, until

BOTS = (
    "facebookexternalhit/1.1",
    "Slackbot-LinkExpanding 1.0",
    "WhatsApp/2.23",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; bingbot/2.0)",
    "curl/8.5",
)


def token_of(sent_on: Answer) -> str:
    """Return the BytedToken of the face-check page that a tap led to."""
    assert sent_on.status == 303, sent_on.body
    return parse_qs(urlsplit(sent_on.headers["location"]).query)["bytedToken"][0]


async def finish(visitor: Visitor, control: EmulatorControl, tapped: Answer, outcome: str = "pass") -> Answer:
    """Do the face check and come back."""
    return await visitor.send("GET", await control.complete(token_of(tapped), outcome))


async def becomes(studio: Studio, made: dict[str, Any], status: str) -> dict[str, Any]:
    async def has() -> bool:
        return bool((await studio.look(made))["Status"] == status)

    await until(has)
    return await studio.look(made)


async def test_one_tap_leads_to_the_check_and_the_check_to_a_group(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    tapped = await visitor.agree()
    assert "lng=en" in tapped.headers["location"]
    back = await finish(visitor, control, tapped)
    code = made["Link"].rpartition("/")[2]
    # Nothing of the official parameters, and above all no token, goes on.
    assert (back.status, back.headers["location"]) == (303, f"/r/{code}")
    done = await becomes(studio, made, "completed")
    assert done["GroupId"].startswith("group-")
    assert (await studio.api.ok("GetAssetGroup", Id=done["GroupId"]))["GroupType"] == "LivenessFace"
    assert done["Attempts"] == 1
    assert await studio.event_types() == [
        "invitation.created",
        "invitation.consented",
        "invitation.completed",
    ]
    page = await visitor.open("r")
    assert "All done" in page.words
    assert done["Consent"]["Receipt"] in page.words
    assert (await visitor.send("GET", made["Link"])).headers["location"] == f"/r/{code}"
    assert (await studio.cancel(made)).code == "Conflict.Status"
    assert [item["Id"] for item in (await studio.list_all(Filter={"Status": "completed"}))["Items"]] == [made["Id"]]


async def test_the_consent_is_on_record_word_by_word(studio: Studio, made: dict[str, Any], visitor: Visitor) -> None:
    form = await visitor.open(query="?lng=zh-Hant")
    ticks = [("agree", box) for box in form.boxes]
    await visitor.send(
        "POST",
        f"{made['Link']}?lng=zh-Hant",
        data=urlencode([*form.hidden.items(), *ticks]).encode(),
        content_type="application/x-www-form-urlencoded",
    )
    consent = (await studio.look(made))["Consent"]
    assert consent["Language"] == "zh-Hant"
    assert consent["TextSHA256"] == hashlib.sha256(consent["Text"].encode()).hexdigest() == form.hidden["shown"]
    # Every line of it, boxes included, was on the page.
    for line in consent["Text"].split("\n"):
        assert line.removeprefix("[x] ").removeprefix("- ") in form.words
    assert consent["Purposes"] == [{"Purpose": one, "Granted": True} for one in ("face_check", *PURPOSES)]
    assert "cn-beijing" in consent["Text"]
    listed = (await studio.list_all())["Items"][0]["Consent"]
    assert "Text" not in listed
    assert listed["Receipt"] == consent["Receipt"]


@pytest.mark.parametrize("without", [0, 1, 2])
async def test_a_missing_tick_keeps_the_others_and_starts_nothing(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl, without: int
) -> None:
    answer = await visitor.agree(without=without)
    assert answer.status == 422
    form = Form(answer.body.decode())
    assert "Not every box is ticked" in form.words
    assert form.ticked == [str(number) for number in range(3) if number != without]
    assert await control.calls(START) == 0
    assert "Consent" not in await studio.look(made)


async def test_no_box_is_ticked_before_somebody_does(visitor: Visitor) -> None:
    form = await visitor.open()
    assert len(form.boxes) == 3
    assert form.ticked == []


async def test_looking_starts_nothing_and_changes_nothing_whoever_looks(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    before = await studio.look(made)
    for agent in BOTS:
        for method in ("HEAD", "GET"):
            for place in ("i", "r", "w", "r/state"):
                url = visitor.page(place) if place != "r/state" else visitor.page("r") + "/state"
                answer = await visitor.send(method, url, user_agent=agent)
                assert answer.status in {200, 303}
                assert answer.body == b"" or method == "GET"
    assert await control.calls() == 0
    assert await studio.look(made) == before
    assert await studio.event_types() == ["invitation.created"]
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert (await visitor.send(method, made["Link"])).status == 405
    assert (await visitor.post([], "r")).status == 405


async def test_a_preview_of_the_link_names_nobody(visitor: Visitor) -> None:
    page = await visitor.open()
    head = page.text.partition("</head>")[0]
    assert "Studio North" not in head
    assert "Long Night" not in head
    assert 'property="og:title"' in head


FORGERIES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "no token": ({"token": ""}, {}),
    "another token": ({"token": "0" * 32}, {}),
    "an odd token": ({"token": "é"}, {}),
    "another site": ({}, {"sec_fetch_site": "cross-site"}),
    "a sibling host": ({}, {"sec_fetch_site": "same-site"}),
    "another origin": ({}, {"origin": "https://evil.example"}),
    "another cookie": ({}, {"cookie": "stagedoor=" + "A" * 22}),
    "no cookie": ({}, {"cookie": ""}),
    "a broken cookie": ({}, {"cookie": "stagedoor=\xff;;="}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("place", ["i", "w"])
async def test_a_form_from_elsewhere_does_nothing(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl, forgery: str, place: str
) -> None:
    if place == "w":
        await visitor.agree()
    calls = await control.calls(START)
    fields, headers = FORGERIES[forgery]
    form = await visitor.open(place)
    ticks = [("agree", box) for box in form.boxes]
    answer = await visitor.post([*({**form.hidden, **fields}).items(), *ticks], place, **headers)
    assert answer.status == 403
    assert "too old" in Form(answer.body.decode()).words
    assert Form(answer.body.decode()).ticked == form.boxes
    assert await control.calls(START) == calls
    assert "WithdrawTime" not in (await studio.look(made)).get("Consent", {})


async def test_the_token_of_one_invitation_opens_no_other(studio: Studio, visitor: Visitor) -> None:
    form = await visitor.open()
    visitor.link = (await studio.invite(Purposes=PURPOSES))["Link"]
    answer = await visitor.post([*form.hidden.items(), *[("agree", box) for box in form.boxes]])
    assert answer.status == 403


@pytest.mark.parametrize("origin", ["null", ""])
async def test_a_browser_that_hides_its_origin_can_agree(visitor: Visitor, origin: str) -> None:
    form = await visitor.open()
    fields = [*form.hidden.items(), *[("agree", box) for box in form.boxes]]
    headers = {"sec_fetch_site": "same-origin", **({"origin": origin} if origin else {})}
    assert (await visitor.post(fields, **headers)).status == 303


async def test_who_failed_passes_on_the_same_link_with_one_tap(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    await finish(visitor, control, await visitor.agree(), "fail")
    page = await visitor.open("r")
    assert "That did not work" in page.words
    assert "Tries left: 8" in page.words
    assert page.boxes == []
    tapped = await visitor.post([*page.hidden.items()])
    await finish(visitor, control, tapped)
    done = await becomes(studio, made, "completed")
    assert done["Attempts"] == 2
    assert (await studio.event_types()).count("invitation.consented") == 1


async def test_who_was_late_starts_again_with_one_tap(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    await visitor.agree()
    assert "The check is running" in (await visitor.open("r")).words
    studio.gateway.clock.advance(timedelta(seconds=121))
    page = await visitor.open("r")
    assert "That took too long" in page.words
    await finish(visitor, control, await visitor.post([*page.hidden.items()]))
    await becomes(studio, made, "completed")


async def test_two_checks_of_one_person_end_in_one_group(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    first, second = await visitor.agree(), None
    page = await visitor.open("r")
    second = await visitor.post([*page.hidden.items()])
    # Both are passed at the same moment, and Ark takes its time with the first.
    hold = await control.hold(EXCHANGE)
    await finish(visitor, control, first)
    await hold.wait()
    await finish(visitor, control, second)
    await hold.release()
    done = await becomes(studio, made, "completed")
    groups = await studio.api.ok("ListAssetGroups", Filter={"GroupType": "LivenessFace"})
    assert [group["Id"] for group in groups["Items"]] == [done["GroupId"]]
    assert await control.calls(EXCHANGE) == 1
    assert (await studio.event_types()).count("invitation.completed") == 1


async def test_after_nine_tries_the_link_is_used_up(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    await finish(visitor, control, await visitor.agree(), "fail")
    form = await visitor.open("r")
    for _ in range(8):
        await finish(visitor, control, await visitor.post([*form.hidden.items()]), "fail")
    page = await visitor.open("r")
    assert "No tries left" in page.words
    assert page.hidden == {}
    answer = await visitor.post([*form.hidden.items()])
    assert answer.headers["location"].startswith("/r/")
    assert await control.calls(START) == 9
    assert (await studio.look(made))["Attempts"] == 9


async def test_an_invitation_that_is_too_old_or_called_back_starts_nothing(
    studio: Studio, control: EmulatorControl
) -> None:
    for words in ("too old", "called back"):
        made = await studio.invite(ExpiresIn=60)
        visitor = Visitor(studio.api, made["Link"])
        form = await visitor.open()
        if words == "too old":
            studio.gateway.clock.advance(timedelta(seconds=61))
        else:
            await studio.cancel(made)
        for answer in (
            await visitor.send("GET", made["Link"]),
            await visitor.post([*form.hidden.items(), ("agree", "0"), ("agree", "1")]),
        ):
            assert answer.headers["location"].startswith("/r/")
        page = await visitor.open("r")
        assert words in page.words
        assert page.hidden == {}
    assert await control.calls(START) == 0


async def test_calling_back_gives_a_running_check_up(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    tapped = await visitor.agree()
    await studio.cancel(made)
    await finish(visitor, control, tapped)
    assert "called back" in (await visitor.open("r")).words
    assert (await studio.look(made))["Status"] == "cancelled"
    assert await control.calls(EXCHANGE) == 0


async def test_called_back_while_the_check_is_being_started_the_actor_gets_no_link(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    hold = await control.hold(START)
    tapping = asyncio.create_task(visitor.agree())
    await hold.wait()
    await studio.cancel(made)
    await hold.release()
    assert (await tapping).headers["location"].startswith("/r/")
    assert (await studio.look(made))["Status"] == "cancelled"


@pytest.mark.parametrize(("kind", "status"), [("error", 503), ("rate_limited", 429)])
async def test_a_check_that_cannot_start_is_said_kindly_and_costs_no_try(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl, kind: str, status: int
) -> None:
    await control.fault(kind, START, times=50)
    answer = await visitor.agree()
    assert answer.status == status
    page = Form(answer.body.decode())
    assert "cannot start right now" in page.words
    shown = await studio.look(made)
    assert shown["Attempts"] == 0
    assert "Consent" in shown
    await control.ask("DELETE", "faults")
    # One tap, without the boxes.
    assert (await visitor.post([*page.hidden.items()])).status == 303


async def test_a_check_goes_on_to_an_account_of_the_same_provider_and_to_no_other(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl, second: EmulatorControl
) -> None:
    """The actor has agreed to a text that names the provider and where it is."""
    operator = await studio.gateway.operator()
    await operator.send("PATCH", "/admin/v1/channels/second", body={"Region": "ap-southeast-1"})
    studio.gateway.clock.advance(timedelta(seconds=2))
    await control.fault("error", START, times=2, status=403, code="SubscriptionRequired")
    assert (await visitor.agree()).status == 503
    assert await second.calls(START) == 0
    await operator.send("PATCH", "/admin/v1/channels/second", body={"Region": "cn-beijing"})
    studio.gateway.clock.advance(FRESH_FOR + timedelta(seconds=1))
    tapped = await visitor.agree()
    assert (tapped.status, await control.calls(START), await second.calls(START)) == (303, 2, 1)
    assert "h5" in tapped.headers["location"]


async def test_taking_the_consent_back_takes_two_taps_and_tells_the_customer(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    await finish(visitor, control, await visitor.agree())
    done = await becomes(studio, made, "completed")
    code = made["Link"].rpartition("/")[2]
    assert f'href="/w/{code}?lng=en"' in (await visitor.open("r")).text
    form = await visitor.open("w")
    for _ in range(2):
        assert (await visitor.post([*form.hidden.items()], "w")).headers["location"] == f"/r/{code}"
    page = await visitor.open("r")
    assert "taken your consent back" in page.words
    assert done["Consent"]["Receipt"] in page.words
    after = await studio.look(made)
    assert (after["Status"], after["GroupId"]) == ("completed", done["GroupId"])
    assert after["Consent"]["WithdrawTime"]
    assert (await studio.event_types())[-1] == "consent.withdrawn"
    assert (await studio.event_types()).count("consent.withdrawn") == 1
    assert (await visitor.send("GET", visitor.page("w"))).status == 303


async def test_who_takes_it_back_before_passing_ends_the_invitation(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    tapped = await visitor.agree()
    await visitor.post([*(await visitor.open("w")).hidden.items()], "w")
    await finish(visitor, control, tapped)
    assert (await studio.look(made))["Status"] == "cancelled"
    assert await control.calls(EXCHANGE) == 0
    assert (await studio.event_types())[-2:] == ["invitation.cancelled", "consent.withdrawn"]
    assert (await visitor.send("GET", made["Link"])).headers["location"].startswith("/r/")


async def test_the_way_on_is_signed_and_holds_no_token(
    studio: Studio, made: dict[str, Any], visitor: Visitor, control: EmulatorControl
) -> None:
    await finish(visitor, control, await visitor.agree())
    done = await becomes(studio, made, "completed")
    answer = await visitor.send("GET", visitor.page("r"))
    delay, _, url = answer.headers["refresh"].partition(";url=")
    assert int(delay) >= 3
    assert url.startswith(f"{DONE}&")
    fields = dict(parse_qsl(urlsplit(url).query))
    assert set(fields) == {"film", "status", "session_id", "ts", "sig"}
    assert (fields["status"], fields["session_id"]) == ("completed", done["SessionId"])
    secret = made["SigningSecret"]
    assert fields["sig"] == sign(secret, fields["session_id"], fields["status"], fields["ts"])
    assert fields["sig"] != sign(secret, fields["session_id"], "failed", fields["ts"])
    # Who looks at the receipt later stays there.
    studio.gateway.clock.advance(timedelta(minutes=3))
    assert "refresh" not in (await visitor.send("GET", visitor.page("r"))).headers
