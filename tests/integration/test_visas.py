"""Visas: what leaves, what waits, who lets it go; and that those outside learn nothing of the waiting."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import (
    AlreadyDone,
    Frozen,
    IllegalMove,
    MissingMotive,
    NotAllowed,
    NotFound,
    RecentSigninRequired,
    StaleClause,
    VisaPending,
    VisaRequired,
    WrongValue,
)
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Authentication, Method
from negotiation.rules.vocabulary import Circle, ClauseState, Gesture, Move, Role, VisaState
from negotiation.services.bundles import Answer, accept_together, propose_working_texts
from negotiation.services.moves import Order, Played, Seen, play
from negotiation.services.visas import (
    Submitted,
    cancel_visa,
    deciders,
    give_visa,
    give_visas,
    refuse_visa,
    set_visa_rule,
    submit,
)
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.exchange import MoveRow
from negotiation.store.inside import VisaRequest
from negotiation.store.people import Delegation
from negotiation.store.queries.inside import visas_waiting_for, waiting_requests
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table, a_table

CLAUSE = "en01"


@pytest.fixture
def table(store: Store) -> Table:
    """Both gestures of the gestionnaire ask the visa of a negotiator: `redac` asks, `dg` decides."""
    found = a_table(store)
    with store.unit_of_work(Announcing.SILENT) as uow:
        for gesture in Gesture:
            set_visa_rule(uow, found.og.dg.actor, gesture, Role.NEGOTIATOR)
    return found


def on_screen(table: Table, clause: str = CLAUSE) -> Seen:
    current = table.current(clause)
    return Seen(current.number, current.fingerprint) if current else Seen()


def asks(person: Person, text: str = "Nous visons 94 %.", *, clause: str = CLAUSE, **told: Any) -> Submitted:
    table = person.table
    current = table.current(clause)
    move = Move.COUNTER_PROPOSAL if current else Move.PROPOSAL
    given = {"value": "94" if clause == CLAUSE else None, "motive": "Il le faut.", "seen": on_screen(table, clause)}
    order = Order(**({"move": move, "text": text} | given | told))
    with table.store.unit_of_work() as uow:
        return submit(uow, person.actor, table.clause_id(clause), order, words="Pour jeudi.")


def waits(person: Person, *args: Any, **told: Any) -> str:
    submitted = asks(person, *args, **told)
    assert submitted.played is None
    assert submitted.request_id
    return submitted.request_id


def doing(person: Person, act: Callable[..., Any], *args: Any, **told: Any) -> Any:
    with person.table.store.unit_of_work() as uow:
        return act(uow, person.actor, *args, **told)


def request(table: Table, request_id: str) -> VisaRequest:
    with table.store.reading() as session:
        return session.get_one(VisaRequest, request_id)


# ---------------------------------------------------------------------- asking


def test_a_proposal_stays_at_home_until_its_visa(table: Table) -> None:
    request_id = waits(table.og.redac)
    assert table.current(CLAUSE) is None
    played: Played = doing(table.og.dg, give_visa, request_id)
    tabled = table.current(CLAUSE)
    assert tabled is not None
    assert (played.version_number, tabled.text, tabled.value) == (1, "Nous visons 94 %.", "94")
    assert tabled.member_id == table.og.redac.member.id
    assert request(table, request_id).state is VisaState.GIVEN
    assert request(table, request_id).settled_by == table.og.dg.member.id


def test_who_has_the_role_needs_no_visa(table: Table) -> None:
    assert asks(table.og.dg).played is not None


def test_a_party_without_rules_waits_for_nobody(table: Table) -> None:
    assert asks(table.ars.redac).played is not None


def test_what_could_not_leave_is_refused_at_once(table: Table) -> None:
    with pytest.raises(WrongValue):
        asks(table.og.redac, value="beaucoup")
    table.ars.dg.propose(CLAUSE, "Nous demandons 97 %.", value="97")
    with pytest.raises(StaleClause):
        asks(table.og.redac, seen=Seen())
    with pytest.raises(NotAllowed):
        asks(table.og.redac, move=Move.ACCEPTANCE, text="")
    with table.store.reading() as session:
        assert waiting_requests(session, table.og.dg.actor) == ()


def test_one_text_of_a_party_waits_at_a_time_on_a_clause(table: Table) -> None:
    first = waits(table.og.redac)
    assert waits(table.og.redac) == first, "a double click is one request"
    with pytest.raises(VisaPending):
        asks(table.og.redac, "Nous visons 94,5 %.")
    waits(table.og.redac, clause="en02")


def test_nothing_leaves_by_another_door(table: Table) -> None:
    waits(table.og.redac)
    with pytest.raises(VisaRequired), table.store.unit_of_work() as uow:
        play(uow, table.og.redac.actor, table.clause_id(CLAUSE), Order(Move.PROPOSAL, text="Sans visa.", value="94"))


# ---------------------------------------------------------------------- deciding


def test_a_visa_lets_its_move_go_whatever_key_was_sent_before(table: Table) -> None:
    """Whoever asks reads the id of his request: an aparté sent with it as its key is only an aparté."""
    request = asks(table.og.redac).request_id
    assert request
    table.og.redac.play(Move.QUESTION, CLAUSE, text="Et chez nous ?", circle=table.og.inside, request_key=request)
    with table.store.unit_of_work() as uow:
        give_visa(uow, table.og.dg.actor, request)
    assert table.state(CLAUSE) is ClauseState.PROPOSED


def test_nobody_gives_his_own_visa(table: Table) -> None:
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.SIGNATORY)
    request_id = waits(table.og.dg)
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    with pytest.raises(NotAllowed):
        doing(table.og.dg, give_visa, request_id)


def test_only_the_named_role_decides(table: Table) -> None:
    request_id = waits(table.og.redac)
    for person in (table.og.sign, table.og.com, table.og.redac):
        for act in (give_visa, lambda *told: refuse_visa(*told, answer="Non.")):
            with pytest.raises(NotAllowed):
                doing(person, act, request_id)
    for stranger in (table.ars.dg, table.cd.dg):
        for act in (give_visa, cancel_visa, lambda *told: refuse_visa(*told, answer="Non.")):
            with pytest.raises(NotFound):
                doing(stranger, act, request_id)


def test_a_visa_asks_who_recognised_himself_today(table: Table) -> None:
    request_id = waits(table.og.redac)
    with pytest.raises(RecentSigninRequired):
        doing(table.og.dg.long_ago(), give_visa, request_id)
    assert request(table, request_id).state is VisaState.WAITING


def test_what_leaves_says_how_whoever_clicked_was_recognised(table: Table) -> None:
    doing(table.og.dg, give_visa, waits(table.og.redac))
    with table.store.reading() as session:
        entry = session.execute(
            select(HistoryEntry).where(col(HistoryEntry.kind) == "clause.proposed").order_by(HistoryEntry.sequence)
        ).scalar_one()
    assert entry.actor == "og.redac"
    assert f'"authentication":"{Method.PASSWORD}"' in (entry.payload or "")
    assert "visa" not in (entry.payload or "")


def test_a_text_that_moved_meanwhile_is_kept_and_taken_up_again(table: Table) -> None:
    table.ars.dg.propose(CLAUSE, "Nous demandons 97 %.", value="97")
    request_id = waits(table.og.redac)
    table.cd.dg.counter(CLAUSE, "Nous demandons 96 %.", value="96")
    with pytest.raises(StaleClause):
        doing(table.og.dg, give_visa, request_id)
    kept = request(table, request_id)
    assert (kept.state, kept.text, kept.seen_number) == (VisaState.WAITING, "Nous visons 94 %.", 1)


def test_what_the_clause_no_longer_takes_can_only_be_cancelled(table: Table) -> None:
    request_id = waits(table.og.redac, "Un texte interne.", clause="en02")
    table.agree("en02")
    with pytest.raises(IllegalMove):
        doing(table.og.dg, give_visa, request_id)
    with pytest.raises(IllegalMove):
        doing(table.og.dg, refuse_visa, request_id, answer="Trop tard.")
    doing(table.og.redac, cancel_visa, request_id)
    assert request(table, request_id).state is VisaState.CANCELLED


def test_a_frozen_contract_takes_nothing_more(table: Table) -> None:
    request_id = waits(table.og.redac)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        negotiation = uow.session.get_one(Negotiation, table.id)
        negotiation.frozen_at = table.og.dg.signed_in_at
    with pytest.raises(Frozen):
        doing(table.og.dg, give_visa, request_id)
    doing(table.og.redac, cancel_visa, request_id)


def test_a_refusal_says_why_and_lets_another_text_be_asked(table: Table) -> None:
    request_id = waits(table.og.redac)
    with pytest.raises(MissingMotive):
        doing(table.og.dg, refuse_visa, request_id, answer=" ")
    doing(table.og.dg, refuse_visa, request_id, answer="Pas sans le président.")
    assert request(table, request_id).answer == "Pas sans le président."
    with pytest.raises(AlreadyDone):
        doing(table.og.dg, give_visa, request_id)
    waits(table.og.redac, "Nous visons 93 %.")


def test_who_asked_takes_it_back_and_the_administrator_too(table: Table) -> None:
    request_id = waits(table.og.redac)
    with pytest.raises(NotAllowed):
        doing(table.og.com, cancel_visa, request_id)
    doing(table.og.redac, cancel_visa, request_id)
    doing(table.og.dg, cancel_visa, waits(table.og.redac))


def lends(lender: Person, delegate: Person) -> None:
    """Today only."""
    table, today = lender.table, paris_day(now())
    with table.store.unit_of_work() as uow:
        uow.session.add(
            Delegation(
                negotiation_id=table.id,
                party_id=lender.member.party_id,
                circle=str(Circle.inside(lender.member.party_id)),
                from_member_id=lender.member.id,
                to_member_id=delegate.member.id,
                starts_on=today,
                ends_on=today,
                set_by=lender.member.id,
            )
        )


def test_nobody_lets_his_own_move_go_with_a_role_that_was_lent_to_him(table: Table) -> None:
    asked_before = waits(table.og.redac, clause="en02")
    lends(table.og.dg, table.og.redac)
    asked_since = waits(table.og.redac)
    for request_id in (asked_before, asked_since):
        with pytest.raises(NotAllowed):
            doing(table.og.redac, give_visa, request_id)
    with pytest.raises(VisaRequired):
        table.og.redac.propose("en03", value=1000)
    doing(table.og.dg, give_visas, [asked_before, asked_since])


def test_each_answers_for_what_he_did_as_he_was_recognised(table: Table) -> None:
    """The asker by a link, the giver by a password: the move names the first, the party’s own chain the second."""
    asker = Authentication(Method.LINK, now())
    order = Order(Move.PROPOSAL, text="Nous visons 94 %.", value="94")
    with table.store.unit_of_work() as uow:
        actor = replace(table.og.redac.actor, authentication=asker)
        request_id = submit(uow, actor, table.clause_id(CLAUSE), order).request_id or ""
    played: Played = doing(table.og.dg, give_visa, request_id)
    with table.store.reading() as session:
        query = select(HistoryEntry).where(col(HistoryEntry.kind).in_(["clause.proposed", "visa.given"]))
        entries = {entry.kind: entry for entry in session.execute(query).scalars()}
    left, given = entries["clause.proposed"], entries["visa.given"]
    assert (left.actor, json.loads(left.payload or "")["authentication"]) == ("og.redac", "link")
    assert (given.actor, given.circle) == ("og.dg", str(table.og.inside))
    said = json.loads(given.payload or "")
    assert (said["authentication"], said["left_as"]) == ("password", played.move_id)
    assert "og.dg" not in (left.payload or "") and request_id not in (left.payload or "")


def test_a_delegate_decides_and_the_inside_says_for_whom(table: Table) -> None:
    request_id, lender, delegate = waits(table.og.redac), table.og.dg.member, table.og.com.member
    lends(table.og.dg, table.og.com)
    with table.store.reading() as session:
        assert deciders(session, table.og.redac.actor)[Role.NEGOTIATOR] == (lender.id, delegate.id)
    doing(table.og.com, give_visa, request_id)
    with table.store.reading() as session:
        given = session.execute(select(HistoryEntry).where(col(HistoryEntry.kind) == "visa.given")).scalar_one()
    assert '"for":["og.dg"]' in (given.payload or "")
    assert given.circle == str(table.og.inside)


def test_it_waits_for_those_who_may_decide_and_for_nobody_else(table: Table) -> None:
    request_id = waits(table.og.redac)
    with table.store.reading() as session:
        assert [found.id for found in visas_waiting_for(session, table.og.dg.actor)] == [request_id]
        for person in (table.og.redac, table.og.sign, table.ars.dg):
            assert visas_waiting_for(session, person.actor) == ()


def test_only_the_administrator_sets_the_rules(table: Table) -> None:
    for person in (table.og.redac, table.og.sign, table.og.lect):
        with pytest.raises(NotAllowed):
            doing(person, set_visa_rule, Gesture.PROPOSAL, None)
    with pytest.raises(NotAllowed):
        doing(table.og.dg, set_visa_rule, Gesture.PROPOSAL, Role.READER)


# ---------------------------------------------------------------------- many at once


def test_the_texts_of_a_part_wait_together_and_leave_under_another_name(table: Table) -> None:
    with table.store.unit_of_work() as uow:
        submitted = propose_working_texts(uow, table.og.redac.actor, [table.part_id("fa01")])
    ids = [each.request_id for each in submitted if each.request_id]
    assert len(ids) == len(submitted) > 3
    with pytest.raises(VisaPending), table.store.unit_of_work() as uow:
        propose_working_texts(uow, table.og.redac.actor, [table.part_id("fa01")])
    alone, *others = ids
    doing(table.og.dg, give_visa, alone)
    doing(table.og.dg, give_visas, others)
    with table.store.reading() as session:
        bundles = list(session.execute(select(col(MoveRow.bundle)).where(col(MoveRow.type) == Move.PROPOSAL)).scalars())
        asked = set(session.execute(select(col(VisaRequest.bundle))).scalars())
    assert bundles.count(None) == 1, "one that leaves alone tells nothing of those that stayed"
    assert len(set(bundles)) == 2
    assert asked.isdisjoint(bundles)


def test_accepting_a_list_waits_whole_or_not_at_all(table: Table) -> None:
    for clause in ("en01", "en02"):
        table.ars.dg.propose(clause, "Notre texte.", value="95" if clause == "en01" else None)
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.ACCEPTANCE, Role.SIGNATORY)
    listed = [Answer(table.clause_id(clause), on_screen(table, clause)) for clause in ("en01", "en02")]
    with pytest.raises(StaleClause):
        doing(table.og.dg, accept_together, [listed[0], Answer(listed[1].clause_id, Seen(7, "x"))])
    ids = [each.request_id for each in doing(table.og.dg, accept_together, listed)]
    assert table.state("en02") is ClauseState.PROPOSED
    doing(table.og.sign, give_visas, ids)  # in the name of whoever asked, who may accept: a signatory may not
    assert table.state("en02") is ClauseState.AGREED
