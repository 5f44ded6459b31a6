"""A gateway that dies while it delivers: the next one delivers, with the same id."""

from pathlib import Path

from stagedoor.app import open_runtime
from stagedoor.keys.issue import issue_key
from stagedoor.tenants.create import create_tenant
from tests.support.events import happen
from tests.support.gateway import gateway_settings
from tests.support.serving import ServingProcess
from tests.support.sink import Sink
from tests.webhooks.studio import PATH


async def test_an_event_sent_just_before_the_process_died_is_sent_again(
    database_url: str, tmp_path: Path, sink: Sink
) -> None:
    settings = gateway_settings(database_url, webhook_private=True)
    crash_file = tmp_path / "crash"
    rt = await open_runtime(settings)
    try:
        tenant = await create_tenant(rt, "studio")
        _, key = await issue_key(rt, tenant.id)
        environment = {"STAGEDOOR_TEST_CRASH_FILE": str(crash_file)}
        async with ServingProcess(settings, tmp_path / "first.log", **environment) as first:
            endpoint = (await first.api(key).send("POST", PATH, body={"URL": sink.url})).result
            crash_file.write_text("C8", encoding="ascii")
            event_id = await happen(rt, tenant.id)
            await sink.wait(1)
            assert first.process.wait(10) == -9
        async with ServingProcess(settings, tmp_path / "second.log", **environment):
            await sink.wait(2, seconds=30)
    finally:
        await rt.close()
    assert [webhook.id for webhook in sink.received] == [event_id, event_id]
    for webhook in sink.received:
        webhook.verify(endpoint["Secret"])
