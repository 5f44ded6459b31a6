"""docs/reference/metrics.md: every number of `/metrics`, from the table they are made of."""

from docs.generate.markdown import notice, page, table
from stagedoor.metrics import CATALOGUE

INTRODUCTION = """\
# Metrics

`GET /metrics` answers in the text format of Prometheus. The setting `metrics` says who may read it ([settings.md](settings.md)). What to watch and how to scrape it:
[how-to/operate.md](../how-to/operate.md).

Times are in seconds. No label holds a tenant, a text of a caller or a secret: operations, actions, error codes, kinds of jobs and types of events are words of the program, channels
have the names that the operator gave them. A number begins at zero when the process begins.
"""

RULES = """\
Each process answers for itself, except for what is read from the database (`stagedoor_jobs`, `stagedoor_job_oldest_due_seconds`, `stagedoor_tracked_assets`, `stagedoor_cases_open`): that is
the same from whichever process it comes, and up to five seconds old. `process_…` and `python_gc_…` are those of the Prometheus client: memory, processor time, open descriptors, garbage collection.
"""


def build_page() -> str:
    """Return the page as Markdown."""
    rows = ((f"`{one.name}`", one.kind, ", ".join(f"`{label}`" for label in one.labels), one.text) for one in CATALOGUE)
    return page(
        notice("src/stagedoor/metrics.py"),
        INTRODUCTION,
        table(("Metric", "Type", "Labels", "What it tells"), rows),
        RULES,
    )
