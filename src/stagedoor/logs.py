"""Log lines: one JSON object each, or coloured text for people. Nothing secret is ever handed to a logger."""

import logging
import sys
from contextlib import suppress
from typing import IO, Any, BinaryIO, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from stagedoor.settings import Settings


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
    ]
    if settings.log_format == "json":
        ending: list[Processor] = [structlog.processors.format_exc_info, _to_json]
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
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


_encode = msgspec.json.Encoder(enc_hook=str).encode


def _to_json(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return _encode(event)
