"""Log lines: one JSON object each, or coloured text for people.

Nothing secret is ever handed to a logger. What gets into a line all the same, in the text of somebody else's error say, and looks
like a secret, is taken out again. A line that is written on behalf of a request or a job says so.
"""

import logging
import re
import sys
from contextlib import suppress
from contextvars import ContextVar
from typing import IO, Any, BinaryIO, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from stagedoor.settings import Settings

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request on whose behalf this code runs, also when the request itself is over."""
job: ContextVar[tuple[str, str]] = ContextVar("job", default=("", ""))
"""The kind and the key of the job on whose behalf this code runs."""

_SECRETS = (
    (re.compile(r"\b(sd_[a-z]+_)[0-9A-Za-z]{20,}"), r"\1***"),
    (re.compile(r"\b(whsec_)[0-9A-Za-z+/=]{8,}"), r"\1***"),
    (re.compile(r"\b(AK(?:LT|TP))[0-9A-Za-z+/=_-]{12,}"), r"\1***"),
    (re.compile(r"\b(Bearer +)[^\s\"',]+", re.IGNORECASE), r"\1***"),
    (re.compile(r"(\w://)[^\s/@\"'<>]+@"), r"\1***@"),
    (re.compile(r"(\w://[^\s?\"'<>]*\?)[^\s\"'<>]+"), r"\1***"),
)


class PatientStream:
    """A stream for lines that nobody may fail over: what cannot be written, on a full disk say, is lost."""

    def __init__(self, stream: IO[Any]) -> None:
        self._stream = stream

    def write(self, line: Any) -> None:
        with suppress(OSError):
            self._stream.write(line)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def set_up_logs(settings: Settings) -> None:
    """Configure the loggers of this process; lines go to standard error."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_context,
        structlog.processors.format_exc_info,
        _redact,
    ]
    if settings.log_format == "json":
        ending: list[Processor] = [_to_json]
        factory: structlog.BytesLoggerFactory | structlog.PrintLoggerFactory
        factory = structlog.BytesLoggerFactory(cast("BinaryIO", PatientStream(sys.stderr.buffer)))
    else:
        # Not the default, which prints the variables of every frame: there are keys and tokens among them.
        traceback = structlog.dev.plain_traceback
        ending = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=traceback)]
        factory = structlog.PrintLoggerFactory(cast("TextIO", PatientStream(sys.stderr)))
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_FromLibraries()])


class _FromLibraries(logging.Handler):
    """Passes on what libraries log, as lines like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        level = min(record.levelno, logging.CRITICAL)
        log.log(level, "library", logger=record.name, message=record.getMessage(), exc_info=record.exc_info)


def _add_context(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if request := request_id.get():
        event.setdefault("request_id", request)
    kind, key = job.get()
    if kind:
        event["job"], event["job_key"] = kind, key
    return event


def _redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = redacted(value)
    return event


def redacted(text: str) -> str:
    """Return a text without what looks like a secret: keys, user names and queries of addresses."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


_encode = msgspec.json.Encoder(enc_hook=str).encode


def _to_json(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return _encode(event)
