"""① Create an asset group."""

from stagedoor.call import Call
from stagedoor.contract import requests, results
from stagedoor.db.database import AlreadyThere
from stagedoor.errors import DatabaseUnavailable, InvalidParameter, OutcomeUnknown, UpstreamMalformed
from stagedoor.groups.store import AssetGroup, add_group


async def create_group(call: Call, request: requests.CreateAssetGroup) -> results.Group:
    """Make a group upstream and record who owns it."""
    if request.GroupType == "LivenessFace":
        raise InvalidParameter(
            "Only AIGC groups can be created. A LivenessFace group comes from a real-person check (⑪ and ⑫).",
            field="GroupType",
        )
    channel = await call.choose_channel(request.model)
    project_name = call.choose_project(channel, request.ProjectName)
    body: dict[str, object] = {"Name": request.Name, "GroupType": "AIGC", "ProjectName": project_name}
    if request.Description is not None:
        body["Description"] = request.Description
    answer = await call.ask(channel.id, "CreateAssetGroup", body)
    now = call.rt.clock.now()
    group = AssetGroup(
        id=str(answer["Id"]),
        tenant_id=call.tenant_id,
        channel_id=channel.id,
        group_type="AIGC",
        name=request.Name,
        name_folded=request.Name.casefold(),
        description=request.Description or "",
        project_name=project_name,
        created_at=now,
        updated_at=now,
    )
    try:
        await call.rt.db.write(lambda tx: add_group(tx, call.tenant_id, group))
    except AlreadyThere:
        raise UpstreamMalformed("The asset library answered with the id of a group that exists already.") from None
    except DatabaseUnavailable as error:
        raise OutcomeUnknown(f"The group {group.id} was created but could not be recorded.") from error
    return group.to_result()
