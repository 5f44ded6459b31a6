"""Whatever is done to a face is written down: who, what, to which object."""

from collections.abc import Callable
from typing import Any

import pytest

from stagedoor.audit.catalogue import ACTIONS
from stagedoor.audit.store import INSTANCE, record
from stagedoor.db.database import Tx
from stagedoor.tenants.store import Tenant
from tests.audit.trail import entries_of, happens
from tests.invitations.support import Studio, Visitor
from tests.invitations.test_flow import becomes, finish
from tests.support.emulator import EmulatorControl
from tests.support.gateway import MODEL, Api, RunningGateway
from tests.support.story import ON_SQLITE, make_group, pass_face_check, upload
from tests.support.validation import browse, start

Told = tuple[str, str, str]


def told(entries: list[dict[str, Any]], *objects: str) -> list[Told]:
    """Return who did what to these objects."""
    return [(one["by"].partition(":")[0], one["action"], one["object"]) for one in entries if one["object"] in objects]


async def test_uploads_and_deletions_say_who_did_them(
    gateway: RunningGateway, tenant: Tenant, api: Api, pictures: str
) -> None:
    group = await make_group(api)
    asset, other = await upload(api, group, pictures), await upload(api, group, pictures)
    await api.ok("DeleteAsset", Id=asset)
    await api.ok("DeleteAssetGroup", Id=group)
    entries = await entries_of(gateway.rt, tenant.id)
    assert told(entries, group, asset, other) == [
        ("key", "group.created", group),
        ("key", "asset.created", asset),
        ("key", "asset.created", other),
        ("key", "asset.deleted", asset),
        ("key", "assets.deleted", group),
        ("key", "group.deleted", group),
    ]
    (issued,) = (one for one in entries if one["action"] == "key.issued")
    assert {one["by"] for one in entries if one["object"] == group} == {f"key:{issued['object']}"}
    (gone,) = (one for one in entries if one["action"] == "assets.deleted")
    assert gone["details"] == {"assets": [other]}


async def test_an_invited_actor_and_the_gateway_are_named_for_what_they_do(
    gateway: RunningGateway,
    tenant: Tenant,
    studio: Studio,
    made: dict[str, Any],
    visitor: Visitor,
    control: EmulatorControl,
) -> None:
    await finish(visitor, control, await visitor.agree())
    group = (await becomes(studio, made, "completed"))["GroupId"]
    entries = [one for one in await entries_of(gateway.rt, tenant.id) if not one["action"].startswith("key.")]
    assert [(one["by"].partition(":")[0], one["action"]) for one in entries] == [
        ("key", "invitation.created"),
        ("actor", "consent.given"),
        ("actor", "session.started"),
        ("actor", "callback.taken"),
        ("gateway", "group.bound"),
    ]
    session = entries[2]["object"]
    assert entries[0]["object"] == entries[1]["details"]["invitation_id"] == made["Id"]
    assert (entries[3]["object"], entries[3]["details"]) == (session, {"state": "passed"})
    assert (entries[4]["object"], entries[4]["details"]) == (group, {"session_id": session})


async def test_a_cancelled_invitation_and_a_refused_callback_are_in_it(
    gateway: RunningGateway, tenant: Tenant, studio: Studio, made: dict[str, Any], control: EmulatorControl
) -> None:
    await studio.cancel(made)
    checks = [await start(studio.api), await start(studio.api)]
    back = [await control.complete(check.byted_token) for check in checks]
    answer = await browse(studio.api, back[0].partition("?")[0] + "?" + back[1].partition("?")[2])
    assert answer.status == 404
    entries = await entries_of(gateway.rt, tenant.id)
    assert told(entries, made["Id"])[-1] == ("key", "invitation.cancelled", made["Id"])
    refused = [one for one in entries if one["action"] == "callback.refused"]
    assert [(one["by"], one["object"]) for one in refused] == [("actor", refused[0]["object"])]


async def test_operators_are_named_and_what_concerns_all_is_in_the_instances_trail(
    gateway: RunningGateway, tenant: Tenant
) -> None:
    operator = await gateway.operator()
    key = (await operator.send("POST", f"/admin/v1/tenants/{tenant.id}/keys", body={"AccessKey": True})).result["Id"]
    await operator.send("DELETE", f"/admin/v1/keys/{key}")
    channel = (await operator.send("PATCH", "/admin/v1/channels/emulator", body={"Weight": 2})).result["Id"]
    instance = await entries_of(gateway.rt, INSTANCE)
    assert told(instance, channel) == [
        ("operator", "channel.created", channel),
        ("operator", "channel.changed", channel),
    ]
    assert instance[-1]["details"] == {"fields": ["weight"]}
    mine = next(one for one in instance if one["action"] == "key.issued" and one["details"] == {"kind": "admin"})
    assert (mine["by"], instance[-1]["by"]) == ("operator", f"operator:{mine['object']}")
    assert told(await entries_of(gateway.rt, tenant.id), key) == [
        ("operator", "key.issued", key),
        ("operator", "key.paired", key),
        ("operator", "key.revoked", key),
    ]


async def test_a_face_check_that_a_key_has_started_is_the_keys(
    gateway: RunningGateway, tenant: Tenant, api: Api, control: EmulatorControl
) -> None:
    group = await pass_face_check(api, control)
    entries = await entries_of(gateway.rt, tenant.id)
    (started,) = (one for one in entries if one["action"] == "session.started")
    assert started["by"].startswith("key:")
    (bound,) = (one for one in entries if one["object"] == group)
    assert bound["details"] == {"session_id": started["object"]}


@ON_SQLITE
async def test_no_secret_and_nothing_about_a_person_is_in_it(
    gateway: RunningGateway, tenant: Tenant, studio: Studio, made: dict[str, Any], visitor: Visitor, pictures: str
) -> None:
    await visitor.agree()
    await upload(studio.api, await make_group(studio.api, "Somebody Famous"), pictures, Name="Somebody Famous")
    text = str(await entries_of(gateway.rt, tenant.id))
    code = made["Link"].rpartition("/")[2]
    for secret in (studio.api.key, code, "Famous", made["Name"], pictures, MODEL, "127.0.0.1"):
        assert secret not in text


@ON_SQLITE
async def test_what_is_undone_is_not_in_it(gateway: RunningGateway, tenant: Tenant) -> None:
    class Undone(Exception):
        pass

    async def work(tx: Tx) -> None:
        await record(tx, tenant.id, "gateway", "group.deleted", "g", now=gateway.rt.clock.now())
        raise Undone

    with pytest.raises(Undone):
        await gateway.rt.db.write(work)
    await happens(gateway.rt, tenant.id, "h")
    assert [one["object"] for one in await entries_of(gateway.rt, tenant.id)] == ["h"]


@pytest.mark.parametrize(("action", "details"), [("group.renamed", {}), ("group.created", {"name": "Somebody"})])
@ON_SQLITE
async def test_only_what_the_catalogue_describes_is_written(
    gateway: RunningGateway, action: str, details: dict[str, str]
) -> None:
    def work() -> Callable[[Tx], Any]:
        return lambda tx: record(tx, "t", "gateway", action, "g", details, now=gateway.rt.clock.now())

    with pytest.raises(ValueError, match="catalogue"):
        await gateway.rt.db.write(work())


def test_every_action_has_a_sentence() -> None:
    assert all(action.sentence.endswith(".") for action in ACTIONS.values())
