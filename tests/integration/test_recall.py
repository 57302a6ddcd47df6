"""« Annuler l’envoi »: thirty seconds to take words back; what is gone is gone from everywhere, and nothing else is."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from negotiation import verifier
from negotiation.errors import AnsweredAlready, NotAllowed, NotFound, TooLateToRecall
from negotiation.rules import history_chain
from negotiation.rules.vocabulary import SHARED, Circle, Move
from negotiation.services.commenting import Comment, Quotation, write_comment
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.discussing import Writing, send_message
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.recalling import recall_comment, recall_message
from negotiation.store import Store
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.queries.discussion import channel
from negotiation.store.queries.history import whole_chains
from negotiation.store.queries.threads import mentions_for, threads_page
from negotiation.store.record import HistoryEntry
from negotiation.store.talk import SearchEntry
from negotiation.store.unit_of_work import as_link
from tests.builders import Person, Table, a_table

WORDS = "plancher-quatre-vingt-onze"
CLAUSE = "k01.markdown"


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=3)


def send(person: Person, circle: Circle = SHARED, *, naming: Person | None = None) -> str:
    mentions = frozenset({naming.member.id}) if naming else frozenset()
    with person.table.store.unit_of_work() as uow:
        return send_message(uow, person.actor, circle=circle, text=f"Dit : {WORDS}", writing=Writing(mentions))


def comment(person: Person, *, naming: Person | None = None) -> str:
    mentions = frozenset({naming.member.id}) if naming else frozenset()
    said = Comment(SHARED, f"Dit : {WORDS}", quotation=Quotation("contrat"), writing=Writing(mentions))
    with person.table.store.unit_of_work() as uow:
        return write_comment(uow, person.actor, person.table.clause_id(CLAUSE), said)


def take_back(person: Person, *, message: str = "", move: str = "") -> None:
    with person.table.store.unit_of_work() as uow:
        if message:
            recall_message(uow, person.actor, message)
        else:
            recall_comment(uow, person.actor, person.table.clause_id(CLAUSE), move)


def half_a_minute_passes(table: Table) -> None:
    with table.store.unit_of_work() as uow:
        for row in (Message, MoveRow):
            for one in uow.session.execute(select(row)).scalars():
                one.recorded_at -= timedelta(seconds=31)


def kept_anywhere(table: Table) -> bool:
    """Whether the words are in any row of the chains, messages or moves."""
    with table.store.reading() as session:
        rows = [*session.execute(select(col(HistoryEntry.payload))).scalars()]
        rows += [*session.execute(select(col(Message.text))).scalars()]
        rows += [*session.execute(select(col(MoveRow.text))).scalars()]
        rows += [*session.execute(select(col(SearchEntry.words))).scalars()]
    return any(WORDS in (row or "") for row in rows)


def test_a_message_taken_back_leaves_its_place_and_not_its_words(table: Table) -> None:
    sent = send(table.og.dg, naming=table.ars.dg)
    take_back(table.og.dg, message=sent)
    take_back(table.og.dg, message=sent)
    with table.store.reading() as session:
        (left,) = channel(session, table.ars.dg.actor, SHARED).messages
        assert mentions_for(session, table.ars.dg.actor) == ()
    assert (left.id, left.text) == (sent, "")
    assert left.recalled_at is not None
    assert not kept_anywhere(table)


def test_a_comment_taken_back_keeps_its_thread_and_its_anchor(table: Table) -> None:
    written = comment(table.og.dg, naming=table.ars.dg)
    take_back(table.og.dg, move=written)
    with table.store.reading() as session:
        (thread,) = threads_page(session, table.ars.dg.actor, table.clause_id(CLAUSE)).threads
        assert mentions_for(session, table.ars.dg.actor) == ()
    assert (thread.root.id, thread.root.text) == (written, "")
    assert thread.passage is not None
    assert thread.passage.quote == "contrat"
    assert not kept_anywhere(table)


def test_after_thirty_seconds_words_are_said(table: Table) -> None:
    sent, written = send(table.og.dg), comment(table.og.dg)
    half_a_minute_passes(table)
    with pytest.raises(TooLateToRecall):
        take_back(table.og.dg, message=sent)
    with pytest.raises(TooLateToRecall):
        take_back(table.og.dg, move=written)
    assert kept_anywhere(table)


def said(person: Person, move: Move, reply_to: str | None = None) -> str:
    return person.play(move, CLAUSE, f"Dit : {WORDS}", reply_to=reply_to).move_id


def test_a_question_and_an_answer_are_taken_back_like_any_words(table: Table) -> None:
    asked = said(table.og.dg, Move.QUESTION)
    answered = said(table.ars.dg, Move.ANSWER, asked)
    take_back(table.ars.dg, move=answered)
    take_back(table.og.dg, move=asked)
    assert not kept_anywhere(table)
    with table.store.reading() as session:
        (thread,) = threads_page(session, table.cd.dg.actor, table.clause_id(CLAUSE)).threads
    assert thread.root.recalled_at is not None
    assert [reply.recalled_at is not None for reply in thread.replies] == [True]


def test_what_was_answered_stands(table: Table) -> None:
    asked = said(table.og.dg, Move.QUESTION)
    answered = said(table.ars.dg, Move.ANSWER, asked)
    with pytest.raises(AnsweredAlready):
        take_back(table.og.dg, move=asked)
    take_back(table.ars.dg, move=answered)
    assert kept_anywhere(table)


def test_an_answer_to_a_reserve_that_was_taken_back_is_not_printed(table: Table) -> None:
    table.og.dg.reserve(CLAUSE)
    with table.store.reading() as session:
        query = select(col(MoveRow.id)).where(col(MoveRow.type) == Move.RESERVE)
        reserve = session.execute(query).scalar_one()
    table.og.dg.maintain(CLAUSE)
    table.ars.dg.answer(CLAUSE, "Notre position.", reply_to=reserve)
    take_back(table.ars.dg, move=said(table.ars.dg, Move.ANSWER, reserve))
    with table.store.reading() as session:
        printed = contract_as_it_stands(session, table.id).content
    assert "Notre position." in json.dumps(printed, ensure_ascii=False)


def test_nobody_takes_back_the_words_of_another(table: Table) -> None:
    sent, written, inside = send(table.og.dg), comment(table.og.dg), send(table.og.dg, table.og.inside)
    for words in ({"message": sent}, {"move": written}):
        with pytest.raises(NotAllowed):
            take_back(table.ars.dg, **words)
    with pytest.raises(NotFound):
        take_back(table.ars.dg, message=inside)


def test_an_inside_recall_adds_nothing_to_what_others_read(table: Table) -> None:
    sent = send(table.og.dg, table.og.inside)
    with table.store.reading() as session:
        before = dict(whole_chains(session, table.ars.dg.actor))
    take_back(table.og.dg, message=sent)
    with table.store.reading() as session:
        assert dict(whole_chains(session, table.ars.dg.actor)) == before


def test_the_chain_and_the_archive_hold_after_a_recall(table: Table) -> None:
    sent, written = send(table.og.dg), comment(table.og.dg)
    send(table.ars.dg)
    take_back(table.og.dg, message=sent)
    take_back(table.og.dg, move=written)
    with table.store.unit_of_work() as uow:
        content = collect_archive(uow, table.cd.dg.actor)
    verdict = verifier.verify_archive(pack_archive(content).data)
    assert verdict.ok, verdict
    with table.store.reading() as session:
        entries = dict(whole_chains(session, table.cd.dg.actor))[SHARED]
    links = [as_link(entry) for entry in entries]
    openings = next(chain.openings for chain in content.chains if chain.circle == "shared")
    found = history_chain.verify(links, openings)
    assert found.ok
    assert len(found.withheld) == 2


def test_the_database_lets_nothing_else_be_erased(table: Table) -> None:
    table.og.dg.propose(CLAUSE, "Un texte.")
    erased = update(HistoryEntry).where(col(HistoryEntry.kind) == "clause.proposed").values(payload=None, salt="")
    with pytest.raises(Exception, match="immutable"), table.store.unit_of_work() as uow:
        uow.session.execute(erased)
