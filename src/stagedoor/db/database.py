"""What the rest of stagedoor sees of the database."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

Param = str | int | float | bytes | datetime | tuple[str, ...] | None
Record = TypeVar("Record", bound=msgspec.Struct)
Result = TypeVar("Result")


class AlreadyThere(Exception):
    """A row with this key exists already."""


class Tx(Protocol):
    """One transaction. SQL has ``:name`` parameters; rows become structs by ``columns(cls)``."""

    async def find(self, into: type[Record], sql: str, /, **params: Param) -> Record | None:
        """Return the first row as a struct, or None."""
        ...

    async def list(self, into: type[Record], sql: str, /, **params: Param) -> list[Record]:
        """Return all rows as structs."""
        ...

    async def number(self, sql: str, /, **params: Param) -> int:
        """Return the only column of the only row; 0 when there is none."""
        ...

    async def execute(self, sql: str, /, **params: Param) -> int:
        """Run a statement and return how many rows it touched.

        Raises:
            AlreadyThere: a unique key is taken.

        """
        ...


Work = Callable[[Tx], Awaitable[Result]]


class Database(Protocol):
    """Runs work in transactions. Work awaits nothing but its ``tx``: a transaction never waits for the network.

    Every method raises ``errors.DatabaseUnavailable`` when the database is busy, full, read-only or away.
    """

    async def write(self, work: Work[Result]) -> Result:
        """Run the work in one transaction and return when it is durable; it is undone when the work raises."""
        ...

    async def read(self, work: Work[Result], *, heavy: bool = False) -> Result:
        """Run work that only reads; ``heavy`` says that it may take longer than a few milliseconds."""
        ...

    async def close(self) -> None: ...
