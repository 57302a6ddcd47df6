"""`python -m bench [pages] [live] [discussion] [drafting] [drafting-opening] [drafting-peers] [crediting] [redlines]
[keystroke] [imports] [archives] [minutes] [seal] [seance] [word] [long-files]
[years]`: everything unless told which.

Asked for by name only: `drafting-quick`, `two-servers`, and parts of `drafting-peers`, which takes twenty minutes:
`drafting-peers-quick`, `drafting-peers-limits` and `drafting-peers-reopening`.
"""

import os
import platform
import sys
import sysconfig

from bench import (
    archives,
    crediting,
    discussion,
    drafting,
    drafting_opening,
    drafting_peers,
    imports,
    keystroke,
    live,
    long_files,
    minutes,
    pages,
    redlines,
    seal,
    seance,
    two_servers,
    word,
    years,
)

MEASURES = {
    "pages": pages.run,
    "live": live.run,
    "discussion": discussion.run,
    "drafting": drafting.run,
    "drafting-opening": drafting_opening.run,
    "drafting-peers": drafting_peers.run,
    "crediting": crediting.run,
    "redlines": redlines.run,
    "keystroke": keystroke.run,
    "imports": imports.run,
    "archives": archives.run,
    "minutes": minutes.run,
    "seal": seal.run,
    "years": years.run,
    "seance": seance.run,
    "word": word.run,
    "long-files": long_files.run,
}

QUICK = {"drafting-quick": drafting.run_quick, "two-servers": two_servers.run} | drafting_peers.PARTS


def main(wanted: list[str]) -> int:
    known = MEASURES | QUICK
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"No measure is called {', '.join(unknown)}: there are {', '.join(known)}.", file=sys.stderr)
        return 2
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"Python {platform.python_version()}, {_build()}, {os.cpu_count()} processors, load {load}")
    for name in wanted or MEASURES:
        known[name]()
    return 0


def _build() -> str:
    """Which interpreter this is: one that was compiled with its own profile may be quicker."""
    compiled = sysconfig.get_config_var("PY_CORE_CFLAGS") or ""
    optimised = next((word for word in compiled.split()[::-1] if word.startswith("-O")), "-O0")
    return f"{platform.python_compiler()} {optimised}, in {sys.base_prefix}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
