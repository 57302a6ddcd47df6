"""The dialogue de gestion of a signed contract: values proposed, contested and agreed, minutes approved by all."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from negotiation.errors import AlreadyDone, Frozen, IllegalMove, InvalidInput, NotAllowed, NotSigned, WrongValue
from negotiation.rules.reviews import Standing, YearState, state_of_year
from negotiation.rules.vocabulary import ClauseState, Move, NegotiationStatus, ReviewKind
from negotiation.services.moves import play
from negotiation.services.orders import Order
from negotiation.services.reviews import progress_value
from negotiation.services.visas import submit
from negotiation.store import Store
from negotiation.store.queries.clauses import cards_on_the_table
from negotiation.store.queries.navettes import moved_clauses
from negotiation.store.queries.negotiations import plan_of
from negotiation.store.queries.observed import observed_values
from negotiation.store.queries.reviews import held_dialogues, planned_actions, reviews_of
from negotiation.store.record import FrozenVersion
from tests.builders import Table
from tests.reviews_table import a_dialogue, a_signed_table, seen

SQLITE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(store: Store) -> Table:
    return a_signed_table(store)


def frozen_bytes(table: Table) -> list[str]:
    """What was frozen, and the rows of the contract from which it was made."""
    with table.store.reading() as session:
        versions = session.execute(select(FrozenVersion).where(col(FrozenVersion.negotiation_id) == table.id)).scalars()
        kept = [f"{row.content_hash} {hashlib.sha256(row.pdf).hexdigest()}" for row in versions]
        query = text(
            "SELECT clause.* FROM clause JOIN part ON part.id = clause.part_id WHERE part.kind <> 'dialogue' "
            "ORDER BY clause.id"
        )
        return [*kept, *(str(tuple(row)) for row in session.execute(query))]


@SQLITE
def test_a_value_is_proposed_contested_and_agreed_at_another(table: Table) -> None:
    before = frozen_bytes(table)
    dialogue = a_dialogue(table, table.og.dg)
    dialogue.say(table.og.dg, "observed.i01", "Annexe activité de l’ERRD.", "93,2")
    assert dialogue.standing("observed.i01") == (Standing.PROPOSED, frozenset())
    dialogue.play(table.ars.dg, "observed.i01", Move.REJECTION, motive="L’ERRD transmis dit 92,8.")
    assert dialogue.standing("observed.i01") == (Standing.CONTESTED, {table.party_id("ars")})
    dialogue.say(table.ars.dg, "observed.i01", "ERRD déposé le 30 avril.", "92,8", motive="Valeur transmise.")
    assert dialogue.standing("observed.i01")[0] is Standing.CONTESTED
    for person in (table.og.dg, table.cd.dg):
        dialogue.approve(person, "observed.i01")
    assert dialogue.standing("observed.i01") == (Standing.VALIDATED, frozenset())
    with table.store.reading() as session:
        (seen,) = observed_values(session, table.cd.lect.actor, table.id)[table.part_id("i01")]
    assert (seen.value, seen.standing, seen.party_id) == ("92.8", Standing.VALIDATED, table.party_id("ars"))
    assert frozen_bytes(table) == before


def test_minutes_approved_by_all_seal_the_dialogue_and_what_nobody_filled_in_says_so(table: Table) -> None:
    dialogue = a_dialogue(table, table.og.dg)
    dialogue.say(table.og.dg, "decision.en01", "Travaux prolongés.", "ajuster par avenant")
    dialogue.say(table.og.dg, "conclusions", "Trajectoire tenue.")
    dialogue.play(table.ars.dg, "decision.en01", Move.RESERVE, motive="À revoir en comité.")
    for person in (table.ars.dg, table.cd.dg):
        dialogue.approve(person)
    assert dialogue.view.approved_at is None, "a reserve is open"
    dialogue.play(table.ars.dg, "decision.en01", Move.RESERVE_LIFTED)
    dialogue.approve(table.og.dg)
    sealed = dialogue.view
    assert sealed.approved_at is not None and len(sealed.content_hash) == 64
    content = dialogue.content
    assert [each["field"] for each in content["values"]] == ["meeting", "decision.en01", "conclusions"]
    assert "I01, Indicateur" in " ".join(content["blank"]) or content["blank"]
    assert [each["party"] for each in content["approvals"]] == ["G", "A", "D"]
    with pytest.raises(IllegalMove):
        dialogue.say(table.og.dg, "observed.i01", "Trop tard.", "93")


def test_one_dialogue_a_year_of_a_signed_contract(table: Table) -> None:
    with pytest.raises(NotAllowed):
        a_dialogue(table, table.og.lect)
    for year in (2023, 2030):
        with pytest.raises(InvalidInput):
            a_dialogue(table, table.og.dg, year=year)
    a_dialogue(table, table.og.dg)
    with pytest.raises(AlreadyDone):
        a_dialogue(table, table.ars.dg)
    a_dialogue(table, table.ars.dg, year=2025)
    with table.store.reading() as session:
        assert [each.year for each in reviews_of(session, table.cd.dg.actor, ReviewKind.DIALOGUE)] == [2024, 2025]


@SQLITE
def test_what_is_not_signed_is_not_followed(store: Store) -> None:
    table = a_signed_table(store, status=NegotiationStatus.IN_NEGOTIATION)
    with pytest.raises(NotSigned):
        a_dialogue(table, table.og.dg)


def test_the_gel_still_holds_everything_else(table: Table) -> None:
    dialogue = a_dialogue(table, table.og.dg)
    with pytest.raises(Frozen):
        table.og.dg.note("en01", "Rien ne bouge plus.")
    for write in (
        f"UPDATE clause SET label = 'autre' WHERE id = '{table.clause_id('en01')}'",
        f"UPDATE clause SET part_id = '{dialogue.view.part_id}' WHERE id = '{table.clause_id('en01')}'",
        f"UPDATE part SET kind = 'dialogue' WHERE id = '{table.part_id('i01')}'",
        f"DELETE FROM clause WHERE part_id = '{dialogue.view.part_id}'",
    ):
        with pytest.raises(DBAPIError), table.store.unit_of_work() as uow:
            uow.session.execute(text(write))


@SQLITE
def test_a_partys_preparation_of_a_value_is_its_own(table: Table) -> None:
    dialogue = a_dialogue(table, table.og.dg)
    note = Order(Move.COMMENT, text="Plancher interne : 92.", circle=table.og.inside)
    clause_id = dialogue.cards()["observed.i01"].id
    with table.store.unit_of_work() as uow:
        play(uow, table.og.dg.actor, clause_id, note)
    assert dialogue.cards(table.ars.dg)["observed.i01"] == replace(
        dialogue.cards(table.og.dg)["observed.i01"], attributes=dialogue.cards(table.ars.dg)["observed.i01"].attributes
    )
    with table.store.reading() as session:
        assert observed_values(session, table.ars.dg.actor, table.id) == {}


@SQLITE
@pytest.mark.parametrize(
    ("field", "value"),
    [("decision.en01", "abandonner"), ("decision.en01", None), ("progress.fa01", ["presque", "60 %"])],
)
def test_a_decision_or_an_action_is_said_in_the_words_of_everybody(table: Table, field: str, value: object) -> None:
    dialogue = a_dialogue(table, table.og.dg)
    card = dialogue.cards()[field]
    for door in (play, submit):
        with pytest.raises(WrongValue), table.store.unit_of_work() as uow:
            door(uow, table.og.dg.actor, card.id, Order(Move.PROPOSAL, text="Autrement dit.", value=value))
    assert dialogue.cards()[field] == card


@SQLITE
def test_a_line_is_reopened_until_the_dialogue_is_sealed_and_never_given_up(table: Table) -> None:
    dialogue = a_dialogue(table, table.og.dg)
    dialogue.say(table.og.dg, "decision.en01", "On continue.", "maintenir")
    for person in (table.ars.dg, table.cd.dg):
        dialogue.approve(person, "decision.en01")
    everybody = frozenset({table.og.id, table.ars.id})
    for refused in (Order(Move.ABANDONMENT, motive="Non."), Order(Move.CONCERNED_CHANGE, parties=everybody)):
        with pytest.raises(IllegalMove), table.store.unit_of_work() as uow:
            card = dialogue.cards()["decision.en01"]
            submit(uow, table.og.dg.actor, card.id, replace(refused, motive="Non.", seen=seen(card)))
    dialogue.play(table.og.dg, "decision.en01", Move.REOPENING, motive="Les travaux s’arrêtent.")
    for person in (table.ars.dg, table.cd.dg):
        dialogue.play(person, "decision.en01", Move.REOPENING_CONSENT)
    assert dialogue.cards()["decision.en01"].state is ClauseState.REOPENED


@SQLITE
def test_actions_in_time_keep_what_each_dialogue_said(table: Table) -> None:
    dialogue = a_dialogue(table, table.og.dg)
    value: Any = progress_value("en retard", "60 %")
    dialogue.say(table.og.dg, "progress.fa01", "Livraison décalée.", value)
    with table.store.reading() as session:
        (action,) = planned_actions(session, table.ars.dg.actor)
        held = held_dialogues(session, table.ars.dg.actor)
    assert action.last is not None and (action.last.percent, action.last.state) == (60, "en retard")
    assert state_of_year(2024, held, dialogue.view.on) is YearState.OPENED
    with pytest.raises(InvalidInput):
        progress_value("en retard", "101")


@SQLITE
def test_a_dialogue_is_read_nowhere_as_a_part_of_the_contract(table: Table) -> None:
    with table.store.reading() as session:
        actor = table.og.dg.actor
        before = [moved_clauses(session, actor), cards_on_the_table(session, table.id), plan_of(session, actor)]
    dialogue = a_dialogue(table, table.og.dg)
    dialogue.say(table.og.dg, "observed.i01", "ERRD.", "93,2")
    with table.store.reading() as session:
        after = [moved_clauses(session, actor), cards_on_the_table(session, table.id), plan_of(session, actor)]
    assert after == before
