"""What signs a request is found neither in the log at its most talkative nor in an error nor in the database."""

from pathlib import Path

import msgspec

from stagedoor.clock import MovableClock
from stagedoor.emulator import RunningEmulator
from tests.support.action import action_api
from tests.support.gateway import RunningGateway, free_port, gateway_settings
from tests.support.serving import ServingProcess
from tests.support.stored import stored_bytes
from tests.support.story import DONE


async def test_no_secret_key_and_no_signature_reaches_the_log_an_error_or_the_database(
    database_url: str, emulator: RunningEmulator, clock: MovableClock, tmp_path: Path
) -> None:
    settings = gateway_settings(database_url)
    async with RunningGateway(settings, clock) as setting_up:
        await setting_up.connect(emulator)
        action = await action_api(setting_up)
    serving_settings = msgspec.structs.replace(settings, port=free_port(), log_level="debug")
    secrets = {action.pair.secret_key, action.pair.secret_key[:30]}
    answers = []
    async with ServingProcess(serving_settings, tmp_path / "serve.log") as serving:
        action.gateway.url, action.gateway.http = serving.url, serving.http
        requests = [
            action.sign(name, {"Name": "hero", "CallbackURL": DONE}) for name in ("CreateAssetGroup", "GetAsset")
        ]
        requests += [action.sign("CreateVisualValidateSession", {"CallbackURL": DONE})] * 2
        wrong = action.sign("CreateAssetGroup", {"Name": "hero"})
        wrong.body = b"{}"
        for request in (*requests, wrong):
            secrets.add(request.headers["authorization"].rpartition("=")[2])
            answers.append(await action.send(request))
        stored = await stored_bytes(database_url)
    assert [answer.status for answer in answers] == [200, 400, 200, 200, 401]
    log = serving.log.read_bytes()
    assert b'"action":"CreateVisualValidateSession"' in log
    for place in (log, stored, *(answer.body for answer in answers)):
        assert [secret[:6] for secret in secrets if secret.encode() in place] == []
