"""① Create an asset group."""

from functools import partial

from stagedoor.audit.store import record
from stagedoor.call import Call
from stagedoor.channels.store import Channel
from stagedoor.contract import requests, results
from stagedoor.db.database import AlreadyThere, Tx
from stagedoor.errors import DatabaseUnavailable, InvalidParameter, OutcomeUnknown, UpstreamMalformed
from stagedoor.events.store import emit
from stagedoor.groups.store import AssetGroup, add_group


async def create_group(call: Call, request: requests.CreateAssetGroup) -> results.Group:
    """Make a group upstream and record who owns it."""
    if request.GroupType == "LivenessFace":
        raise InvalidParameter(
            "Only AIGC groups can be created. A LivenessFace group comes from a real-person check (⑪ and ⑫).",
            field="GroupType",
        )
    return await call.bear(request.model, partial(_create_on, call, request))


async def _create_on(call: Call, request: requests.CreateAssetGroup, channel: Channel) -> results.Group:
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

    async def work(tx: Tx) -> None:
        await add_group(tx, call.tenant_id, group)
        details = {"channel_id": channel.id}
        await record(tx, call.tenant_id, call.by, "group.created", group.id, details, now=now)
        data = {"group_type": group.group_type}
        await emit(tx, call.tenant_id, "group.created", group.id, data, event_id=call.rt.new_id("evt"), now=now)

    try:
        await call.rt.db.write(work)
    except AlreadyThere:
        raise UpstreamMalformed("The asset library answered with the id of a group that exists already.") from None
    except DatabaseUnavailable as error:
        raise OutcomeUnknown(f"The group {group.id} was created but could not be recorded.") from error
    return group.to_result()
