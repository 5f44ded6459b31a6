"""One item of an import: made like any upload of ⑥, once, and found again when its answer is lost."""

from datetime import timedelta

import msgspec

from stagedoor.assets.create import Errand, check_upload, create_asset
from stagedoor.assets.record import add_new_asset
from stagedoor.assets.store import Asset, find_asset
from stagedoor.assets.upload import find_marked, listed_asset, new_mark, upload_job
from stagedoor.audit.store import GATEWAY
from stagedoor.call import Call
from stagedoor.channels.book import ChannelBook
from stagedoor.contract import requests
from stagedoor.contract.operations import BY_ACTION
from stagedoor.crash import crash_point
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import NotFound, OutcomeUnknown, StagedoorError, may_have_been_sent
from stagedoor.groups.store import find_group
from stagedoor.imports.store import Import, Item, mark_creating, mark_ended, mark_made, mark_pending
from stagedoor.jobs.store import has_job
from stagedoor.keys.authenticate import Caller
from stagedoor.runtime import Runtime
from stagedoor.sealed import IMPORT_URL

CREATE_ASSET = BY_ACTION["CreateAsset"]
PATIENCE = timedelta(days=1)
"""For so long an import waits for a library that takes nothing; then what it says is the items' end."""
MOST_TRIES = 3


class ItemError(msgspec.Struct, frozen=True):
    """Why an item failed: what ⑥ would have answered, or what the library said of the asset."""

    Code: str
    Message: str


class _Existing(msgspec.Struct, frozen=True):
    Id: str


def print_error(code: str, message: str) -> str:
    """Return an item's error as it is kept."""
    return msgspec.json.encode(ItemError(code, message)).decode()


async def make_item(rt: Runtime, book: ChannelBook, whole: Import, item: Item) -> StagedoorError | None:
    """Make the asset of an item, and return what stands in the way of it and of those that follow, if something does."""
    call = Call(rt, book, Caller(whole.tenant_id, whole.key_id, frozenset(), models=None, project_name=None))
    try:
        await _make(call, item, _request(rt, whole, item))
    except StagedoorError as error:
        if may_have_been_sent(error):
            return None  # the item says that it is under way; what became of it is found out later
        if error.retry in {"later", "same_request"} and rt.clock.now() < whole.created_at + PATIENCE:
            await rt.db.write(lambda tx: mark_pending(tx, item, tries=item.tries))
            return error
        told = print_error(error.full_code, error.message)
        await rt.db.write(lambda tx: mark_ended(tx, item.import_id, [item.number], "Failed", told))
    return None


def _request(rt: Runtime, whole: Import, item: Item) -> requests.CreateAsset:
    url = rt.vault.open(IMPORT_URL.place(item.import_id, item.number), item.url or b"")
    return requests.CreateAsset(
        model=whole.model, GroupId=item.group_id, URL=url, AssetType=item.asset_type, Name=item.name
    )


async def _make(call: Call, item: Item, request: requests.CreateAsset) -> None:
    rt, mark = call.rt, new_mark()
    group = (await check_upload(call, request)).group
    # First the place, which may be long in coming, then the record that the call is under way.
    call.place = place = await call.book.wait_for_place(group.channel_id, CREATE_ASSET)
    try:
        if not await rt.db.write(lambda tx: mark_creating(tx, item, mark)):
            return
        crash_point("I1")

        async def note(tx: Tx, asset: Asset) -> None:
            await mark_made(tx, item, mark, asset.id)

        shown = await create_asset(call, request, Errand(mark, note))
        if call.is_existing:
            asset_id = msgspec.json.decode(shown, type=_Existing).Id
            await rt.db.write(lambda tx: mark_made(tx, item, mark, asset_id))
    finally:
        call.book.give_back(group.channel_id, CREATE_ASSET, place)


async def find_out(rt: Runtime, book: ChannelBook, item: Item) -> bool:
    """Find out what became of an item whose answer was lost, and tell whether that is known now.

    Raises:
        StagedoorError: the library could not be asked.

    """
    mark = item.mark or ""
    group = await rt.db.read(lambda tx: find_group(tx, item.tenant_id, item.group_id))
    if group is None:
        gone = NotFound(f"The specified asset_group {item.group_id} is not found.", field="group_id")
        told = print_error(gone.full_code, gone.message)
        await rt.db.write(lambda tx: mark_ended(tx, item.import_id, [item.number], "Failed", told))
        return True
    if await rt.db.read(lambda tx: has_job(tx, *upload_job(group, mark))):
        return False  # that job looks for it, and records it
    listed = await find_marked(book, group, mark, in_background=True)
    if listed is None:
        await _not_made(rt, item)
    else:
        await _record(rt, item, mark, listed_asset(group, listed, rt.clock.now()))
    return True


async def _not_made(rt: Runtime, item: Item) -> None:
    """Try an item once more: for two minutes nobody has found it, so it was not made."""
    if item.tries + 1 < MOST_TRIES:
        await rt.db.write(lambda tx: mark_pending(tx, item, tries=item.tries + 1))
        return
    lost = OutcomeUnknown("The asset library was asked several times and its answers were lost. It was not made.")
    told = print_error(lost.full_code, lost.message)
    await rt.db.write(lambda tx: mark_ended(tx, item.import_id, [item.number], "Failed", told))


async def _record(rt: Runtime, item: Item, mark: str, asset: Asset) -> None:
    async def work(tx: Tx) -> None:
        if await find_asset(tx, item.tenant_id, asset.id) is None:
            await add_new_asset(tx, rt, asset, by=GATEWAY)
        await mark_made(tx, item, mark, asset.id)

    try:
        await rt.db.write(work)
    except AlreadyThere:
        await rt.db.write(work)
