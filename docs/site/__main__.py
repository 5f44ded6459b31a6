"""``python -m docs.site [FOLDER]``: build the site; a link that leads nowhere ends it with code 1."""

import sys
from pathlib import Path

from docs.site.build import build_site

FOLDER = Path(__file__).parents[2] / "site"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    troubles = build_site(folder)
    for trouble in troubles:
        print(f"docs.site: {trouble}", file=sys.stderr)
    if troubles:
        raise SystemExit(1)
    print(f"wrote {folder / 'index.html'}")


if __name__ == "__main__":
    main()
