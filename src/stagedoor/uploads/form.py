"""A file that comes in one request, as a browser's form or `curl -F file=@face.jpg` sends it: written and hashed while it comes."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from stagedoor.errors import InvalidParameter, MissingParameter, UnsupportedMediaType
from stagedoor.runtime import Runtime
from stagedoor.uploads.begin import check_size
from stagedoor.uploads.sink import Sink

FORM = "multipart/form-data"
FILE = "file"
MOST_PARTS = 10
LONGEST_FIELD = 1024
LONGEST_BOUNDARY = 70  # RFC 2046


class Sent(NamedTuple):
    """What a form held beside the file's bytes, and their hash."""

    filename: str
    content_type: str
    fields: dict[str, str]
    sha256: bytes


def read_boundary(content_type: bytes) -> str:
    """Return what stands between the parts of a form.

    Raises:
        UnsupportedMediaType: it is no form that can have a file.

    """
    kind, options = parse_options_header(content_type.decode("latin-1"))
    boundary = str(options.get("boundary", ""))
    if kind.lower() != FORM or not 0 < len(boundary) <= LONGEST_BOUNDARY or not boundary.isascii():
        raise UnsupportedMediaType("Send the file as multipart/form-data, or in parts by the tus protocol.")
    return boundary


async def receive_form(rt: Runtime, boundary: str, chunks: AsyncIterator[bytes], sink: Sink) -> Sent:
    """Write the file of a form into the sink.

    Raises:
        InvalidParameter: it is no well-formed form, or has two files.
        MissingParameter: it has no file.
        RequestTooLarge: the file is larger than any may be.

    """
    parser = PushMultipartParser(
        boundary, max_segment_count=MOST_PARTS, max_segment_size=rt.settings.upload_limit + 1, strict=True
    )
    reader = _Form(rt, sink)
    try:
        async for chunk in chunks:
            if parser.closed:
                break
            for event in parser.parse(chunk):
                await reader.take(event)
        parser.close()
    except MultipartError:
        # More than the largest file and one byte: that is what is wrong, whatever else may be.
        check_size(rt, sink.size)
        raise InvalidParameter("The body is no well-formed form.", field="Body") from None
    if reader.file is None:
        raise MissingParameter("The form needs a part with the name file, and a file name.", field=FILE)
    return Sent(reader.file[0], reader.file[1], reader.fields, await sink.end())


class _Form:
    """Follows the parts of a form."""

    def __init__(self, rt: Runtime, sink: Sink) -> None:
        self.file: tuple[str, str] | None = None
        self.fields: dict[str, str] = {}
        self._rt = rt
        self._sink = sink
        self._part: MultipartSegment | None = None
        self._value = bytearray()

    async def take(self, event: "MultipartSegment | bytes | bytearray | None") -> None:
        """Take the beginning of a part, some of it, or its end (None)."""
        if event is None:
            self._end_part()
        elif isinstance(event, MultipartSegment):
            self._begin_part(event)
        elif self._part is not None and self._part.name == FILE:
            await self._sink.write(bytes(event))
            check_size(self._rt, self._sink.size)
        else:
            self._value += event
            if len(self._value) > LONGEST_FIELD:
                raise InvalidParameter(f"A field of the form has more than {LONGEST_FIELD} bytes.", field="Body")

    def _begin_part(self, part: MultipartSegment) -> None:
        self._part = part
        self._value.clear()
        if part.name == FILE:
            if self.file is not None:
                raise InvalidParameter("The form has two files. Send each in a request of its own.", field=FILE)
            self.file = (part.filename or "", part.content_type or "")

    def _end_part(self) -> None:
        if self._part is not None and self._part.name != FILE:
            self.fields[self._part.name] = self._value.decode("utf-8", "replace")
        self._part = None
