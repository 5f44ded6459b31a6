"""`stagedoor login`: the key is tried, kept where only its owner can read it, and forgotten."""

import json
from pathlib import Path

import pytest

from tests.cli.remote.conftest import People
from tests.support.gateway import MODEL, Api
from tests.support.story import ON_SQLITE

pytestmark = ON_SQLITE
NOTHING = {"STAGEDOOR_BASE_URL": "", "STAGEDOOR_API_KEY": "", "STAGEDOOR_MODEL": ""}
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
IN_A_FILE = {"PYTHON_KEYRING_BACKEND": "tests.support.keyrings.FileKeyring"}


async def test_without_a_keyring_the_key_goes_into_a_file_of_ones_own(people: People, api: Api, home: Path) -> None:
    more = {**NOTHING, **NO_KEYRING}
    ended = await people("login", api.url, "--model", MODEL, given=f"{api.key}\n", **more)
    kept = home / "stagedoor" / "login.json"
    assert (ended.code, ended.out) == (0, "")
    assert str(kept) in ended.err
    assert api.key not in ended.err
    assert kept.stat().st_mode & 0o777 == 0o600
    assert (await people("groups", "list", **more)).code == 0
    # What the environment says comes first.
    assert (await people("groups", "list", **{**more, "STAGEDOOR_API_KEY": "sd_test_x"})).code == 2
    assert (await people("logout", **more)).code == 0
    assert not kept.exists()
    assert (await people("groups", "list", **more)).code == 2


async def test_with_a_keyring_the_key_is_in_no_file(people: People, api: Api, home: Path) -> None:
    more = {**NOTHING, **IN_A_FILE, "TEST_KEYRING": str(home / "ring.json")}
    assert (await people("login", api.url, "--model", MODEL, given=api.key, **more)).code == 0
    assert json.loads((home / "stagedoor" / "login.json").read_text()) == {"base_url": api.url, "model": MODEL}
    assert json.loads((home / "ring.json").read_text()) == {f"stagedoor {api.url}": api.key}
    assert (await people("groups", "list", **more)).code == 0
    assert (await people("logout", **more)).code == 0
    assert json.loads((home / "ring.json").read_text()) == {}


async def test_a_key_that_does_not_work_is_not_kept(people: People, api: Api, home: Path) -> None:
    wrong = "sd_test_" + "0" * 36
    ended = await people("login", api.url, "--model", MODEL, given=wrong, **NOTHING, **NO_KEYRING)
    assert ended.code == 5
    assert wrong not in ended.err
    assert not (home / "stagedoor").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"model": "m"}', '{"base_url": 1, "model": "m"}', '{"url": "u"}'])
async def test_a_file_that_was_edited_by_hand_counts_for_nothing(people: People, home: Path, text: str) -> None:
    kept = home / "stagedoor" / "login.json"
    kept.parent.mkdir()
    kept.write_text(text)
    ended = await people("groups", "list", **NOTHING, **NO_KEYRING)
    assert ended.code == 2
    assert "stagedoor login" in ended.err
    assert (await people("logout", **NOTHING, **NO_KEYRING)).code == 0
    assert not kept.exists()
