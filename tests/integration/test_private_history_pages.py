"""What becomes of a party's inside, as its people choose it on the page; and one fact that everybody then reads."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlmodel import col

from negotiation.rules.vocabulary import AUTHORITIES, Gesture, Move, Role
from negotiation.services.commenting import Comment, write_comment
from negotiation.services.destroying import announce, destroy
from negotiation.services.discussing import send_message
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.orders import Order
from negotiation.services.visas import set_visa_rule, submit
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.inside import InsideFate
from negotiation.store.people import SigninSession
from negotiation.store.record import HistoryEntry
from negotiation.store.talk import CommentThread
from negotiation.verifier import verify_archive
from tests.builders import Person, Table, a_table
from tests.closing_table import a_closing_table, agree_everything, freeze, put_signature
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def store(app: Flask) -> Store:
    opened: Store = app.extensions["store"]
    return opened


def last_fact(person: Person, kind: str) -> str:
    """The id of the last fact of this kind in the person's own inside, or among authorities."""
    circles = [str(getattr(person.table, key).inside) for key in ("og", "ars")] + ["authorities"]
    with person.table.store.reading() as session:
        query = select(col(HistoryEntry.id)).where(
            col(HistoryEntry.kind) == kind, col(HistoryEntry.circle).in_(circles)
        )
        found = session.execute(query.order_by(col(HistoryEntry.recorded_at).desc(), col(HistoryEntry.id)))
        return str(found.scalars().first())


def without_tokens(page: str) -> str:
    page = re.sub(r'(?s)<div class="flashes".*?</p></div>\s*</div>', "", page)
    return re.sub(r'(csrf_token" value=|request_key" value=|socket-token" content=)"[^"]*"', r"\1", page)


def test_a_signatory_reads_what_becomes_of_the_inside_before_signing_and_nobody_else_does(app: Flask) -> None:
    table = a_closing_table(app.extensions["store"])
    agree_everything(table)
    version = freeze(table)
    address = f"/negociations/{table.id}/versions"
    signs, drafts, ars = (Visitor(app).enter(each.email) for each in (table.og.sign, table.og.redac, table.ars.sign))
    chain = f"/negociations/{table.id}/historique"
    elsewhere = [without_tokens(ars.get(each).text) for each in (address, chain)]
    page = signs.get(address).text
    form = page[page.index('id="signer"') :]
    assert "<b>Gardé.</b>" in form[: form.index("</form>")]

    chosen = f"/negociations/{table.id}/historique-interne"
    assert drafts.post(chosen, {"fate": "destroyed", "years": "5"}).status_code == 403
    wrong = signs.post(chosen, {"fate": "destroyed", "years": "40"})
    assert wrong.status_code == 422 and 'value="40"' in wrong.text and "de 1 à 30" in wrong.text
    assert signs.post(chosen, {"fate": "destroyed", "years": "5"}).status_code == 302
    page = signs.get(address).text
    form = page[page.index('id="signer"') :]
    assert "<b>Détruit 5\u00a0ans après la signature</b>" in form[: form.index("</form>")]
    assert "Enregistrer ce choix" not in drafts.get(address).text
    assert "détruit au bout de 5" in signs.get(f"{chain}?cercle=ours").text
    assert [without_tokens(ars.get(each).text) for each in (address, chain)] == elsewhere

    for seat in (table.og, table.ars, table.cd):
        put_signature(seat.sign, version)
    signed = datetime.now(UTC).year + 5
    assert re.search(rf"<b>Détruit le .*{signed}.*</b>", signs.get(address).text)

    fate_id, later = _fate_of(table), now() + timedelta(days=5 * 366)
    with table.store.unit_of_work() as uow:
        assert announce(uow, fate_id, later)
    assert "votre partie en est avertie depuis" in signs.get(address).text
    with table.store.unit_of_work() as uow:
        assert destroy(uow, fate_id, later + timedelta(days=31))
    page, ours = signs.get(address).text, signs.get(f"{chain}?cercle=ours").text
    assert "Détruit le" in page and "Enregistrer ce choix" not in page
    assert "contenu détruit" in ours and "Dévoiler" not in ours
    late = signs.post(chosen, {"fate": "kept"})
    assert late.status_code == 409 and "déjà fait" in late.text


def _fate_of(table: Table) -> str:
    with table.store.reading() as session:
        return str(session.execute(select(col(InsideFate.id))).scalar_one())


def test_a_disclosed_fact_is_read_by_all_as_it_was_shown_before(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.og.dg.propose("en01", "Un taux de 97 %.", 97)
    table.og.redac.note("en01", "Notre plancher était 93,5 %.", table.og.inside)
    table.og.redac.note("en01", "Ceci reste entre nous.", table.og.inside)
    dg, ars = Visitor(app).enter(table.og.dg.email), Visitor(app).enter(table.ars.dg.email)
    with table.store.reading() as session:
        noted = select(HistoryEntry).where(
            col(HistoryEntry.circle) == str(table.og.inside), col(HistoryEntry.payload).contains("plancher")
        )
        entry = session.execute(noted).scalar_one()
    address = f"/negociations/{table.id}/historique/{entry.id}/devoiler"
    assert address in dg.get(f"/negociations/{table.id}/historique?cercle=ours").text
    shown = dg.get(address).text
    assert "Notre plancher était" in shown and "Cela ne se reprend pas" in shown and entry.header_hash in shown
    assert "entre nous" not in shown
    before = [ars.get(each).text for each in (address, f"/clauses/{table.clause_id('en01')}/navette")]
    assert "plancher" not in "".join(before)
    assert ars.post(address).status_code == 404

    assert dg.post(address).status_code == 302
    assert dg.post(address).status_code == 409, "once"
    navette = f"/clauses/{table.clause_id('en01')}/navette"
    for page in (ars.get(f"/negociations/{table.id}/historique").text, ars.get(navette).text):
        assert "Notre plancher était" in page and entry.header_hash in page and "entre nous" not in page
    assert "Dévoilé par" in ars.get(navette).text
    assert "dévoilé à toutes les parties" in dg.get(f"/negociations/{table.id}/historique?cercle=ours").text
    for person in (table.ars.dg, table.og.dg):
        with table.store.unit_of_work() as uow:
            content = collect_archive(uow, person.actor)
        report = verify_archive(pack_archive(content).data)
        assert report.ok and any("Faits internes dévoilés : 1" in said for said in report.proves)


def test_what_is_not_the_partys_alone_is_not_its_to_disclose(app: Flask) -> None:
    """Facts among authorities, those of another party, how the house is run, and whoever has no such right."""
    table = a_table(app.extensions["store"])
    ars = Visitor(app).enter(table.ars.dg.email)
    table.ars.dg.tell_authorities("en01", "Disons 95 % à nous deux.")
    among = last_fact(table.ars.dg, "comment.written")
    with table.store.unit_of_work() as uow:
        send_message(uow, table.og.dg.actor, circle=table.og.inside, text="Gardons cela.")
    other = last_fact(table.og.dg, "message.sent")
    ars.post(f"/negociations/{table.id}/historique-interne", {"fate": "destroyed", "years": "3"})
    house = last_fact(table.ars.dg, "inside.fate_chosen")
    for entry_id in (among, other, house, "inconnu"):
        address = f"/negociations/{table.id}/historique/{entry_id}/devoiler"
        assert ars.get(address).status_code == ars.post(address).status_code == 404
    drafts = Visitor(app).enter(table.og.redac.email)
    address = f"/negociations/{table.id}/historique/{other}/devoiler"
    assert drafts.get(address).status_code == drafts.post(address).status_code == 403
    assert address not in drafts.get(f"/negociations/{table.id}/historique?cercle=ours").text
    negotiates = Visitor(app).enter(table.og.dg.email)
    with table.store.engine.begin() as connection:
        connection.execute(update(SigninSession).values(authenticated_at=now() - timedelta(hours=13)))
    assert negotiates.post(address).status_code == 403, "it commits the party: recently signed in"
    assert "Gardons cela." not in ars.get(f"/negociations/{table.id}/historique").text


def test_what_quotes_the_draft_between_authorities_is_not_for_one_of_them_to_disclose(app: Flask) -> None:
    """A comment of one's own on words of that draft, the answer to it, and a visa asked for a text of it."""
    table = a_table(app.extensions["store"])
    clause, inside = table.clause_id("en01"), table.ars.inside
    with table.store.unit_of_work() as uow:
        opened = write_comment(uow, table.ars.redac.actor, clause, Comment(inside, "Ces mots nous gênent."))
        write_comment(uow, table.ars.dg.actor, clause, Comment(inside, "Moi aussi.", reply_to=opened))
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.ars.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
        order = Order(Move.PROPOSAL, text="Un texte à deux.", draft=AUTHORITIES)
        submit(uow, table.ars.redac.actor, table.clause_id("fa01.description"), order)
    chain = f"/negociations/{table.id}/historique?cercle=ours"
    ars = Visitor(app).enter(table.ars.dg.email)
    assert ars.get(chain).text.count("/devoiler") == 2, "the comments; not the visa"
    with table.store.engine.begin() as connection:
        connection.execute(update(CommentThread).values(draft="authorities"))
    assert "/devoiler" not in ars.get(chain).text
