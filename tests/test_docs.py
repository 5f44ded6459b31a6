"""The documents say what is there."""

import re
from pathlib import Path

import pytest

from docs.generate.markdown import notice
from docs.generate.pages import PAGES as GENERATED
from docs.generate.settings import read_docstrings
from stagedoor.settings import Settings

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "bench" / "README.md", ROOT / "client" / "README.md"]
)
PARTS = ["Context", "Decision", "Consequences", "Alternatives", "Where it is held"]
KINDS = ["Tutorial", "How-to", "Reference", "Explanation", "Decisions"]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def headings(text: str) -> list[str]:
    return re.findall(r"^(#+) ", without_code(text), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return what GitHub calls the headings of a page in addresses."""
    titles = re.findall(r"^#+ (.*)$", without_code(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page: Path) -> list[tuple[str, str]]:
    """Return target and anchor of every link to something in the repository."""
    found = LINK.findall(without_code(page.read_text(encoding="utf-8")))
    return [(target, anchor) for target, anchor in found if "://" not in target]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_tells_the_story_that_dev_prints(name: str) -> None:
    story = (ROOT / "src" / "stagedoor" / "cli" / "story.sh").read_text(encoding="utf-8")
    assert story in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        there = (page.parent / target) if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/decisions/0*.md")), ids=lambda page: page.name)
def test_a_decision_has_its_five_parts_and_names_what_holds_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS
    held = re.findall(r"`([\w/.-]+\.(?:py|md))`", text.split("## Where it is held")[1])
    assert held
    for name in held:
        assert (ROOT / name).exists() or (ROOT / "src" / "stagedoor" / name).exists(), name


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_a_generated_page_is_what_the_code_says_now(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text == GENERATED[name](), f"{name} is out of date: run `make docs`"
    if name.endswith(".md"):
        assert re.fullmatch(re.escape(notice("SOURCE")).replace("SOURCE", r"\S+"), text.splitlines()[0])


def test_every_setting_has_a_sentence() -> None:
    assert set(read_docstrings()) == set(Settings.__struct_fields__)


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    reached = {(index.parent / target).resolve() for target, _ in links(index)}
    pages = {page.resolve() for page in ROOT.glob("docs/**/*.md")} - {index}
    assert sorted(map(name_of, pages - reached)) == []


def test_the_index_has_a_part_for_each_kind_of_page() -> None:
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == KINDS


def test_the_two_readmes_stay_in_step() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    assert headings(chinese) == headings(english)
    assert shape_of_tables(chinese) == shape_of_tables(english)
    assert commands(chinese) == commands(english)


def shape_of_tables(text: str) -> list[tuple[int, list[str]]]:
    """Return columns and first cells' code of every table row: what a translation leaves as it is."""
    rows = [line for line in without_code(text).splitlines() if line.startswith("|")]
    return [(row.count("|"), re.findall(r"`[^`]+`", row.split("|")[1])) for row in rows]


def commands(text: str) -> list[list[str]]:
    """Return the code blocks without what is written for people: comments."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [[language, *(re.sub(r"\s+# .*", "", line) for line in block.splitlines())] for language, block in blocks]
