"""③ Get an asset group."""

from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.groups.store import get_group


async def answer_get_group(call: Call, request: requests.GetAssetGroup) -> results.Group:
    """Answer from our own record."""
    group = await call.rt.db.read(lambda tx: get_group(tx, call.tenant_id, request.Id, request.ProjectName))
    return group.to_result()
