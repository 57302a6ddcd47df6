"""The relevé of a séance: what it holds, who approves it, what seals it, and that it is no part of the contract."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from negotiation.errors import CannotShape, IllegalMove, NotAllowed, SeanceInState, VisaRequired
from negotiation.events import Kind
from negotiation.rules.anchoring import plain_text
from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.seances import DecisionKind
from negotiation.rules.situation import Reason
from negotiation.rules.vocabulary import SHARED, ClauseState, DocumentKind, Gesture, Move, Role
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.discussing import send_message
from negotiation.services.exporting import collect_archive
from negotiation.services.mandates import Terms, set_mandate
from negotiation.services.minutes import Printable, minutes_to_print, printed
from negotiation.services.orders import Order, Seen
from negotiation.services.seance_agenda import Item, add_point, point_at
from negotiation.services.shaping import drop_part
from negotiation.services.visa_rules import set_visa_rule
from negotiation.services.visas import submit
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.exchange import Version
from negotiation.store.minutes import Minutes
from negotiation.store.queries.clauses import (
    cards_of_tables,
    cards_on_the_table,
    count_untouched,
    engagement_cards,
    touched_cards,
    untouched_cards,
)
from negotiation.store.queries.gate import gate_of
from negotiation.store.queries.history import history_page
from negotiation.store.queries.negotiations import counts_of, plan_of
from negotiation.store.queries.seances import seance_view, seances_of
from negotiation.store.queries.shape import dropped_parts
from negotiation.store.queries.synoptique import lines_of
from negotiation.store.queries.turns import convergence_of, paces_of
from negotiation.store.queries.vigilance import facts_of
from tests.builders import Table, a_table
from tests.minutes_table import Relevé, a_relevé
from tests.opened_bytes import words_met
from tests.scenarios import EHPAD, HANDICAP, sample
from tests.seance_table import Meeting, an_open_seance

CLAUSE = "en01"
PRIVATE = "chassegardee"
"""Said inside a party only."""


@pytest.fixture
def table(store: Store) -> Table:
    made = a_table(store, parties=3)
    made.og.dg.propose(CLAUSE, "Nous visons 90 %.", value=90, at=now() - timedelta(days=1))
    return made


@pytest.fixture
def meeting(table: Table) -> Meeting:
    """A séance in which one text was tabled and agreed to, and everything else was said once."""
    opened = an_open_seance(table, table.ars.dg, place="En ligne")
    with table.store.unit_of_work() as uow:
        point = add_point(uow, table.ars.dg.actor, opened.id, Item(clause_id=table.clause_id(CLAUSE)))
        add_point(uow, table.ars.dg.actor, opened.id, Item(title="Divers"))
        point_at(uow, table.ars.dg.actor, opened.id, point)
    table.ars.dg.counter(CLAUSE, "Nous visons **94 %** dès 2028.", value=94, motive="Au vu du diagnostic.")
    opened.agree(table.og.dg, CLAUSE, text="Sous quinze jours.")
    opened.record(table.cd.dg, DecisionKind.RESERVE, CLAUSE, text="Le budget n’est pas voté.")
    opened.record(table.og.dg, DecisionKind.QUESTION, text="Qui finance ?")
    opened.record(
        table.ars.dg, DecisionKind.TASK, text="Chiffrer le poste", owner=table.og.dg.member.id, due_on=date(2026, 9, 1)
    )
    opened.record(table.cd.dg, DecisionKind.SENT_TO_COPIL, "en02")
    opened.a_minute_passes()
    return opened


@pytest.fixture
def relevé(meeting: Meeting, table: Table) -> Relevé:
    meeting.close(table.ars.dg)
    return a_relevé(meeting, table.ars.dg)


def everybody_approves(relevé: Relevé) -> None:
    for person in (relevé.table.og.dg, relevé.table.ars.dg, relevé.table.cd.dg):
        relevé.approve(person)


# ---------------------------------------------------------------------- what it says


def test_a_decision_is_told_with_the_text_before_and_after(relevé: Relevé) -> None:
    said = relevé.text("decision.1")
    before, after = said.index("Nous visons 90 %."), said.index("Nous visons **94 %** dès 2028.")
    assert said.index("**Avant la séance**") < before < said.index("**Après**") < after
    assert "Accord d’OG" in said or "Accord de" in said
    assert "sur la version n° 2" in said
    assert "Précision : Sous quinze jours." in said
    assert "Contre-proposition de l’ARS" in said
    assert "Valeur : 94" in said[after:]


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_seance_on_the_first_or_last_of_all_days_has_its_relevé(table: Table, day: date) -> None:
    opened = an_open_seance(table, table.ars.dg, on=day)
    opened.record(table.ars.dg, DecisionKind.TASK, text="Chiffrer le poste", due_on=day)
    opened.a_minute_passes()
    opened.close(table.ars.dg)
    assert "Chiffrer le poste" in a_relevé(opened, table.ars.dg).text("actions")


def test_what_else_was_decided_has_its_own_lists(relevé: Relevé) -> None:
    assert "Le budget n’est pas voté." in relevé.text("reserves")
    assert "Qui finance ?" in relevé.text("questions")
    assert "Chiffrer le poste" in relevé.text("actions")
    assert "1er septembre 2026" in relevé.text("actions")
    assert "Noté par le Département" in relevé.text("copil")
    assert "(abordé" in relevé.text("ordre-du-jour")
    assert "Divers (non abordé)" in relevé.text("ordre-du-jour")
    assert "**Présents**" in relevé.text("seance")


def test_what_bound_nobody_is_told_so_and_what_was_cancelled_is_not(table: Table, meeting: Meeting) -> None:
    noted = meeting.record(table.ars.redac, DecisionKind.QUESTION, text="Une question retirée ?")
    meeting.cancel(table.ars.redac, noted)
    meeting.record(table.ars.redac, DecisionKind.AGREEMENT, CLAUSE, party_id=table.cd.id)
    meeting.close(table.ars.dg)
    relevé = a_relevé(meeting, table.ars.dg)
    assert "Une question retirée" not in relevé.words
    assert "sans effet, car sa partie ne l’avait pas confirmé à la clôture" in relevé.text("sans-effet")


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_nothing_of_any_inside_enters_it(table: Table, meeting: Meeting) -> None:
    """Apartés, notes, drafts kept for a visa, decisions that a visa kept at home, mandates."""
    og, ars = table.og.dg, table.ars.dg
    og.note(CLAUSE, f"Ne cédons pas : {PRIVATE}.")
    ars.tell_authorities(CLAUSE, f"Entre nous : {PRIVATE}.")
    with table.store.unit_of_work() as uow:
        set_mandate(uow, og.actor, table.clause_id(CLAUSE), Terms(leeway=f"Jusqu’à {PRIVATE}."))
        send_message(uow, og.actor, circle=table.og.inside, text=f"En aparté : {PRIVATE}.")
        set_visa_rule(uow, og.actor, Gesture.PROPOSAL, Role.SIGNATORY)
        set_visa_rule(uow, og.actor, Gesture.ACCEPTANCE, Role.SIGNATORY)
    with table.store.unit_of_work() as uow:
        kept = Order(Move.PROPOSAL, text=f"Un texte à viser : {PRIVATE}.", seen=Seen())
        submit(uow, og.actor, table.clause_id("en02"), kept, words=PRIVATE)
    table.cd.dg.counter(CLAUSE, "Un texte du Département.", value=95)
    with pytest.raises(VisaRequired):
        meeting.agree(og, CLAUSE, text=f"Avec le visa : {PRIVATE}.")
    meeting.close(ars)
    relevé = a_relevé(meeting, ars)
    project = printed(to_print(relevé))
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, og.actor, Gesture.ACCEPTANCE, None)
    everybody_approves(relevé)
    with table.store.reading() as session:
        facts = [entry.facts for entry in history_page(session, ars.actor, SHARED).entries]
    said = json.dumps([relevé.words, relevé.view.content, facts], ensure_ascii=False).encode()
    assert relevé.view.approved_at is not None
    for body in (said, project, printed(to_print(relevé))):
        assert words_met(body, [PRIVATE]) == set()
    assert words_met(printed(to_print(relevé)), ["diagnostic"]), "the PDF is really looked into"


# ---------------------------------------------------------------------- when, by whom


def test_it_is_drawn_up_once_and_only_of_a_closed_seance(table: Table, meeting: Meeting) -> None:
    with pytest.raises(SeanceInState):
        a_relevé(meeting, table.ars.dg)
    meeting.close(table.ars.dg)
    first, again = a_relevé(meeting, table.ars.dg).view, a_relevé(meeting, table.og.dg).view
    assert first == again
    with pytest.raises(NotAllowed):
        a_relevé(meeting, table.og.lect)


def test_nobody_is_behind_it_until_it_says_so(relevé: Relevé, table: Table) -> None:
    deciding = {table.og.id, table.ars.id, table.cd.id}
    assert {card.state for card in relevé.cards.values()} == {ClauseState.PROPOSED}
    assert {card.waits_for for card in relevé.cards.values()} == {frozenset(deciding)}


# ---------------------------------------------------------------------- approval


def test_approved_by_every_party_it_is_sealed_in_the_shared_chain(relevé: Relevé, table: Table) -> None:
    relevé.approve(table.og.dg)
    relevé.approve(table.ars.dg)
    assert relevé.view.approved_at is None
    relevé.approve(table.cd.dg)
    sealed = relevé.view
    assert sealed.content_hash == hashlib.sha256(sealed.content.encode()).hexdigest()
    content = json.loads(sealed.content)
    assert [each["party"] for each in content["approvals"]] == ["G", "A", "D"]
    assert [each["text"] for each in content["passages"]] == [card.text for card in relevé.cards.values()]
    with table.store.reading() as session:
        entries = history_page(session, table.og.dg.actor, SHARED).entries
    told = [entry.facts for entry in entries if entry.kind == Kind.MINUTES_APPROVED]
    assert len(told) == 1
    assert told[0] is not None
    assert told[0]["content_hash"] == sealed.content_hash
    assert [each["fingerprint"] for each in told[0]["passages"]] == [
        version_fingerprint(card.text, None) for card in relevé.cards.values()
    ]


def test_a_correction_is_approved_anew_by_all(relevé: Relevé, table: Table) -> None:
    relevé.approve(table.og.dg)
    relevé.approve(table.ars.dg)
    corrected = relevé.text("actions").replace("Chiffrer", "Chiffrer et financer")
    order = Order(Move.COUNTER_PROPOSAL, text=corrected, motive="Il manquait la moitié.", seen=relevé.seen("actions"))
    relevé.play(table.cd.redac, "actions", order)
    relevé.approve(table.cd.dg)
    assert relevé.view.approved_at is None
    relevé.approve(table.og.dg)
    relevé.approve(table.ars.dg)
    assert relevé.view.approved_at is not None
    assert "Chiffrer et financer" in relevé.view.content


def test_a_reserve_left_open_keeps_it_from_being_sealed(relevé: Relevé, table: Table) -> None:
    relevé.play(table.cd.dg, "reserves", Order(Move.RESERVE, text="Pas ainsi.", seen=relevé.seen("reserves")))
    everybody_approves(relevé)
    assert relevé.view.approved_at is None
    relevé.play(table.cd.dg, "reserves", Order(Move.RESERVE_MAINTAINED, text="Non.", seen=relevé.seen("reserves")))
    assert [each["text"] for each in json.loads(relevé.view.content)["reserves"]] == ["Pas ainsi."]


def test_once_sealed_its_words_no_longer_move(relevé: Relevé, table: Table) -> None:
    everybody_approves(relevé)
    with pytest.raises(IllegalMove) as refused:
        relevé.play(table.og.dg, "seance", Order(Move.REOPENING, motive="Non.", seen=relevé.seen("seance")))
    assert refused.value.detail["reason"] is Reason.APPROVED
    relevé.play(table.og.dg, "seance", Order(Move.COMMENT, text="Merci à tous."))
    card = relevé.cards["seance"]
    for statement in (
        insert(Version).values(
            id="x", negotiation_id=table.id, clause_id=card.id, number=9, text="Autre", fingerprint="", motive="",
            tabled_at=now(),
        ),
        update(Minutes).where(col(Minutes.id) == relevé.view.id).values(content="{}"),
        delete(Minutes).where(col(Minutes.id) == relevé.view.id),
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match="approved"), table.store.unit_of_work() as uow:
            uow.session.execute(statement)


def test_every_party_approves_it_whoever_asks_otherwise(relevé: Relevé, table: Table) -> None:
    order = Order(
        Move.CONCERNED_CHANGE,
        motive="À deux.",
        seen=relevé.seen("seance"),
        parties=frozenset({table.og.id, table.ars.id}),
    )
    with pytest.raises(IllegalMove) as refused:
        relevé.play(table.og.dg, "seance", order)
    assert refused.value.detail["reason"] is Reason.EVERYBODY
    with pytest.raises(CannotShape), table.store.unit_of_work() as uow:
        drop_part(uow, table.og.dg.actor, relevé.view.part_id)


def test_an_approval_waits_for_the_visa_that_its_party_asks(relevé: Relevé, table: Table) -> None:
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.ACCEPTANCE, Role.SIGNATORY)
    submitted = relevé.approve(table.og.dg)
    assert all(each.request_id for each in submitted)
    assert all(card.waits_for_party(table.og.id) for card in relevé.cards.values())


# ---------------------------------------------------------------------- no part of the contract


def readings_of_the_contract(table: Table) -> Iterator[tuple[str, Any]]:
    """Whatever says what the contract is made of, and how far it has come."""
    actor = table.og.dg.actor
    with table.store.reading() as session:
        plans = {kind: plan_of(session, actor, kind) for kind in (DocumentKind.CADRAGE, DocumentKind.CONTRACT)}
        yield "plans", plans
        yield "cards", cards_on_the_table(session, table.id)
        yield "home", cards_of_tables(session, [table.id])
        yield "engagements", engagement_cards(session, actor)
        yield "touched", touched_cards(session, actor)
        yield "untouched", untouched_cards(session, actor, ClauseState)
        yield "untouched count", count_untouched(session, actor)
        yield "counts", counts_of(session, table.id, table.og.id)
        yield "convergence", convergence_of(session, table.id)
        yield "paces", paces_of(session, [table.id])
        yield "gate", gate_of(session, table.id)
        yield "content", contract_as_it_stands(session, table.id).canonical
        yield "vigilance", facts_of(session, actor)
        yield "synoptique", lines_of(session, actor, [entry.id for plan in plans.values() for entry in plan])
        yield "dropped", dropped_parts(session, actor)
    with table.store.unit_of_work() as uow:
        archive = collect_archive(uow, actor)
        yield "archive", (archive.contract, archive.clauses, archive.versions)


def test_no_reading_of_the_contract_changes_with_a_relevé(table: Table, meeting: Meeting) -> None:
    meeting.close(table.ars.dg)
    before = dict(readings_of_the_contract(table))
    relevé = a_relevé(meeting, table.ars.dg)
    drawn_up = dict(readings_of_the_contract(table))
    everybody_approves(relevé)
    sealed = dict(readings_of_the_contract(table))
    for name, reading in before.items():
        assert drawn_up[name] == reading, name
        assert sealed[name] == reading, name


# ---------------------------------------------------------------------- séances of files, and the PDF


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
@pytest.mark.parametrize(("path", "until"), [(HANDICAP, date(2026, 7, 10)), (EHPAD, date(2023, 8, 31))])
def test_the_relevé_of_a_files_seance_holds_every_decision(store: Store, path: Path, until: date | None) -> None:
    table = a_table(store, sample(path), until=until)
    for card in _seances(table):
        relevé = a_relevé(Meeting(table, card), table.og.dg)
        words = plain_text(relevé.words)
        with store.reading() as session:
            decisions = seance_view(session, table.og.dg.actor, card).decisions
        assert decisions
        for decision in decisions:
            assert plain_text(decision.text) in words
        assert "**Avant la séance**" in relevé.words


def _seances(table: Table) -> list[str]:
    with table.store.reading() as session:
        return [card.id for card in seances_of(session, table.og.dg.actor)]


def test_it_prints_as_a_project_then_as_approved(relevé: Relevé, table: Table) -> None:
    project = to_print(relevé)
    assert not project.fingerprint
    assert project.content["approvals"] == []
    everybody_approves(relevé)
    final = to_print(relevé)
    assert final.fingerprint == relevé.view.content_hash
    assert printed(project).startswith(b"%PDF-")
    assert printed(final) == printed(to_print(relevé)) != printed(project)


def to_print(relevé: Relevé) -> Printable:
    with relevé.table.store.reading() as session:
        return minutes_to_print(session, relevé.table.og.lect.actor, relevé.seance_id)
