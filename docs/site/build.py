"""Builds the site: every page, the pictures and programs that pages lead to, the words for the search."""

import json
import posixpath
import re
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from docs.site.links import find_troubles
from docs.site.render import Heading, Rendered, render
from docs.site.sources import DOCS, INDEX, ROOT, Page, read_pages

HERE = Path(__file__).parent
OWN = ("site.css", "site.js", "icon.svg")
LANGUAGES = {"readme.zh-CN": "zh-Hans"}


def build_site(folder: Path) -> list[str]:
    """Write the site into a folder, which is emptied first; return what leads nowhere or elsewhere."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pages = read_pages()
    template = Template((HERE / "page.html").read_text(encoding="utf-8"))
    words: list[list[str]] = []
    for place, page in enumerate(pages):
        links = _Links(page, pages, folder)
        text = page.source.read_text(encoding="utf-8")
        rendered = render(text, links.address_of)
        _write(folder / page.address, _fill(template, pages, place, rendered))
        # Programs that read prefer the text as it was written.
        _write(folder / f"{page.name}.md", text)
        words += _words_of(page, rendered)
    _write(folder / "words.js", f"window.siteWords = {json.dumps(words, ensure_ascii=False, separators=(',', ':'))};\n")
    for name in OWN:
        shutil.copyfile(HERE / name, folder / name)
    shutil.copyfile(DOCS / "llms.txt", folder / "llms.txt")
    return find_troubles(folder)


class _Links:
    """Where the links of one page lead in the site. What is no page of it is copied beside them."""

    def __init__(self, page: Page, pages: Sequence[Page], folder: Path) -> None:
        self._page = page
        self._folder = folder
        self._addresses = {other.source.resolve(): other.address for other in pages}

    def address_of(self, link: str) -> str:
        if "://" in link or link.startswith(("#", "mailto:")):
            return link
        target, mark, anchor = link.partition("#")
        source = (self._page.source.parent / target).resolve()
        address = self._addresses.get(source) or self._copy(source)
        return posixpath.relpath(address, posixpath.dirname(self._page.name) or ".") + mark + anchor

    def _copy(self, source: Path) -> str:
        base = DOCS if source.is_relative_to(DOCS) else ROOT
        address = source.relative_to(base).as_posix()
        if source.is_file():
            (self._folder / address).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, self._folder / address)
        return address


def _fill(template: Template, pages: Sequence[Page], place: int, rendered: Rendered) -> str:
    page = pages[place]
    up = "../" * page.name.count("/")
    title = next((heading.text for heading in rendered.headings), page.title)
    return template.substitute(
        lang=LANGUAGES.get(page.name, "en"),
        title=escape("stagedoor" if page.source == INDEX else f"{title} · stagedoor"),
        up=up,
        navigation=_navigation(pages, page, up),
        contents=_contents(rendered.headings),
        content=rendered.html,
        onward=_onward(pages, place, up),
        source=f"{up}{page.name}.md",
    )


def _navigation(pages: Sequence[Page], current: Page, up: str) -> str:
    parts = dict.fromkeys(page.part for page in pages if page.part)
    lines = []
    for part in parts:
        is_open = " open" if part == current.part or (not current.part and part != "Decisions") else ""
        lines.append(f"<details{is_open}><summary>{part}</summary><ul>")
        for page in pages:
            if page.part == part:
                here = ' aria-current="page"' if page == current else ""
                lines.append(f'<li><a href="{up}{page.address}"{here}>{escape(page.title)}</a></li>')
        lines.append("</ul></details>")
    return "\n".join(lines)


def _contents(headings: Sequence[Heading]) -> str:
    shown = [heading for heading in headings if heading.level == 2]
    if len(shown) < 2:
        return ""
    lines = [f'<li><a href="#{heading.anchor}">{escape(heading.text)}</a></li>' for heading in shown]
    return f'<nav class="contents" aria-label="On this page"><p>On this page</p><ul>{"".join(lines)}</ul></nav>'


def _onward(pages: Sequence[Page], place: int, up: str) -> str:
    links = []
    for label, other in (("←", place - 1), ("→", place + 1)):
        if 0 <= other < len(pages) and pages[place].part and pages[other].part:
            title = escape(pages[other].title)
            links.append(
                f'<a href="{up}{pages[other].address}" rel="{"prev" if label == "←" else "next"}">{label} {title}</a>'
            )
    return "".join(links)


def _words_of(page: Page, rendered: Rendered) -> list[list[str]]:
    """Return address, page, heading and text of every part of a page."""
    title = rendered.headings[0].text
    return [
        [f"{page.address}#{heading.anchor}", title, heading.text, re.sub(r"[`*|]", "", text)]
        for heading, text in zip(rendered.headings, rendered.texts, strict=True)
    ]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
