"""docs/llms.txt: what the gateway's own `/llms.txt` says, and every page of the documentation."""

import re

from docs.site.sources import INDEX
from stagedoor.doors.llms import FACTS, SUMMARY, endpoints

_ROW = re.compile(r"^\| (?P<about>.+?) \| (?P<links>\[.+) \|$")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def build_page() -> str:
    """Return the text; its parts are those of docs/README.md."""
    lines = [SUMMARY, FACTS, endpoints()]
    for line in INDEX.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            lines += [line, ""]
        elif row := _ROW.match(line):
            lines += [f"- [{label}]({target}): {row['about']}" for label, target in _LINK.findall(row["links"])]
        elif lines[-1].startswith("- ["):
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"
