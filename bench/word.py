"""A contract of some forty pages out to Word and back, beside what pandoc and LibreOffice take for the same file."""

import resource
import subprocess
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.measuring import table, timed
from bench.pages import fresh_database
from negotiation.documents.pandoc import convert
from negotiation.documents.word_contract import print_odt, print_word
from negotiation.documents.word_reading import read_reviewed
from negotiation.rules.word_choices import WordComments, WordKind
from negotiation.services.word_export import WordChoice, collect_word
from negotiation.store import connect_store
from tests.builders import a_table
from tests.scenarios import HANDICAP, sample

TARGET_MS = 3_000
"""Issue 7: forty pages out, and in, in three seconds each on two processors."""
UNTIL = date(2026, 7, 10)
"""In the middle of the negotiation: what is tabled is tracked."""
ROUNDS = 3


def run() -> None:
    with fresh_database() as url, TemporaryDirectory() as folder:
        held = a_table(connect_store(url), sample(HANDICAP), until=UNTIL)

        def written(kind: WordKind) -> bytes:
            with held.store.reading() as session:
                contract = collect_word(session, held.og.dg.actor, WordChoice(kind, WordComments.ALL))
            return (print_odt if kind is WordKind.ODT else print_word)(contract, export_id="bench")

        tracked = written(WordKind.TRACKED)
        out = [[f"out, {kind}", *_measured(partial(written, kind))] for kind in WordKind]
        back = ["back, read clause by clause", *_measured(lambda: read_reviewed(tracked))]
        beside = [
            ["pandoc, the same .docx to its tree", *_measured(lambda: _by_pandoc(tracked))],
            ["LibreOffice, the same .docx saved again", *_by_libreoffice(tracked, Path(folder))],
        ]
        table(
            f"Word, {len(tracked) // 1000} kB of .docx",
            ["act", "wall, ms", "processor, ms"],
            [*out, back, *beside],
            note=f"Asked: {TARGET_MS} ms out, as much back.",
        )


def _measured(act: Callable[[], object]) -> tuple[float, float]:
    """Medians in ms: on the wall, and of processor with that of the processes started, which other work on the
    machine changes little."""
    walls, works = [], []
    for _ in range(ROUNDS):
        before = _worked()
        with timed() as clock:
            act()
        walls.append(clock.seconds * 1000)
        works.append((_worked() - before) * 1000)
    return median(walls), median(works)


def _worked() -> float:
    """Seconds of processor of this process and of those that it started and that ended."""
    used = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _by_pandoc(file: bytes) -> bytes:
    return convert(file, source="docx", target="json", options=["--track-changes=all"])


def _by_libreoffice(file: bytes, folder: Path) -> tuple[float, float]:
    """Medians like those above, once its profile is there: the first start makes it."""
    (folder / "contrat.docx").write_bytes(file)
    command = [
        *("soffice", "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--convert-to", "docx"),
        *("--outdir", str(folder / "out"), str(folder / "contrat.docx")),
    ]

    def saved() -> None:
        subprocess.run(command, capture_output=True, check=True, timeout=120)

    saved()
    return _measured(saved)
