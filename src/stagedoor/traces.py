"""Traces, where a setting sends them. Without it nothing of OpenTelemetry is loaded, and a span costs a look at a variable.

Attributes are ids, codes and words of this code: no address, no query, no name, no token. The texts of errors are not kept.
"""

import importlib.util
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from stagedoor import __version__
from stagedoor.errors import StagedoorError
from stagedoor.settings import Settings, SettingsError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import SpanKind, Tracer

EXPORT_SECONDS = 5
Attributes = Mapping[str, str | int]


class Nothing:
    """A span of traces that are off."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def note(self, name: str, value: str | int) -> None: ...

    def answered(self, operation: str, status: int, request_id: str) -> None: ...


NOTHING = Nothing()


class Span(Nothing):
    """A span that is the current one while its block runs."""

    def __init__(
        self,
        tracer: "Tracer",
        name: str,
        attributes: Attributes,
        *,
        kind: "SpanKind",
        parent: "Context | None" = None,
    ) -> None:
        # The text of an error may repeat what a caller sent: only its class is kept, below.
        self._manager = tracer.start_as_current_span(
            name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
        )

    def __enter__(self) -> Self:
        self._span = self._manager.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:  # type: ignore[override]  # as Python has it
        if kind is not None:
            self._fail(error.code if isinstance(error, StagedoorError) else kind.__name__)
        self._manager.__exit__(None, None, None)

    def note(self, name: str, value: str | int) -> None:
        self._span.set_attribute(name, value)

    def answered(self, operation: str, status: int, request_id: str) -> None:
        """Name the span of a request, now that it is known what it was."""
        if operation:
            self._span.update_name(operation)
        self.note("stagedoor.operation", operation)
        self.note("stagedoor.request_id", request_id)
        self.note("http.response.status_code", status)
        if status >= 500:
            self._fail(str(status))

    def _fail(self, what: str) -> None:
        from opentelemetry.trace import StatusCode

        self.note("error.type", what)
        self._span.set_status(StatusCode.ERROR)


class _Traces:
    """The tracer of this process, while there is one."""

    def __init__(self) -> None:
        self.provider: TracerProvider | None = None
        self.tracer: Tracer | None = None


_traces = _Traces()


def request_span(method: str, headers: Mapping[bytes, bytes]) -> Nothing:
    """Return the span of a request, which continues its caller's trace (W3C ``traceparent``)."""
    tracer = _traces.tracer
    if tracer is None:
        return NOTHING
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carried = {"traceparent": headers.get(b"traceparent", b"").decode("latin-1")}
    parent = TraceContextTextMapPropagator().extract(carried)
    return Span(tracer, "request", {"http.request.method": method}, kind=SpanKind.SERVER, parent=parent)


def upstream_span(action: str, channel_id: str) -> Nothing:
    tracer = _traces.tracer
    if tracer is None:
        return NOTHING
    from opentelemetry.trace import SpanKind

    attributes = {"stagedoor.action": action, "stagedoor.channel_id": channel_id}
    return Span(tracer, f"upstream {action}", attributes, kind=SpanKind.CLIENT)


def work_span(name: str, attributes: Attributes) -> Nothing:
    """Return the span of something that this process does: an exchange, a job."""
    tracer = _traces.tracer
    if tracer is None:
        return NOTHING
    from opentelemetry.trace import SpanKind

    return Span(tracer, name, attributes, kind=SpanKind.INTERNAL)


def note(name: str, value: str | int) -> None:
    """Add to the span that is the current one."""
    if _traces.tracer is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().set_attribute(name, value)


def check_traces(settings: Settings) -> None:
    """Refuse traces that could not be sent.

    Raises:
        SettingsError: the setting is made, and OpenTelemetry is not installed.

    """
    if settings.traces_url and importlib.util.find_spec("opentelemetry") is None:
        raise SettingsError("STAGEDOOR_TRACES_URL needs OpenTelemetry. Install it with: pip install 'stagedoor[otel]'")


def start_traces(settings: Settings) -> None:
    """Send the spans of this process from now on, if the settings say where."""
    if not settings.traces_url:
        return
    check_traces(settings)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": "stagedoor", "service.version": __version__})
    _traces.provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=settings.traces_url, timeout=EXPORT_SECONDS)
    _traces.provider.add_span_processor(BatchSpanProcessor(exporter))
    _traces.tracer = _traces.provider.get_tracer("stagedoor")


def stop_traces() -> None:
    """Send what is left, in a few seconds, and be off. Blocks."""
    provider, _traces.provider, _traces.tracer = _traces.provider, None, None
    if provider is not None:
        provider.shutdown()
