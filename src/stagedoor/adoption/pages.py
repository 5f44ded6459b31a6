"""Read an upstream's list to its end, in whichever of the two ways of paging it knows (official-api.md §1.6, C3)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec

from stagedoor.errors import InvalidParameter, MissingParameter, UpstreamMalformed

SIZE = 100
Ask = Callable[[Mapping[str, object]], Awaitable[Mapping[str, Any]]]
Items = list[dict[str, Any]]


class Place(msgspec.Struct, frozen=True):
    """A page of a list: behind a token, which reaches any depth, or by its number, which older accounts ask for."""

    by: Literal["token", "number"] = "token"
    token: str = ""
    number: int = 1


FIRST = Place()


async def read_page(ask: Ask, query: Mapping[str, object], place: Place) -> tuple[Items, Place | None]:
    """Return the items of a page, the oldest first, and the place of the next one; None behind the last.

    Args:
        ask: asks for one page.
        query: the filter and the project.
        place: which page.

    Raises:
        StagedoorError: the page could not be read.

    """
    body = {**query, "SortBy": "CreateTime", "SortOrder": "Asc"}
    if place.by == "number":
        return _numbered(await ask({**body, "PageNumber": place.number, "PageSize": SIZE}), place)
    more = {"NextToken": place.token} if place.token else {}
    try:
        answer = await ask({**body, "MaxResults": SIZE, **more})
    except (InvalidParameter, MissingParameter):
        # Tokens are unknown there, or this one was kept too long.
        return await read_page(ask, query, Place(by="number"))
    if "TotalCount" in answer or "PageNumber" in answer:
        # It did not understand and gave a page of the size it likes.
        return await read_page(ask, query, Place(by="number"))
    token = answer.get("NextToken")
    if token and (not isinstance(token, str) or token == place.token):
        raise UpstreamMalformed("The asset library's list leads in a circle.")
    return _items(answer), Place(token=token) if token else None


def _numbered(answer: Mapping[str, Any], place: Place) -> tuple[Items, Place | None]:
    items, total, size = _items(answer), answer.get("TotalCount"), answer.get("PageSize")
    size = size if isinstance(size, int) and size > 0 else SIZE
    is_last = place.number * size >= total if isinstance(total, int) else len(items) < size
    return items, None if is_last or not items else Place(by="number", number=place.number + 1)


async def read_all(ask: Ask, query: Mapping[str, object]) -> AsyncIterator[Items]:
    """Yield the pages of a list from the first to the last."""
    place: Place | None = FIRST
    while place is not None:
        items, place = await read_page(ask, query, place)
        yield items


def _items(answer: Mapping[str, Any]) -> Items:
    items = answer.get("Items")
    return items if isinstance(items, list) else []
