"""How far a server goes on one core before its people notice: more drafts, or faster typing, until the slowest of a
hundred edits takes longer than they should."""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.drafting import JOB_J, Job
from bench.drafting_arena import ATTENDED_SECONDS, Contender, Ground, Text, ground, scripts_for
from bench.drafting_guests import Guest
from bench.drafting_play import Played, drain, play

NOTICED_MS = 200.0
WINDOW_SECONDS = 3.0
PATIENCE_SECONDS = 3.0
CLOSE_ENOUGH = 1.15
"""The search ends when what failed is so little above what held."""
LONGEST_SEARCH_SECONDS = 240.0
FIRST_DRAFTS, MOST_DRAFTS = 80, 640
FIRST_RATE, HIGHEST_RATE = 40, 2560


def largest(holds: Callable[[int], bool], *, first: int, most: int) -> int:
    """The largest number that holds, about: by doubling, then by halving what is between.

    A server that never gets over its first crowd is given up with what it held until then.
    """
    held, failed = 0, most * 2
    wanted = first
    given_up = time.monotonic() + LONGEST_SEARCH_SECONDS
    while failed > max(1, held) * CLOSE_ENOUGH and 0 < wanted <= most and time.monotonic() < given_up:
        if holds(wanted) or holds(wanted):  # one hiccup of the machine isn't the server's
            held = wanted
        else:
            failed = wanted
        wanted = held * 2 if failed > most else (held + failed) // 2
    return held


def drafts_held(contender: Contender, texts: Sequence[Text]) -> int:
    """How many drafts of job J, with everybody's caret, before the 99th percentile is noticed."""
    job = replace(JOB_J, drafts=MOST_DRAFTS, seconds=WINDOW_SECONDS)
    many = list(itertools.islice(itertools.cycle(texts), MOST_DRAFTS))
    with ground(contender, job, many) as place:
        audience = Audience(place)

        def holds(drafts: int) -> bool:
            return _unnoticed(audience.play(replace(job, drafts=drafts), cursors=1))

        return largest(holds, first=FIRST_DRAFTS, most=MOST_DRAFTS)


def delivered_each_second(contender: Contender, texts: Sequence[Text]) -> float:
    """Edits in others' hands a second, in the drafts of job J, when everybody types as fast as goes unnoticed."""
    job = replace(JOB_J, seconds=WINDOW_SECONDS)
    found = 0.0
    with ground(contender, job, texts) as place:
        audience = Audience(place)

        def holds(rate: int) -> bool:
            nonlocal found
            played = audience.play(replace(job, per_second=rate), cursors=0)
            if _unnoticed(played):
                found = max(found, len(played.latencies) / WINDOW_SECONDS)
            return _unnoticed(played)

        largest(holds, first=FIRST_RATE, most=HIGHEST_RATE)
    return found


def _unnoticed(played: Played) -> bool:
    return played.p99() < NOTICED_MS


class Audience:
    """The people on a ground, who come as they are wanted and stay."""

    def __init__(self, place: Ground) -> None:
        self._place = place
        self._guests: list[Guest] = []
        self._greeted = time.monotonic()

    def play(self, job: Job, *, cursors: int) -> Played:
        self._seat(job.drafts * job.people)
        drain(self._guests)
        scripts = scripts_for(job, self._place.texts)
        return play(self._guests, scripts, self._place.pids(), cursors=cursors, patience=PATIENCE_SECONDS)

    def _seat(self, count: int) -> None:
        for number in range(len(self._guests), count):
            self._guests.append(self._place.enter(number))
            if time.monotonic() - self._greeted > ATTENDED_SECONDS:
                self._greet()
        self._greet()

    def _greet(self) -> None:
        """A page answers and says that it is there, or the server lets it go."""
        if time.monotonic() - self._greeted > ATTENDED_SECONDS:
            self._greeted = time.monotonic()
            for guest in self._guests:
                guest.keep_alive()
        drain(self._guests)
