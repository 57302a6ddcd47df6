"""The final evaluation of a signed contract: outcomes proposed, contested and agreed, sealed once all approve."""

import hashlib

import pytest

from negotiation.errors import AlreadyDone, InvalidInput, NotAllowed, NotSigned
from negotiation.rules.reviews import Outcome, Standing
from negotiation.rules.vocabulary import Move, NegotiationStatus, PartKind
from negotiation.services.adding import NewClause, NewPart, add_clause, add_part
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.reviews import Meeting
from negotiation.store import Store
from negotiation.store.queries.evaluated import evaluated_of
from negotiation.verifier import read_members, verify_archive
from tests.builders import Table
from tests.closing_table import an_agreed_table, freeze
from tests.evaluation_table import an_evaluation
from tests.minutes_table import a_relevé
from tests.reviews_table import a_dialogue, a_signed_table, in_force
from tests.seance_table import an_open_seance

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(store: Store) -> Table:
    return a_signed_table(store)


def test_an_outcome_is_proposed_contested_and_agreed_by_all(table: Table) -> None:
    evaluation = an_evaluation(table, table.og.dg)
    evaluation.say(table.og.dg, "outcome.en01", "Sans les travaux, tenu.", str(Outcome.HELD))
    evaluation.play(table.cd.dg, "outcome.en01", Move.REJECTION, motive="Le palier est manqué de deux points.")
    assert evaluation.standing("outcome.en01") == (Standing.CONTESTED, {table.party_id("cd")})
    evaluation.say(table.cd.dg, "outcome.en01", "Manqué de peu.", str(Outcome.PARTLY), motive="Le palier 2027.")
    for person in (table.og.dg, table.ars.dg):
        evaluation.approve(person, "outcome.en01")
    assert evaluation.standing("outcome.en01") == (Standing.VALIDATED, frozenset())
    assert evaluation.cards(table.ars.lect)["outcome.en01"].value == "partiellement tenu"


def test_the_approved_evaluation_is_sealed_with_the_figures_it_was_read_from(table: Table) -> None:
    dialogue = a_dialogue(table, table.og.dg)
    dialogue.say(table.og.dg, "observed.i01", "ERRD.", "93,2")
    evaluation = an_evaluation(table, table.ars.dg)
    evaluation.say(table.ars.dg, "lessons", "Écrire la définition avant la cible.")
    evaluation.say(table.ars.dg, "conclusions", "Contrat tenu pour l’essentiel.")
    for person in (table.og.dg, table.ars.dg, table.cd.dg):
        evaluation.approve(person)
    assert evaluation.view.approved_at is not None and len(evaluation.view.content_hash) == 64
    content = evaluation.content
    assert content["kind"] == "evaluation" and content["year"] == 2028
    figures = {each["field"]: each for each in content["figures"]}
    assert set(figures) == {field for field in evaluation.cards() if field.startswith("outcome.")}
    with table.store.reading() as session:
        told = {each.key: each for each in evaluated_of(session, table.cd.lect.actor)}
    assert figures["outcome.en01"]["agreed"] == told["en01"].agreed
    read = {(each["observed"], each["observed_year"], each["standing"]) for each in content["figures"]}
    assert read - {(None, None, "")} == {("93.2", 2024, "proposed")}
    dialogue.say(table.ars.dg, "observed.i01", "Corrigé.", "92")
    assert evaluation.content == content, "what is sealed doesn't follow what is observed afterwards"


def test_what_all_approved_after_the_signature_is_in_the_archive_of_proof(table: Table) -> None:
    meeting = an_open_seance(table, table.ars.dg)
    meeting.close(table.ars.dg)
    relevé, dialogue = a_relevé(meeting, table.ars.dg), a_dialogue(table, table.og.dg)
    evaluation = an_evaluation(table, table.ars.dg)
    for document in (dialogue, evaluation):
        document.say(table.og.dg, "conclusions", "Tenu pour l’essentiel.")
    for person in (table.og.dg, table.ars.dg, table.cd.dg):
        relevé.approve(person)
        dialogue.approve(person)
        evaluation.approve(person)
    sealed = {each.view.content_hash for each in (relevé, dialogue, evaluation)}
    with table.store.unit_of_work() as uow:
        packed = pack_archive(collect_archive(uow, table.cd.lect.actor)).data
    texts = {name: content for name, content in read_members(packed).items() if name.startswith("approuves/")}
    assert {hashlib.sha256(content).hexdigest() for content in texts.values()} == sealed
    assert len(sealed) == 3 and verify_archive(packed).ok


def test_one_evaluation_of_a_signed_contract_and_before_the_last_year_one_says_why(table: Table) -> None:
    with pytest.raises(NotAllowed):
        an_evaluation(table, table.og.lect)
    for reason in ("", " \n", "x" * 501):
        with pytest.raises(InvalidInput) as refused:
            an_evaluation(table, table.og.dg, reason=reason)
        assert refused.value.detail["field"] == "reason"
    with pytest.raises(InvalidInput):
        an_evaluation(table, table.og.dg, meeting=Meeting(table.negotiation().contract_end))
    evaluation = an_evaluation(table, table.og.dg)
    assert "dès maintenant" in evaluation.cards()["meeting"].text
    with pytest.raises(AlreadyDone):
        an_evaluation(table, table.ars.dg)


def test_what_is_not_signed_is_not_evaluated(store: Store) -> None:
    table = a_signed_table(store, status=NegotiationStatus.IN_NEGOTIATION)
    with pytest.raises(NotSigned):
        an_evaluation(table, table.og.dg)


def test_what_a_party_prepared_inside_is_in_no_dialogue_and_no_evaluation(store: Store) -> None:
    table = an_agreed_table(store)
    with store.unit_of_work() as uow:
        kept = NewPart(PartKind.INDICATOR, "Canari prudent", table.part_id("fa01"), circle=table.og.inside)
        part_id = add_part(uow, table.og.dg.actor, kept)
        alone = NewClause("Canari furtif", debtor_id=table.og.id)
        add_clause(uow, table.og.dg.actor, part_id, alone)
    freeze(table)
    in_force(table)
    labels = [card.label for card in an_evaluation(table, table.og.dg).cards(table.ars.lect).values()]
    labels += [card.label for card in a_dialogue(table, table.og.dg).cards(table.ars.lect).values()]
    assert labels and not [label for label in labels if "anari" in label]
    with store.reading() as session:
        assert len(evaluated_of(session, table.og.dg.actor)) == len(evaluated_of(session, table.ars.dg.actor))
