"""A file that comes back from Word: read, shown to its own party, taken or left; nothing reaches another before."""

import io
import re

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlmodel import col

from negotiation.rules.vocabulary import Gesture, Move, Role
from negotiation.rules.word_choices import WordKind
from negotiation.services.drafting import drafted_text
from negotiation.services.visas import set_visa_rule
from negotiation.services.word_preview import ReturnView, return_view
from negotiation.store import Store
from negotiation.store.exchange import MoveRow
from negotiation.store.exchange_files import WordExport
from negotiation.store.inside import VisaRequest
from negotiation.store.queries.clauses import card_of
from negotiation.store.record import HistoryEntry
from negotiation.store.word_returns import WordReturn
from tests.builders import Person, Table, a_table
from tests.scenarios import engagement
from tests.visitors import Visitor
from tests.word_corpus.make import FILES, clause, comment, commented, dele, docx, ins, p, packed, parts_of, r

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

TEXT = "La MAS ouvre deux places."
THREE = "La MAS ouvre trois places."
OTHER = "Le second texte reste."


@pytest.fixture
def table(app: Flask) -> Table:
    """The ARS has proposed two texts to Orlinde."""
    store: Store = app.extensions["store"]
    written = [engagement(key, {"type": "clause", "id": "k01"}, ["og", "ars"]) for key in ("en01", "en02")]
    found = a_table(store, parties=2, engagements=written)
    found.ars.dg.propose("en01", TEXT)
    found.ars.dg.propose("en02", OTHER)
    return found


def of(app: Flask, person: Person) -> Visitor:
    return Visitor(app).enter(person.email)


def exported(table: Table, person: Person, **texts: str) -> str:
    """What an export of these clauses kept, as it left: the id of its row."""
    said = {table.clause_id(name): {"agreed": text, "proposed": text} for name, text in texts.items()}
    with table.store.unit_of_work() as uow:
        inside = f"party:{person.actor.party_id}"
        row = WordExport(
            negotiation_id=table.id,
            circle=inside,
            member_id=person.actor.member_id,
            kind=WordKind.TRACKED,
            texts=said,
        )
        uow.session.add(row)
        uow.session.flush()
        return row.id


def a_file(table: Table, export: str, *, first: str, second: str = p(r(OTHER)), comments: str = "") -> bytes:
    one, two = (table.clause_id(name).replace("-", "") for name in ("en01", "en02"))
    blocks = (p(r("Article 1"), style="Titre1"), clause(one, first), p(r("Article 2"), style="Titre1"))
    return docx(*blocks, clause(two, second), export=export, comments=comments)


TRACKED = p(r("La MAS ouvre "), dele("deux"), commented(0, ins("trois")), r(" places."))


def bring(visitor: Visitor, table: Table, data: bytes, *, key: str = "k" * 36) -> str:
    """Send the file; the address that it leads to."""
    fields = {"file": (io.BytesIO(data), "relu.docx"), "request_key": key}
    sent = visitor.post(f"/negociations/{table.id}/retour-de-word", fields, content_type="multipart/form-data")
    assert sent.status_code == 302, sent.text
    return str(sent.location)


def view_of(table: Table, person: Person, address: str) -> ReturnView:
    with table.store.reading() as session:
        return return_view(session, person.actor, address.rsplit("/", 1)[-1])


def confirm(visitor: Visitor, address: str, view: ReturnView, *, act: str, **more: str) -> int:
    """Everything ticked, as the preview `view` showed it; the status of the answer."""
    seen = {
        f"seen-{each.card.id}": f"{each.stands.number or ''}:{each.stands.fingerprint or ''}" for each in view.clauses
    }
    said = {"take": [each.card.id for each in view.clauses], "comment": [each.key for each in view.comments]}
    return visitor.post(address, {"act": act, **said, **seen, **more}).status_code


def drafted(table: Table, person: Person, name: str) -> str | None:
    with table.store.reading() as session:
        return drafted_text(session, person.actor, table.clause_id(name), side="ours")


def current(table: Table, name: str) -> str | None:
    with table.store.reading() as session:
        card = card_of(session, table.og.dg.actor, table.clause_id(name))
        return card.tabled_text if card else None


def read_by(visitor: Visitor, table: Table) -> list[str]:
    """What the table and one of its clauses say, without what is drawn anew for each page."""
    drawn = re.compile(r'(?:content|value)="[\w.-]{36,}"')
    addresses = (f"/negociations/{table.id}", f"/clauses/{table.clause_id('en01')}")
    return [drawn.sub("", visitor.get(address).text) for address in addresses]


def count(table: Table, row: type) -> int:
    with table.store.reading() as session:
        return int(session.execute(select(func.count()).select_from(row)).scalar_one())


def test_a_tracked_change_goes_to_its_party_s_draft_and_nobody_else_learns_of_it(app: Flask, table: Table) -> None:
    og, ars = of(app, table.og.redac), of(app, table.ars.dg)
    export = exported(table, table.og.redac, en01=TEXT, en02=OTHER)
    before = (read_by(ars, table), count(table, HistoryEntry))
    data = a_file(table, export, first=TRACKED, comments=comment(0, "Le recrutement suit."))
    address = bring(og, table, data)
    assert bring(og, table, data) == address
    page = og.get(address).text
    assert "suivie</span>" in page and "DAF Orlinde" in page and "trois" in page and "Le recrutement suit." in page
    assert ars.get(address).status_code == 404
    view = view_of(table, table.og.redac, address)
    assert [each.card.id for each in view.clauses] == [table.clause_id("en01")]
    assert (read_by(ars, table), count(table, HistoryEntry)) == before

    assert confirm(og, address, view, act="prepare") == 302
    assert drafted(table, table.og.redac, "en01") == THREE
    assert drafted(table, table.og.redac, "en02") == OTHER
    with table.store.reading() as session:
        said = session.execute(select(MoveRow).where(col(MoveRow.type) == Move.COMMENT)).scalar_one()
    assert said.circle == str(table.og.inside) and "Le recrutement suit." in said.text
    assert read_by(ars, table) == before[0]
    assert og.get(address).status_code == 404
    assert confirm(og, address, view, act="prepare") == 409
    assert count(table, MoveRow) == 3


def test_our_draft_leaves_for_us_alone_and_comes_back_with_nothing_ticked(app: Flask, table: Table) -> None:
    """As a change of our party, said on each page; whoever else exports, with the same box, gets the same bytes."""
    og, ars = of(app, table.og.redac), of(app, table.ars.dg)
    others = sent_for_word(ars, table, draft="1")
    plain = sent_for_word(og, table)
    data = a_file(table, exported(table, table.og.redac, en01=TEXT, en02=OTHER), first=TRACKED)
    address = bring(og, table, data)
    assert confirm(og, address, view_of(table, table.og.redac, address), act="prepare") == 302
    assert drafted(table, table.og.redac, "en01") == THREE

    assert sent_for_word(ars, table, draft="1")["word/document.xml"] == others["word/document.xml"]
    assert not any("brouillon interne" in part.decode() for part in (*others.values(), *plain.values()))
    assert sent_for_word(og, table)["word/document.xml"] == plain["word/document.xml"], "only when asked"
    parts = sent_for_word(og, table, draft="1")
    assert "Confidentiel : brouillon interne" in parts["word/header1.xml"].decode()
    assert re.search(r'<w:ins [^>]*w:author="[^"]* – brouillon interne"', parts["word/document.xml"].decode())

    moves, before = count(table, MoveRow), read_by(ars, table)
    address = bring(og, table, packed(parts), key="d" * 36)
    page, view = og.get(address).text, view_of(table, table.og.redac, address)
    (found,) = view.clauses
    assert found.has_draft and found.card.id == table.clause_id("en01") and found.applied.text == THREE
    assert "contenait le brouillon interne de votre partie" in page
    assert re.search(rf'name="take" value="{found.card.id}">', page), "not ticked"
    assert (count(table, MoveRow), read_by(ars, table), current(table, "en01")) == (moves, before, TEXT)


def sent_for_word(visitor: Visitor, table: Table, **more: str) -> dict[str, bytes]:
    asked = {"kind": "docx_tracked", "comments": "aucun"} | more
    parts = parts_of(visitor.post(f"/negociations/{table.id}/word", asked).data)
    document = re.sub("Exporté le [^<]*", "Exporté", parts["word/document.xml"].decode())  # its day, whichever
    return parts | {"word/document.xml": document.encode()}


def test_a_change_typed_without_tracking_is_found_and_said(app: Flask, table: Table) -> None:
    og = of(app, table.og.redac)
    export = exported(table, table.og.redac, en01=TEXT, en02=OTHER)
    address = bring(og, table, a_file(table, export, first=p(r(THREE))))
    page = og.get(address).text
    assert "non suivie</span>" in page and "Modifications non suivies" in page
    assert of(app, table.og.lect).post(address, {"act": "drop"}).status_code == 403
    assert og.post(address, {"act": "drop"}).status_code == 302
    assert drafted(table, table.og.redac, "en01") is None


def test_an_older_export_stands_on_what_moved_and_says_where_it_collides(app: Flask, table: Table) -> None:
    og = of(app, table.og.redac)
    long = "Un.\n\nDeux.\n\nTrois.\n\nQuatre."
    table.ars.dg.propose("en01", long)
    export = exported(table, table.og.redac, en01=long, en02=OTHER)
    table.ars.dg.propose("en01", long.replace("Quatre.", "Quatre et plus."))
    table.ars.dg.propose("en02", OTHER.replace("second", "deuxième"))
    first = "".join(p(r(each)) for each in ("Un seul.", "Deux.", "Trois.", "Quatre."))
    address = bring(og, table, a_file(table, export, first=first, second=p(r(OTHER.replace("second", "dernier")))))
    view = view_of(table, table.og.redac, address)
    assert [str(each.applied.standing) for each in view.clauses] == ["reapplied", "to_redo"]
    assert view.clauses[0].applied.text == "Un seul.\n\nDeux.\n\nTrois.\n\nQuatre et plus."
    assert "Le même passage a changé" in og.get(address).text


def test_of_one_clause_some_changes_are_taken_and_the_rest_is_left(app: Flask, table: Table) -> None:
    """By the table's text: what isn't ticked stays as it stands, and how much was left is said."""
    og = of(app, table.og.redac)
    table.ars.dg.propose("en01", "Un.\n\nDeux.\n\nTrois.")
    export = exported(table, table.og.redac, en01="Un.\n\nDeux.\n\nTrois.", en02=OTHER)
    first = "".join(p(r(each)) for each in ("Un seul.", "Deux ou plus.", "Trois."))
    address = bring(og, table, a_file(table, export, first=first))
    view, key = view_of(table, table.og.redac, address), table.clause_id("en01")
    _, two = (str(unit.index) for unit in view.clauses[0].units)
    page = og.get(address).text
    assert page.count(f'name="unit-{key}"') == 2 and "N’en prendre que certains" in page
    boxes = {f"units-{key}": "2"}
    assert confirm(og, address, view, act="prepare", **boxes) == 422
    assert confirm(og, address, view, act="prepare", **boxes, **{f"unit-{key}": "99"}) == 409
    assert drafted(table, table.og.redac, "en01") is None
    assert confirm(og, address, view, act="prepare", **boxes, **{f"unit-{key}": two}) == 302
    assert drafted(table, table.og.redac, "en01") == "Un.\n\nDeux ou plus.\n\nTrois."
    assert "1 changement du fichier laissé." in og.get(f"/negociations/{table.id}/retour-de-word").text
    again = bring(og, table, a_file(table, export, first=p(r("Tout autre chose."))), key="n" * 36)
    view = view_of(table, table.og.redac, again)
    gone = [str(unit.index) for unit in view.clauses[0].units if not unit.after]
    boxes = {f"units-{key}": str(len(view.clauses[0].units))}
    fields = {"act": "prepare", "take": key, f"unit-{key}": gone, f"seen-{key}": _seen_of(view), **boxes}
    assert "n’aurait plus un mot" in og.post(again, fields).text


def _seen_of(view: ReturnView) -> str:
    return f"{view.clauses[0].stands.number}:{view.clauses[0].stands.fingerprint}"


def test_a_file_from_elsewhere_is_refused_with_its_reason_and_nothing_is_kept(app: Flask, table: Table) -> None:
    og, place = of(app, table.og.redac), f"/negociations/{table.id}/retour-de-word"
    reasons = {
        "words.docx": "d’un autre contrat",
        "no_marks.docx": "repères des clauses manquent",
        "macros.docx": "des macros",
        "bomb.docx": "taille démesurée",
        "encrypted.docx": "mot de passe",
    }
    for name, reason in reasons.items():
        sent = og.post(
            place, {"file": (io.BytesIO((FILES / name).read_bytes()), name)}, content_type="multipart/form-data"
        )
        assert (sent.status_code, reason in sent.text) == (422, True), name
    assert count(table, WordReturn) == 0
    ours = a_file(table, "", first=TRACKED)
    assert "ne vient pas d’un export" in og.get(bring(og, table, ours)).text
    theirs = exported(table, table.ars.dg, en01=TEXT, en02=OTHER)
    unknown = bring(og, table, a_file(table, theirs, first=TRACKED), key="l" * 36)
    assert view_of(table, table.og.redac, unknown).exported_at is None


def test_proposing_at_once_leaves_by_the_one_door(app: Flask, table: Table) -> None:
    """With a visa asked, it waits; without, it is on the table; and never on a text that nobody was shown."""
    og = of(app, table.og.redac)
    export = exported(table, table.og.redac, en01=TEXT, en02=OTHER)
    address = bring(og, table, a_file(table, export, first=TRACKED))
    view = view_of(table, table.og.redac, address)
    table.ars.dg.propose("en01", TEXT + " Puis trois.")
    assert confirm(og, address, view, act="propose", motive="Besoin relevé.") == 409
    view = view_of(table, table.og.redac, address)
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    assert confirm(og, address, view, act="propose", motive="Besoin relevé.") == 302
    assert count(table, VisaRequest) == 1
    assert current(table, "en01") == TEXT + " Puis trois."
    dg, changed = of(app, table.og.dg), "Le second texte change."
    address = bring(dg, table, a_file(table, export, first=p(r(TEXT)), second=p(r(changed))), key="m" * 36)
    assert confirm(dg, address, view_of(table, table.og.dg, address), act="propose", motive="Oui.") == 302
    assert current(table, "en02") == changed
