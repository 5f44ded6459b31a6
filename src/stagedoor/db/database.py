"""What the rest of stagedoor sees of the database."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

from stagedoor.bells import Bells

Param = str | int | float | bytes | datetime | tuple[str, ...] | None
Record = TypeVar("Record", bound=msgspec.Struct)
Result = TypeVar("Result")


class AlreadyThere(Exception):
    """A row with this key exists already."""


class Tx(Protocol):
    """One transaction. SQL has ``:name`` parameters; rows become structs by ``columns(cls)``."""

    @property
    def merges(self) -> bool:
        """Whether this database merges the ordered branches of a ``UNION ALL`` by itself and reads no more than the page."""
        ...

    @property
    def slot(self) -> int:
        """A small number that differs between transactions at work at the same time."""
        ...

    @property
    def skip_locked(self) -> str:
        """What a subselect says at its end so that two transactions never choose the same rows."""
        ...

    @property
    def number_of_transaction(self) -> str:
        """SQL for a number that later transactions of this database exceed."""
        ...

    @property
    def first_unfinished_transaction(self) -> str:
        """SQL for a number: whatever transaction has a smaller one is seen now, or never."""
        ...

    @property
    def microseconds(self) -> str:
        """SQL for the database's own time, at the moment at which it is read."""
        ...

    def ring(self, bell: str) -> None:
        """Ring a bell when this transaction has been committed."""
        ...

    def then(self, act: Callable[[], None]) -> None:
        """Do something when this transaction has been committed: counting, nothing that waits or can fail."""
        ...

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

    Work may be undone and run once more, with others or after a deadlock: it does nothing but read and write.

    Every method raises ``errors.DatabaseUnavailable`` when the database is busy, full, read-only or away.
    """

    bells: Bells
    is_shared: bool
    """Whether other processes may work on it, too."""

    async def write(self, work: Work[Result], *, soft: bool = False, urgent: bool = False) -> Result:
        """Run the work in one transaction and return when it is durable; it is undone when the work raises.

        What is ``soft`` survives the end of this process, and is written so much faster, but perhaps not a power cut.
        What is ``urgent`` may use the room that SQLite keeps for the case of a full disk.
        """
        ...

    async def read(self, work: Work[Result], *, heavy: bool = False) -> Result:
        """Run work that only reads; ``heavy`` says that it may take longer than a few milliseconds."""
        ...

    def hear(self) -> None:
        """Ring the bells that ring in other processes here as well, until closed."""
        ...

    async def close(self) -> None: ...
