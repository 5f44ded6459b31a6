"""④ Rename or describe an asset group."""

import msgspec

from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.groups.store import get_group, mark_group_changed


async def update_group(call: Call, request: requests.UpdateAssetGroup) -> results.Group:
    """Change the group upstream, then in our record. Safe to repeat."""
    group = await call.rt.db.read(lambda tx: get_group(tx, call.tenant_id, request.Id, request.ProjectName))
    if request.Name is None and request.Description is None:
        return group.to_result()
    name = group.name if request.Name is None else request.Name
    description = group.description if request.Description is None else request.Description
    # Ark does not say whether it keeps or clears a field that is left out, so both are sent.
    body: dict[str, object] = {"Id": group.id, "Description": description, "ProjectName": group.project_name}
    if name:
        body["Name"] = name
    await call.ask(group.channel_id, "UpdateAssetGroup", body)
    changed = msgspec.structs.replace(
        group, name=name, name_folded=name.casefold(), description=description, updated_at=call.rt.clock.now()
    )
    await call.rt.db.write(lambda tx: mark_group_changed(tx, call.tenant_id, changed))
    return changed.to_result()
