"""Markdown as GitHub reads it, into HTML: headings that can be linked to, links to pages of the site, coloured code."""

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_FORMATTER = HtmlFormatter(nowrap=True)
_RAW_ADDRESS = re.compile(r'(\b(?:src|href)=")([^"]+)"')


class Heading(NamedTuple):
    """A heading, and by what it can be linked to."""

    level: int
    anchor: str
    text: str


class Rendered(NamedTuple):
    """A page as HTML, its headings, and its plain text under each of them."""

    html: str
    headings: list[Heading]
    texts: list[str]


def render(text: str, address_of: Callable[[str], str]) -> Rendered:
    """Return a page as HTML.

    Args:
        text: the Markdown.
        address_of: tells where a link or a picture of the Markdown is in the site.

    """
    tokens = _MARKDOWN.parse(text)
    headings, texts = _name_headings(tokens)
    for token in tokens:
        for part in (token, *(token.children or ())):
            _place(part, address_of)
    return Rendered(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}), headings, texts)


def _place(token: Token, address_of: Callable[[str], str]) -> None:
    """Let what a token links to or shows be its place in the site."""
    for attribute in ("href", "src"):
        if attribute in token.attrs:
            token.attrs[attribute] = address_of(str(token.attrs[attribute]))
    if token.type in {"html_inline", "html_block"}:
        token.content = _RAW_ADDRESS.sub(lambda raw: raw[1] + address_of(raw[2]) + '"', token.content)
    if "://" in str(token.attrs.get("href", "")):
        token.attrs["rel"] = "noreferrer"


def slug(title: str) -> str:
    """Return what GitHub calls a heading in addresses."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _name_headings(tokens: Sequence[Token]) -> tuple[list[Heading], list[str]]:
    headings: list[Heading] = []
    texts: list[list[str]] = []
    for token, inside in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and inside is not None:
            title = "".join(child.content for child in inside.children or ())
            anchor = _free(slug(title), {heading.anchor for heading in headings})
            token.attrs["id"] = anchor
            headings.append(Heading(int(token.tag[1]), anchor, title))
            texts.append([])
        elif texts and token.type in {"inline", "fence"}:
            children = token.children or [token]
            texts[-1].append(" ".join(child.content for child in children if child.content))
    return headings, [" ".join(" ".join(parts).split()) for parts in texts]


def _free(anchor: str, taken: set[str]) -> str:
    candidates = (anchor, *(f"{anchor}-{number}" for number in range(1, len(taken) + 1)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _code(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG001 - the renderer's signature
    token = tokens[index]
    try:
        inner = highlight(token.content, get_lexer_by_name(token.info.strip() or "text"), _FORMATTER)
    except ClassNotFound:
        inner = escape(token.content)
    return f'<pre tabindex="0"><code>{inner}</code></pre>\n'


def _open_table(*_: object) -> str:
    return '<div class="table" tabindex="0"><table>\n'


def _close_table(*_: object) -> str:
    return "</table></div>\n"


_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
_MARKDOWN.add_render_rule("fence", _code)
_MARKDOWN.add_render_rule("table_open", _open_table)
_MARKDOWN.add_render_rule("table_close", _close_table)
