"""How often an address may call without a key that is known: every door, and who is never shut out."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import structlog

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from stagedoor.invitations.shown import open_record
from stagedoor.invitations.visit import find_visit
from stagedoor.keys.issue import KeyPair, issue_key, revoke_key
from tests.invitations.support import PURPOSES, Studio, Visitor
from tests.support.action import ActionApi, action_api
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway, gateway_settings
from tests.support.story import ON_SQLITE
from tests.support.validation import PAGE, browse, exchange, start

pytestmark = ON_SQLITE

Open = Callable[..., AbstractAsyncContextManager[RunningGateway]]
LIST = "/v1/private-avatar/groups/list"


@pytest.fixture
def limited(database_url: str, emulator: RunningEmulator, clock: MovableClock) -> Open:
    @asynccontextmanager
    async def run(rate: str = "3/h", **settings: Any) -> AsyncIterator[RunningGateway]:
        settings = {"trusted_proxies": "127.0.0.0/8", **settings}
        async with RunningGateway(gateway_settings(database_url, address_rate=rate, **settings), clock) as gateway:
            await gateway.connect(emulator)
            yield gateway

    return run


async def call(api: Api, path: str = LIST, method: str = "POST", *, client: str = "203.0.113.1") -> Answer:
    body = {"model": "m"} if method == "POST" else None
    return await api.send(method, path, body=body, x_forwarded_for=client)


def check_refused(answer: Answer) -> None:
    assert (answer.status, answer.code, answer.error["Retry"]) == (429, "FlowLimitExceeded", "later")
    assert "address, 3/h" in answer.error["Message"]
    assert 3500 < int(answer.headers["retry-after"]) <= 3600
    assert answer.headers["ratelimit-policy"] == '"address";q=3;w=3600'
    assert answer.headers["ratelimit"].startswith('"address";r=0;t=3')


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", LIST),
        ("POST", "/?Action=ListAssetGroups&Version=2024-01-01"),
        ("GET", "/v1/events"),
        ("GET", "/admin/v1/tenants"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/nowhere"),
        ("GET", "/i/some/nowhere"),
    ],
)
async def test_keys_are_not_tried_out_and_strangers_are_told_when_to_come_back(
    limited: Open, method: str, path: str
) -> None:
    async with limited() as gateway:
        wrong = gateway.api("sd_live_" + "x" * 36)
        before = [await call(wrong, path, method) for _ in range(3)]
        assert {answer.status for answer in before} <= {200, 401, 404}
        assert "ratelimit" not in before[-1].headers
        check_refused(await call(wrong, path, method))
        assert (await call(wrong, path, method, client="203.0.113.2")).status == before[0].status
        assert (await call(wrong, "/readyz", "GET")).status == 200


async def test_a_key_that_is_known_is_not_shut_out_by_its_neighbours_and_one_that_was_revoked_is(
    limited: Open,
) -> None:
    async with limited() as gateway:
        tenant = await gateway.tenant()
        key, secret = await issue_key(gateway.rt, tenant.id)
        good, operator, wrong = gateway.api(secret), await gateway.operator(), gateway.api("sd_live_no")
        assert (await call(good)).status == 400  # the model does not exist: the key does
        assert (await call(operator, "/admin/v1/tenants", "GET")).status == 200
        assert [(await call(wrong)).status for _ in range(2)] == [401, 429]
        gateway.clock.advance(timedelta(seconds=2))  # what was remembered of the keys is looked at anew
        assert (await call(good)).status == 400
        assert (await call(operator, "/admin/v1/tenants", "GET")).status == 200
        await revoke_key(gateway.rt, key.id)
        gateway.clock.advance(timedelta(seconds=2))
        check_refused(await call(good))


async def list_groups(client: ActionApi) -> Answer:
    return await client.send(client.sign("ListAssetGroups", {}, x_forwarded_for="203.0.113.1"))


async def test_wrong_signatures_count_and_right_ones_pass(limited: Open) -> None:
    async with limited() as gateway:
        client = await action_api(gateway)
        wrong = ActionApi(gateway, KeyPair(client.pair.access_key, "not-this-one"))
        unknown = ActionApi(gateway, KeyPair("AKLTnobody", "x"))
        assert (await list_groups(client)).status == 200
        assert [(await list_groups(wrong)).status for _ in range(3)] == [401, 401, 429]
        check_refused(await list_groups(unknown))
        assert (await list_groups(client)).status == 200


@pytest.mark.parametrize("place", ["i", "r", "w"])
async def test_the_pages_of_an_actor_say_so_in_three_languages(limited: Open, place: str) -> None:
    async with limited() as gateway:
        studio = Studio(gateway, await gateway.client())
        made = await studio.invite(Purposes=PURPOSES)
        visitor = Visitor(studio.api, made["Link"], x_forwarded_for="2001:db8:1:2::5")
        for _ in range(3):
            assert (await visitor.send("GET", visitor.page(place))).status in {200, 303}
        visitor.headers["x_forwarded_for"] = "2001:db8:1:2::6"
        refused = await visitor.send("GET", visitor.page(place))
        check_page(refused)
        visitor.headers["x_forwarded_for"] = "2001:db8:1:3::6"
        assert (await visitor.send("GET", visitor.page(place))).status in {200, 303}


def check_page(answer: Answer) -> None:
    assert answer.status == 429
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert 3500 < int(answer.headers["retry-after"]) <= 3600
    assert answer.headers["ratelimit-policy"] == '"address";q=3;w=3600'
    text = answer.body.decode()
    assert all(words in text for words in ("请稍等片刻", "請稍候片刻", "One moment, please"))


async def test_a_callback_that_is_waited_for_always_passes_and_others_are_refused(
    limited: Open, control: EmulatorControl
) -> None:
    async with limited() as gateway:
        api = await gateway.client()
        check = await start(api)
        back = await control.complete(check.byted_token)
        forged = f"{gateway.url}/cb/forged?bytedToken=x"
        headers = {"x-forwarded-for": "203.0.113.1"}
        assert [(await browse(api, forged, **headers)).status for _ in range(3)] == [404] * 3
        check_page(await browse(api, forged, **headers))
        for _ in range(5):
            came = await browse(api, back, **headers)
            assert (came.status, came.headers["location"].partition("?")[0]) == (303, PAGE)
        assert (await exchange(api, check)).result["GroupType"] == "LivenessFace"


@pytest.mark.parametrize("path", ["/i/{}", "/cb/{}?bytedToken=x"])
@pytest.mark.parametrize("status", [404, 429])
async def test_a_page_without_an_actor_is_shown_with_its_own_style(limited: Open, path: str, status: int) -> None:
    async with limited() as gateway:
        api = gateway.api("")
        for _ in range(4 if status == 429 else 1):
            answer = await browse(api, gateway.url + path.format("nobody"))
        assert answer.status == status
        [style] = re.findall(r"<style>(.*?)</style>", answer.body.decode(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("trusted", "network"), [("127.0.0.0/8", "8.8.8.0/24"), ("", None)])
async def test_a_consent_is_recorded_with_the_network_of_the_phone(
    limited: Open, trusted: str, network: str | None
) -> None:
    async with limited("off", trusted_proxies=trusted) as gateway:
        studio = Studio(gateway, await gateway.client())
        made = await studio.invite(Purposes=PURPOSES)
        visitor = Visitor(studio.api, made["Link"], x_forwarded_for="8.8.8.77")
        assert (await visitor.agree()).status == 303
        visit = await find_visit(gateway.rt, made["Link"].rpartition("/")[2])
        assert visit.consent is not None
        assert open_record(gateway.rt, visit.consent).network == network


async def test_it_is_said_once_when_all_clients_share_the_address_of_a_proxy(limited: Open) -> None:
    with structlog.testing.capture_logs() as lines:
        async with limited("2/h", trusted_proxies="") as gateway:
            wrong = gateway.api("sd_live_no")
            clients = ["203.0.113.1", "203.0.113.2", "203.0.113.3"]
            assert [(await call(wrong, client=client)).status for client in clients] == [401, 401, 429]
    told = [line for line in lines if line["event"] == "clients_share_the_address_of_a_proxy"]
    assert len(told) == 1
