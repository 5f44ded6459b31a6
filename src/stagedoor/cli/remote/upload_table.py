"""`stagedoor upload --csv` and `--import`: all rows of a table, or all files, as one import, with a result for each."""

import json
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from stagedoor.cli.remote.begun import Begun
from stagedoor.cli.remote.send import FileRefused, check_file, complain, send_file, show_progress
from stagedoor.cli.remote.table import Row
from stagedoor.cli.remote.words import say

if TYPE_CHECKING:
    from stagedoor_client import Client, Import, ImportItem, NewItem, StagedoorError

ENDS = ("Active", "Failed", "Cancelled")


class Waiting(NamedTuple):
    """Whether the end of the import is waited for, and for how many seconds for each row."""

    wait: bool
    within: float


def upload_table(
    client: "Client", begun: Begun, table: Path, rows: Sequence[Row], waiting: Waiting, *, as_json: bool
) -> int:
    """Upload the files of a table, import all of it, tell what became of each row, and return the exit code."""
    from stagedoor_client import StagedoorError

    made: list[tuple[Row, NewItem]] = []
    code = 0
    for row in rows:
        try:
            made.append((row, _make_item(client, begun, row)))
        except (StagedoorError, FileRefused, OSError, ValueError) as error:
            code = complain(row.subject, error, code, as_json=as_json)
    if not made:
        return code
    imported = _begin(client, begun, table, [item for _, item in made])
    if waiting.wait:
        _wait(client, imported, table, waiting.within * len(made))
        for (row, _), item in zip(made, client.iter_import_items(imported.id), strict=True):
            code = _tell(row, imported, item, code, as_json=as_json)
    else:
        print(json.dumps({"import": imported.id}) if as_json else imported.id, flush=True)
    for path in (table, *(row.file for row, _ in made if row.file)):
        with suppress(OSError):  # it is gone, or changed: then it is another one anyway
            begun.forget(path)
    return code


def _make_item(client: "Client", begun: Begun, row: Row) -> "NewItem":
    """Return what the import is told of a row, whose file has arrived and been looked at."""
    if row.file is None:
        return {"url": row.url, "asset_type": row.kind or "", "name": row.name, "group_id": row.group}
    uploaded = send_file(client, begun, row.file, row.kind)
    kind = row.kind or uploaded.asset_type
    if not kind:
        raise ValueError(say("type_unsaid", name=row.file.name))
    check_file(client, uploaded, kind, row.group)
    return {"url": uploaded.url, "asset_type": kind, "name": row.name, "group_id": row.group}


def _begin(client: "Client", begun: Begun, table: Path, items: "Sequence[NewItem]") -> "Import":
    """Begin the import, or return the one that an interrupted run of the command has begun for the same items."""
    word = begun.find(table) or uuid4().hex
    begun.keep(table, word)
    key = sha256(json.dumps([word, *items], sort_keys=True).encode()).hexdigest()
    return client.create_import(items, idempotency_key=key)


def _wait(client: "Client", imported: "Import", table: Path, within: float) -> None:
    with show_progress(table.name, imported.total, of_bytes=False) as tell:

        def update(one: "Import") -> None:
            tell(sum(one.counts.get(state, 0) for state in ENDS), one.total)

        client.wait_until_imported(imported, within=within, on_update=update)


def _tell(row: Row, imported: "Import", item: "ImportItem", code: int, *, as_json: bool) -> int:
    if not item.is_active:
        return complain(row.subject, _trouble(item), code, as_json=as_json)
    facts = {**row.subject, "asset": item.asset_id, "status": item.state, "import": imported.id}
    print(json.dumps(facts, ensure_ascii=False) if as_json else f"{item.reference}\t{row.source}", flush=True)
    return code


def _trouble(item: "ImportItem") -> "StagedoorError":
    """Return what ⑥ would have been answered with, or that the asset has failed."""
    from stagedoor_client import Asset, AssetFailed, Problem
    from stagedoor_client.errors import error_class

    said = item.error or Problem(code=item.state, message=say("not_begun"))
    if item.asset_id or item.error is None:
        return AssetFailed(Asset(id=item.asset_id, error=said))
    return error_class(said.code, 400)(said.message, code=said.code)
