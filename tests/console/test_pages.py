"""The console's pages: what operators do there is done, in their name; auditors only look; nobody else gets in."""

import re
from datetime import timedelta
from typing import Any

import pytest

from stagedoor.channels.store import list_channels
from stagedoor.console.endpoint import Act, Page
from stagedoor.console.routes import PAGES
from stagedoor.console.settings import SECRET
from stagedoor.keys.store import list_keys
from stagedoor.operators.store import find_operator_by_name
from stagedoor.quotas.limits import Limit
from stagedoor.quotas.store import exchange
from stagedoor.quotas.window import Report
from stagedoor.settings import Settings
from tests.audit.trail import entries_of
from tests.console.scene import Scene
from tests.console.support import Desk, Form, Person, let_in
from tests.support.gateway import Api, RunningGateway, gateway_settings
from tests.support.validation import on_sqlite

pytestmark = on_sqlite
Deed = tuple[Page, str, Act]
ACTS: list[Deed] = [(page, name, act) for page in PAGES for name, act in page.acts.items()]


@pytest.fixture
async def desk(gateway: RunningGateway) -> Desk:
    return await let_in(gateway, "ada")


async def told(gateway: RunningGateway, tenant_id: str, action: str) -> list[dict[str, Any]]:
    return [one for one in await entries_of(gateway.rt, tenant_id) if one["action"] == action]


async def own_name(gateway: RunningGateway, name: str = "ada") -> str:
    operator = await gateway.rt.db.read(lambda tx: find_operator_by_name(tx, name))
    assert operator is not None
    return f"operator:{operator.id}"


def filled(scene: Scene, path: str) -> str:
    """Return the path of a page about the scene."""
    names = {"tenant": scene.tenant, "person": scene.person, "asset": scene.asset, "endpoint": scene.endpoint}
    names |= {"group": scene.group, "channel": "emulator", "case": scene.case}
    return path.format(**names)


async def test_nobody_gets_in_without_a_session(gateway: RunningGateway, scene: Scene) -> None:
    stranger = Desk(gateway)
    for page in PAGES:
        path = filled(scene, page.path)
        for method in ("GET", "POST") if page.acts else ("GET",):
            answer = await stranger.send(method, path)
            assert (answer.status, answer.body) == (303, b""), path
            assert answer.headers["location"].startswith("/console/sign-in")
        assert (await stranger.send("PUT", path)).status == 405


async def test_no_form_is_taken_from_another_site_or_without_its_token(
    gateway: RunningGateway, desk: Desk, scene: Scene
) -> None:
    token = (await desk.open("/console/account", "end")).hidden["token"]
    for page, name, _ in ACTS:
        path = filled(scene, page.path)
        for fields, headers in (
            ({"do": name}, {}),
            ({"do": name, "token": token[:-1] + "x"}, {}),
            ({"do": name, "token": token}, {"sec_fetch_site": "cross-site"}),
            ({"do": name, "token": token}, {"sec_fetch_site": "same-site"}),
            ({"do": name, "token": token}, {"origin": "https://evil.example"}),
        ):
            assert (await desk.post(path, fields, **headers)).status == 403, (path, name)
    assert await desk.is_in()
    # The token of another session is no good here.
    other = await let_in(gateway, "grace")
    assert (await other.post("/console/tenants", {"do": "add", "token": token, "name": "x"})).status == 403


async def test_auditors_see_every_page_and_change_nothing(gateway: RunningGateway, scene: Scene) -> None:
    desk = await let_in(gateway, "vera", "auditor")
    for path in scene.pages:
        form = await desk.open(path)
        offers = set(re.findall(r'name="do" value="([^"]+)"', form.text))
        assert offers <= {"sign-out", "end", "prove", "verify"}, (path, offers)
        assert scene.link not in form.text
    token = (await desk.open("/console/account", "end")).hidden["token"]
    for page, name, act in ACTS:
        if not act.own:
            assert (await desk.post(filled(scene, page.path), {"do": name, "token": token})).status == 403, page.path
    assert (await desk.send("GET", f"{scene.here}/assets/{scene.asset}/media?ticket=1-x")).status == 403


async def test_every_page_is_whole_in_both_languages(desk: Desk, scene: Scene) -> None:
    for path in scene.pages:
        for language in ("en", "zh"):
            answer = await desk.send("GET", f"{path}{'&' if '?' in path else '?'}lng={language}")
            assert answer.status == 200, path
            text = answer.body.decode()
            assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in text
            assert not re.search(r"https?://(?!127\.0\.0\.1|hooks\.example|www\.w3\.org)", text), path


async def test_the_answers_say_what_a_browser_may_do(gateway: RunningGateway, desk: Desk) -> None:
    headers = (await desk.send("GET", "/console")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_a_tenant_is_added_and_limited_in_the_operators_name(gateway: RunningGateway, desk: Desk) -> None:
    hostile = "<script>alert(1)</script>\"' {{ 7*7 }}"
    added = await desk.fill("/console/tenants", "add", name=hostile, project="", rate="")
    path = added.headers["location"]
    page = await desk.open(path)
    assert "<script>alert" not in page.text
    assert hostile in page.words
    assert (await desk.fill(path, "limit", rate="100/s")).status == 303
    refused = await desk.fill(path, "limit", rate="many")
    assert refused.status == 400
    assert "RateLimit" in Form(refused.body.decode()).words or "rate" in Form(refused.body.decode()).words
    tenant_id, by = path.rpartition("/")[2], await own_name(gateway)
    entries = await entries_of(gateway.rt, tenant_id)
    assert [(one["action"], one["by"]) for one in entries] == [("tenant.created", by), ("tenant.limited", by)]


async def test_a_key_is_shown_once_works_and_is_revoked(gateway: RunningGateway, desk: Desk, scene: Scene) -> None:
    path = f"{scene.here}/keys"
    made = await desk.fill(path, "make", name="night shift", scope="groups:read", days="7", rate="5/s", pair="yes")
    secrets = re.findall(r"sd_live_[0-9A-Za-z]{36}", made.body.decode())
    api = gateway.api(secrets[0])
    assert (await api.call("ListAssetGroups")).status == 200
    assert (await api.call("CreateAssetGroup", Name="x")).status == 403
    page = await desk.open(path)
    assert secrets[0] not in page.text
    key = next(
        one for one in await gateway.rt.db.read(lambda tx: list_keys(tx, scene.tenant)) if one.name == "night shift"
    )
    assert key.access_key is not None
    token = page_token(page)
    # Another tenant's page does not reach it.
    other = await gateway.tenant("other")
    elsewhere = f"/console/tenants/{other.id}/keys"
    assert (await desk.post(elsewhere, {"do": "revoke", "token": token, "key": key.id})).status == 404
    assert (await desk.post(path, {"do": "revoke", "token": token, "key": key.id})).status == 303
    assert (await desk.post(path, {"do": "revoke", "token": token, "key": key.id})).status == 404
    by = await own_name(gateway)
    assert [one["by"] for one in await told(gateway, scene.tenant, "key.revoked")] == [by]
    assert [one["by"] for one in await told(gateway, scene.tenant, "key.issued")] == ["operator", by]


def page_token(form: Form) -> str:
    found = re.search(r'name="token" value="([^"]+)"', form.text)
    assert found is not None
    return found[1]


async def test_a_person_is_invited_followed_and_called_back(gateway: RunningGateway, desk: Desk, scene: Scene) -> None:
    people = f"{scene.here}/people"
    form = await desk.open(people, "invite")
    model = re.search(r"<option>([^<]+)</option>", form.text)
    assert model is not None
    fields = {"name": "Pilot, lead", "purposes": "Scenes\n\nDubbing", "model": model[1], "language": "en", "days": "7"}
    made = await desk.post(people, {**form.hidden, **fields})
    person = made.headers["location"]
    page = await desk.open(person, "cancel")
    assert 'class="qr"' in page.text
    assert (await desk.send("GET", f"{person}/state")).body == b"new"
    assert (await desk.post(person, page.hidden)).status == 303
    assert (await desk.send("GET", f"{person}/state")).body == b"cancelled"
    assert 'class="qr"' not in (await desk.open(person)).text
    by = await own_name(gateway)
    assert [one["by"] for one in await told(gateway, scene.tenant, "invitation.cancelled")] == [by]
    # What was refused is still in the form.
    refused = await desk.post(people, {**form.hidden, **fields, "name": "x" * 65})
    assert (refused.status, b"Scenes\n\nDubbing</textarea>" in refused.body) == (400, True)


async def test_a_failed_asset_says_what_to_change_and_is_not_offered_for_use(desk: Desk, scene: Scene) -> None:
    page = await desk.open(f"{scene.here}/assets/{scene.failed}")
    assert "not the face of the person" in page.words
    assert "FaceMismatch" in page.words
    gallery = await desk.open(f"{scene.here}/assets?status=Failed")
    assert "mismatch.jpg" in gallery.words
    assert "good.jpg" not in gallery.words
    for shown in (page, gallery):
        assert f'data-copy="{scene.failed}"' in shown.text
        assert f"asset://{scene.failed}" not in shown.text
    assert f'data-copy="asset://{scene.asset}"' in (await desk.open(f"{scene.here}/assets")).text


async def test_a_face_is_seen_for_a_minute_by_who_asked_and_that_is_written_down(
    gateway: RunningGateway, desk: Desk, scene: Scene
) -> None:
    path = f"{scene.here}/assets/{scene.asset}"
    assert (await desk.send("GET", f"{path}/media")).status == 403
    assert await told(gateway, scene.tenant, "asset.viewed") == []
    shown = await desk.fill(path, "view")
    media = re.search(r'src="([^"]+/media\?ticket=[^"]+)"', shown.body.decode())
    assert media is not None
    picture = await desk.send("GET", media[1])
    assert (picture.status, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.body.startswith(b"\xff\xd8")
    assert picture.headers["cache-control"] == "no-store"
    entry = (await told(gateway, scene.tenant, "asset.viewed"))[0]
    assert (entry["by"], entry["object"]) == (await own_name(gateway), scene.asset)
    other = await let_in(gateway, "grace")
    assert (await other.send("GET", media[1])).status == 403
    assert (await desk.send("GET", media[1].replace(scene.asset, scene.failed))).status == 403
    gateway.clock.advance(timedelta(seconds=61))
    assert (await desk.send("GET", media[1])).status == 403


async def test_events_are_sent_once_more_and_an_endpoint_is_disabled(
    gateway: RunningGateway, desk: Desk, scene: Scene
) -> None:
    path = f"{scene.here}/webhooks/{scene.endpoint}"
    assert "are on their way again" in Form((await desk.fill(path, "resend", event="", hours="24")).body.decode()).words
    for fields in ({"event": "", "hours": ""}, {"event": "", "hours": "0"}, {"event": "", "hours": "x"}):
        assert (await desk.fill(path, "resend", **fields)).status == 400
    assert (await desk.fill(path, "resend", event="evt_nobodys")).status == 404
    assert (await desk.fill(path, "disable")).status == 303
    assert (await desk.fill(path, "enable")).status == 303
    by = await own_name(gateway)
    for action in ("webhook.resent", "webhook.disabled", "webhook.enabled"):
        assert [one["by"] for one in await told(gateway, scene.tenant, action)] == [by]


async def test_a_job_is_tried_again_and_a_case_decided(gateway: RunningGateway, desk: Desk, scene: Scene) -> None:
    page = await desk.open("/console/work", "retry")
    assert (await desk.post("/console/work", page.hidden)).status == 303
    assert "nowhere" not in (await desk.open("/console/work")).words
    assert re.search(r"Cases to decide\s+1\s", (await desk.open("/console")).words)
    path = f"/console/cases/{scene.case}"
    assert (await desk.fill(path, "decide", group="", other="")).status == 400
    assert (await desk.fill(path, "decide", group="group-a", other="")).status == 400  # the library has no such group
    assert (await desk.fill(path, "decide", group="none", other="")).status == 303
    assert "no group" in (await desk.open(path)).words
    assert (await told(gateway, "", "job.retried"))[0]["by"] == await own_name(gateway)


async def test_an_edited_trail_is_found(gateway: RunningGateway, desk: Desk, scene: Scene) -> None:
    path = f"{scene.here}/audit"
    await entries_of(gateway.rt, scene.tenant)
    assert "nothing was changed" in Form((await desk.fill(path, "verify")).body.decode()).words
    sql = "UPDATE audit_entries SET entry = hash WHERE tenant_id = :tenant AND seq = 1"
    await gateway.rt.db.write(lambda tx: tx.execute(sql, tenant=scene.tenant))
    assert "Somebody has edited this trail." in Form((await desk.fill(path, "verify")).body.decode()).words


async def test_operators_are_added_reset_and_removed_by_others_only(gateway: RunningGateway, desk: Desk) -> None:
    added = await desk.fill("/console/operators", "add", name="Vera", role="auditor")
    link = re.search(r"/console/set-up/[0-9A-Za-z]{32}", added.body.decode())
    assert link is not None
    vera, other = Person(gateway, "vera", link[0]), Desk(gateway)
    await vera.enroll(other)
    assert (await desk.fill("/console/operators", "add", name="vera", role="operator")).status == 409
    assert (await desk.fill("/console/operators", "add", name="ivy", role="owner")).status == 400
    form = await desk.open("/console/operators", "remove")
    assert (await desk.post("/console/operators", {**form.hidden, "name": "ada"})).status == 409
    assert (await desk.post("/console/operators", {**form.hidden, "name": "vera"})).status == 303
    assert not await other.is_in()
    assert [one["by"] for one in await told(gateway, "", "operator.removed")] == [await own_name(gateway)]


async def test_the_settings_show_no_secret(gateway: RunningGateway, desk: Desk) -> None:
    text = (await desk.open("/console/settings")).text
    assert gateway.settings.secret_key not in text
    assert "STAGEDOOR_SECRET_KEY" in text
    assert {name for name in Settings.__struct_fields__ if "secret" in name or "password" in name} == SECRET


async def test_a_channel_shows_what_is_taken_of_its_quotas(gateway: RunningGateway, desk: Desk) -> None:
    [channel] = await gateway.rt.db.read(list_channels)
    limit, report = Limit(10_000, timedelta(seconds=1)), Report("another process", wanted=37)
    await gateway.rt.db.write(lambda tx: exchange(tx, channel.id, "CreateAsset", limit, report))
    page = await desk.open("/console/channels/emulator")
    assert re.search(r"CreateAsset\s+10,000 / s\s+37\s", page.words)


async def test_ids_of_nobody_and_of_others_are_not_found(gateway: RunningGateway, desk: Desk, scene: Scene) -> None:
    theirs = (await gateway.tenant("other")).id
    for page in PAGES:
        if "{" not in page.path or page.faces:
            continue
        nobody = re.sub(r"\{(\w+)\}", "nobody", page.path)
        assert (await desk.send("GET", nobody)).status == 404, nobody
        if "{tenant}" in page.path and page.path.count("{") == 2:
            foreign = filled(scene, page.path).replace(scene.tenant, theirs)
            assert (await desk.send("GET", foreign)).status == 404, foreign


async def test_without_the_setting_there_is_no_console(api: Api, gateway: RunningGateway) -> None:
    settings = gateway_settings(gateway.settings.database_url, console=False)
    async with RunningGateway(settings, gateway.clock) as without:
        assert (await Desk(without).send("GET", "/console")).status == 404
