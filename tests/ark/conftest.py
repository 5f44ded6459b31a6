from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from stagedoor.ark.transport import AiohttpTransport
from stagedoor.ark.upstream import Account, Upstream, connect
from stagedoor.clock import MovableClock
from tests.support.ark import Connect, Pauses


@pytest.fixture
async def transport() -> AsyncIterator[AiohttpTransport]:
    made = AiohttpTransport()
    yield made
    await made.close()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def pauses(clock: MovableClock) -> Pauses:
    return Pauses(clock)


@pytest.fixture
def upstream_at(transport: AiohttpTransport, clock: MovableClock, pauses: Pauses) -> Connect:
    """Connect to an endpoint; further arguments are fields of the account."""

    def make(endpoint: str, **fields: Any) -> Upstream:
        account = Account(
            **{
                "kind": "ark",
                "endpoint": endpoint,
                "access_key": "AKLTcanary",
                "secret_key": "SKcanary",
                "api_key": "KEYcanary",
                "timeout": timedelta(seconds=10),
                **fields,
            }
        )
        return connect(account, transport=transport, clock=clock, random=lambda: 0.5, sleep=pauses)

    return make
