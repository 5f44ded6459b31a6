"""Who follows the README has the first Active asset within a minute of starting `stagedoor dev`."""

import json
import re
import time
from pathlib import Path

import pytest

from tests.cli.test_dev import Dev, two_free_ports
from tests.test_docs_commands import run

README = Path(__file__).parents[2] / "README.md"
MOST_SECONDS = 60


@pytest.mark.alone
def test_the_readme_leads_to_an_active_asset_within_a_minute(tmp_path: Path) -> None:
    _, _, told = README.read_text(encoding="utf-8").partition("## The first exchange, in a minute")
    setting, story = re.findall(r"^```bash\n(.*?)^```$", told, re.MULTILINE | re.DOTALL)[:2]
    port = two_free_ports()
    typed = (setting + story).replace(":8080", f":{port}").replace(":8081", f":{port + 1}")
    began = time.monotonic()
    dev = Dev(tmp_path, port)
    try:
        facts = dev.ready()
        # The README's command keeps everything in `.stagedoor` of the folder in which it is typed.
        (tmp_path / ".stagedoor").symlink_to("data")
        asset = json.loads(run(typed, tmp_path))["Result"]
        took = time.monotonic() - began
        assert asset["Status"] == "Active"
        assert asset["URL"].startswith(facts["emulator_url"])
        assert json.loads((tmp_path / ".stagedoor" / "dev.json").read_text())["api_key"] == facts["api_key"]
    finally:
        dev.stop()
    assert took <= MOST_SECONDS
