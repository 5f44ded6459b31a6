"""The documents say what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "bench" / "README.md"]
PARTS = ["Context", "Decision", "Consequences", "Alternatives", "Where it is held"]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_tells_the_story_that_dev_prints(name: str) -> None:
    story = (ROOT / "src" / "stagedoor" / "cli" / "story.sh").read_text(encoding="utf-8")
    assert story in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/decisions/0*.md")), ids=lambda page: page.name)
def test_a_decision_has_its_five_parts_and_names_what_holds_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS
    held = re.findall(r"`([\w/.-]+\.(?:py|md))`", text.split("## Where it is held")[1])
    assert held
    for name in held:
        assert (ROOT / name).exists() or (ROOT / "src" / "stagedoor" / name).exists(), name
