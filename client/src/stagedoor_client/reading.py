"""Reading what the gateway answers into typed results, leniently.

A field the answer does not have keeps its default; a field this version does not know stands in ``raw``. Words like ``status`` are plain
strings, since new ones may come.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Kind = TypeVar("Kind", bound="Result")


@dataclass(frozen=True, kw_only=True)
class Response:
    """The HTTP answer behind a result or an error: status, headers in lower case, and the body as it came."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)
    request_id: str = ""


def wired(wire: str, default: Any, reader: Callable[[Any, Response], Any], *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"wire": wire, "reader": reader})


def string(wire: str, *, secret: bool = False) -> Any:
    return wired(wire, "", lambda value, _: str(value), secret=secret)


def flag(wire: str) -> Any:
    return wired(wire, default=False, reader=lambda value, _: value is True)


def number(wire: str, default: int | None = None) -> Any:
    return wired(wire, default, lambda value, _: value if isinstance(value, int) else default)


def decimal(wire: str) -> Any:
    return wired(wire, None, lambda value, _: value if isinstance(value, (int, float)) else None)


def moment(wire: str) -> Any:
    return wired(wire, None, lambda value, _: read_moment(value))


def strings(wire: str) -> Any:
    return wired(wire, (), lambda value, _: tuple(map(str, value)) if isinstance(value, list) else ())


def mapping(wire: str, *, secret: bool = False) -> Any:
    return field(
        default_factory=dict,
        repr=not secret,
        metadata={"wire": wire, "reader": lambda value, _: value if isinstance(value, dict) else {}},
    )


def nested(wire: str, kind: type["Result"]) -> Any:
    return wired(wire, None, lambda value, response: read(kind, value, response))


def each(wire: str, kind: type["Result"]) -> Any:
    return wired(wire, (), lambda value, response: read_each(kind, value, response))


def read_moment(value: object) -> datetime | None:
    """Return a time of any dialect, ISO 8601 or seconds since 1970, as an aware one; None when it is neither."""
    try:
        if isinstance(value, (int, float)):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What every result has besides its own fields: the JSON object it was read from, and the answer that brought it."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    response: Response = field(default_factory=Response, repr=False, compare=False)


def read(kind: type[Kind], document: object, response: Response) -> Kind:
    """Read a result leniently: what is missing, null or unknown is no error."""
    given: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
    known = [(one, given.get(one.metadata["wire"])) for one in fields(kind) if "wire" in one.metadata]
    values = {one.name: one.metadata["reader"](value, response) for one, value in known if value is not None}
    return kind(**values, raw=given, response=response)


def read_each(kind: type[Kind], documents: object, response: Response) -> tuple[Kind, ...]:
    """Read a list of results."""
    return tuple(read(kind, one, response) for one in documents) if isinstance(documents, list) else ()


@dataclass(frozen=True, kw_only=True)
class Page(Result, Generic[Item]):
    """One page of a list: its items, and the counters of page mode or the token of cursor mode."""

    items: tuple[Item, ...] = ()
    total_count: int | None = number("TotalCount")
    page_number: int | None = number("PageNumber")
    page_size: int | None = number("PageSize")
    next_token: str = string("NextToken")

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def read_page(kind: type[Kind], document: Mapping[str, Any], response: Response) -> Page[Kind]:
    """Read one page of a list."""
    page: Page[Any] = read(Page, document, response)
    return replace(page, items=read_each(kind, document.get("Items"), response))
