"""kill -9 between sealing and signing (C9): the chain is whole, and its end waits for the next signature."""

from functools import partial
from pathlib import Path

import pytest

from stagedoor.app import open_runtime
from stagedoor.audit.verify import Verdict, verify_chain
from tests.audit.trail import entries_of
from tests.support.counts import times
from tests.support.stage import KILLS, Stage, set_stage
from tests.support.story import make_group
from tests.support.validation import until

pytestmark = pytest.mark.timeout(times(900, 7200))


async def test_a_chain_whose_sealer_was_killed_has_a_tail_and_no_damage(database_url: str, tmp_path: Path) -> None:
    kills = KILLS if database_url.startswith("sqlite") else times(1, KILLS)
    async with set_stage(database_url, tmp_path, audit_checkpoint_seconds=1.5) as stage:
        for number in range(kills):
            async with stage.process() as process:
                # What came before is sealed, so that it is the group's own entry behind which the process dies.
                await until(lambda: _is_sealed(stage))
                await stage.dies_at("C9", process, partial(make_group, stage.api, f"g{number}"))
            found = await _verify(stage)
            # Sealed a moment ago, and at most what the process before had no time to sign.
            assert found.findings == []
            assert found.tail >= 1
        async with stage.process():
            await until(lambda: _is_signed(stage))
            groups = {item["Id"] for item in (await stage.api.ok("ListAssetGroups", PageSize=100))["Items"]}
        rt = await open_runtime(stage.settings)
        entries = await entries_of(rt, stage.tenant_id)
        await rt.close()
    made = [one["object"] for one in entries if one["action"] == "group.created"]
    assert len(made) == kills
    assert set(made) == groups


async def _verify(stage: Stage) -> Verdict:
    rt = await open_runtime(stage.settings)
    try:
        return await verify_chain(rt, stage.tenant_id)
    finally:
        await rt.close()


async def _is_sealed(stage: Stage) -> bool:
    return (await _verify(stage)).pending == 0


async def _is_signed(stage: Stage) -> bool:
    found = await _verify(stage)
    return found.tail == 0 and found.pending == 0 and found.checkpoints > 0 and found.findings == []
