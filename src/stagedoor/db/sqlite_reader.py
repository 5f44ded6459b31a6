"""The connection that reads an SQLite file, and shows of it only what is on the disk."""

from pathlib import Path

from stagedoor.db.sqlite_tx import SqliteTx, connect


class SqliteReader:
    """Reads the newest state, except while it is held: then what it saw last."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        self.tx = SqliteTx(self._connection)

    def hold(self) -> None:
        """Stay with the state of now.

        Raises:
            sqlite3.Error: the file cannot be read.

        """
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN")
            # Only a statement that reads decides what a transaction sees.
            self._connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()

    def let_go(self) -> None:
        """See the newest state again."""
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()
