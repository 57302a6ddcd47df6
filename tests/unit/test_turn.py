"""Whose turn it is, and for how long."""

from datetime import date

from negotiation.rules.lifecycle import Play, Situation, Tabled, play
from negotiation.rules.turn import Turn, is_stuck, rounds_of, turn_of, urgency
from negotiation.rules.vocabulary import ClauseState, Move

PARTIES = frozenset({"og", "ars", "cd"})
TABLED = Tabled(number=1, fingerprint="f", author="og")
PROPOSED = Situation(PARTIES, ClauseState.PROPOSED, TABLED, versions=1, behind=frozenset({"og"}))
FRIDAY = date(2026, 11, 6)
"""The eleventh is a holiday: ten working days end on Monday 23."""


def on(today: date, at: Situation = PROPOSED) -> Turn:
    return turn_of(at, since=FRIDAY, today=today)


def test_whoever_has_not_answered_holds_the_clause() -> None:
    assert on(FRIDAY).holders == {"ars", "cd"}
    partly = Situation(PARTIES, ClauseState.PARTIALLY_AGREED, TABLED, versions=1, behind=frozenset({"og", "ars"}))
    assert on(FRIDAY, partly).holders == {"cd"}


def test_a_pending_reopening_waits_for_those_who_have_not_consented() -> None:
    agreed = Situation(PARTIES, ClauseState.AGREED, TABLED, versions=1, behind=PARTIES)
    asked = play(agreed, Play(Move.REOPENING, "cd")).situation
    assert on(FRIDAY, asked).holders == {"og", "ars"}


def test_what_nobody_wrote_and_what_all_agreed_waits_for_nobody() -> None:
    for state in (ClauseState.TO_WRITE, ClauseState.AGREED, ClauseState.REOPENED, ClauseState.WITHDRAWN):
        assert on(FRIDAY, Situation(PARTIES, state)) == Turn(frozenset())


def test_one_is_late_from_the_first_working_day_after_the_delay() -> None:
    assert on(date(2026, 11, 23)) == Turn(frozenset({"ars", "cd"}), FRIDAY, date(2026, 11, 23), 17, 0)
    assert on(date(2026, 11, 24)).late_by == 1


def test_a_weekend_makes_nobody_later_although_the_other_side_waits_two_days_more() -> None:
    friday, sunday = on(date(2026, 11, 27)), on(date(2026, 11, 29))
    assert friday.late_by == sunday.late_by == 4
    assert sunday.days_waiting == friday.days_waiting + 2


def test_the_delay_is_the_one_that_the_parties_agreed() -> None:
    assert turn_of(PROPOSED, since=FRIDAY, today=FRIDAY, response_days=5).due_on == date(2026, 11, 16)


def test_an_answer_is_awaited_even_if_nobody_knows_since_when() -> None:
    assert turn_of(PROPOSED, since=None, today=FRIDAY) == Turn(frozenset({"ars", "cd"}))


def test_a_page_that_shows_an_earlier_day_counts_no_negative_days() -> None:
    assert on(date(2026, 11, 2)).days_waiting == 0


def test_the_latest_come_first_then_who_waits_longest_and_last_what_waits_for_nobody() -> None:
    holder = frozenset({"ars"})
    late, later = Turn(holder, late_by=1, days_waiting=20), Turn(holder, late_by=3, days_waiting=18)
    fresh, older = Turn(holder, days_waiting=2), Turn(holder, days_waiting=9)
    assert sorted([Turn(frozenset()), fresh, late, older, later], key=urgency)[:4] == [later, late, older, fresh]


def test_a_round_is_one_position_of_each_who_writes() -> None:
    assert rounds_of(["og"]) == rounds_of([]) == 0
    assert rounds_of(["og", "ars"]) == rounds_of(["og", "ars", "og"]) == 1
    assert rounds_of(["og", "ars", "cd"]) == 1, "three who speak once each are one round"
    assert rounds_of(["og", "ars", "cd", "og", "ars", "cd"]) == 2
    assert rounds_of(["og", "ars", "cd", "ars", "cd"]) == 2


def test_who_revises_his_own_text_does_not_speak_twice() -> None:
    assert rounds_of(["og", "og", "og"]) == 0
    assert rounds_of(["og", "og", "ars", "ars"]) == 1


def test_a_text_written_together_is_nobodys_position() -> None:
    assert rounds_of(["og", None, "og"]) == 0
    assert rounds_of(["og", None, "ars"]) == 1


def test_each_has_spoken_three_times_before_the_copil_is_suggested() -> None:
    assert not is_stuck(rounds_of(["og", "ars", "og", "ars", "og"]))
    assert is_stuck(rounds_of(["og", "ars", "og", "ars", "og", "ars"]))
    assert is_stuck(2, limit=2)
