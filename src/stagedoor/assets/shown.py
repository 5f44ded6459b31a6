"""How an asset is shown: printed when its row is written, so that reading it back is copying.

Only the address is not in print: it is sealed, and there only while it can be used.
"""

import msgspec

from stagedoor.assets.store import Asset, ShownAsset
from stagedoor.runtime import Runtime
from stagedoor.sealed import ASSET_URL

_PLACES = ASSET_URL.place("")


def url_place(asset_id: str) -> str:
    # A page has many of them.
    return _PLACES + asset_id


def show_asset(rt: Runtime, asset: ShownAsset, now: int) -> msgspec.Raw:
    """Return the answer's JSON of an asset.

    Args:
        rt: the runtime.
        asset: the row.
        now: microseconds since 1970.

    """
    url, shown = asset.url, asset.shown
    if url is None or asset.url_expires_at is None or now >= asset.url_expires_at:
        return msgspec.Raw(shown)
    return msgspec.Raw(b"".join((shown[:-1], b',"URL":', rt.vault.open_again(url_place(asset.id), url), b"}")))


def show_written(rt: Runtime, asset: Asset) -> msgspec.Raw:
    """Return the answer's JSON of an asset that has just been read or written as a whole."""
    row = ShownAsset.of(asset)
    return show_asset(rt, row, rt.clock.microseconds())
