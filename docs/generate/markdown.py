"""The little Markdown the generated pages are made of."""

from collections.abc import Iterable, Sequence

NOTHING = "–"


def notice(source: str) -> str:
    """Return the first line of a page: that it is generated, from what, and how."""
    return f"<!-- Generated from {source} by `make docs`. Do not edit. -->"


def page(*parts: str) -> str:
    """Return the parts as one page, an empty line between them."""
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; an empty cell says that there is nothing."""
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [f"| {' | '.join(_cell(text) for text in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|") or NOTHING


def fence(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def details(summary: str, content: str) -> str:
    """Return something that is folded away until it is asked for."""
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def link(code: str, page_name: str = "") -> str:
    """Return a link to the heading that consists of this code alone."""
    return f"[{code}]({page_name}#{code.lower()})"
