"""Looks through a built site for what leads nowhere, and for what a page would load from another host."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself, as against a link that somebody follows.
RESOURCES = {
    ("link", "href"),
    *((tag, "src") for tag in ("script", "img", "iframe", "source", "audio", "video", "embed")),
}
FOREIGN_STYLE = re.compile(r"@import|url\(\s*['\"]?(?:https?:)?//")


class _Reader(HTMLParser):
    """The ids and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[str, str]] = []
        self.resources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in {"srcset", "style"} or name.startswith("on"):
                self.resources.append(f"{name}={value}")
            elif (tag, name) in RESOURCES:
                self.resources.append(value or "")
            if name in {"href", "src"}:
                self.links.append((tag, value or ""))


def find_troubles(folder: Path) -> list[str]:
    """Return a sentence for every broken link, and for every resource that is not a file of the site."""
    pages = {path: _read(path) for path in sorted(folder.rglob("*.html"))}
    troubles = [
        f"{path.relative_to(folder)}: {text}" for path, page in pages.items() for text in _troubles(path, page, pages)
    ]
    styles = sorted(folder.rglob("*.css"))
    return troubles + [
        f"{style.name}: loads from elsewhere" for style in styles if FOREIGN_STYLE.search(style.read_text("utf-8"))
    ]


def _read(path: Path) -> _Reader:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def _troubles(path: Path, page: _Reader, pages: dict[Path, _Reader]) -> Iterator[str]:
    for resource in page.resources:
        if urlsplit(resource).scheme or resource.startswith("//") or "=" in resource:
            yield f"{resource} is no file of the site"
    for tag, link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file():
            yield f"<{tag}> leads to {link}, which is not there"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            yield f"<{tag}> leads to {link}, which that page does not have"
