"""A call of an upstream, counted and traced."""

import time
from collections.abc import Awaitable

from stagedoor import metrics, traces
from stagedoor.channels.store import Channel
from stagedoor.contract.operations import Operation
from stagedoor.errors import StagedoorError


async def measured(channel: Channel, operation: Operation, answer: Awaitable[dict[str, object]]) -> dict[str, object]:
    """Return the answer of a channel's upstream, and note what it came to and how long it took."""
    begun = time.perf_counter()
    result = metrics.OK
    with traces.upstream_span(operation.action, channel.id) as span:
        try:
            return await answer
        except StagedoorError as error:
            result = error.code
            raise
        except BaseException:
            result = "Cancelled"
            raise
        finally:
            span.note("stagedoor.result", result)
            metrics.upstream_answered(channel.name, operation.action, result, time.perf_counter() - begun)
