"""No secret of an operator's is found where it does not belong: in no log, error, trail or page, and not in the database."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from stagedoor.operators.totp import generate, written
from tests.audit.trail import entries_of
from tests.console.support import PASSWORD, Desk, another_person, first_person
from tests.support.gateway import RunningGateway, free_port
from tests.support.serving import ServingProcess
from tests.support.stored import stored_bytes


async def test_no_secret_of_an_operators_is_read_anywhere(gateway: RunningGateway, tmp_path: Path) -> None:
    port = free_port()
    settings = msgspec.structs.replace(
        gateway.settings, port=port, public_url=f"http://127.0.0.1:{port}", log_level="debug"
    )
    tenant = await gateway.tenant()
    async with ServingProcess(settings, tmp_path / "serve.log") as serving:
        # The link that was printed is over when there is a newer one.
        ada = await first_person(gateway)
        # So is the newer one for who does not know it yet: while it waits for the disk, a process shows the state before.
        await serving.api("").send("GET", "/readyz")
        desk = stranger(gateway, serving)
        assert (await ada.enroll(desk, code=generate(ada.seed, datetime.now(UTC)))).status == 200
        grace = await another_person(gateway, "grace")
        wrong = [
            (await ada.sign_in(stranger(gateway, serving), code="000000", **fields)).body
            for fields in ({}, {"password": "not-my-password-at-all"}, {"name": PASSWORD})
        ]
        wrong.append((await stranger(gateway, serving).send("GET", grace.link[:-1])).body)
        keys = f"/console/tenants/{tenant.id}/keys"
        made = (await desk.fill(keys, "make", name="night", scope="groups:read", days="", rate="", pair="yes")).body
        shown = re.findall(rb"<pre>([^<]+)</pre>", made)
        pages = [(await desk.open(path)).text.encode() for path in ("/console/account", "/console/settings", keys)]
        pages += [(await desk.open(path)).text.encode() for path in ("/console/audit", "/console/operators")]
    secrets = {PASSWORD.encode(), b"not-my-password-at-all", written(ada.seed).encode(), ada.seed}
    secrets |= {code.encode() for code in ada.recovery_codes} | {desk.cookies["stagedoor-console"].encode()}
    secrets |= {link.rpartition("/")[2].encode() for link in (ada.link, grace.link)}
    secrets |= {gateway.settings.secret_key.encode(), *(line for text in shown for line in text.split())}
    access_key = next(one for one in secrets if one.startswith(b"AK"))
    log = serving.log.read_bytes()
    trail = repr([*await entries_of(gateway.rt, ""), *await entries_of(gateway.rt, tenant.id)]).encode()
    stored = await stored_bytes(gateway.settings.database_url)
    assert len(secrets) == 21
    assert b"console" in log
    assert b"operator.enrolled" in trail
    for where in (log, trail, *pages, *wrong):
        assert [one for one in secrets if one in where] == []
    # An access key is the public half of its pair, and found by it.
    assert [one for one in secrets - {access_key} if one in stored] == []


def stranger(gateway: RunningGateway, serving: ServingProcess) -> Desk:
    desk = Desk(gateway)
    desk.url = serving.url
    return desk
