"""``python -m docs.generate``: write every generated page."""

import logging

import structlog

from docs.generate.pages import PAGES, ROOT


def main() -> None:
    # What is run for a page has nothing to tell.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name, build in PAGES.items():
        path = ROOT / name
        text = build()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.write_text(text, encoding="utf-8")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
