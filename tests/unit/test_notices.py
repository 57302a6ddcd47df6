"""Which fact is which notice, and which morning a digest leaves."""

from datetime import date, datetime, timedelta

import pytest

from negotiation.events import Kind
from negotiation.rules.notices import (
    DEFAULT_RHYTHMS,
    LIFETIMES,
    NOTICE_OF_FACT,
    RETRIES,
    MailKind,
    Pace,
    is_too_late,
    notices_of,
    retry_after,
    rhythms_due,
    told_at,
)
from negotiation.rules.paris import PARIS
from negotiation.rules.vocabulary import Notice, Rhythm

BOTH = frozenset({Rhythm.DAILY, Rhythm.WEEKLY})
DAILY = frozenset({Rhythm.DAILY})
NONE: frozenset[Rhythm] = frozenset()
EVERY_DAY = Pace(working_days_only=False)


def at(day: str, hour: int = 7, minute: int = 0) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=PARIS)


def test_every_fact_is_told_as_something_or_never() -> None:
    assert set(NOTICE_OF_FACT) == set(Kind)


def test_every_notice_has_a_default_and_every_mail_its_time() -> None:
    assert set(DEFAULT_RHYTHMS) == set(Notice)
    assert set(LIFETIMES) == set(MailKind)


def test_by_default_only_what_is_addressed_to_somebody_leaves_at_once() -> None:
    at_once = notices_of(DEFAULT_RHYTHMS, frozenset({Rhythm.IMMEDIATE}))
    assert at_once == {Notice.MENTION, Notice.VOIDED}


@pytest.mark.parametrize(
    ("receipt", "moves", "followed"),
    [
        (Rhythm.DAILY, Rhythm.IMMEDIATE, Rhythm.IMMEDIATE),
        (Rhythm.WEEKLY, Rhythm.DAILY, Rhythm.DAILY),
        (Rhythm.IMMEDIATE, Rhythm.WEEKLY, Rhythm.IMMEDIATE),
        (Rhythm.DAILY, Rhythm.OFF, Rhythm.DAILY),
        (Rhythm.OFF, Rhythm.IMMEDIATE, Rhythm.OFF),
    ],
)
def test_a_receipt_comes_no_later_than_the_news_of_its_move(receipt: Rhythm, moves: Rhythm, followed: Rhythm) -> None:
    chosen = DEFAULT_RHYTHMS | {Notice.RECEIPT: receipt, Notice.MOVES: moves}
    assert told_at(chosen) == chosen | {Notice.RECEIPT: followed}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at("2026-11-17", 6, 59), NONE),
        (at("2026-11-17", 7), DAILY),
        (at("2026-11-17", 19, 59), DAILY),
        (at("2026-11-17", 20), NONE),
        (at("2026-07-15", 7), DAILY),  # summer time
    ],
)
def test_the_digest_is_of_the_morning_in_paris(moment: datetime, expected: frozenset[Rhythm]) -> None:
    monday = moment.date() - timedelta(days=moment.weekday())
    assert rhythms_due(Pace(last_weekly_on=monday), moment) == expected


@pytest.mark.parametrize("day", ["2026-11-21", "2026-11-22", "2026-11-11", "2027-05-17"])
def test_a_day_off_is_quiet_unless_one_reads_every_day(day: str) -> None:
    """A Saturday, a Sunday, the Armistice, Pentecost Monday."""
    assert rhythms_due(Pace(), at(day)) == NONE
    assert Rhythm.DAILY in rhythms_due(EVERY_DAY, at(day))


def test_one_digest_a_day() -> None:
    assert rhythms_due(Pace(last_on=date(2026, 11, 17)), at("2026-11-17", 9)) == NONE


def test_the_weekly_one_leaves_on_monday() -> None:
    week = {day: rhythms_due(Pace(last_weekly_on=date(2026, 11, 9)), at(day)) for day in ("2026-11-13", "2026-11-16")}
    assert week == {"2026-11-13": DAILY, "2026-11-16": BOTH}
    assert rhythms_due(Pace(last_weekly_on=date(2026, 11, 16)), at("2026-11-17")) == DAILY


def test_after_a_holiday_monday_it_leaves_on_tuesday() -> None:
    assert rhythms_due(Pace(), at("2027-05-17")) == NONE
    assert rhythms_due(Pace(), at("2027-05-18")) == BOTH


def test_whoever_comes_on_a_wednesday_waits_for_monday() -> None:
    assert rhythms_due(Pace(), at("2026-11-18")) == DAILY


def test_a_week_that_the_server_slept_through_is_caught_up() -> None:
    assert rhythms_due(Pace(last_weekly_on=date(2026, 11, 9)), at("2026-11-19")) == BOTH


def test_one_tries_less_and_less_often_then_no_more() -> None:
    waits = [retry_after(attempts) for attempts in range(1, len(RETRIES) + 1)]
    assert waits == sorted(waits, key=lambda wait: wait or timedelta.max)
    assert retry_after(len(RETRIES) + 1) is None


def test_an_old_link_or_yesterdays_digest_is_worse_than_none() -> None:
    then = at("2026-11-17")
    assert is_too_late(MailKind.SIGNIN, created_at=then, moment=then + timedelta(minutes=61))
    assert is_too_late(MailKind.DIGEST, created_at=then, moment=at("2026-11-18"))
    assert not is_too_late(MailKind.DIGEST, created_at=then, moment=at("2026-11-17", 19))
