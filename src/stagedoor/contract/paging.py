"""The two paging modes of the lists (official-api.md §1.6): they exclude one another."""

from typing import Protocol

import msgspec

from stagedoor.errors import InvalidParameter

DEFAULT_SIZE = 10


class Paged(Protocol):
    """A request that asks for a page."""

    @property
    def PageNumber(self) -> int | None: ...  # noqa: N802 - the contract's names

    @property
    def PageSize(self) -> int | None: ...  # noqa: N802

    @property
    def MaxResults(self) -> int | None: ...  # noqa: N802

    @property
    def NextToken(self) -> str | None: ...  # noqa: N802


class Paging(msgspec.Struct, frozen=True):
    """One page to answer: a numbered one, or (``number`` None) the one after a token."""

    size: int
    number: int | None
    next_token: str | None

    @property
    def offset(self) -> int:
        return 0 if self.number is None else (self.number - 1) * self.size


def read_paging(request: Paged, *, deepest: int) -> Paging:
    """Return which page is asked for; without any paging field it is page 1 of 10.

    Args:
        request: the list request.
        deepest: how many rows numbered pages may reach.

    Raises:
        InvalidParameter: both modes at once, or a numbered page beyond the deepest row.

    """
    numbered = request.PageNumber is not None or request.PageSize is not None
    if request.MaxResults is not None or request.NextToken is not None:
        if numbered:
            raise InvalidParameter("MaxResults and NextToken exclude PageNumber and PageSize.", field="MaxResults")
        return Paging(request.MaxResults or DEFAULT_SIZE, None, request.NextToken or None)
    paging = Paging(request.PageSize or DEFAULT_SIZE, request.PageNumber or 1, None)
    if paging.offset + paging.size > deepest:
        raise InvalidParameter(
            f"Numbered pages reach {deepest} rows. Use MaxResults and NextToken to go deeper.", field="PageNumber"
        )
    return paging
