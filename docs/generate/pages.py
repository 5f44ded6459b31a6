"""Which page is made by which function."""

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generate import cli, conformance, endpoints, errors, events, llms, metrics, settings

ROOT = Path(__file__).parents[2]

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/llms.txt": llms.build_page,
    "docs/reference/cli.md": cli.build_page,
    "docs/reference/conformance.md": conformance.build_page,
    "docs/reference/endpoints.md": endpoints.build_page,
    "docs/reference/errors.md": errors.build_page,
    "docs/reference/events.md": events.build_page,
    "docs/reference/metrics.md": metrics.build_page,
    "docs/reference/settings.md": settings.build_page,
}
