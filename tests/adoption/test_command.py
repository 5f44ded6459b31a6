"""`stagedoor adopt` as a process: what it prints, and what is left when it is killed."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from stagedoor.settings import Settings
from tests.cli.conftest import environment
from tests.support import nursery
from tests.support.account import Account
from tests.support.emulator import EmulatorControl
from tests.support.gateway import Api, RunningGateway
from tests.support.story import ON_SQLITE

KILLED = -9


def run(settings: Settings, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    given = {name.upper(): str(value) for name, value in msgspec.to_builtins(settings).items()}
    return nursery.run("adopt", *arguments, env=environment(**{**given, "LOG_LEVEL": "warning", **more}))


async def rows(api: Api) -> list[tuple[Any, ...]]:
    """Return everything the tenant sees of its groups and assets."""
    seen: list[tuple[Any, ...]] = []
    for action in ("ListAssetGroups", "ListAssets"):
        for number in (1, 2, 3):
            page = await api.ok(action, PageNumber=number, PageSize=100, SortOrder="Asc")
            seen += [(item["Id"], item["CreateTime"], item["Name"], item.get("Status")) for item in page["Items"]]
        seen.append((action, page["TotalCount"]))
    return seen


async def test_a_move_in_that_is_killed_again_and_again_ends_like_one_that_was_not(
    gateway: RunningGateway, account: Account, control: EmulatorControl, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {"status": "Active", "fate": "Active", "looks_left": 0}
    for group in account.add_groups(120):
        account.add_assets(group, 1, **fields)
    smooth, rough = await gateway.tenant("smooth"), await gateway.tenant("rough")
    crash_file = tmp_path / "crash"
    for point in ("A1", "A2"):
        crash_file.write_text(point, encoding="ascii")
        ended = await _adopt(gateway, rough.id, TEST_CRASH_FILE=str(crash_file))
        assert (ended.returncode, ended.stdout) == (KILLED, "")
    ended = await _adopt(gateway, rough.id)
    assert (ended.returncode, ended.stderr) == (0, "")
    after_kills = await rows(await gateway.client(rough))
    assert after_kills[-1] == ("ListAssets", 120)
    assert ("ListAssetGroups", 120) in after_kills

    foreign = json.loads((await _adopt(gateway, smooth.id)).stdout)
    assert (foreign["groups_adopted"], foreign["groups_foreign"], foreign["assets_foreign"]) == (0, 120, 0)
    for table in ("assets", "asset_groups", "counters"):
        await gateway.rt.db.write(lambda tx, table=table: tx.execute(f"DELETE FROM {table}"))  # type: ignore[misc]  # bound now
    adopted = json.loads((await _adopt(gateway, smooth.id)).stdout)
    assert (adopted["groups_adopted"], adopted["assets_adopted"], adopted["resumed"]) == (120, 120, False)
    assert await rows(await gateway.client(smooth)) == after_kills


async def _adopt(gateway: RunningGateway, tenant_id: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return await asyncio.to_thread(run, gateway.settings, "emulator", "--tenant", tenant_id, "--json", **more)


@ON_SQLITE
async def test_it_prints_counts_and_names_and_says_what_is_wrong(gateway: RunningGateway, account: Account) -> None:
    [group] = account.add_groups(1)
    account.add_assets(group, 2, project="default")
    tenant, bound = await gateway.tenant("studio"), await gateway.tenant("bound", project_name="films")

    async def said(*arguments: str) -> tuple[int, str]:
        ended = await asyncio.to_thread(run, gateway.settings, *arguments)
        return ended.returncode, ended.stdout + ended.stderr

    code, out = await said("emulator", "--tenant", tenant.id, "--dry-run", "--group", group, "--group", "group-nowhere")
    assert (code, out.splitlines()) == (
        0,
        [
            "groups\t1 to adopt\t0 known\t0 another tenant's\t0 held back",
            "assets\t2 to adopt\t0 known\t0 another tenant's\t0 held back\t0 unreadable",
            "missing\tgroup-nowhere",
        ],
    )
    code, out = await said("emulator", "--tenant", tenant.id)
    assert (code, out.splitlines()[0]) == (0, "groups\t1 adopted\t0 known\t0 another tenant's\t0 held back")
    for arguments, words in (
        (("nowhere", "--tenant", tenant.id), "There is no channel nowhere."),
        (("emulator", "--tenant", "tn_nobody"), "There is no tenant tn_nobody."),
        (("emulator", "--tenant", bound.id, "--project", "default"), "This tenant's project is films."),
    ):
        code, out = await said(*arguments)
        assert (code, words in out, len(out.splitlines())) == (1, True, 1)
