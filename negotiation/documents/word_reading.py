"""A file from Word or LibreOffice, read in a process of its own: what it says clause by clause, or why it isn't read.

The child checks the package, takes it apart (`word_reading_docx`, `word_reading_odt`), asks pandoc for the text with
and without the revisions, and writes JSON. It has limits on memory and time: a hostile file ends the child, never the
server (trust P18).
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from negotiation.documents import pandoc
from negotiation.documents.confinement import confined
from negotiation.documents.docx_package import FileFault, PackageKind, PackageRefused, open_package
from negotiation.documents.pandoc import ConversionFailed, convert
from negotiation.documents.word_model import (
    ClauseTexts,
    FoundChange,
    FoundComment,
    FoundSection,
    FoundValue,
    Outside,
    Reviewed,
)

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT: Final = 30
"""Seconds, for the child and pandoc together. Forty pages take about two."""
MEMORY_LIMIT: Final = 1024**3
_ODT_OPTIONS = ("--track-changes=accept",)


class ReadingFailed(Exception):
    """The file isn't read; nothing of it was kept."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True)
class Section:
    """A heading of a trame in Word, 1 for the highest, and the Markdown under it. The first may have no title."""

    level: int
    title: str
    text: str


def read_reviewed(data: bytes) -> Reviewed:
    """What a file that somebody reviewed says. Raises ReadingFailed."""
    found = _ask_child("reviewed", data)
    return Reviewed(
        export_id=found["export_id"],
        clauses=tuple(ClauseTexts(**each) for each in found["clauses"]),
        changes=tuple(FoundChange(**each) for each in found["changes"]),
        comments=tuple(FoundComment(**each) for each in found["comments"]),
        outside=Outside(**found["outside"]),
        values=tuple(FoundValue(**each) for each in found["values"]),
        sections=tuple(FoundSection(**each) for each in found["sections"]),
    )


def read_sections(data: bytes) -> tuple[Section, ...]:
    """The headings of a file with what stands under each, revisions taken. Raises ReadingFailed."""
    return tuple(Section(**each) for each in _ask_child("sections", data)["sections"])


def _ask_child(what: str, data: bytes) -> dict[str, Any]:
    child = subprocess.Popen(
        confined(
            [sys.executable, "-m", __name__, what],
            memory=MEMORY_LIMIT,
            memory_of_children=pandoc.MEMORY_LIMIT,
            seconds=TIME_LIMIT,
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        written, _ = child.communicate(data, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # pandoc with it
        child.communicate()
        raise ReadingFailed(FileFault.TOO_HEAVY) from None
    if child.returncode != 0:
        # Killed at a limit; or stumbled over what no program writes.
        raise ReadingFailed(FileFault.TOO_HEAVY if child.returncode < 0 else FileFault.DAMAGED)
    answer: dict[str, Any] = json.loads(written)
    if "fault" in answer:
        raise ReadingFailed(FileFault(answer["fault"]))
    return answer


# ------------------------------------------------------------------------------------------------------------ the child


def reviewed(data: bytes) -> Reviewed:
    """The same in this process. Raises PackageRefused, ConversionFailed."""
    from negotiation.documents.word_reading_docx import View, take_apart
    from negotiation.documents.word_reading_odt import take_odt_apart
    from negotiation.documents.word_tree import as_markdown, clauses_in, titled, tree_of

    package = open_package(data)
    apart = take_odt_apart(package) if package.kind is PackageKind.ODT else take_apart(package)
    if package.kind is PackageKind.DOCX and not (apart.clauses or apart.values):
        apart = take_apart(package, with_headings=True)
    trees = {view: tree_of(written) for view, written in _converted(apart.views, package.kind).items()}
    accepted = clauses_in(trees[View.ACCEPTED])
    rejected = clauses_in(trees[View.REJECTED]) if View.REJECTED in trees else accepted
    return Reviewed(
        export_id=apart.export_id,
        clauses=tuple(
            ClauseTexts(
                clause_id,
                (rejected if clause_id in apart.revised else accepted).get(clause_id, ""),
                accepted.get(clause_id, ""),
            )
            for clause_id in apart.clauses
        ),
        changes=tuple(apart.changes),
        comments=tuple(apart.comments),
        outside=apart.outside,
        values=apart.values,
        sections=tuple(
            FoundSection(each.title, as_markdown(each.blocks))
            for each in (() if apart.clauses or apart.values else titled(trees[View.ACCEPTED]))
        ),
    )


def sections(data: bytes) -> tuple[Section, ...]:
    """The same in this process. Raises PackageRefused, ConversionFailed."""
    from negotiation.documents.word_reading_docx import View, take_apart
    from negotiation.documents.word_reading_odt import take_odt_apart
    from negotiation.documents.word_tree import as_markdown, titled, tree_of

    package = open_package(data)
    is_odt = package.kind is PackageKind.ODT
    apart = take_odt_apart(package) if is_odt else take_apart(package, with_headings=True)
    accepted = {View.ACCEPTED: apart.views[View.ACCEPTED]}
    tree = tree_of(_converted(accepted, package.kind)[View.ACCEPTED])
    return tuple(Section(each.level, each.title, as_markdown(each.blocks)) for each in titled(tree))


def _converted(views: dict[Any, bytes], kind: PackageKind) -> dict[Any, bytes]:
    """Pandoc on each view, at the same time."""
    options = _ODT_OPTIONS if kind is PackageKind.DOCX else ()
    asked = {view: partial(_freely, content, source=str(kind), options=options) for view, content in views.items()}
    with ThreadPoolExecutor(len(asked)) as pool:
        return dict(zip(asked, pool.map(lambda ask: ask(), asked.values()), strict=True))


def _freely(content: bytes, *, source: str, options: tuple[str, ...]) -> bytes:
    return convert(content, source=source, target="json", options=options)


def _child(what: str) -> None:
    """Read the file, write JSON: what it says, or its fault."""
    read: Callable[[bytes], Any] = {"reviewed": reviewed, "sections": sections}[what]
    try:
        found = read(sys.stdin.buffer.read())
        answer = {"sections": [asdict(each) for each in found]} if what == "sections" else asdict(found)
    except PackageRefused as refusal:
        answer = {"fault": str(refusal.fault)}
    except ConversionFailed as failure:
        answer = {"fault": str(_FAULTS.get(failure.reason, FileFault.DAMAGED))}
    except (MemoryError, RecursionError):
        answer = {"fault": str(FileFault.TOO_HEAVY)}
    sys.stdout.write(json.dumps(answer))


_FAULTS = {"too_long": FileFault.TOO_HEAVY, "too_big": FileFault.TOO_HEAVY, "absent": FileFault.NO_READER}


if __name__ == "__main__":
    _child(sys.argv[1])
