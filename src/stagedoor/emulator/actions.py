"""The twelve actions by name."""

from collections.abc import Awaitable, Callable
from typing import Any

from stagedoor.emulator import assets, groups, validation
from stagedoor.emulator.world import World

Action = Callable[[World, dict[str, Any]], Awaitable[dict[str, Any]]]

ACTIONS: dict[str, Action] = {
    "CreateAssetGroup": groups.create_asset_group,
    "GetAssetGroup": groups.get_asset_group,
    "ListAssetGroups": groups.list_asset_groups,
    "UpdateAssetGroup": groups.update_asset_group,
    "DeleteAssetGroup": groups.delete_asset_group,
    "CreateAsset": assets.create_asset,
    "GetAsset": assets.get_asset,
    "ListAssets": assets.list_assets,
    "UpdateAsset": assets.update_asset,
    "DeleteAsset": assets.delete_asset,
    "CreateVisualValidateSession": validation.create_visual_validate_session,
    "GetVisualValidateResult": validation.get_visual_validate_result,
}
