"""Which pages the site has, and in which order: what docs/README.md lists, part by part."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
# What stands outside docs/ and is a page all the same.
OUTSIDE = {
    ROOT / "README.md": "readme",
    ROOT / "README.zh-CN.md": "readme.zh-CN",
    ROOT / "CHANGELOG.md": "changelog",
    ROOT / "bench" / "README.md": "bench",
    ROOT / "client" / "README.md": "client",
}
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+\.md)\)")


class Page(NamedTuple):
    """A page: where it is written, its address in the site without the ending, and the part of the index that lists it."""

    source: Path
    name: str
    title: str
    part: str = ""

    @property
    def address(self) -> str:
        return f"{self.name}.html"


def read_pages() -> list[Page]:
    """Return the index, then every page that it lists, then those outside docs/."""
    pages = [Page(INDEX, "index", "Documentation")]
    part = ""
    for line in INDEX.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            part = line.removeprefix("## ")
        elif part:
            pages += [_listed(label, target, part, line) for label, target in _LINK.findall(line)]
    return pages + [Page(source, name, _title_of(source)) for source, name in OUTSIDE.items()]


def _listed(label: str, target: str, part: str, line: str) -> Page:
    # A decision is listed by its number; what it says stands before.
    title = f"{label} {line.split('|')[1].strip()}" if label.isdigit() else label
    return Page((DOCS / target).resolve(), target.removesuffix(".md"), title, part)


def _title_of(source: Path) -> str:
    return next(line[2:] for line in source.read_text(encoding="utf-8").splitlines() if line.startswith("# "))
