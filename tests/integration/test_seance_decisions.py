"""Decisions of a séance: who may, the minute during which they can be cancelled, and what binds, once."""

from datetime import date
from unittest.mock import Mock

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from app.pages.writing import KEY_LENGTH
from negotiation.errors import (
    DecisionSettled,
    DecisionsWaiting,
    IllegalMove,
    InvalidInput,
    MessageTooLong,
    MissingText,
    NotAllowed,
    NotFound,
    RecentSigninRequired,
    SeanceInState,
    StaleClause,
    VisaRequired,
)
from negotiation.events import Kind
from negotiation.rules.minutes import passages
from negotiation.rules.seances import DecisionKind, DecisionState, Unbound
from negotiation.rules.vocabulary import SHARED, ClauseState, Gesture, Move, Right, Role
from negotiation.services.joining import Joining, add_party
from negotiation.services.members import Carried
from negotiation.services.orders import Seen
from negotiation.services.seance_agenda import Item, add_point
from negotiation.services.seance_binding import request_of
from negotiation.services.seance_decisions import Voice
from negotiation.services.shaping import drop_part
from negotiation.services.visa_rules import set_visa_rule
from negotiation.store import Store
from negotiation.store.columns import new_id, now
from negotiation.store.exchange import MoveRow, Reserve
from negotiation.store.people import Member
from negotiation.store.queries.history import history_page
from negotiation.store.queries.minutes import facts_of_seance
from negotiation.store.queries.seance_moves import moves_during
from negotiation.store.queries.tasks import tasks_page
from tests.builders import Person, Table, a_table
from tests.scenarios import Json
from tests.seance_table import Meeting, an_open_seance, bind_what_is_due

CLAUSE = "en01"


@pytest.fixture
def table(store: Store) -> Table:
    made = a_table(store, parties=3)
    made.ars.dg.propose(CLAUSE, "Nous visons 94 %.", value=94)
    return made


@pytest.fixture
def meeting(table: Table) -> Meeting:
    return an_open_seance(table, table.ars.dg)


def acceptances(table: Table) -> int:
    query = select(func.count()).select_from(MoveRow)
    with table.store.reading() as session:
        found = col(MoveRow.clause_id) == table.clause_id(CLAUSE), col(MoveRow.type) == Move.ACCEPTANCE
        return session.execute(query.where(*found)).scalar_one()


def facts(table: Table) -> dict[str, Json]:
    """The last fact of each kind in the shared chain."""
    with table.store.reading() as session:
        entries = history_page(session, table.cd.lect.actor, SHARED).entries
    return {entry.kind: entry.facts or {} for entry in reversed(entries)}


# ---------------------------------------------------------------------- an agreement


def test_an_agreement_binds_a_minute_later_as_a_real_move(table: Table, meeting: Meeting) -> None:
    decision = meeting.agree(table.og.dg, CLAUSE)
    assert acceptances(table) == 0, "nothing moves during the minute"
    found = meeting.decided(decision)
    tabled = table.current(CLAUSE)
    assert tabled is not None
    assert (found.state, found.version_id, found.fingerprint) == (DecisionState.WAITING, tabled.id, tabled.fingerprint)
    assert found.before_version_id == tabled.id
    assert 50 < found.seconds_left(now()) <= 60
    assert bind_what_is_due(table.store) == 0, "its minute isn't over"
    assert meeting.a_minute_passes() == 1
    assert meeting.a_minute_passes() == 0, "bound once"
    found = meeting.decided(decision)
    assert found.state is DecisionState.BOUND and found.move_id
    assert table.og.id in table.clause(CLAUSE).behind
    with table.store.reading() as session:
        *_, move = moves_during(session, table.cd.lect.actor, meeting.id)
        assert (move.id, move.member_id) == (found.move_id, table.og.dg.member.id)


def test_what_the_same_second_holds_is_told_before_or_after_the_opening(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times are whole seconds, and everything here happens in one: the order of the chain says what came first."""
    monkeypatch.setattr("negotiation.store.columns.datetime", Mock(now=Mock(return_value=now())))
    table.ars.dg.counter(CLAUSE, "Nous visons 91 %.", value=91)
    standing = table.current(CLAUSE)
    meeting = an_open_seance(table, table.ars.dg)
    table.og.dg.counter(CLAUSE, "Nous visons 92 %.", value=92)
    found = meeting.decided(meeting.agree(table.ars.dg, CLAUSE))
    assert standing is not None and found.before_version_id == standing.id
    with table.store.reading() as session:
        assert [move.text for move in moves_during(session, table.og.dg.actor, meeting.id)] == ["Nous visons 92 %."]


def test_the_history_tells_what_was_seen_and_what_became_of_it(table: Table, meeting: Meeting) -> None:
    decision = meeting.agree(table.og.dg, CLAUSE, text="Pour toute la durée.")
    meeting.a_minute_passes()
    told = facts(table)
    recorded, bound = told[Kind.DECISION_RECORDED], told[Kind.DECISION_BOUND]
    tabled = table.current(CLAUSE)
    assert tabled is not None
    assert recorded["fingerprint"] == bound["fingerprint"] == tabled.fingerprint
    assert "text" not in recorded, "words that may still be cancelled stay out of the chain"
    assert (bound["decision"], bound["text"], bound["party"]) == (decision, "Pour toute la durée.", "og")


def test_it_may_be_cancelled_by_its_author_or_the_chair_and_by_nobody_else(table: Table, meeting: Meeting) -> None:
    by_author, by_chair = meeting.agree(table.og.dg, CLAUSE), meeting.agree(table.cd.dg, CLAUSE)
    with pytest.raises(NotAllowed):
        meeting.cancel(table.cd.redac, by_author)
    meeting.cancel(table.og.dg, by_author)
    meeting.cancel(table.ars.dg, by_chair)
    assert meeting.a_minute_passes() == 0
    assert acceptances(table) == 0
    with pytest.raises(DecisionSettled):
        meeting.cancel(table.og.dg, by_author)


def test_what_is_due_is_no_longer_cancelled(table: Table, meeting: Meeting) -> None:
    decision = meeting.agree(table.og.dg, CLAUSE)
    meeting.age()
    with pytest.raises(DecisionSettled):
        meeting.cancel(table.og.dg, decision)
    meeting.a_minute_passes()
    with pytest.raises(DecisionSettled):
        meeting.cancel(table.og.dg, decision)


def test_the_same_click_twice_is_one_decision(table: Table, meeting: Meeting) -> None:
    key = new_id()
    first = meeting.agree(table.og.dg, CLAUSE, request_key=key)
    assert meeting.agree(table.og.dg, CLAUSE, request_key=key) == first
    assert meeting.agree(table.og.dg, CLAUSE) == first, "a party agrees once on a version"


# ---------------------------------------------------------------------- without the right, or with a visa


def test_nobody_makes_a_move_of_his_own_pass_for_what_is_decided(table: Table, meeting: Meeting) -> None:
    """Everybody reads the id of a decision: sent as the request key of an aparté, it is only that."""
    asked = meeting.record(table.og.dg, DecisionKind.QUESTION, CLAUSE, text="Qui paie ?")
    aside = table.og.dg.play(Move.QUESTION, CLAUSE, text="Qui, au juste ?", circle=table.og.inside, request_key=asked)
    meeting.a_minute_passes()
    bound = meeting.decided(asked)
    assert bound.state is DecisionState.BOUND
    assert bound.move_id not in (None, aside.move_id)
    with table.store.reading() as session:
        move = session.get_one(MoveRow, bound.move_id)
    assert (move.circle, move.text) == (str(SHARED), "Qui paie ?")
    assert len(request_of(asked)) < KEY_LENGTH, "no form sends the key of a decision"


def test_whoever_may_not_commit_a_party_proposes_and_its_negotiator_confirms(table: Table, meeting: Meeting) -> None:
    by_drafter = meeting.agree(table.og.redac, CLAUSE)
    by_chair = meeting.agree(table.ars.dg, CLAUSE, party_id=table.cd.id)
    assert {meeting.state(by_drafter), meeting.state(by_chair)} == {DecisionState.PROPOSED}
    assert meeting.a_minute_passes() == 0, "what is only proposed never binds"
    for person in (table.og.redac, table.ars.dg, table.cd.dg):
        with pytest.raises(NotAllowed):
            meeting.confirm(person, by_drafter)
    meeting.confirm(table.og.dg, by_drafter)
    meeting.confirm(table.og.dg, by_drafter)
    assert meeting.agree(table.cd.dg, CLAUSE) == by_chair, "his own click confirms what was noted for his party"
    assert meeting.a_minute_passes() == 2
    assert table.state(CLAUSE) is ClauseState.AGREED
    assert meeting.decided(by_drafter).decided_by == table.og.dg.member.id


def test_a_party_says_no_to_what_was_proposed_to_it(table: Table, meeting: Meeting) -> None:
    decision = meeting.agree(table.ars.redac, CLAUSE, party_id=table.cd.id)
    with pytest.raises(NotAllowed):
        meeting.cancel(table.og.dg, decision)
    meeting.cancel(table.cd.dg, decision)
    assert meeting.state(decision) is DecisionState.CANCELLED


def test_a_visa_is_asked_of_whoever_decides_and_of_nobody_else(table: Table, meeting: Meeting) -> None:
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.ACCEPTANCE, Role.SIGNATORY)
    with pytest.raises(VisaRequired):
        meeting.agree(table.og.dg, CLAUSE)
    decision = meeting.agree(table.og.dg, CLAUSE, voice=Voice.PROPOSE)
    with pytest.raises(VisaRequired):
        meeting.confirm(table.og.dg, decision)
    assert meeting.state(decision) is DecisionState.PROPOSED


def test_a_right_that_is_gone_within_the_minute_binds_nobody(table: Table, meeting: Meeting) -> None:
    by_og, by_cd = meeting.agree(table.og.dg, CLAUSE), meeting.agree(table.cd.dg, CLAUSE)
    with table.store.unit_of_work() as uow:
        uow.session.get_one(Member, table.og.dg.member.id).rights = [Right.LECTEUR]
        uow.session.get_one(Member, table.cd.dg.member.id).left_at = now()
    meeting.a_minute_passes()
    assert {meeting.decided(each).reason for each in (by_og, by_cd)} == {Unbound.NOT_ENTITLED}
    assert acceptances(table) == 0


def test_committing_asks_who_one_is(table: Table, meeting: Meeting) -> None:
    with pytest.raises(RecentSigninRequired):
        meeting.agree(table.og.dg.long_ago(), CLAUSE)


# ---------------------------------------------------------------------- the text moved


def test_a_decision_on_a_text_that_changed_is_not_bound_and_says_so(table: Table, meeting: Meeting) -> None:
    decision = meeting.agree(table.og.dg, CLAUSE, text="D’accord.")
    table.cd.dg.counter(CLAUSE, "Nous visons 95 %.", value=95)
    assert not meeting.decided(decision).is_current
    meeting.a_minute_passes()
    found = meeting.decided(decision)
    assert (found.state, found.reason, found.text) == (DecisionState.UNBOUND, Unbound.TEXT_CHANGED, "D’accord.")
    assert acceptances(table) == 0
    assert facts(table)[Kind.DECISION_UNBOUND]["reason"] == "text_changed"


def test_what_was_on_the_screen_must_still_stand_when_one_clicks(table: Table, meeting: Meeting) -> None:
    seen = table.current(CLAUSE)
    assert seen is not None
    table.cd.dg.counter(CLAUSE, "Nous visons 95 %.", value=95)
    with pytest.raises(StaleClause):
        meeting.agree(table.og.dg, CLAUSE, seen=Seen(seen.number, seen.fingerprint))
    with pytest.raises(IllegalMove):
        meeting.agree(table.cd.dg, CLAUSE)


def test_an_acceptance_that_came_another_way_is_the_same_agreement(table: Table, meeting: Meeting) -> None:
    decision, proposed = meeting.agree(table.og.dg, CLAUSE), meeting.agree(table.cd.redac, CLAUSE)
    moves = {table.og.dg.accept(CLAUSE).move_id, table.cd.dg.accept(CLAUSE).move_id}
    meeting.a_minute_passes()
    meeting.close(table.ars.dg)
    found = [meeting.decided(each) for each in (decision, proposed)]
    assert {each.state for each in found} == {DecisionState.BOUND}
    assert {each.move_id for each in found} == moves
    assert acceptances(table) == 2


def test_two_people_agree_each_in_his_words_by_one_move(table: Table, meeting: Meeting) -> None:
    said = ("Sous réserve du vote du budget.", "Pour trois ans.", "")
    with table.store.unit_of_work() as uow:
        uow.session.get_one(Member, table.og.redac.member.id).rights = [Right.VALIDEUR]
    first, second, third = (
        meeting.agree(person, CLAUSE, text=words)
        for person, words in zip((table.og.dg, table.og.redac, table.og.dg), said, strict=True)
    )
    assert third == first != second, "what adds no words is the same click"
    meeting.a_minute_passes()
    found = [meeting.decided(each) for each in (first, second)]
    assert {each.state for each in found} == {DecisionState.BOUND}
    assert found[0].move_id == found[1].move_id
    assert acceptances(table) == 1
    meeting.close(table.ars.dg)
    with table.store.reading() as session:
        told = passages(facts_of_seance(session, table.ars.dg.actor, meeting.id))
    relevé = "\n".join(passage.text for passage in told)
    assert all(words in relevé for words in said[:2])


def test_a_clause_that_left_the_contract_binds_nothing(table: Table, meeting: Meeting) -> None:
    name = "k01.markdown"
    question = meeting.record(table.og.dg, DecisionKind.QUESTION, name, text="Pour combien de places ?")
    with table.store.unit_of_work() as uow:
        drop_part(uow, table.og.dg.actor, table.part_id("k01"))
    with pytest.raises(NotFound):
        meeting.record(table.og.dg, DecisionKind.QUESTION, name, text="Pour combien ?")
    meeting.a_minute_passes()
    assert meeting.decided(question).reason is Unbound.NOT_POSSIBLE


# ---------------------------------------------------------------------- the other kinds


def test_a_reserve_a_question_a_task_and_what_goes_to_the_copil(table: Table, meeting: Meeting) -> None:
    due = date(2026, 6, 15)
    with table.store.unit_of_work() as uow:
        add_point(uow, table.ars.dg.actor, meeting.id, Item(clause_id=table.clause_id(CLAUSE)))
    reserve = meeting.record(table.cd.redac, DecisionKind.RESERVE, CLAUSE, text="Sous réserve du budget.")
    question = meeting.record(table.og.redac, DecisionKind.QUESTION, CLAUSE, text="À partir de quand ?")
    task = meeting.record(
        table.ars.com,
        DecisionKind.TASK,
        CLAUSE,
        text="Chiffrer la mesure",
        owner=table.og.dg.member.id,
        due_on=due,
    )
    copil = meeting.record(table.ars.com, DecisionKind.SENT_TO_COPIL, CLAUSE)
    words = meeting.record(table.ars.com, DecisionKind.QUESTION, text="Qui préside le prochain COPIL ?")
    assert meeting.a_minute_passes() == 5
    found = {each.id: each for each in meeting.seen_by(table.og.lect).decisions}
    assert {each.state for each in found.values()} == {DecisionState.BOUND}
    assert [bool(found[each].move_id) for each in (reserve, question, task, copil, words)] == [True, True, *[False] * 3]
    with table.store.reading() as session:
        (note,) = tasks_page(session, table.og.dg.actor).tasks
        held = session.execute(select(Reserve)).scalars().one()
    assert (note.id, note.title, note.owner_id, note.due_on) == (
        found[task].task_id,
        "Chiffrer la mesure",
        table.og.dg.member.id,
        due,
    )
    assert note.clause_id == table.clause_id(CLAUSE)
    assert (held.party_id, held.text) == (table.cd.id, "Sous réserve du budget.")


def test_whoever_comments_only_asks_through_his_party(table: Table, meeting: Meeting) -> None:
    question = meeting.record(table.og.com, DecisionKind.QUESTION, CLAUSE, text="Pourquoi 94 ?")
    assert meeting.state(question) is DecisionState.PROPOSED
    meeting.confirm(table.og.redac, question)
    assert meeting.a_minute_passes() == 1
    with pytest.raises(NotAllowed):
        meeting.record(table.og.lect, DecisionKind.QUESTION, CLAUSE, text="Et moi ?")


def test_a_facilitator_chairs_and_commits_nobody(table: Table) -> None:
    joining = Joining("TIERS", "Cabinet Tiers", "Tiers", "Consultante", "tiers@ailleurs.example")
    with table.store.unit_of_work() as uow:
        add_party(uow, table.og.dg.actor, joining, carried=Carried.BY_MAIL)
    with table.store.reading() as session:
        key = session.execute(select(col(Member.key)).where(col(Member.title) == "Consultante")).scalar_one()
    neutral = Person(table, key)
    meeting = an_open_seance(table, neutral)
    for party in (table.og, table.cd):
        decision = meeting.agree(neutral, CLAUSE, party_id=party.id)
        assert meeting.state(decision) is DecisionState.PROPOSED
        meeting.confirm(party.dg, decision)
    with pytest.raises(IllegalMove):
        meeting.agree(neutral, CLAUSE)
    assert meeting.a_minute_passes() == 2
    assert table.state(CLAUSE) is ClauseState.AGREED
    meeting.close(neutral)


def test_two_seances_on_one_clause_bind_one_agreement(table: Table, meeting: Meeting) -> None:
    other = an_open_seance(table, table.cd.dg)
    here, there = meeting.agree(table.og.dg, CLAUSE), other.agree(table.og.dg, CLAUSE)
    assert here != there
    meeting.age()
    assert other.a_minute_passes() == 2
    assert meeting.decided(here).move_id == other.decided(there).move_id
    assert acceptances(table) == 1


def test_what_cannot_be_read_or_placed_is_refused(table: Table, meeting: Meeting) -> None:
    dg = table.og.dg
    for kind in (DecisionKind.RESERVE, DecisionKind.QUESTION, DecisionKind.TASK):
        with pytest.raises(MissingText):
            meeting.record(dg, kind, CLAUSE, text="  ")
    with pytest.raises(MessageTooLong):
        meeting.record(dg, DecisionKind.QUESTION, CLAUSE, text="x" * 2_001)
    with pytest.raises(MessageTooLong):
        meeting.record(dg, DecisionKind.TASK, text="x" * 301)
    with pytest.raises(InvalidInput):
        meeting.record(dg, DecisionKind.AGREEMENT, text="Sur tout.")
    for wrong in ({"clause_id": "nowhere"}, {"party_id": "nowhere"}):
        with pytest.raises(NotFound):
            meeting.record(dg, DecisionKind.AGREEMENT, CLAUSE, **wrong)
    with pytest.raises(NotFound):
        meeting.record(dg, DecisionKind.TASK, text="Chiffrer", owner="nowhere")
    assert meeting.seen_by(dg).decisions == ()


# ---------------------------------------------------------------------- the end of the séance


def test_a_seance_closes_once_nothing_waits_and_says_what_nobody_confirmed(table: Table, meeting: Meeting) -> None:
    decision, proposed = meeting.agree(table.og.dg, CLAUSE), meeting.agree(table.cd.redac, CLAUSE)
    with pytest.raises(DecisionsWaiting) as refused:
        meeting.close(table.ars.dg)
    assert refused.value.detail["count"] == 1
    meeting.age()
    meeting.close(table.ars.dg)
    assert meeting.state(decision) is DecisionState.BOUND, "closing binds what is due"
    assert meeting.decided(proposed).reason is Unbound.NOT_CONFIRMED
    with pytest.raises(SeanceInState):
        meeting.agree(table.cd.dg, CLAUSE)
