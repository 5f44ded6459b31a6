"""What `stagedoor upload` makes one import of: which files and addresses become which assets."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from stagedoor.cli.remote.words import say

MOST_ROWS = 1000
LONGEST_NAME = 64
TYPES = ("Image", "Video", "Audio")
COLUMNS = frozenset({"file", "url", "group", "name", "type"})


class TableRefused(Exception):
    """The table cannot be used; the sentence says where and why."""


class Row(NamedTuple):
    """One asset to make: of a file here, or of an address."""

    number: int
    file: Path | None
    url: str
    group: str
    name: str
    kind: str | None

    @property
    def source(self) -> str:
        """The file or the address, as people are told."""
        return self.url if self.file is None else str(self.file)

    @property
    def subject(self) -> dict[str, object]:
        """What the row is called where its result is told."""
        return {"url" if self.file is None else "file": self.source, "row": self.number}


def read_table(path: Path, group: str | None, kind: str | None) -> list[Row]:
    """Read the rows of a table; files are found from the folder that it lies in.

    Args:
        path: of the table.
        group: for rows that name none.
        kind: what the assets of rows are that do not say it.

    Raises:
        TableRefused: it is none, or a row cannot be used.

    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            known = {name.strip().lower() for name in reader.fieldnames or () if name}
            given = [(reader.line_num, _clean(row)) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableRefused(say("no_table", file=path, reason=error)) from None
    if not known & {"file", "url"}:
        raise TableRefused(say("no_columns", file=path))
    _check_count(len(given))
    return [_row(path, line, number, cells, group, kind) for number, (line, cells) in enumerate(given, 1)]


def list_rows(files: Sequence[Path], group: str | None, kind: str | None) -> list[Row]:
    """Return the rows of a table that would have these files.

    Raises:
        TableRefused: no group is said, or there are too many files, or none.

    """
    if group is None:
        raise TableRefused(say("no_group"))
    _check_count(len(files))
    return [Row(number, file, "", group, file.stem[:LONGEST_NAME], kind) for number, file in enumerate(files, 1)]


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST_ROWS:
        raise TableRefused(say("row_count", count=count, most=MOST_ROWS))


def _clean(row: dict[str | None, str | list[str] | None]) -> dict[str, str]:
    """Return the cells that say something, by the names of their columns; others' columns are left out."""
    cells = {(name or "").strip().lower(): cell for name, cell in row.items() if isinstance(cell, str)}
    return {name: cell.strip() for name, cell in cells.items() if name in COLUMNS and cell.strip()}


def _row(path: Path, line: int, number: int, cells: dict[str, str], group: str | None, kind: str | None) -> Row:
    def refuse(key: str, **values: object) -> TableRefused:
        return TableRefused(f"{path}:{line}: {say(key, **values)}")

    if ("file" in cells) == ("url" in cells):
        raise refuse("file_or_url")
    if not (where := cells.get("group") or group):
        raise refuse("no_group_in_row")
    what = cells.get("type") or kind
    if what not in {*TYPES, None}:
        raise refuse("no_type", type=what, types=", ".join(TYPES))
    if len(name := cells.get("name", "")) > LONGEST_NAME:
        raise refuse("long_name", most=LONGEST_NAME)
    if "url" in cells:
        if what is None and (what := _type_of(cells["url"])) is None:
            raise refuse("type_unsaid", name=cells["url"])
        return Row(number, None, cells["url"], where, name, what)
    file = path.parent / cells["file"]
    if not file.is_file():
        raise refuse("no_file", file=file)
    return Row(number, file, "", where, name or file.stem[:LONGEST_NAME], what)


def _type_of(url: str) -> str | None:
    from stagedoor_client.media import guess_asset_type

    try:
        return guess_asset_type(urlsplit(url).path)
    except ValueError:
        return None
