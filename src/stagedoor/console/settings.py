"""The settings as this process has them: read only, secrets left out."""

import re

import msgspec

from stagedoor.console.browser import Answer
from stagedoor.console.endpoint import Page
from stagedoor.console.visit import Visit
from stagedoor.settings import PREFIX, Settings

_CREDENTIALS = re.compile(r"(?<=://)[^@/]*@|(?<=\?).*")
SECRET = frozenset({"secret_key", "s3_secret_key"})


async def show(visit: Visit) -> Answer:
    defaults = Settings()
    rows = [
        (f"{PREFIX}{name.upper()}", _shown(name, value), value != getattr(defaults, name))
        for name, value in msgspec.structs.asdict(visit.rt.settings).items()
    ]
    return visit.page("settings.html", rows=sorted(rows, key=lambda row: not row[2]))


def _shown(name: str, value: object) -> str:
    if name in SECRET:
        return "••••••" if value else ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return _CREDENTIALS.sub(lambda found: "•••@" if found[0].endswith("@") else "•••", str(value))


PAGES = [Page("/console/settings", show)]
