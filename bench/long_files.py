"""Forty pages and four hundred, in from Word and out to Word and PDF: what they take, and how long they hold the loop,
where everybody else writes."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import gevent

from app.offloading import off_the_loop
from bench.measuring import table
from negotiation.documents.pdf_print import fingerprint_of, print_contract
from negotiation.documents.word_contract import print_word
from negotiation.documents.word_reading import ReadingFailed, read_sections
from tests.long_files import long_content, long_contract, long_docx

PAGES = (40, 400)
HELD_MS = 50
"""Of processor, on the loop at once: a keystroke that comes then waits for so long."""
TURN = 0.002
PROGRAM: Final = "from gevent import monkey; monkey.patch_all(); from bench.long_files import beside; beside()"
"""As the server is: patched, one loop."""


def run() -> None:
    found = [[f"{act}, {pages} pages", *_measured(act, pages)] for pages in PAGES for act in ACTS]
    table(
        "Long files, and who writes meanwhile",
        ["act", "wall, s", "processor, s", "largest process, MB", "on the loop, ms", "at once, ms"],
        found,
        note=f"« At once »: the longest that the loop worked without letting anybody in; asked: {HELD_MS} ms.",
    )
    assert max(float(row[5]) for row in found[: len(ACTS)]) < HELD_MS, "forty pages hold those who write up"


def _measured(act: str, pages: int) -> list[object]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, act, str(pages)], capture_output=True, check=True)
    told: list[object] = json.loads(done.stdout)
    return told


def beside() -> None:
    """One act in this process, as a request does it, while a greenlet watches the loop."""
    act = ACTS[sys.argv[1]](int(sys.argv[2]))
    ACTS["out to PDF"](1)()  # the first one in a process takes 0.2 s of the loop more, once
    held = [0.0]

    def watch() -> None:
        while True:
            before = time.thread_time()
            gevent.sleep(TURN)
            held.append(time.thread_time() - before)

    gevent.spawn(watch)
    gevent.sleep(10 * TURN)
    held.clear()
    wall, work, loop = time.perf_counter(), _worked(), time.thread_time()
    try:
        act()
    except ReadingFailed as refusal:
        print(refusal.fault, file=sys.stderr)
    loop = time.thread_time() - loop
    largest = max(resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ended = (time.perf_counter() - wall, _worked() - work)
    gevent.sleep(10 * TURN)
    print(json.dumps([*(round(each, 1) for each in ended), largest // 1024, round(loop * 1e3), round(max(held) * 1e3)]))


def _worked() -> float:
    used = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _reading(pages: int) -> Callable[[], object]:
    """On the loop, which waits for the child and lets everybody in meanwhile."""
    return partial(read_sections, long_docx(pages))


def _to_word(pages: int) -> Callable[[], object]:
    return partial(off_the_loop, partial(print_word, long_contract(pages), export_id="bench"))


def _to_pdf(pages: int) -> Callable[[], object]:
    content = long_content(pages)
    printing = partial(print_contract, content, fingerprint=fingerprint_of(content), label="v1.0", kind="frozen")
    return partial(off_the_loop, printing)


ACTS: Final[dict[str, Callable[[int], Callable[[], object]]]] = {
    "in from Word": _reading,
    "out to Word": _to_word,
    "out to PDF": _to_pdf,
}
