"""How long something takes, and tables to show it in."""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

ROUNDS = 20


@dataclass
class Clock:
    """Seconds spent in a `with` block."""

    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Clock]:
    clock, start = Clock(), time.perf_counter()
    yield clock
    clock.seconds = time.perf_counter() - start


def median_ms(act: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """The median of some rounds, in milliseconds of this process's processor time, after one that doesn't count.

    Processor time, not the wall's: what else runs on the machine changes it little. It leaves out waiting for a
    database server, never SQLite, which works in this process.
    """
    act()
    found = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        found.append((time.process_time() - start) * 1000)
    return statistics.median(found)


def ms_within(act: Callable[..., object], *given: Any, seconds: float) -> float | None:
    """Milliseconds of processor of one call in a process of its own; None when it takes longer than it may."""
    answers: Any = multiprocessing.Queue()
    worker = multiprocessing.Process(target=_measured, args=(act, given, answers))
    worker.start()
    worker.join(seconds)
    if worker.is_alive():
        worker.kill()
        worker.join()
        return None
    found: float = answers.get()
    return found


def _measured(act: Callable[..., object], given: tuple[Any, ...], answers: Any) -> None:
    start = time.process_time()
    act(*given)
    answers.put((time.process_time() - start) * 1000)


@dataclass
class Counter:
    """Orders sent to the database."""

    orders: list[str] = field(default_factory=list)


@contextmanager
def counted(engine: Engine) -> Iterator[Counter]:
    counter = Counter()

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        counter.orders.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield counter
    event.remove(engine, "before_cursor_execute", note)


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]], *, note: str = "") -> None:
    """Print rows under their headings: the first column to the left, numbers to the right."""
    cells = [list(headings), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(headings))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        padded = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        padded[0] = row[0].ljust(widths[0])
        print("  " + "  ".join(padded))
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    if note:
        print(f"  {note}")


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.2f}" if cell < 10 else f"{cell:,.0f}".replace(",", " ")
    return "" if cell is None else str(cell)
