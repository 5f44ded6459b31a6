"""A receiver of traces on loopback: OTLP over HTTP, as a collector speaks it."""

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Received(msgspec.Struct, frozen=True):
    """A span as it came in."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, str]
    failed: bool


class Collector:
    """Keeps what it was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1/traces"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return web.Response(content_type="application/x-protobuf")

    def spans(self) -> Iterator[Received]:
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        yield Received(
                            span.name,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes},
                            span.status.code == span.status.STATUS_CODE_ERROR,
                        )

    def named(self, name: str) -> list[Received]:
        return [span for span in self.spans() if span.name == name]
