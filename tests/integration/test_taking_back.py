"""What a party takes back, and what it can't take out of the contract alone, on both databases."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import IllegalMove
from negotiation.rules.lifecycle import Reason
from negotiation.rules.vocabulary import ClauseState, Move, ReserveState
from negotiation.store import Store
from negotiation.store.exchange import Reserve
from negotiation.store.queries.clauses import card_of
from tests.builders import a_table


def test_no_party_takes_an_article_out_of_the_contract_alone(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("k01.markdown", "Un autre article.")
    table.og.dg.withdraw("k01.markdown")
    assert table.state("k01.markdown") is ClauseState.TO_WRITE
    table.ars.dg.propose("k01.markdown", "Le contrat porte sur un établissement.")
    assert table.state("k01.markdown") is ClauseState.COUNTERED


def test_what_was_agreed_is_not_lost_by_a_proposal_taken_back(store: Store) -> None:
    table = a_table(store)
    table.agree("en02", "Le texte convenu.")
    table.og.dg.reopen("en02")
    table.ars.dg.consent("en02")
    table.og.dg.propose("en02", "Un essai.")
    table.og.dg.withdraw("en02")
    assert table.state("en02") is ClauseState.REOPENED


def test_what_the_framing_note_declared_agreed_is_not_lost_either(store: Store) -> None:
    table = a_table(store)
    table.og.dg.reopen("objet.object")
    table.ars.dg.consent("objet.object")
    table.cd.dg.consent("objet.object")
    table.og.dg.propose("objet.object", "Un essai.")
    table.og.dg.withdraw("objet.object")
    assert table.state("objet.object") is ClauseState.REOPENED


def test_a_reserve_survives_what_is_taken_back_but_the_engagement_itself(store: Store) -> None:
    table = a_table(store)
    for clause in ("en02", "k01.markdown"):
        table.og.dg.propose(clause, "Une proposition.")
        table.ars.dg.reserve(clause)
        table.og.dg.withdraw(clause)
    with store.reading() as session:
        reserves = session.execute(select(Reserve).where(col(Reserve.negotiation_id) == table.id)).scalars()
        states = {reserve.clause_id: reserve.state for reserve in reserves}
    assert states == {
        table.clause_id("en02"): ReserveState.MOOT,
        table.clause_id("k01.markdown"): ReserveState.OPEN,
    }


def test_a_cell_that_follows_an_engagement_never_gets_a_second_number(store: Store) -> None:
    table = a_table(store)
    with pytest.raises(IllegalMove) as refusal:
        table.og.dg.propose("i01.targets.2028", "", value="12")
    assert refusal.value.detail["reason"] is Reason.FOLLOWS
    table.agree("en01", value="94")
    with store.reading() as session:
        card = card_of(session, table.og.dg.actor, table.clause_id("i01.targets.2028"))
    assert card is not None
    assert card.value == "94"


def test_what_is_agreed_here_is_no_longer_said_to_be_declared(store: Store) -> None:
    table = a_table(store)
    clause = table.clause_id("objet.object")
    with store.reading() as session:
        declared = card_of(session, table.og.dg.actor, clause)
    assert declared is not None
    assert declared.is_declared
    table.og.dg.reopen("objet.object")
    table.ars.dg.consent("objet.object")
    table.cd.dg.consent("objet.object")
    table.og.dg.propose("objet.object", "Renouveler le contrat, et l’étendre.")
    table.ars.dg.accept("objet.object")
    table.cd.dg.play(Move.ACCEPTANCE, "objet.object")
    with store.reading() as session:
        agreed = card_of(session, table.og.dg.actor, clause)
    assert agreed is not None
    assert agreed.state is ClauseState.AGREED
    assert not agreed.is_declared
