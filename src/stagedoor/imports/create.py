"""Taking over many uploads at once: one row, whatever their number; the job that follows makes rows of the items."""

import csv
import io
from collections.abc import Sequence
from hashlib import sha256
from itertools import islice

import msgspec
from msgspec.structs import replace

from stagedoor.audit.store import record
from stagedoor.call import Call
from stagedoor.contract.imports import MOST_ITEMS, CreateImport, ImportItem
from stagedoor.db.database import Tx
from stagedoor.errors import CallerError, IdempotencyKeyReused, InvalidParameter, MissingParameter
from stagedoor.groups.store import get_group
from stagedoor.http.body import decode, explain
from stagedoor.imports.store import IMPORT, Import, add_import
from stagedoor.jobs.store import add_job
from stagedoor.sealed import IMPORT_SOURCE

MOST_CELLS = 100_000
"""Of a table, counted by what stands between them: a large body of nothing else would take long to read."""


async def create_import(call: Call, request: CreateImport, key_hash: bytes | None) -> tuple[Import, bool]:
    """Take an import over, once per Idempotency-Key, and tell whether it was there before.

    Raises:
        MissingParameter: an item has no group.
        NotFound: the import's group is none of the tenant's.
        IdempotencyKeyReused: the key was used for another import.

    """
    rt = call.rt
    items = _with_groups(request)
    group_id = request.GroupId
    if group_id is not None:
        await rt.db.read(lambda tx: get_group(tx, call.tenant_id, group_id))
    import_id, now = rt.new_id("imp"), rt.clock.now()
    new = Import(
        id=import_id,
        tenant_id=call.tenant_id,
        key_id=call.caller.key_id,
        model=request.model,
        key_hash=key_hash,
        body_hash=sha256(msgspec.json.encode(request)).digest(),
        total=len(items),
        source=rt.vault.seal(IMPORT_SOURCE.place(import_id), msgspec.json.encode(items)),
        created_at=now,
        cancelled_at=None,
        finished_at=None,
    )

    async def work(tx: Tx) -> Import:
        recorded = await add_import(tx, call.tenant_id, new)
        if recorded is new:
            await add_job(tx, call.tenant_id, IMPORT, import_id, now=now, due_at=now)
            await record(tx, call.tenant_id, call.by, "import.created", import_id, {"items": len(items)}, now=now)
        return recorded

    recorded = await rt.db.write(work)
    if recorded.body_hash != new.body_hash:
        raise IdempotencyKeyReused
    return recorded, recorded is not new


def _with_groups(request: CreateImport) -> list[ImportItem]:
    items = [replace(item, GroupId=item.GroupId or request.GroupId) for item in request.Items]
    for number, item in enumerate(items, 1):
        if item.GroupId is None:
            raise MissingParameter(f"Item {number}: the parameter GroupId is required.", field="Items.GroupId")
    return items


def read_json(body: bytes) -> CreateImport:
    """Read an import as JSON.

    Raises:
        CallerError: something in it cannot be used; which item, says the message.

    """
    try:
        return decode(body, CreateImport)
    except CallerError as error:
        if not error.field.startswith("Items."):
            raise
        raw = msgspec.json.decode(body)["Items"]
        raise _first_bad(raw) or error from None


def read_csv(body: bytes, model: str | None, group_id: str | None) -> CreateImport:
    """Read an import as a table with a header line; what is not in the table comes from the query.

    Raises:
        CallerError: something in it cannot be used; which item, says the message.

    """
    if model is None:
        raise MissingParameter("The parameter model is required.", field="model")
    if sum(map(body.count, (b",", b"\n", b"\r"))) > MOST_CELLS:
        raise InvalidParameter(f"The table has more than {MOST_CELLS} cells.", field="Body")
    try:
        text = body.decode("utf-8-sig")
        rows = list(islice(csv.DictReader(io.StringIO(text, newline=""), strict=True), MOST_ITEMS + 1))
    except (UnicodeDecodeError, csv.Error):
        raise InvalidParameter("The body is no well-formed table (CSV) in UTF-8.", field="Body") from None
    if "\0" in text:
        raise InvalidParameter("The request body must not contain the character NUL.", field="Body")
    raw = [{name: cell for name, cell in row.items() if isinstance(name, str) and cell} for row in rows]
    values = {"model": model, "Items": raw, **({} if group_id is None else {"GroupId": group_id})}
    try:
        return msgspec.convert(values, CreateImport)
    except msgspec.ValidationError as error:
        raise _first_bad(raw) or explain(error) from None


def _first_bad(items: Sequence[object]) -> CallerError | None:
    """Return what is wrong with the first item that cannot be used: of a thousand, one wants to know which."""
    for number, item in enumerate(items[:MOST_ITEMS], 1):
        try:
            msgspec.convert(item, ImportItem)
        except msgspec.ValidationError as error:
            said = explain(error)
            return type(said)(f"Item {number}: {said.message}", field=f"Items.{said.field}")
    return None
