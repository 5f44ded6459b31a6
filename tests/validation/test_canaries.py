"""No secret is found where it does not belong: not in the log at its most talkative, in no error, metric or trace, not in the database or its backup."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from stagedoor.clock import MovableClock
from stagedoor.contract.operations import BY_ACTION
from stagedoor.db.backup import copy_sqlite
from stagedoor.emulator import RunningEmulator
from tests.support.collector import Collector
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Answer, Api, RunningGateway, free_port, gateway_settings
from tests.support.serving import ServingProcess
from tests.support.stored import stored_bytes
from tests.support.validation import EXCHANGE, PAGE, START, Check, browse, come_back, exchange, until, with_query

SOURCE_SECRET = "source-signature-1f4d8c0b7a"
SHORTEST_SECRET = 12
PRIVATE = {"Name-of-an-actor-canary", "studio.example/done"}
"""What is no credential, and no business of whoever reads logs, metrics or traces."""


class Story:
    """Everything a tenant can do, and everything that can go wrong with it; keeps the secrets and the errors it met."""

    def __init__(self, api: Api, emulator: RunningEmulator, control: EmulatorControl, pictures: str) -> None:
        self.api = api
        self.account = (emulator.access_key, emulator.secret_key)
        self.control = control
        self.source = f"{pictures}face.jpg?X-Tos-Signature={SOURCE_SECRET}"
        self.secrets = {api.key, SOURCE_SECRET, *self.account}
        self.errors: list[Answer] = []

    async def start(self, **fields: Any) -> Check:
        result = (await self.api.call(START, CallbackURL=PAGE, **fields)).result
        check = Check(result["BytedToken"], result["H5Link"])
        query = urlsplit(check.h5_link).query
        parts = {value for _, value in parse_qsl(query)} | {check.byted_token, check.h5_link, query}
        self.secrets |= {secret for part in parts for secret in (part, quote(part, safe=""))}
        return check

    async def fail(self, action: str, **fields: Any) -> None:
        answer = await self.api.call(action, **fields)
        assert answer.status >= 400, (action, answer)
        self.errors.append(answer)

    async def tell(self) -> None:
        check = await self.start(Lng="en", headers={"Idempotency_Key": "once"})
        came_back = await come_back(self.api, self.control, check)
        assert came_back.status == 303
        group_id = (await exchange(self.api, check)).result["GroupId"]
        asset = await self.upload(group_id)
        await self.api.ok("UpdateAsset", Id=asset["Id"], Name="Name-of-an-actor-canary")
        await self.api.ok("ListAssets", Filter={"GroupIds": [group_id]})
        await self.api.ok("UpdateAssetGroup", Id=group_id, Name="Name-of-an-actor-canary")
        await self.api.ok("ListAssetGroups")
        await self.go_wrong(group_id, asset["Id"])
        spare = await self.api.ok("CreateAssetGroup", Name="virtual")
        await self.api.ok("DeleteAssetGroup", Id=spare["Id"])

    async def upload(self, group_id: str) -> dict[str, Any]:
        created = await self.api.ok("CreateAsset", GroupId=group_id, URL=self.source, AssetType="Image")

        async def active() -> bool:
            return bool((await self.api.ok("GetAsset", Id=created["Id"]))["Status"] == "Active")

        await until(active)
        asset = await self.api.ok("GetAsset", Id=created["Id"])
        self.secrets |= {asset["URL"], dict(parse_qsl(urlsplit(asset["URL"]).query))["X-Tos-Signature"]}
        return asset

    async def go_wrong(self, group_id: str, asset_id: str) -> None:
        await self.refusals_of_ours(group_id)
        await self.callbacks_that_fail()
        for kind in ("error", "reset_after", "html"):
            await self.refusals_of_ark(kind, group_id, asset_id)

    async def refusals_of_ours(self, group_id: str) -> None:
        pending = await self.start()
        await self.fail(EXCHANGE, BytedToken=pending.byted_token)
        await self.fail(EXCHANGE, BytedToken=pending.h5_link + "x" * 512)
        await self.fail(EXCHANGE, BytedToken={"is": pending.byted_token})
        await self.fail(EXCHANGE, BytedToken=pending.byted_token[:-1])
        await self.fail(EXCHANGE, model=pending.byted_token, BytedToken=pending.byted_token)
        await self.fail(START, CallbackURL=f"ftp://studio.example/?{pending.byted_token}")
        await self.fail(START, CallbackURL=PAGE, Lng=pending.h5_link)
        await self.fail("CreateAsset", GroupId=group_id, URL=f"ftp://x/?{SOURCE_SECRET}", AssetType="Image")
        await self.fail("CreateAsset", GroupId=group_id, URL=self.source, AssetType=self.source)
        for action in ("ListAssetGroups", "ListAssets"):
            await self.fail(action, MaxResults=10, NextToken=pending.byted_token)
            await self.fail(action, Filter={"GroupType": pending.h5_link})
        await self.fail("GetAssetGroup", Id="group-20260101000000-aaaaa")
        await self.fail("GetAsset", Id="asset-20260101000000-aaaaa")
        path = BY_ACTION[EXCHANGE].path
        twice = b'{"model":"m","BytedToken":"%s","BytedToken":"x"}' % pending.byted_token.encode()
        broken = b'{"BytedToken":"%s' % pending.byted_token.encode()
        for data in (twice, broken):
            self.errors.append(await self.api.send("POST", path, data=data))
        self.errors.append(await self.api.send("POST", f"{path}?BytedToken={pending.byted_token}", data=b"{}"))
        self.errors.append(await self.api.send("GET", f"/nowhere/{pending.byted_token}?key={self.api.key}"))
        self.errors.append(await self.api.send("POST", path, data=b"{}", authorization=f"Bearer {self.api.key}x"))

    async def callbacks_that_fail(self) -> None:
        check, other = await self.start(), await self.start()
        target = await self.control.complete(check.byted_token, "fail")
        self.secrets.add(urlsplit(target).path.rpartition("/")[2])
        self.errors += [
            await browse(self.api, with_query(target, bytedToken=other.byted_token, resultCode="10000")),
            await browse(self.api, target + "x", "POST"),
            await browse(self.api, with_query(f"{self.api.url}/cb/{check.byted_token}", bytedToken=check.byted_token)),
        ]
        assert (await browse(self.api, target)).status == 303
        await self.fail(EXCHANGE, BytedToken=check.byted_token)

    async def refusals_of_ark(self, kind: str, group_id: str, asset_id: str) -> None:
        """Let Ark fail at each operation, in words that repeat what it knows of the request."""
        check = await self.start()
        target = await self.control.complete(check.byted_token)
        fields: dict[str, dict[str, Any]] = {
            START: {"CallbackURL": PAGE},
            EXCHANGE: {"BytedToken": check.byted_token},
            "CreateAssetGroup": {"Name": "x"},
            "UpdateAssetGroup": {"Id": group_id, "Name": "x"},
            "CreateAsset": {"GroupId": group_id, "URL": self.source, "AssetType": "Image"},
            "UpdateAsset": {"Id": asset_id, "Name": "x"},
            "DeleteAsset": {"Id": asset_id},
            "DeleteAssetGroup": {"Id": group_id},
        }
        for action, values in fields.items():
            words = " ".join([*self.account, *map(str, values.values())])
            told = {"code": "InvalidParameter.URL", "status": 400, "message": words} if kind == "error" else {}
            await self.control.fault(kind, action, times=0, name="trouble", **told)
            # A lost upload would be found by its mark.
            await self.control.fault("error", "ListAssets", times=0, name="trouble", status=500)
            if action == EXCHANGE:
                await browse(self.api, target)
            await self.fail(action, **values)
            await self.control.ask("DELETE", "faults?name=trouble")


def found(secrets: set[str], where: bytes) -> Iterator[str]:
    """Yield the secrets that can be read in some bytes, shortened."""
    for secret in sorted(secrets):
        if len(secret) >= SHORTEST_SECRET and secret.encode() in where:
            yield f"{secret[:8]}… ({len(secret)} characters)"


async def test_no_secret_reaches_the_log_an_error_or_the_database(
    database_url: str,
    emulator: RunningEmulator,
    control: EmulatorControl,
    pictures: str,
    clock: MovableClock,
    tmp_path: Path,
) -> None:
    settings = gateway_settings(database_url, upstream_timeout=2.0)
    async with RunningGateway(settings, clock) as setting_up:
        await setting_up.connect(emulator)
        key, admin_key = (await setting_up.client()).key, (await setting_up.operator()).key
    serving_settings = msgspec.structs.replace(
        settings, port=(port := free_port()), public_url=f"http://127.0.0.1:{port}", log_level="debug"
    )
    async with Collector() as collector:
        serving_settings = msgspec.structs.replace(serving_settings, traces_url=collector.url)
        async with ServingProcess(serving_settings, tmp_path / "serve.log") as serving:
            story = Story(serving.api(key), emulator, control, pictures)
            story.secrets |= {admin_key, settings.secret_key}
            await story.tell()
            assert (await serving.api(admin_key).send("GET", "/admin/v1/channels")).status == 200
            numbers = (await serving.api(admin_key).send("GET", "/metrics")).body
            stored = await stored_bytes(database_url)
            if database_url.startswith("sqlite"):
                copy_sqlite(Path(database_url.removeprefix("sqlite:///")), tmp_path / "backup.db")
                stored += (tmp_path / "backup.db").read_bytes()
    stored += await stored_bytes(database_url)

    log = serving.log.read_bytes()
    assert b'"level":"info"' in log
    assert all(f'"action":"{action}"'.encode() in log for action in (START, EXCHANGE, "CreateAsset", "callback"))
    assert len(story.secrets) > 20
    assert {str(answer.metadata["Action"]) for answer in story.errors if answer.body[:1] == b"{"} >= set(BY_ACTION)
    assert list(found(story.secrets, log)) == []
    assert list(found(story.secrets, stored)) == []
    assert b"stagedoor_exchanges_total" in numbers
    assert list(found(story.secrets | PRIVATE, numbers)) == []
    traces = b"".join(collector.bodies)
    assert EXCHANGE.encode() in traces
    assert list(found(story.secrets | PRIVATE, traces)) == []
    assert list(found(PRIVATE, log)) == []
    for answer in story.errors:
        assert list(found(story.secrets, answer.body + repr(answer.headers).encode())) == [], answer.body
