"""What the tests of the invitations share: a studio with an invitation, and a phone to open it on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from tests.doors.test_documents import CHROMIUM, CHROMIUM_IS_HERE, QUIET
from tests.invitations.support import DONE, PURPOSES, Phone, Studio, Visitor
from tests.support import databases
from tests.support.gateway import RunningGateway

MakePhone = Callable[..., Awaitable[Phone]]


@pytest.fixture
async def studio(gateway: RunningGateway) -> Studio:
    """Return a customer that invites actors."""
    return Studio(gateway, await gateway.client(await gateway.tenant("Studio North")))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM_IS_HERE:
        databases.require_or_skip("there is no Chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        await launched.close()


@pytest.fixture
def make_phone(browser: Browser) -> MakePhone:
    async def make(**options: Any) -> Phone:
        return await Phone.unpack(browser, **options)

    return make


@pytest.fixture
async def made(studio: Studio) -> dict[str, Any]:
    return await studio.invite(Purposes=PURPOSES, ReturnURL=DONE)


@pytest.fixture
def visitor(studio: Studio, made: dict[str, Any]) -> Visitor:
    return Visitor(studio.api, made["Link"])
