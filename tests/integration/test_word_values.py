"""Values in a file from Word: written with their names, read back as values, said when they can't be."""

import re
from collections.abc import Sequence
from itertools import zip_longest

import pytest
from flask import Flask

from negotiation.documents.word_changes import How
from negotiation.documents.word_contract import print_odt, print_word
from negotiation.documents.word_reading import reviewed
from negotiation.rules.word_choices import WordKind
from negotiation.services.drafted import Drafted
from negotiation.services.drafting import drafted_clause
from negotiation.services.word_export import WordChoice, collect_word, new_export_id, record_word
from negotiation.services.word_return import keep_return
from negotiation.store import Store
from tests.builders import Person, Table, a_table
from tests.integration.test_word_return import confirm, of, view_of
from tests.scenarios import engagement
from tests.visitors import Visitor
from tests.word_corpus.make import packed, parts_of

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

TRACKED, ODT = WordChoice(WordKind.TRACKED), WordChoice(WordKind.ODT)
EUROS = {"unit": "EUR", "label": "Montant", "trajectory": [0, 20_000], "initial": 0, "final": 20_000}
TEXT = "L’ARS finance la formation."


@pytest.fixture
def table(app: Flask) -> Table:
    """The ARS has proposed two amounts to Orlinde."""
    store: Store = app.extensions["store"]
    target = {"type": "clause", "id": "k01"}
    written = [engagement(key, target, ["og", "ars"], numeric=EUROS) for key in ("en01", "en02")]
    found = a_table(store, parties=2, engagements=written)
    found.ars.dg.propose("en01", TEXT, value="20 000")
    found.ars.dg.propose("en02", TEXT, value="7 500")
    return found


def sent_and_brought_back(
    table: Table,
    person: Person,
    *changes: tuple[str, str],
    times: Sequence[int | None] = (),
    choice: WordChoice = TRACKED,
) -> str:
    """The contract as this person exports it, with these words of the file changed, brought back: its address."""
    export = new_export_id()
    with table.store.reading() as session:
        contract = collect_word(session, person.actor, choice)
    is_odt = choice.kind is WordKind.ODT
    name, write = ("content.xml", print_odt) if is_odt else ("word/document.xml", print_word)
    parts: dict[str, str | bytes] = dict(parts_of(write(contract, export_id=export)))
    document = bytes(parts[name]).decode()
    for (words, others), wanted in zip_longest(changes, times, fillvalue=1):
        document, count = re.subn(words, others, document)
        assert count == (wanted or count), words
    found = reviewed(packed(parts | {name: document}))
    with table.store.unit_of_work() as uow:
        record_word(uow, person.actor, choice, export_id=export, contract=contract)
        kept = keep_return(uow, person.actor, found, file_name="relu.docx", size=1, request_key=None)
    return f"/negociations/{table.id}/retour-de-word/{kept}"


def read(visitor: Visitor, address: str) -> str:
    return visitor.get(address).text.replace("\u00a0", " ")


def drafted(table: Table, person: Person, name: str) -> Drafted | None:
    with table.store.reading() as session:
        return drafted_clause(session, person.actor, table.clause_id(name), side="ours")


def test_an_amount_changed_in_word_is_proposed_as_an_amount(app: Flask, table: Table) -> None:
    og, person = of(app, table.og.redac), table.og.redac
    address = sent_and_brought_back(table, person, ("20.000.€", "25 000 €"))
    page, view = read(og, address), view_of(table, person, address)
    assert [each.card.id for each in view.clauses] == [table.clause_id("en01")]
    assert "<ins>25 000 €</ins>" in page and "non suivie</span>" in page
    assert confirm(og, address, view, act="prepare") == 302
    found = drafted(table, person, "en01")
    assert found and (found.text, found.value) == (TEXT, "25000")


def test_an_amount_changed_in_a_writer_file_is_one_too(app: Flask, table: Table) -> None:
    """Typed on either side of its mark, with the tracking off and on; the texts come back as they left."""
    og, person = of(app, table.og.redac), table.og.redac
    inserted, deleted = (
        f'<text:changed-region text:id="{kind}"><text:{kind}><office:change-info><dc:creator>Mme Roy</dc:creator>'
        f"<dc:date>2026-07-09T18:20:00</dc:date></office:change-info>{words}</text:{kind}></text:changed-region>"
        for kind, words in (("insertion", ""), ("deletion", "<text:p>7 500</text:p>"))
    )
    tracked = '<text:change text:change-id="deletion"/><text:change-start text:change-id="insertion"/>8 000'
    changes = (
        (r'(<text:bookmark text:name="nvv_\w+" ?/>)(.*?: </text:span>)20.000.€', r"\g<2>25 000 €\g<1>"),
        ("7.500.€", f'{tracked}<text:change-end text:change-id="insertion"/> €'),
        ("<office:text>", f"<office:text><text:tracked-changes>{deleted}{inserted}</text:tracked-changes>"),
        (' xmlns:dc="[^"]*"', ""),
        ("<office:document-content", '<office:document-content xmlns:dc="http://purl.org/dc/elements/1.1/"'),
    )
    address = sent_and_brought_back(table, person, *changes, choice=ODT)
    page, view = read(og, address), view_of(table, person, address)
    assert "<ins>25 000 €</ins>" in page and "<ins>8 000 €</ins>" in page
    assert [each.value.how for each in view.clauses if each.value] == [How.UNTRACKED, How.TRACKED]
    assert confirm(og, address, view, act="prepare") == 302
    found = [drafted(table, person, name) for name in ("en01", "en02")]
    assert [(each.text, each.value) for each in found if each] == [(TEXT, "25000"), (TEXT, "8000")]


def test_an_amount_that_nobody_can_read_is_said_and_its_text_taken(app: Flask, table: Table) -> None:
    og, person = of(app, table.og.redac), table.og.redac
    changes = (("20.000.€", "à voir"), ("7.500.€", "8 k€"))
    first = f"(?s)(la formation)(?=.*{TEXT[-10:]})"
    address = sent_and_brought_back(table, person, *changes, (first, "la formation des formateurs"))
    page, view = read(og, address), view_of(table, person, address)
    assert "montant illisible : « à voir »" in page and "montant illisible : « 8 k€ »" in page
    assert "le texte est repris, la valeur non" in page
    assert [each.card.id for each in view.clauses] == [table.clause_id("en01")]
    assert confirm(og, address, view, act="prepare") == 302
    found = drafted(table, person, "en01")
    assert found and (found.text, found.value) == ("L’ARS finance la formation des formateurs.", "20000")


def test_of_a_text_and_its_value_one_can_be_left(app: Flask, table: Table) -> None:
    og, person = of(app, table.og.redac), table.og.redac
    first = f"(?s)(la formation)(?=.*{TEXT[-10:]})"
    address = sent_and_brought_back(table, person, ("20.000.€", "25 000 €"), (first, "la formation longue"))
    table.ars.dg.propose("en02", TEXT, value="9 000")
    view, key = view_of(table, person, address), table.clause_id("en01")
    assert f'name="value-{key}"' in read(og, address)
    assert confirm(og, address, view, act="prepare", **{f"units-{key}": "2", f"value-{key}": "1"}) == 302
    found = drafted(table, person, "en01")
    assert found and (found.text, found.value) == (TEXT, "25000")


def test_a_file_that_lost_its_marks_is_matched_by_its_headings_and_corrected(app: Flask, table: Table) -> None:
    og, person = of(app, table.og.redac), table.og.redac
    first = f"(?s)(la formation)(?=.*{TEXT[-10:]})"
    changes = ((first, "la formation longue"), ("(?s)nvv?_[0-9a-f]{32}(?=.*)", "signet"))
    address = sent_and_brought_back(table, person, *changes, times=(1, None))
    page, view = read(og, address), view_of(table, person, address)
    assert "Ce fichier n’a pas les repères des clauses" in page and "sont des suppositions" in page
    assert [(each.card.id, each.applied.text) for each in view.clauses] == [
        (table.clause_id("en01"), "L’ARS finance la formation longue.")
    ]
    index = next(each.index for each in view.sections if each.clause_id == table.clause_id("en01"))
    refused = og.post(address, {"act": "match", f"match-{index}": "EN99"})
    assert refused.status_code == 422 and "EN99" in refused.text
    assert og.post(address, {"act": "match", f"match-{index}": ""}).status_code == 302
    assert view_of(table, person, address).clauses == ()
    assert confirm(og, address, view, act="prepare", matching=view.matching) == 409
    assert og.post(address, {"act": "match", f"match-{index}": "en01"}).status_code == 302
    assert confirm(og, address, view, act="prepare", matching=view.matching) == 302
    found = drafted(table, person, "en01")
    assert found and found.text == "L’ARS finance la formation longue."


def test_an_amount_of_our_draft_leaves_for_us_alone_and_comes_back_as_one(app: Flask, table: Table) -> None:
    og, person = of(app, table.og.redac), table.og.redac
    address = sent_and_brought_back(table, person, ("20.000.€", "25 000 €"))
    assert confirm(og, address, view_of(table, person, address), act="prepare") == 302
    own = WordChoice(WordKind.TRACKED, has_draft=True)
    with table.store.reading() as session:
        ours, theirs = (collect_word(session, each.actor, own) for each in (person, table.ars.redac))
    assert "Confidentiel" in ours.notice and not theirs.notice
    held = [each.drafted_value for part in ours.parts for each in part.clauses if each.drafted_value]
    assert [(step.text.replace("\u00a0", " "), step.hand.author) for step in held] == [
        ("25 000 €", f"{table._parties['og'].short_name} – brouillon interne")
    ]
    address = sent_and_brought_back(table, person, ("25.000.€", "30 000 €"), choice=own)
    page, view = read(og, address), view_of(table, person, address)
    assert [(each.has_draft, each.entered(), each.value.how) for each in view.clauses if each.value] == [
        (True, "30000", How.TRACKED)
    ]
    assert "contenait le brouillon interne" in page and f'value="{table.clause_id("en01")}" checked' not in page
    assert confirm(og, address, view, act="prepare") == 302
    found = drafted(table, person, "en01")
    assert found and (found.text, found.value) == (TEXT, "30000")
    by_draft = r'[^>]*brouillon interne"[^>]*>(.*?)'
    rejected = (f"(?s)<w:ins {by_draft}</w:ins>", ""), (f"(?s)<w:del {by_draft}</w:del>", r"\1")
    address = sent_and_brought_back(table, person, *rejected, choice=own)
    assert view_of(table, person, address).clauses == ()
