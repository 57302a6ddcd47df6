"""Open drafts when the clauses of their part change under them, and what was said about words that are typed over."""

import pytest
from pycrdt import Map, XmlElement, XmlFragment, XmlText
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import CannotShape, EpochChanged
from negotiation.rules.anchoring import Anchor, Found, Orphan, locate, plain_text
from negotiation.rules.vocabulary import SHARED
from negotiation.services.commenting import Comment, Quotation, write_comment
from negotiation.services.draft_starts import start_again
from negotiation.services.drafting import drafted_text
from negotiation.services.splitting import split_clause
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause
from negotiation.store.exchange import DraftUpdate
from negotiation.store.queries.threads import threads_page
from tests.drafting_table import Browser, DraftingTable, set_table

WORDS = "deux week-ends par mois"


@pytest.fixture
def table(store: Store) -> DraftingTable:
    return set_table(store)


def drafted(table: DraftingTable, clause_id: str, side: str = "commune") -> str:
    with table.table.store.reading() as session:
        return drafted_text(session, table.person("og.dg").actor, clause_id, side=side) or ""


def cut(table: DraftingTable) -> str:
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        return split_clause(uow, table.person("ars.redac").actor, table.clause_id, after=1)


def test_a_value_typed_beside_another_clause_outlives_a_reopening(table: DraftingTable) -> None:
    alice, number = Browser(table, "og.dg", part="i01"), table.table.clause_id("en01")
    known = alice.document.get_state()
    alice.document.get("values", type=Map)[number] = "97"
    alice.push(alice.document.get_update(known))
    table.table.agree("i01.definition")
    table.table.og.dg.reopen("i01.definition")
    for other in (table.table.ars, table.table.cd):
        other.dg.consent("i01.definition")
    again = Browser(table, "ars.dg", part="i01")
    assert again.opened.epoch == alice.opened.epoch + 1
    assert again.document.get("values", type=Map)[number] == "97"


def test_a_clause_cut_in_two_goes_on_in_the_drafts_that_are_open(table: DraftingTable) -> None:
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Clause, table.clause_id).working_text = "Un.\n\nDeux."
    commune, ours = Browser(table, "ars.dg"), Browser(table, "og.dg", side="ours")
    ours.push(ours.type("Entre nous."))
    rest = cut(table)
    assert (drafted(table, table.clause_id), drafted(table, rest)) == ("Un.", "Deux.")
    with pytest.raises(EpochChanged):
        commune.push(commune.type("D’avant."))
    again = Browser(table, "ars.dg")
    again.push(again.type("Suite.", rest))
    assert drafted(table, rest) == "Deux.\n\nSuite."

    # What is private keeps its words whole, goes on without reload, and finds the new clause beside them.
    ours.push(ours.type("Encore."))
    assert drafted(table, table.clause_id, "ours") == "Un.\n\nDeux.\n\nEntre nous.\n\nEncore."
    ours.open()
    ours.push(ours.type("À nous.", rest))
    assert drafted(table, rest, "ours") == "Deux.\n\nÀ nous."


def test_a_clause_that_is_being_written_is_not_cut_under_its_writers(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    alice.push(alice.type("Pas encore proposé."))
    with pytest.raises(CannotShape) as refused:
        cut(table)
    assert refused.value.detail["reason"] == "drafted"


def test_a_comment_follows_its_words_through_what_is_typed_live_and_keeps_them_when_they_go(
    table: DraftingTable,
) -> None:
    """Before the words, inside them, and over them; each time in the draft, then in the version made of it."""
    og = table.table.og.dg
    og.propose("k01.markdown", f"Le gestionnaire ouvre quatre places, {WORDS}, dès septembre.")
    current = table.table.current("k01.markdown")
    assert current
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        comment = Comment(SHARED, "Est-ce assez ?", quotation=Quotation(WORDS, version=current.id))
        write_comment(uow, og.actor, table.clause_id, comment)
    alice = Browser(table, "ars.dg")
    paragraphs = alice.document.get(f"clause:{table.clause_id}", type=XmlFragment).children

    known = alice.document.get_state()
    paragraphs.insert(0, XmlElement("heading", {"level": 2}, [XmlText("Répit")]))
    line = paragraphs[1].children[0]
    place = str(line).encode().index(b"week-ends")
    line.insert(place, "longs ")
    alice.push(alice.document.get_update(known))
    assert found(table) == "deux longs week-ends par mois"
    table.table.ars.dg.counter("k01.markdown", drafted(table, table.clause_id))
    assert found(table) == "deux longs week-ends par mois"

    known = alice.document.get_state()
    del paragraphs[1]
    alice.push(alice.document.get_update(known))
    assert found(table) is None


def test_words_taken_out_of_a_private_draft_before_it_is_published_reach_nobody(table: DraftingTable) -> None:
    """Trust T3: what is published is a text, never the document that remembers what was deleted in it."""
    alice, bruno = Browser(table, "og.dg", side="ours"), Browser(table, "ars.dg")
    alice.push(alice.type("Canari : notre limite est de 40 000 euros."))
    known = alice.document.get_state()
    del alice.document.get(f"clause:{table.clause_id}", type=XmlFragment).children[1]
    alice.push(alice.document.get_update(known))
    alice.push(alice.type("Nous proposons 30 000 euros."))
    table.table.og.dg.propose("k01.markdown", drafted(table, table.clause_id, "ours"))
    version = table.table.current("k01.markdown")
    assert version
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        start_again(uow, bruno.actor, table.clause_id, side="commune", seen=version.fingerprint)
    with table.table.store.reading() as session:
        query = select(DraftUpdate).where(col(DraftUpdate.draft_id) == bruno.opened.draft_id)
        sent = [bytes(row.update) for row in session.execute(query).scalars()]
    sent += [Browser(table, "ars.dg").opened.update, version.text.encode()]
    assert any(b"30 000 euros" in each for each in sent)
    assert not any(b"Canari" in each or b"40 000" in each for each in sent)


def found(table: DraftingTable) -> str | None:
    """The words of the only thread in the table commune as it stands; None when they are gone, but kept beside."""
    with table.table.store.reading() as session:
        (thread,) = threads_page(session, table.person("cd.dg").actor, table.clause_id).threads
    passage = thread.passage
    assert passage
    assert passage.quote == WORDS
    anchor = Anchor(passage.quote, passage.before, passage.after, passage.start)
    text = plain_text(drafted(table, table.clause_id))
    place = locate(anchor, plain_text(passage.old_text or ""), text)
    assert isinstance(place, Found | Orphan)
    return text[place.start : place.end] if isinstance(place, Found) else None
