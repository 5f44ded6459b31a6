"""Webhook endpoints, and the webhooks that come from them."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from stagedoor.clock import MovableClock
from stagedoor.tenants.store import Tenant
from stagedoor_client import NotFound, WebhookRefused, webhooks
from tests.client.faces import Face
from tests.support.events import happen
from tests.support.gateway import Api, RunningGateway, gateway_settings
from tests.support.sink import Sink
from tests.support.story import ON_SQLITE

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
BODY = b'{"type":"asset.active","timestamp":"2026-06-02T07:39:31Z","data":{"id":"asset-1"},"new":1}'
NOW = datetime(2026, 6, 2, 7, 40, tzinfo=UTC)


@pytest.fixture
async def gateway(database_url: str, clock: MovableClock) -> AsyncIterator[RunningGateway]:
    """Yield a gateway that may send webhooks to this machine."""
    async with RunningGateway(gateway_settings(database_url, webhook_private=True), clock) as running:
        yield running


@pytest.fixture
async def tenant(gateway: RunningGateway) -> Tenant:
    return await gateway.tenant()


@pytest.fixture
async def api(gateway: RunningGateway, tenant: Tenant) -> Api:
    return await gateway.client(tenant)


@ON_SQLITE
async def test_a_webhook_is_unwrapped_with_either_secret(face: Face, gateway: RunningGateway, tenant: Tenant) -> None:
    async with Sink() as sink:
        made = await face.call("create_webhook_endpoint", sink.url, description="ours", types=["invitation.created"])
        assert made.secret.startswith("whsec_")
        assert made.secret not in repr(made)
        [listed] = await face.call("list_webhook_endpoints")
        assert (listed.id, listed.url, listed.types, listed.secret) == (made.id, sink.url, ("invitation.created",), "")
        new = await face.call("rotate_webhook_secret", made.id)
        assert new.old_secret_until is not None

        changed = await face.call("update_webhook_endpoint", made.id, types=(), disabled=True)
        assert (changed.types, changed.disabled, changed.disabled_by) == ((), True, "Tenant")
        changed = await face.call("update_webhook_endpoint", made.id, types=["asset.active"], disabled=False)
        assert (changed.types, changed.disabled) == (("asset.active",), False)
        await face.call("update_webhook_endpoint", made.id, description="", types=["group.created"])
        await happen(gateway.rt, tenant.id)
        [received] = await sink.wait(1)
        for secret in (made.secret, new.secret, [OTHER, new.secret]):
            event = webhooks.unwrap(received.body, received.headers, secret, now=gateway.clock.now())
            assert (event.id, event.type) == (received.id, "group.created")
        assert await face.call("resend_webhooks", made.id, event_id=received.id) == 1
        assert await face.call("resend_webhooks", made.id, since=datetime.now(UTC) + timedelta(days=1)) == 0
        await sink.wait(2)
        assert all(one.attempts >= 0 for one in await face.call("list_webhook_deliveries", made.id))
        await face.call("delete_webhook_endpoint", made.id)
        with pytest.raises(NotFound):
            await face.call("get_webhook_endpoint", made.id)


def sent(secret: str = SECRET, body: bytes = BODY, at: datetime = NOW) -> dict[str, str]:
    return {
        "Webhook-Id": "evt_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": f"v1a,AAAA {Webhook(secret).sign('evt_1', at, body.decode())} v1,short",
    }


def test_what_the_library_of_standard_webhooks_signs_is_accepted() -> None:
    event = webhooks.unwrap(BODY, sent(), SECRET, now=NOW)
    assert (event.id, event.type, event.object_id) == ("evt_1", "asset.active", "asset-1")
    assert event.time == datetime(2026, 6, 2, 7, 39, 31, tzinfo=UTC)
    assert event.raw["new"] == 1
    assert webhooks.unwrap(BODY.decode(), sent(), [OTHER, SECRET], now=NOW) == event


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (sent(OTHER), BODY),
        (sent(), BODY + b" "),
        (sent(at=NOW - timedelta(minutes=6)), BODY),
        (sent(at=NOW + timedelta(minutes=6)), BODY),
        ({**sent(), "Webhook-Id": "evt_2"}, BODY),
        ({**sent(), "Webhook-Timestamp": "now"}, BODY),
        ({**sent(), "Webhook-Timestamp": "1" * 4000}, BODY),
        ({**sent(), "Webhook-Signature": ""}, BODY),
        ({**sent(), "Webhook-Signature": "v1,é"}, BODY),
        ({}, BODY),
        (sent(body=b"[]"), b"[]"),
        (sent(body=b"no json"), b"no json"),
    ],
)
def test_what_is_not_the_gateways_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        webhooks.unwrap(body, headers, SECRET, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!"])
def test_a_secret_that_is_none_is_a_mistake_of_the_receiver(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        webhooks.unwrap(BODY, sent(), secret, now=NOW)
