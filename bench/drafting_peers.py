"""Live drafts on our server and on those that others would take, in one session, interleaved: medians of the rounds.

Ours is measured whole: who may, what is allowed, and on disk before anybody sees it. The peers know no rights, vet
nothing, and store later or not at all.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bench import drafting_limits, drafting_reopening
from bench.drafting import JOB_J, Job
from bench.drafting_arena import OURS, Contender, Text, contenders, ground, scripts_for, texts_of_ours, wrong_drafts
from bench.drafting_hosts import NotInstalled
from bench.drafting_play import Played, drain, play
from bench.measuring import table

JOB = replace(JOB_J, seconds=8.0)
ROUNDS = 3
WARMING_SECONDS = 2.0
"""Typed before anything is counted: Node compiles what it runs often."""
SETTINGS = {0: "edits alone", 1: "a caret with each edit"}
FAILURES = (NotInstalled, OSError, RuntimeError)


@dataclass(frozen=True)
class Turn:
    """One contender's run of job J, in both settings."""

    played: dict[int, Played]
    memory: float
    wrong: int
    """Drafts whose text isn't what was typed."""


@dataclass
class Board:
    """What was found out, and of whom."""

    found: list[Contender]
    missing: dict[str, str]
    texts: Sequence[Text]
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    """What is measured → contender → how much."""

    def of_each(self, act: Callable[[Contender, Sequence[Text]], dict[str, float]], *, stored: bool = True) -> None:
        """`stored`: only those that know the document."""
        for contender in self.found:
            if stored and contender.peer is not None and not contender.peer.keeps:
                continue
            try:
                for what, figure in act(contender, self.texts).items():
                    self.figures.setdefault(what, {})[contender.name] = figure
            except FAILURES as error:
                print(f"  {contender.name}: {error!s:.200}")


def run() -> None:
    """All of issue 4's table that concerns servers: about twenty minutes."""
    board = _job_j(JOB, rounds=ROUNDS)
    board.of_each(_limits)
    board.of_each(_reopening)
    _summary(board)


def run_quick() -> None:
    """Job J alone, once."""
    _summary(_job_j(JOB, rounds=1))


def run_limits() -> None:
    board = _opened(JOB)
    board.of_each(_limits)
    _summary(board)


def run_reopening() -> None:
    board = _opened(JOB)
    board.of_each(_reopening)
    _summary(board)


PARTS = {
    "drafting-peers-quick": run_quick,
    "drafting-peers-limits": run_limits,
    "drafting-peers-reopening": run_reopening,
}


def _opened(job: Job) -> Board:
    found, missing = contenders()
    return Board(found, missing, texts_of_ours(job))


def _limits(contender: Contender, texts: Sequence[Text]) -> dict[str, float]:
    return {
        "drafts of 10 on one core, p99 < 200 ms": drafting_limits.drafts_held(contender, texts),
        "edits delivered a second, hot drafts": drafting_limits.delivered_each_second(contender, texts),
    }


def _reopening(contender: Contender, texts: Sequence[Text]) -> dict[str, float]:
    opening = drafting_reopening.reopened(contender, texts)
    return {
        "ms to open after 100 000 edits, warm": opening.warm,
        "the same, cold": opening.cold,
        "% lost by kill -9 after 2 000 seen": drafting_reopening.lost_by_a_kill(contender, texts),
    }


# ---------------------------------------------------------------------- job J


def _job_j(job: Job, *, rounds: int) -> Board:
    board = _opened(job)
    turns: defaultdict[str, list[Turn]] = defaultdict(list)
    for _ in range(rounds):
        for contender in list(board.found):
            try:
                turns[contender.name].append(one_turn(contender, job, board.texts))
            except FAILURES as error:
                if contender.peer is None:
                    raise
                board.found.remove(contender)
                board.missing[contender.name] = str(error)
    measured = {contender.name: turns[contender.name] for contender in board.found}
    for cursors, setting in SETTINGS.items():
        title = f"{job.drafts} drafts × {job.people} people, {job.writers} type {job.per_second:.0f} edits/s each"
        _tell(f"{title}, {setting}", {name: [turn.played[cursors] for turn in each] for name, each in measured.items()})
    for name, each in measured.items():
        for cursors, setting in SETTINGS.items():
            board.figures.setdefault(f"CPU ms per 1 000 delivered, {setting}", {})[name] = statistics.median(
                turn.played[cursors].cpu_ms for turn in each
            )
            board.figures.setdefault(f"p99 ms due to seen, {setting}", {})[name] = statistics.median(
                turn.played[cursors].p99() for turn in each
            )
        board.figures.setdefault("KiB a connection", {})[name] = statistics.median(turn.memory for turn in each)
        board.figures.setdefault("drafts that say something else", {})[name] = sum(turn.wrong for turn in each)
    return board


def one_turn(contender: Contender, job: Job, texts: Sequence[Text]) -> Turn:
    with ground(contender, job, texts) as place:
        guests, memory = place.guests()
        warming = scripts_for(replace(job, seconds=WARMING_SECONDS), place.texts)
        scripts = {cursors: scripts_for(job, place.texts) for cursors in SETTINGS}
        drain(guests)
        play(guests, warming, place.pids(), cursors=1)
        played = {cursors: play(guests, scripts[cursors], place.pids(), cursors=cursors) for cursors in SETTINGS}
        stored = contender.peer is None or contender.peer.keeps
        wrong = wrong_drafts(place, [warming, *scripts.values()]) if stored else 0
        for guest in guests:
            guest.link.close()
        return Turn(played, memory, wrong)


def _tell(title: str, turns: dict[str, list[Played]]) -> None:
    rows: list[list[object]] = []
    for name, found in turns.items():
        ranks = [statistics.quantiles(played.latencies, n=100, method="inclusive") for played in found]
        rows.append(
            [
                name,
                statistics.median(played.cpu_ms for played in found),
                statistics.median(rank[49] for rank in ranks),
                statistics.median(played.p99() for played in found),
                statistics.median(max(played.latencies) for played in found),
                sum(played.expected - len(played.latencies) for played in found),
                f"{max(played.busy for played in found):.0%}",
            ]
        )
    headings = ["", "CPU ms per 1 000 delivered", "p50 ms due to seen", "p99", "slowest", "lost", "load generator busy"]
    table(title, headings, rows)


# ---------------------------------------------------------------------- all of it


def _summary(board: Board) -> None:
    names = [contender.name for contender in board.found]
    rows = [[what, *(_beside(each, name) for name in names)] for what, each in board.figures.items()]
    without = "".join(f" Without {name}: {why:.200}." for name, why in board.missing.items())
    table(
        "Live drafts, ours and what others would take; in brackets, ours divided by theirs.",
        ["", *names],
        rows,
        note="Ours: rights looked up, every edit vetted, on disk before anybody sees it." + without,
    )


def _beside(figures: dict[str, float], name: str) -> str | None:
    if name not in figures:
        return None
    shown = f"{figures[name]:.3g}" if figures[name] < 100 else f"{figures[name]:,.0f}".replace(",", " ")
    if name == OURS or OURS not in figures or not figures[name]:
        return shown
    return f"{shown} ({figures[OURS] / figures[name]:.2f} ×)"
