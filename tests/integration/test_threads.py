"""Threads of comments: they follow their words, they are settled and opened again, and they are never lost."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import MessageTooLong, NotFound, NotShared, QuoteNotFound, UnreadableText, WiderAudience
from negotiation.rules.anchoring import Anchor, Found, Orphan, locate, plain_text
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle, Move
from negotiation.services.commenting import Comment, Quotation, reopen_thread, resolve_thread, write_comment
from negotiation.services.discussing import Writing
from negotiation.services.mentioning import see_mentions
from negotiation.services.widening import Sending
from negotiation.store import Store
from negotiation.store.contract import Part
from negotiation.store.exchange import MoveRow
from negotiation.store.queries.history import heads_reached
from negotiation.store.queries.threads import PAGE, Thread, Wanted, mentions_for, threads_page
from tests.builders import Person, Table, a_table

CLAUSE = "k01.markdown"
TEXT = "Le gestionnaire ouvre quatre places, deux week-ends par mois, dès septembre."
WORDS = "deux week-ends par mois"


def say(person: Person, text: str = "Une remarque.", circle: Circle = SHARED, **rest: object) -> str:
    """A comment on the clause; `quote` is selected in the version on the table."""
    table, quote = person.table, str(rest.pop("quote", ""))
    current = table.current(CLAUSE)
    if quote:
        rest["quotation"] = Quotation(quote, version=current.id if current else "")
    with table.store.unit_of_work() as uow:
        comment = Comment(circle, text, **rest)  # type: ignore[arg-type]
        return write_comment(uow, person.actor, table.clause_id(CLAUSE), comment)


def threads(person: Person, **asked: object) -> tuple[Thread, ...]:
    with person.table.store.reading() as session:
        clause = person.table.clause_id(CLAUSE)
        return threads_page(session, person.actor, clause, **asked).threads  # type: ignore[arg-type]


def where(person: Person) -> Found | Orphan:
    """Where the words of the only thread are in the text on the table."""
    (thread,) = threads(person)
    current = person.table.current(CLAUSE)
    assert thread.passage
    assert thread.passage.old_text is not None
    assert current
    passage = thread.passage
    anchor = Anchor(passage.quote, passage.before, passage.after, passage.start)
    return locate(anchor, plain_text(passage.old_text or ""), plain_text(current.text))


def words_found(person: Person) -> str | None:
    found, current = where(person), person.table.current(CLAUSE)
    assert current
    return plain_text(current.text)[found.start : found.end] if isinstance(found, Found) else None


@pytest.fixture
def table(store: Store) -> Table:
    found = a_table(store, parties=3)
    found.og.dg.propose(CLAUSE, TEXT)
    return found


# ---------------------------------------------------------------------- words that move


def test_a_thread_follows_its_words(table: Table) -> None:
    say(table.og.dg, quote=WORDS)
    table.ars.dg.counter(CLAUSE, f"Une phrase avant. {TEXT}")
    assert words_found(table.cd.dg) == WORDS
    table.og.dg.counter(CLAUSE, TEXT.replace("deux week-ends", "trois week-ends"))
    assert words_found(table.cd.dg) == "trois week-ends par mois"


def test_a_thread_whose_words_are_gone_stays_with_its_quotation_and_finds_them_again(table: Table) -> None:
    say(table.og.dg, quote=WORDS)
    table.ars.dg.counter(CLAUSE, "Tout autre chose, sans aucun rapport avec ce qui précédait ici.")
    assert words_found(table.og.dg) is None
    (kept,) = threads(table.og.dg)
    assert kept.passage is not None
    assert kept.passage.quote == WORDS
    table.og.dg.counter(CLAUSE, f"{TEXT} Et plus encore.")
    assert words_found(table.og.dg) == WORDS


def test_nobody_cites_words_that_are_not_there(table: Table) -> None:
    with pytest.raises(QuoteNotFound):
        say(table.og.dg, quote="trois lundis")
    with pytest.raises(NotFound):
        say(table.og.dg, quotation=Quotation(WORDS, version="ailleurs"))
    assert threads(table.og.dg) == ()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10), st.sampled_from(["", "neuf", "un mot de plus"])), max_size=6))
@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_no_edit_ever_loses_a_thread(table: Table, edits: list[tuple[int, str]]) -> None:
    before = {thread.root.id for thread in threads(table.og.dg)}
    current = table.current(CLAUSE)
    assert current
    quote = plain_text(current.text).split()[0]
    made = say(table.og.dg, quote=quote)
    text = current.text
    for turn, (place, words) in enumerate(edits):
        pieces = text.split(" ")
        pieces[place % len(pieces) :][:1] = [words]
        pieces[place % len(pieces)] = words
        text = " ".join(piece for piece in pieces if piece) or "Rien."
        standing = table.current(CLAUSE)
        if standing and plain_text(standing.text) != text:
            (table.ars if turn % 2 else table.og).dg.counter(CLAUSE, text)
    kept: set[str] = set()
    for page in range((len(before) + 1) // PAGE + 1):
        kept |= {thread.root.id for thread in threads(table.og.dg, page=page)}
    assert made in kept
    assert before <= kept


# ---------------------------------------------------------------------- settled, and open again


def test_a_settled_thread_is_listed_and_may_be_opened_again(table: Table) -> None:
    root = say(table.og.dg)
    reply = say(table.ars.dg, "D’accord.", reply_to=root)
    clause = table.clause_id(CLAUSE)
    with table.store.unit_of_work() as uow:
        assert resolve_thread(uow, table.cd.dg.actor, clause, reply) == root
    assert threads(table.og.dg, wanted=Wanted.OPEN) == ()
    (settled,) = threads(table.og.dg, wanted=Wanted.SETTLED)
    assert settled.resolved_by == table.cd.dg.member.id
    assert [move.text for move in settled.replies] == ["D’accord."]
    with table.store.unit_of_work() as uow:
        reopen_thread(uow, table.og.dg.actor, clause, root)
    assert [thread.root.id for thread in threads(table.og.dg, wanted=Wanted.OPEN)] == [root]


def test_a_thread_of_a_file_or_of_an_answer_to_an_answer_is_a_thread_too(table: Table) -> None:
    asked = table.og.dg.ask(CLAUSE).move_id
    answered = table.ars.dg.play(Move.ANSWER, CLAUSE, "Oui.", reply_to=asked).move_id
    say(table.og.dg, "Merci.", reply_to=answered)
    (thread,) = threads(table.cd.dg)
    assert [move.text for move in thread.replies] == ["Oui.", "Merci."]
    with table.store.unit_of_work() as uow:
        resolve_thread(uow, table.og.dg.actor, table.clause_id(CLAUSE), asked)
    assert threads(table.cd.dg, wanted=Wanted.OPEN) == ()


def test_threads_are_listed_by_who_reads_them(table: Table) -> None:
    say(table.ars.dg, "Entre autorités.", AUTHORITIES)
    say(table.ars.dg, "Devant tous.", writing=Writing(sending=Sending.KNOWINGLY))
    (among,) = threads(table.cd.dg, circle=AUTHORITIES)
    assert among.root.text == "Entre autorités."
    assert len(threads(table.cd.dg)) == 2
    assert threads(table.og.dg, circle=AUTHORITIES) == ()


# ---------------------------------------------------------------------- the right readers


def test_a_private_thread_leaves_no_trace_outside(table: Table) -> None:
    with table.store.reading() as session:
        before = heads_reached(session, table.ars.dg.actor)
    root = say(table.og.dg, "Notre plancher.", table.og.inside, quote=WORDS)
    with table.store.unit_of_work() as uow:
        resolve_thread(uow, table.og.dg.actor, table.clause_id(CLAUSE), root)
    assert threads(table.ars.dg) == ()
    with table.store.reading() as session:
        assert heads_reached(session, table.ars.dg.actor) == before
    for act in (resolve_thread, reopen_thread):
        with pytest.raises(NotFound), table.store.unit_of_work() as uow:
            act(uow, table.ars.dg.actor, table.clause_id(CLAUSE), root)


def test_speaking_to_all_after_speaking_inside_asks_first(table: Table) -> None:
    say(table.og.dg, "Entre nous.", table.og.inside)
    with pytest.raises(WiderAudience):
        say(table.og.dg, "À tous.", writing=Writing(sending=Sending.AS_BEFORE))
    assert [thread.root.text for thread in threads(table.ars.dg)] == []
    say(table.og.dg, "À tous.", writing=Writing(sending=Sending.KNOWINGLY))
    say(table.og.dg, "Encore.", writing=Writing(sending=Sending.AS_BEFORE))
    say(table.ars.dg, "Une autre personne.", writing=Writing(sending=Sending.AS_BEFORE))
    assert len(threads(table.ars.dg)) == 3


def test_a_part_still_inside_is_discussed_inside(table: Table) -> None:
    with table.store.unit_of_work() as uow:
        clause = table.clause(CLAUSE)
        uow.session.get_one(Part, clause.part_id).circle = str(table.ars.inside)
        uow.session.merge(clause).circle = str(table.ars.inside)
    for circle in (SHARED, AUTHORITIES):
        with pytest.raises(NotShared):
            say(table.ars.dg, "Trop tôt.", circle)
    say(table.ars.dg, "Entre nous.", table.ars.inside)
    assert threads(table.cd.dg) == ()


def test_only_a_reader_is_named(table: Table) -> None:
    named = Writing(mentions=frozenset({table.ars.redac.member.id}))
    with pytest.raises(NotFound):
        say(table.og.dg, "Regarde.", table.og.inside, writing=named)
    assert threads(table.og.dg) == ()
    say(table.og.dg, "Regardez.", writing=named)
    with table.store.reading() as session:
        (mine,) = mentions_for(session, table.ars.redac.actor)
        assert mentions_for(session, table.ars.dg.actor) == ()
    assert (mine.text, mine.seen_at) == ("Regardez.", None)
    with table.store.unit_of_work() as uow:
        see_mentions(uow, table.ars.dg.actor, [mine.id])
    with table.store.reading() as session:
        assert mentions_for(session, table.ars.redac.actor)[0].seen_at is None
    with table.store.unit_of_work() as uow:
        see_mentions(uow, table.ars.redac.actor, [mine.id])
    with table.store.reading() as session:
        assert mentions_for(session, table.ars.redac.actor)[0].seen_at is not None


def test_the_same_request_twice_is_one_comment(table: Table) -> None:
    writing = Writing(mentions=frozenset({table.ars.dg.member.id}), request_key="k" * 36)
    first = say(table.og.dg, writing=writing, quote=WORDS)
    assert say(table.og.dg, writing=writing, quote=WORDS) == first
    with table.store.reading() as session:
        written = select(func.count()).select_from(MoveRow).where(col(MoveRow.type) == Move.COMMENT)
        assert session.execute(written).scalar_one() == 1
        assert len(mentions_for(session, table.ars.dg.actor)) == 1


def test_a_comment_is_plain_readable_words(table: Table) -> None:
    with pytest.raises(UnreadableText):
        say(table.og.dg, "Accord \u202e renversé")
    with pytest.raises(MessageTooLong):
        say(table.og.dg, "a" * 10_001)
