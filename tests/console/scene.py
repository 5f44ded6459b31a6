"""A gateway at which everything has happened that the console shows."""

import msgspec

from stagedoor.cases.store import Case, list_cases, note_case
from stagedoor.db.database import Tx
from stagedoor.deletions.store import Deletion, add_deletion
from stagedoor.jobs.store import add_job
from stagedoor.validation.store import find_session
from tests.invitations.support import Studio
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.story import AT_ONCE, eventually, pass_face_check, upload

HOOKS = "/v1/webhook-endpoints"


class Scene(msgspec.Struct, frozen=True):
    """Its ids."""

    api: Api
    tenant: str
    group: str
    asset: str
    failed: str
    person: str
    link: str
    endpoint: str
    case: str

    @property
    def here(self) -> str:
        return f"/console/tenants/{self.tenant}"

    @property
    def pages(self) -> list[str]:
        """Return every page there is for somebody who is signed in."""
        of_tenant = (
            "",
            "/people",
            f"/people/{self.person}",
            "/groups",
            f"/groups/{self.group}",
            "/assets",
            "/assets?status=Failed",
            f"/assets/{self.asset}",
            f"/assets/{self.failed}",
            "/webhooks",
            f"/webhooks/{self.endpoint}",
            "/keys",
            "/deletions",
            f"/deletions/{self.group}",
            "/audit",
        )
        others = (
            "",
            "/tenants",
            "/channels",
            "/channels/emulator",
            "/work",
            "/cases",
            f"/cases/{self.case}",
            "/audit",
            "/operators",
            "/settings",
            "/account",
            "/prove",
        )
        return [*(self.here + end for end in of_tenant), *(f"/console{end}" for end in others)]


async def set_scene(
    gateway: RunningGateway, control: EmulatorControl, pictures: str, name: str = "Studio North"
) -> Scene:
    tenant = await gateway.tenant(name)
    api = await gateway.client(tenant, name="backend")
    await control.settings(transition=AT_ONCE)
    group = await pass_face_check(api, control)
    asset, failed = [await upload(api, group, f"{pictures}{file}", Name=file) for file in ("good.jpg", "mismatch.jpg")]
    invited = await Studio(gateway, api).invite(Purposes=["Scenes of “Long Night”"])
    hook = (await api.send("POST", HOOKS, body={"URL": "https://hooks.example/in"})).result
    await api.ok("CreateVisualValidateSession", CallbackURL="https://studio.example/done")

    async def write(tx: Tx) -> None:
        now = gateway.clock.now()
        row = await tx.find(_Id, "SELECT id FROM validation_sessions WHERE tenant_id = :tenant", tenant=tenant.id)
        assert row is not None
        found = await find_session(tx, tenant.id, row.id)
        assert found is not None
        case = Case(
            "case_1", tenant.id, found.id, found.channel_id, "default", ("group-a", "group-b"), (), now, None, None
        )
        await note_case(tx, case)
        await add_deletion(
            tx, tenant.id, Deletion(group, tenant.id, found.channel_id, "default", "cs_1", invited["Id"], now)
        )
        await add_job(tx, tenant.id, "sweep", "nowhere", now=now, due_at=now)
        await tx.execute("UPDATE jobs SET due_at = NULL, failures = 9, error = 'InternalError' WHERE key = 'nowhere'")

    async def is_final() -> bool:
        seen = [(await api.ok("GetAsset", Id=one))["Status"] for one in (asset, failed)]
        return "Processing" not in seen

    await eventually(is_final)
    await gateway.rt.db.write(write)
    [case] = await gateway.rt.db.read(lambda tx: list_cases(tx, resolved=False, at_most=1))
    return Scene(api, tenant.id, group, asset, failed, invited["Id"], invited["Link"], hook["Id"], case.id)


class _Id(msgspec.Struct, frozen=True):
    id: str
