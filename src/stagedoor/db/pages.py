"""Pages of a list, walked along indexes.

A list is the merge of *branches*: each branch fixes the leading columns of an index, so its rows come in order without
sorting. SQLite merges ordered branches lazily; PostgreSQL is told how far each branch can reach, and sorts what is left.
That is why a page costs the same in a small and a large table.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain

import msgspec

from stagedoor.db.database import Param
from stagedoor.db.rows import columns

Branch = Mapping[str, str]


class Order(msgspec.Struct, frozen=True):
    """Sort by a column, ties by id."""

    column: str
    descending: bool


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: the sort value and the id of its last row."""

    value: int | str
    id: str


class Selection(msgspec.Struct, frozen=True):
    """Which rows of a table: the branches that lead along an index and further conditions on each row."""

    table: str
    branches: Sequence[Branch]
    conditions: Sequence[str] = ()
    params: Mapping[str, Param] = {}


def page_query(
    cls: type[msgspec.Struct],
    selection: Selection,
    order: Order,
    *,
    limit: int,
    offset: int = 0,
    after: Place | None = None,
    merges: bool = True,
) -> tuple[str, dict[str, Param]]:
    """Return the SQL and the parameters of one page.

    The struct's field ``sort_value`` is given the column that is sorted by, as it is stored; ``merges`` is the
    transaction's.
    """
    direction = "DESC" if order.descending else "ASC"
    params: dict[str, Param] = {**selection.params, "limit": limit, "offset": offset, "reach": offset + limit}
    if after is not None:
        params |= {"after_value": after.value, "after_id": after.id}
    beyond = [_beyond(branch, order, after) for branch in selection.branches]
    ordered = f"ORDER BY sort_value {direction}, id {direction}"
    branch = "{}" if merges or len(selection.branches) == 1 else f"({{}} {ordered} LIMIT :reach)"
    branches, branch_params = _union(_listed(cls, order.column), selection, beyond, branch)
    return f"{branches} {ordered} LIMIT :limit OFFSET :offset", params | branch_params


@cache
def _listed(cls: type[msgspec.Struct], sorted_by: str) -> str:
    return columns(cls).replace("sort_value", f"{sorted_by} AS sort_value")


def count_query(selection: Selection) -> tuple[str, dict[str, Param]]:
    """Return the SQL and the parameters that count a selection by walking it."""
    branches, params = _union("id", selection, [()] * len(selection.branches))
    return f"SELECT count(*) FROM ({branches}) AS selected", {**selection.params, **params}


def _beyond(branch: Branch, order: Order, after: Place | None) -> tuple[str, ...]:
    """Return the condition on a branch's rows to come after a place.

    Where the branch fixes the sort column, only the id is left to compare, and the index has the ids in order.
    """
    if after is None:
        return ()
    sign = "<" if order.descending else ">"
    fixed = branch.get(order.column)
    if fixed is None:
        return (f"({order.column}, id) {sign} (:after_value, :after_id)",)
    if fixed == after.value:
        return (f"id {sign} :after_id",)
    return () if (fixed < str(after.value)) == order.descending else ("1 = 0",)


def _union(
    what: str, selection: Selection, conditions: Sequence[tuple[str, ...]], branch: str = "{}"
) -> tuple[str, dict[str, Param]]:
    shape = tuple(map(tuple, selection.branches))
    text, names = _union_text(what, selection.table, shape, tuple(selection.conditions), tuple(conditions), branch)
    return text, dict(zip(names, chain.from_iterable(branch.values() for branch in selection.branches), strict=True))


@lru_cache(maxsize=1024)
def _union_text(
    what: str,
    table: str,
    shape: tuple[tuple[str, ...], ...],
    shared: tuple[str, ...],
    conditions: tuple[tuple[str, ...], ...],
    template: str,
) -> tuple[str, list[str]]:
    """Return the SQL and the names of its parameters, branch by branch."""
    texts, names = [], []
    for number, (branch, own) in enumerate(zip(shape, conditions, strict=True)):
        fixed = [f"{column} = :b{number}_{column}" for column in branch]
        names += [f"b{number}_{column}" for column in branch]
        texts.append(template.format(f"SELECT {what} FROM {table} WHERE {' AND '.join([*fixed, *shared, *own])}"))
    return " UNION ALL ".join(texts), names


def contains(text: str) -> str:
    """Return the LIKE pattern for names that contain a text in any case; the column is case-folded, the escape is ``!``."""
    folded = text.casefold()
    for special in "!%_":
        folded = folded.replace(special, f"!{special}")
    return f"%{folded}%"


def listing_digest(*parts: object) -> str:
    """Return a short digest of what a list was asked for, so that a NextToken is not used for another list."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def write_next_token(place: Place, listing: str) -> str:
    """Return the token of a place in a list; the digest of both is in it, so that it fits nowhere else."""
    raw = msgspec.json.encode((place.value, place.id, listing_digest(listing, place)))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_next_token(token: str, listing: str) -> Place:
    """Read a NextToken.

    Raises:
        ValueError: it was not made here, was changed, or belongs to another list.

    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        value, row_id, _ = msgspec.json.decode(raw, type=tuple[int | str, str, str])
    except (ValueError, msgspec.MsgspecError):
        raise ValueError("This is no NextToken.") from None
    place = Place(value, row_id)
    # Written again it must be the same text: base64 and JSON both have several ways to say one thing.
    if write_next_token(place, listing) != token:
        raise ValueError("The NextToken belongs to a list with another filter or sort, or was changed.")
    return place
