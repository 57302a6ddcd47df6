"""`python -m bench [pages] [live] [redlines] [imports] [archives]`: everything unless told which."""

import os
import platform
import sys

from bench import archives, imports, live, pages, redlines

MEASURES = {
    "pages": pages.run,
    "live": live.run,
    "redlines": redlines.run,
    "imports": imports.run,
    "archives": archives.run,
}


def main(wanted: list[str]) -> int:
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown:
        print(f"No measure is called {', '.join(unknown)}: there are {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, load {load}")
    for name in wanted or MEASURES:
        MEASURES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
