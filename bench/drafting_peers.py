"""Live drafts on our server and on those that others would take, in one session, interleaved: medians of the rounds.

Ours is measured whole: who may, what is allowed, and on disk before anybody sees it. The peers know no rights, vet
nothing, and store later or not at all.
"""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.drafting import JOB_J, Job
from bench.drafting_arena import OURS, Contender, Text, contenders, convicted, ground, scripts_for, texts_of_ours
from bench.drafting_hosts import NotInstalled
from bench.drafting_play import Played, play
from bench.measuring import table

ROUNDS = 3
SETTINGS = (("edits alone", 0), ("a caret with each edit", 1))


@dataclass(frozen=True)
class Turn:
    """One contender's run of job J in one setting."""

    played: Played
    memory: float
    wrong: int
    """Drafts whose text isn't what was typed."""


def run() -> None:
    job_j(replace(JOB_J, seconds=10.0), rounds=ROUNDS)


def run_quick() -> None:
    """Job J alone, once."""
    job_j(replace(JOB_J, seconds=8.0), rounds=1)


def job_j(job: Job, *, rounds: int) -> None:
    found, missing = contenders()
    texts = texts_of_ours(job)
    turns: defaultdict[tuple[str, int], list[Turn]] = defaultdict(list)
    for _ in range(rounds):
        for _, cursors in SETTINGS:
            for contender in list(found):
                try:
                    turns[contender.name, cursors].append(one_turn(contender, job, texts, cursors=cursors))
                except (NotInstalled, ConnectionError) as error:
                    found.remove(contender)
                    missing[contender.name] = str(error)
    for setting, cursors in SETTINGS:
        _tell(f"{_said(job)}, {setting}", {each.name: turns[each.name, cursors] for each in found}, missing)


def one_turn(contender: Contender, job: Job, texts: Sequence[Text], *, cursors: int) -> Turn:
    with ground(contender, job, texts) as place:
        guests, memory = place.guests()
        scripts = scripts_for(job, place.texts)
        played = play(guests, scripts, place.pids(), cursors=cursors)
        wrong = convicted(place, scripts) if contender.peer is None or contender.peer.keeps else 0
        for guest in guests:
            guest.link.close()
        return Turn(played, memory, wrong)


def _said(job: Job) -> str:
    return f"{job.drafts} drafts × {job.people} people, {job.writers} type {job.per_second:.0f} edits/s each"


def _tell(title: str, turns: dict[str, list[Turn]], missing: dict[str, str]) -> None:
    rows: list[list[object]] = []
    own = statistics.median(turn.played.cpu_ms for turn in turns[OURS])
    for name, found in turns.items():
        cpu = statistics.median(turn.played.cpu_ms for turn in found)
        ranks = [statistics.quantiles(turn.played.latencies, n=100, method="inclusive") for turn in found]
        rows.append(
            [
                name,
                cpu,
                own / cpu,
                statistics.median(rank[49] for rank in ranks),
                statistics.median(turn.played.p99() for turn in found),
                statistics.median(max(turn.played.latencies) for turn in found),
                sum(turn.played.expected - len(turn.played.latencies) for turn in found),
                sum(turn.wrong for turn in found),
                statistics.median(turn.memory for turn in found),
                f"{max(turn.played.busy for turn in found):.0%}",
            ]
        )
    rows += [[name, why, *[None] * 8] for name, why in missing.items()]
    headings = ["", "CPU ms per 1 000 delivered", "ours to it", "p50 ms due to seen", "p99", "slowest"]
    table(title, [*headings, "lost", "texts wrong", "KiB a connection", "load busy"], rows)
