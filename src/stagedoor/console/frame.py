"""The frame around every page: templates, words in two languages, and what pages print."""

import hashlib
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stagedoor.clock import from_iso
from stagedoor.console.browser import Language
from stagedoor.console.words import CODES, SENTENCES
from stagedoor.console.zh import ZH
from stagedoor.doors.openapi.zh import ERRORS as ERRORS_ZH
from stagedoor.errors import StagedoorError

FOLDER = Path(__file__).parent
STYLE = (FOLDER / "static" / "console.css").read_bytes()
SCRIPT = (FOLDER / "static" / "console.js").read_bytes()
VERSION = hashlib.sha256(STYLE + SCRIPT).hexdigest()[:12]
STYLE_PATH, SCRIPT_PATH = "/console/console.css", "/console/console.js"


def translate(language: Language, text: str, /, **values: object) -> str:
    """Return a text of the pages in a language, with values put in."""
    if text in CODES:
        said = CODES[text][language == "zh"]
    else:
        said = (ZH.get(text) or SENTENCES.get(text, text)) if language == "zh" else text
    return said.format(**values) if values else said


def say_error(language: Language, error: StagedoorError) -> list[str]:
    """Return what is wrong: in Chinese what this kind of error means, and then, as ever, what it is about."""
    kind = (type(error).__doc__ or "").strip()
    if language == "zh" and kind in ERRORS_ZH:
        return [ERRORS_ZH[kind], *([error.message] if error.message != kind else [])]
    return [error.message]


def show_time(moment: datetime | str | None) -> str:
    """Return a moment as pages print it: to the second, in UTC, which the script turns into the reader's own time."""
    if isinstance(moment, str):
        moment = from_iso(moment)
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def show_iso(moment: datetime | str | None) -> str:
    if isinstance(moment, str):
        moment = from_iso(moment)
    return "" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["time"], made.filters["iso"] = show_time, show_iso
    made.globals["say_error"] = say_error
    made.globals["style"], made.globals["script"] = f"{STYLE_PATH}?v={VERSION}", f"{SCRIPT_PATH}?v={VERSION}"
    return made


def render(template: str, language: Language, **context: Any) -> bytes:
    """Return a page. Everything that is put in is escaped, whoever wrote it."""
    said = partial(translate, language)
    return _environment().get_template(template).render(language=language, _=said, **context).encode()
