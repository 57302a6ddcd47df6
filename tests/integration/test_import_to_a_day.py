"""Importing to a day, and the whole file's history cut at that day, agree."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules import lifecycle
from negotiation.rules.lifecycle import Play, Situation
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import ClauseKind, ClauseState, Move, NegotiationStatus, Phase
from negotiation.store import Store
from negotiation.store.contract import Clause
from negotiation.store.exchange import Message, MoveRow, Version
from negotiation.store.following import Avenant, DialogueDeGestion, Observation
from negotiation.store.preparation import CalendarItem, Consultation, Diagnosis, SupportDocument
from negotiation.store.seances import Seance
from tests.builders import Table, a_table
from tests.scenarios import EHPAD, HANDICAP, sample

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

JULY_10 = date(2026, 7, 10)
DAYS = [
    (EHPAD, date(2023, 1, 1)),
    (EHPAD, date(2023, 6, 9)),
    (EHPAD, date(2023, 6, 27)),
    (EHPAD, date(2023, 9, 12)),
    (EHPAD, date(2024, 6, 1)),
    (HANDICAP, date(2026, 6, 20)),
    (HANDICAP, JULY_10),
    (HANDICAP, date(2026, 7, 16)),
    (HANDICAP, date(2026, 12, 1)),
]


def facts_of(table: Table, situation: Situation, moves: list[MoveRow], texts: dict[str, str]) -> dict[str, Any]:
    """What must be the same whichever way it was imported: no row id in it."""
    names = {table.party_id(key): key for key in ("og", "ars", "cd")}
    return {
        "state": situation.state,
        "versions": situation.versions,
        "current": situation.current and (situation.current.number, situation.current.fingerprint),
        "behind": {names[party] for party in situation.behind},
        "reserves": {names[party] for party in situation.open_reserves},
        "moves": [(move.key, move.type, move.text, move.value, move.at) for move in moves],
        "texts": [texts[move.version_id] for move in moves if move.version_id],
    }


def threads(table: Table, until: date | None = None) -> dict[str, list[MoveRow]]:
    """The moves of each engagement up to that day, in order."""
    mine = col(Clause.negotiation_id) == table.id
    with table.store.reading() as session:
        clauses = {
            row.id: row.attributes["key"]
            for row in session.execute(select(Clause).where(mine)).scalars()
            if row.kind is ClauseKind.ENGAGEMENT
        }
        found: dict[str, list[MoveRow]] = {key: [] for key in clauses.values()}
        query = select(MoveRow).where(col(MoveRow.negotiation_id) == table.id).order_by(col(MoveRow.rank))
        for move in session.execute(query).scalars():
            if until is None or paris_day(move.at) <= until:
                found[clauses[move.clause_id]].append(move)
    return found


def replayed(table: Table, key: str, moves: list[MoveRow]) -> Situation:
    """Where these moves lead, by the rules alone."""
    at = Situation(concerned=table.situation(key).concerned)
    with table.store.reading() as session:
        for move in moves:
            if move.circle != "shared":
                continue
            version = session.get(Version, move.version_id) if move.version_id else None
            fingerprint = version.fingerprint if version else None
            number = version.number if version and move.type is Move.ACCEPTANCE else None
            if move.type is Move.REJECTION and at.current:
                number, fingerprint = at.current.number, at.current.fingerprint
            at = lifecycle.play(at, Play(move.type, move.party_id, number, fingerprint)).situation
    return at


def versions_by_id(store: Store) -> dict[str, str]:
    with store.reading() as session:
        return {row.id: f"{row.number} {row.text} {row.value}" for row in session.execute(select(Version)).scalars()}


@pytest.mark.parametrize(("path", "day"), DAYS, ids=lambda value: getattr(value, "stem", str(value)))
def test_importing_to_a_day_and_the_whole_history_cut_there_agree(store: Store, path: Path, day: date) -> None:
    whole = a_table(store, sample(path))
    cut = a_table(store, sample(path) | {"key": "cut"}, until=day)
    texts = versions_by_id(store)
    known, imported = threads(whole, day), threads(cut)
    assert set(known) == set(imported)
    for key, moves in known.items():
        expected = facts_of(whole, replayed(whole, key, moves), moves, texts)
        assert facts_of(cut, cut.situation(key), imported[key], texts) == expected, key


def test_the_handicap_table_is_open_on_10_july_2026(store: Store) -> None:
    table = a_table(store, sample(HANDICAP), until=JULY_10)
    negotiation = table.negotiation()
    assert (negotiation.status, negotiation.phase) == (NegotiationStatus.IN_NEGOTIATION, Phase.NEGOTIATION)
    assert (negotiation.situation_on, negotiation.frozen_at, negotiation.signed_on) == (JULY_10, None, None)
    assert table.state("en03") is ClauseState.PARTIALLY_AGREED
    table.og.dg.accept("en03")
    assert table.state("en03") is ClauseState.AGREED


def test_what_was_not_known_that_day_is_not_there(store: Store) -> None:
    a_table(store, sample(HANDICAP), until=JULY_10)
    with store.reading() as session:
        for row, dated in ((MoveRow, "at"), (Message, "at")):
            assert all(getattr(one, dated).date() <= JULY_10 for one in session.execute(select(row)).scalars())
        for kind in (Seance, Consultation, SupportDocument):
            assert all(one.on <= JULY_10 for one in session.execute(select(kind)).scalars())
        for kind in (DialogueDeGestion, Avenant, Observation):
            assert session.execute(select(kind)).all() == []
        planned = session.execute(select(CalendarItem).where(col(CalendarItem.on) > JULY_10)).scalars().all()
    assert planned
    assert {item.status for item in planned} == {"planned"}


def test_a_cell_whose_engagement_is_not_agreed_is_empty_and_the_outcome_is_nowhere(store: Store) -> None:
    table = a_table(store, sample(HANDICAP), until=JULY_10)
    pending, agreed = table.clause("i04.targets.2030"), table.clause("i01.targets.2031")
    assert (pending.follows_id, pending.working_value) == (table.clause_id("en05"), None)
    assert "file_value" not in pending.attributes
    assert agreed.attributes["file_value"] == "142"
    engagement = table.clause("en05")
    assert "final_text" not in engagement.attributes
    assert set(engagement.attributes["numeric"]) == {"unit", "label"}


def test_undated_text_is_the_working_text_of_the_gestionnaire(store: Store) -> None:
    table = a_table(store, sample(HANDICAP), until=JULY_10)
    description = table.clause("fa01.description")
    assert description.state is ClauseState.TO_WRITE
    assert description.attributes == {"working": True}
    assert description.working_text.startswith("Convertir dix places")
    with store.reading() as session:
        plain = select(Clause).where(col(Clause.kind) == ClauseKind.TEXT, col(Clause.part_id) == table.part_id("fa01"))
        assert {clause.state for clause in session.execute(plain).scalars()} == {ClauseState.TO_WRITE}


def test_a_framing_note_validated_before_the_day_is_agreed_and_one_after_is_not(store: Store) -> None:
    after = a_table(store, sample(HANDICAP), until=JULY_10)
    before = a_table(store, sample(HANDICAP) | {"key": "before"}, until=date(2026, 2, 1))
    assert after.clause("objet.object").state is ClauseState.AGREED
    assert before.clause("objet.object").state is ClauseState.TO_WRITE
    with store.reading() as session:
        diagnosis = session.execute(select(Diagnosis).where(col(Diagnosis.negotiation_id) == before.id)).scalar_one()
    assert (diagnosis.agreed_on, diagnosis.agreed_by) == (None, [])


@pytest.mark.parametrize(
    ("day", "status", "phase"),
    [
        (date(2023, 1, 1), NegotiationStatus.IN_NEGOTIATION, Phase.CADRAGE),
        (date(2023, 5, 1), NegotiationStatus.IN_NEGOTIATION, Phase.DIAGNOSTIC),
        (date(2023, 7, 1), NegotiationStatus.IN_NEGOTIATION, Phase.NEGOTIATION),
        (date(2023, 11, 23), NegotiationStatus.IN_NEGOTIATION, Phase.SIGNATURE),
        (date(2023, 11, 24), NegotiationStatus.SIGNED, Phase.SIGNATURE),
        (date(2025, 7, 1), NegotiationStatus.IN_FORCE, Phase.FOLLOW_UP),
    ],
)
def test_status_and_phase_follow_the_day(store: Store, day: date, status: NegotiationStatus, phase: Phase) -> None:
    negotiation = a_table(store, sample(EHPAD), until=day).negotiation()
    assert (negotiation.status, negotiation.phase) == (status, phase)
    assert (negotiation.frozen_at is not None) == (status is not NegotiationStatus.IN_NEGOTIATION)


def test_an_avenant_not_yet_signed_hides_what_it_changed(store: Store) -> None:
    a_table(store, sample(EHPAD), until=date(2026, 4, 1))
    with store.reading() as session:
        avenant = session.execute(select(Avenant)).scalar_one()
    assert (avenant.signed_on, avenant.changes, avenant.status) == (None, [], "en cours")
