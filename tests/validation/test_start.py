"""⑪ Start a real-person check."""

import math
from urllib.parse import parse_qs, urlsplit

import pytest

from stagedoor.validation.start import with_language
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.stored import stored_bytes
from tests.support.validation import EXCHANGE, PAGE, START, come_back, exchange, on_sqlite, raw_ark, session_of, start
from tests.validation.conftest import RunGateway

LONG_STATE_BITS = 128


def state_of(gateway: RunningGateway, redirect: str) -> str:
    address = redirect.partition("?")[0]
    assert address.startswith(f"{gateway.url}/cb/")
    return address.removeprefix(f"{gateway.url}/cb/")


async def test_the_browser_is_sent_to_the_gateway_with_a_state_nobody_can_guess_or_read_from_the_database(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    checks = [await start(api) for _ in range(3)]
    states = [state_of(gateway, await control.complete(check.byted_token)) for check in checks]
    assert len(set(states)) == 3
    assert all(state.isalnum() and len(state) * math.log2(62) >= LONG_STATE_BITS for state in states)
    stored = await stored_bytes(gateway.settings.database_url)
    assert not [state for state in states if state.encode() in stored]


@on_sqlite
async def test_without_a_public_url_the_callers_own_page_goes_upstream(
    run_gateway: RunGateway, control: EmulatorControl
) -> None:
    page = "https://studio.example/done?order=7#top"
    async with run_gateway(public_url="") as (gateway, api):
        check = await start(api, page)
        assert (await session_of(gateway, check)).callback_hash is None
        redirect = await control.complete(check.byted_token)
    assert redirect.startswith("https://studio.example/done?order=7&bytedToken=")
    assert redirect.endswith("#top")


async def test_the_answer_names_the_callers_page_and_not_the_gateways(api: Api, control: EmulatorControl) -> None:
    answer = await api.call(START, CallbackURL=PAGE)
    assert set(answer.result) == {"BytedToken", "H5Link", "CallbackURL"}
    assert answer.result["CallbackURL"] == PAGE
    assert (answer.metadata["Action"], answer.metadata["Region"]) == (START, "cn-beijing")
    assert answer.headers["cache-control"] == "no-store"
    body = (await control.ledger(START))[0]["body"]
    assert set(body) == {"CallbackURL", "ProjectName"}


async def test_neither_token_nor_link_can_be_read_in_the_database(gateway: RunningGateway, api: Api) -> None:
    answers = [
        await api.call(START, CallbackURL=PAGE),
        await api.call(START, CallbackURL=PAGE, headers={"Idempotency_Key": "once"}),
    ]
    stored = await stored_bytes(gateway.settings.database_url)
    for result in (answer.result for answer in answers):
        link = urlsplit(result["H5Link"])
        secrets = [result["BytedToken"], link.query, *(value for [value] in parse_qs(link.query).values())]
        assert not [secret for secret in secrets if len(secret) > 8 and secret.encode() in stored]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://h5.example?a=1&lng=zh", "https://h5.example?a=1&lng=en"),
        ("https://h5.example/?lng=zh&b=%2B+%20&&c", "https://h5.example/?lng=en&b=%2B+%20&&c"),
        ("https://h5.example/p?pl=x%3D&uid=7", "https://h5.example/p?pl=x%3D&uid=7&lng=en"),
        ("https://h5.example/region:cn/p?pl=x#/a?lng=zh", "https://h5.example/region:cn/p?pl=x&lng=en#/a?lng=zh"),
        ("HTTPS://H5.example/?xlng=zh&lng", "HTTPS://H5.example/?xlng=zh&lng=en"),
        ("https://h5.example/p", "https://h5.example/p?lng=en"),
        ("https://h5.example/?lng=en&sig=a/b?c", "https://h5.example/?lng=en&sig=a/b?c"),
    ],
)
def test_the_language_is_written_into_the_link_and_nothing_else_is_touched(link: str, expected: str) -> None:
    assert with_language(link, "en") == expected


@on_sqlite
async def test_each_language_of_the_contract_arrives_in_the_link_and_others_are_refused(api: Api) -> None:
    for language in ("zh", "en", "zh-Hant"):
        check = await start(api, Lng=language)
        assert parse_qs(urlsplit(check.h5_link).query)["lng"] == [language]
        assert parse_qs(urlsplit(check.h5_link).query)["bytedToken"] == [check.byted_token]
    assert parse_qs(urlsplit((await start(api)).h5_link).query)["lng"] == ["zh"]
    for other in ("EN", "fr", "", "zh&x=1", 5):
        assert (await api.call(START, CallbackURL=PAGE, Lng=other)).code == "InvalidParameter.Lng"


BAD_PAGES = [
    *("", "studio.example/done", "//studio.example/done", "/done", "https://", "https:///done", "https:studio.example"),
    *("javascript:alert(1)", "data:text/html,x", "ftp://studio.example/", "file:///etc/passwd"),
    *("https://user@studio.example/", "https://user:word@studio.example/", "https://studio.example\\@evil.example/"),
    *("https://studio.example:99999/", "https://studio.example:port/", "https://[::1", "https://[zz]/"),
    *("https://studio.example/\r\nSet-Cookie: a=b", "https://studio.example/a b", "https://studio.example/\x7f"),
    *(
        "\thttps://studio.example/",
        "https://studio.example/\t",
        5,
        ["https://studio.example/"],
        "https://a/" + "x" * 4096,
    ),
]


@on_sqlite
async def test_a_page_no_browser_can_be_sent_to_is_refused_without_asking_upstream(
    api: Api, control: EmulatorControl
) -> None:
    for page in BAD_PAGES:
        answer = await api.call(START, CallbackURL=page)
        assert (answer.status, answer.code) == (400, "InvalidParameter.CallbackURL"), page
        assert answer.error["Retry"] == "never"
    for page in (None, ...):
        fields = {} if page is ... else {"CallbackURL": page}
        assert (await api.call(START, **fields)).code in {
            "MissingParameter.CallbackURL",
            "InvalidParameter.CallbackURL",
        }
    assert await control.calls(START) == 0


@on_sqlite
async def test_a_session_lives_in_the_project_asked_for_or_else_in_the_channels(
    gateway: RunningGateway, api: Api, control: EmulatorControl
) -> None:
    for asked, expected in (({}, "default"), ({"ProjectName": "film"}, "film")):
        check = await start(api, **asked)
        await come_back(api, control, check)
        assert (await exchange(api, check)).status == 200
        assert [call["body"]["ProjectName"] for call in (await control.ledger())[-2:]] == [expected] * 2


@on_sqlite
async def test_a_tenant_bound_to_a_project_starts_its_sessions_there_and_nowhere_else(
    gateway: RunningGateway, control: EmulatorControl
) -> None:
    bound = await gateway.client(await gateway.tenant(project_name="theirs"))
    check = await start(bound)
    await come_back(bound, control, check)
    group_id = (await exchange(bound, check)).result["GroupId"]
    assert (await bound.ok("GetAssetGroup", Id=group_id))["ProjectName"] == "theirs"
    refused = await bound.call(START, CallbackURL=PAGE, ProjectName="default")
    assert refused.code == "InvalidParameter.ProjectName"
    assert {call["body"]["ProjectName"] for call in await control.ledger() if call["action"] in {START, EXCHANGE}} == {
        "theirs"
    }


async def test_a_token_that_was_given_before_is_not_taken_for_a_new_session(gateway: RunningGateway) -> None:
    first, second = await gateway.client(), await gateway.client()
    async with raw_ark(gateway) as ark:
        check = await ark.start(first, "20260331144916")
        before = await session_of(gateway, check)
        again = await second.call(START, model=ark.model, CallbackURL=PAGE)
        assert (again.status, again.code) == (502, "UpstreamMalformed")
        assert await session_of(gateway, check) == before
