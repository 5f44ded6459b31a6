"""`stagedoor audit`, and the program that verifies without it."""

import subprocess
import sys
from pathlib import Path

from tests.audit.test_tampering import PROGRAM
from tests.cli.conftest import Stagedoor, data, stagedoor

__all__ = ["data", "stagedoor"]


def verified_elsewhere(key: str, file: Path) -> "subprocess.CompletedProcess[str]":
    """Run the program as a reader of an export does: isolated, from its one file."""
    command = [sys.executable, "-I", str(PROGRAM), key, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_trail_is_listed_exported_and_verified_and_an_edit_is_named(stagedoor: Stagedoor, tmp_path: Path) -> None:
    tenant = stagedoor("tenants", "create", "studio").out.strip()
    stagedoor("keys", "create", tenant)
    waiting = stagedoor("audit", "verify")
    assert (waiting.code, waiting.err) == (0, "")
    assert f"{tenant}: 0 entries, 0 checkpoints, 2 not sealed yet, nothing changed; head 0:{'0' * 64}" in waiting.out

    file = tmp_path / "trail.jsonl"
    assert stagedoor("audit", "export", "--tenant", tenant, "--out", str(file)).code == 0
    [created, issued, exported] = stagedoor("audit", "list", "--tenant", tenant).out.splitlines()
    assert created.split("\t")[2:5] == ["operator", "tenant.created", tenant]
    assert issued.split("\t")[2:4] == ["operator", "key.issued"]
    assert exported.split("\t")[2:5] == ["operator", "audit.exported", tenant]
    key = issued.split("\t")[4]
    assert stagedoor("audit", "list", "--tenant", tenant, "--object", key).out.splitlines() == [issued]
    assert "3 entries, 1 checkpoints, nothing changed" in stagedoor("audit", "verify", "--tenant", tenant).out
    head = stagedoor("audit", "verify", "--tenant", tenant).out.strip().rpartition(" ")[2]
    assert stagedoor("audit", "verify", "--tenant", tenant, "--head", head).code == 0
    assert stagedoor("audit", "verify", "--tenant", tenant, "--head", "9" + head).code == 1

    public = stagedoor("audit", "key").out.strip()
    assert f"head {head}" in stagedoor("audit", "verify", str(file)).out
    assert verified_elsewhere(public, file).stdout == "Nothing was changed.\n"
    assert stagedoor("audit", "export", "--tenant", tenant, "--out", str(file)).code == 2

    for command in ("verify", "list"):
        refused = stagedoor("audit", command, "--tenant", "nobody")
        assert (refused.code, refused.err.strip()) == (1, "stagedoor: NotFound.tenant_id: There is no tenant nobody.")
    nowhere = str(tmp_path / "no" / "file")
    for wrong in (("verify", nowhere), ("export", "--out", nowhere)):
        refused = stagedoor("audit", *wrong)
        assert (refused.code, refused.err.strip()) == (1, f"stagedoor: {nowhere}: No such file or directory.")

    file.write_bytes(file.read_bytes().replace(b'"by":"operator"', b'"by":"somebody"', 1))
    found = stagedoor("audit", "verify", str(file))
    assert (found.code, found.out.splitlines()[0]) == (1, "line 2, entry 1: it is not what was hashed")
    theirs = verified_elsewhere(public, file)
    assert (theirs.returncode, theirs.stdout.splitlines()[0]) == (1, "line 2: the entry is not what was hashed")
