"""What leaves for Word: every text to the letter, for LibreOffice as for us, and nothing of anybody else's inside."""

import re
import zipfile
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from lxml import etree
from sqlmodel import select

from negotiation.documents.pandoc import convert
from negotiation.documents.word_approved import word_approved
from negotiation.documents.word_body import Passage, Words
from negotiation.documents.word_contract import print_odt, print_word, texts_of
from negotiation.documents.word_file import WordFile, docx_bytes
from negotiation.documents.word_lines import Hand, Step, tracked
from negotiation.documents.word_reading import read_reviewed
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.seances import DecisionKind
from negotiation.rules.vocabulary import SHARED, Move
from negotiation.rules.word_choices import WordComments, WordKind
from negotiation.services.minutes import minutes_to_print
from negotiation.services.word_export import WordChoice, collect_word
from negotiation.store import Store
from negotiation.store.exchange_files import WordExport
from negotiation.store.people import Member
from negotiation.store.queries.negotiations import plan_of
from tests.builders import Person, Table, a_table
from tests.closing_table import closing_scenario
from tests.libreoffice import settled
from tests.minutes_table import a_relevé
from tests.scenarios import EHPAD, HANDICAP, sample
from tests.seance_table import an_open_seance
from tests.visitors import Visitor
from tests.word_corpus.make import packed
from tests.word_files import W, faults_of, paragraphs_of, parts_of

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
CANARY = "canari-word-77d0"
EXPORT = "3f8a6c1e-0000-4000-8000-000000000000"
TABLE = "| x | y |\n|---|---|\n"
REVIEWED = {
    "a paragraph that another party takes away": ("A un.", "A un.\n\nB deux.", "A un."),
    "an item that another party takes away": ("- a\n- b", "- a\n- c d\n- b", "- a\n- b"),
    "a cell of a new row": (f"{TABLE}| 1 | 2 |", f"{TABLE}| 1 | 2 |\n| 5 | 6 |", f"{TABLE}| 1 | 2 |\n| 5 | 7 |"),
    "bullets that become numbers": ("Soit.\n\n- a\n- b\n\nFin.", "Soit.\n\n1. a\n2. b\n\nFin."),
    "bullets that become paragraphs": ("- aa\n- bb\n\nFin.", "aa\n\nbb\n\nFin."),
    "a paragraph before a list": ("Tout.\n\n- aa\n- bb", "- aa\n- bb"),
    "paragraphs around a table": (f"{TABLE}| 1 | 2 |", f"Avant.\n\n{TABLE}| 1 | 2 |\n\nAprès."),
    "a table that goes": (f"Avant.\n\n{TABLE}| 1 | 2 |\n\nAprès.", "Avant.\n\nAprès."),
    "a column": (f"{TABLE}| 1 | 2 |", "| x | y | z |\n|---|---|---|\n| 1 | 2 | 3 |"),
    "a row that goes": (f"{TABLE}| 1 | 2 |\n| 9 | 8 |\n| 3 | 4 |", f"{TABLE}| 1 | 2 |\n| 3 | 4 |"),
    "all of it": ("", f"Un.\n\n- a\n- b\n\n{TABLE}| 1 | 2 |"),
    "nothing left": (f"Un.\n\n- a\n- b\n\n{TABLE}| 1 | 2 |", ""),
    "a paragraph before a heading": ("Tout.\n\n# Hh\n\n## Ii\n\nFin.", "# Hh\n\n## Ii\n\nFin."),
    "bold": ("Un **deux** trois.", "Un deux *trois*."),
    "two paragraphs in one": ("Un deux.\n\nTrois quatre.", "Un deux. Trois quatre."),
    "an item below another": ("- a\n  - b", "- a\n- b\n  - c"),
}
"""Base, then what each party made of it in turn."""


def exported(table: Table, person: Person, choice: WordChoice) -> tuple[bytes, dict[str, dict[str, str]]]:
    with table.store.reading() as session:
        contract = collect_word(session, person.actor, choice)
    written = print_odt if choice.kind is WordKind.ODT else print_word
    return written(contract, export_id=EXPORT), texts_of(contract)


def test_all_accepted_is_the_proposal_and_all_rejected_the_agreed_text(store: Store, tmp_path: Path) -> None:
    """In LibreOffice, clause by clause: two whole contracts in the middle of their negotiation, and what is hard."""
    files, texts = {}, {}
    for name, path, until in (("ehpad", EHPAD, date(2023, 6, 20)), ("handicap", HANDICAP, date(2026, 7, 10))):
        table = a_table(store, sample(path), until=until)
        files[name], texts[name] = exported(table, somebody_at(table), WordChoice(WordKind.TRACKED, WordComments.ALL))
        assert sum(said["agreed"] != said["proposed"] for said in texts[name].values()) > 5
    files["hard"], texts["hard"] = hard_file()
    assert [faults_of(data) for data in files.values()] == [[], [], []]
    found = {each.clause_id: (each.rejected, each.accepted) for each in read_reviewed(files["hard"]).clauses}
    assert found == {bare(key): (said["agreed"], said["proposed"]) for key, said in texts["hard"].items()}

    for (name, order), data in settled(tmp_path, files, ["accept", "reject"]).items():
        side = "proposed" if order == "accept" else "agreed"
        found = {each.clause_id: (each.rejected, each.accepted) for each in read_reviewed(data).clauses}
        assert found == {bare(key): (said[side],) * 2 for key, said in texts[name].items()}, (name, order)


def somebody_at(table: Table) -> Person:
    with table.store.reading() as session:
        return Person(
            table, session.execute(select(Member.key).where(Member.negotiation_id == table.id)).scalars().first()
        )


def hard_file() -> tuple[bytes, dict[str, dict[str, str]]]:
    hands = (Hand("Orlinde – DAF", datetime(2026, 7, 9, 12, tzinfo=UTC)), Hand("ARS – Inspecteur"))
    contents: list[Words | Passage] = []
    texts = {}
    for number, (name, (base, *steps)) in enumerate(REVIEWED.items()):
        clause_id = f"{number:032x}"
        read, *written = (canonical_markdown(text) for text in (base, *steps))
        texts[clause_id] = {"agreed": read, "proposed": written[-1]}
        lines = tracked(read, [Step(text, hand) for text, hand in zip(written, hands, strict=False)])
        contents += [Words("Titre5", name), Passage(lines, f"nv_{clause_id}")]
    return docx_bytes(WordFile("Cas", tuple(contents), datetime(2026, 1, 1, tzinfo=UTC))), texts


def bare(clause_id: str) -> str:
    return clause_id.replace("-", "")


def test_each_position_has_the_name_of_its_party(store: Store) -> None:
    """Agreed nowhere yet: what one proposes is inserted, what the other makes of it stands on it, by its own name."""
    table = a_table(store)
    table.og.dg.propose("en02", "Le taux atteint 90 % en 2028.")
    table.ars.dg.counter("en02", "Le taux atteint 92 % en 2028.")

    file, texts = exported(table, table.og.dg, WordChoice(WordKind.TRACKED, is_tracking=True))
    body = etree.fromstring(parts_of(file)["word/document.xml"])
    taken = [each for each in body.iter(f"{W}del") if each.getparent().tag == f"{W}ins" and "90" in each.itertext()]

    assert [(each.getparent().get(f"{W}author"), each.get(f"{W}author")) for each in taken] == [
        (f"{shown(table, 'og')} – {table.og.dg.member.title}", f"{shown(table, 'ars')} – {table.ars.dg.member.title}")
    ]
    assert texts[table.clause_id("en02")]["proposed"] == "Le taux atteint 92 % en 2028."
    assert b"trackRevisions" in parts_of(file)["word/settings.xml"]
    clean, _ = exported(table, table.og.dg, WordChoice(WordKind.CLEAN))
    assert b"trackRevisions" not in parts_of(clean)["word/settings.xml"]


def test_a_contract_ends_with_its_annexes_and_places_to_sign_that_never_come_back(store: Store) -> None:
    """Whatever is typed there, with tracking or not; an extract has none of it."""
    table = a_table(store, closing_scenario())
    for kind in (WordKind.CLEAN, WordKind.TRACKED):
        file, texts = exported(table, table.og.dg, WordChoice(kind))
        said = paragraphs_of(file)
        ending = said[next(place for place, words in enumerate(said) if words.startswith("Annexe financière")) :]
        assert faults_of(file) == [] and said.count("Signatures") == 1
        annex = ending[: ending.index("Signatures")]
        assert annex[1] == "Montants en euros." and not any("€" in words for words in annex)
        assert ending.count("Nom et signature :") == 3, "three parties sign"
        assert any(words.startswith(("Pour la ", "Pour le ", "Pour l’", "Pour : ")) for words in ending)
        assert not any(words.startswith(("Pour Fond", "Pour Dép", "Pour Agence", "Pour ARS")) for words in ending)
        parts = parts_of(file)
        typed = "Annexe financière, Madame".encode()
        body = parts["word/document.xml"].replace("Annexe financière, ".encode(), typed)
        body = body.replace(b"Nom et signature :", b"Nom et signature : Mme Faure")
        changed = read_reviewed(packed({**parts, "word/document.xml": body})).clauses
        assert body != parts["word/document.xml"] and changed == read_reviewed(file).clauses
        assert {each.clause_id: each.accepted for each in changed} == {
            bare(key): each["proposed"] for key, each in texts.items()
        }
    with store.reading() as session:
        part = plan_of(session, table.og.dg.actor)[0]
    extract, _ = exported(table, table.og.dg, WordChoice(WordKind.CLEAN, part_id=part.id))
    assert "Signatures" not in paragraphs_of(extract)


def shown(table: Table, key: str) -> str:
    return table._parties[key].short_name


def test_a_file_holds_what_its_reader_reads_and_nothing_of_who_made_it(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Le taux atteint 90 % en 2028.")
    opened = table.ars.dg.note("en02", "Pourquoi ce taux ?", SHARED)
    table.ars.dg.play(Move.ANSWER, "en02", "Parce que.", reply_to=opened.move_id)
    table.og.dg.note("en02", f"{CANARY}-og", table.og.inside)
    table.ars.dg.note("en02", f"{CANARY}-ars", table.ars.inside)
    people = [person.email.encode() for person in (table.og.dg, table.ars.dg, table.cd.dg)]

    for comments in WordComments:
        file, _ = exported(table, table.og.dg, WordChoice(WordKind.TRACKED, comments))
        parts = parts_of(file)
        whole = b"".join(parts.values())
        assert f"{CANARY}-ars".encode() not in whole
        assert (f"{CANARY}-og".encode() in whole) is (comments is WordComments.ALL)
        assert (b"Interne" in parts.get("word/header1.xml", b"")) is (comments is WordComments.ALL)
        assert not re.search(rb"rsid|w15:person|@", whole), comments
        assert not any(email in whole for email in people)
        assert {name for name in parts if name.startswith("docProps/")} == {"docProps/core.xml", "docProps/custom.xml"}
        core = etree.fromstring(parts["docProps/core.xml"])
        assert {each.text for each in core if "creator" in each.tag or "lastModified" in each.tag} == {"Navette"}
        again = parts_of(exported(table, table.og.dg, WordChoice(WordKind.TRACKED, comments))[0])
        dated = {"docProps/core.xml": b"which second it was made"}
        assert parts | dated == again | dated, "the same bytes again"
        assert faults_of(file) == []
    assert b"paraIdParent" in parts["word/commentsExtended.xml"]


def test_an_export_is_kept_for_its_party_and_nobody_else_learns_of_it(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    og, ars = Visitor(app).enter(table.og.dg.email), Visitor(app).enter(table.ars.dg.email)
    before = ars.get(f"/negociations/{table.id}/historique").text
    page = og.get(f"/negociations/{table.id}/word?partie={table.part_id('fa01')}").text
    assert f'<option value="{table.part_id("fa01")}" selected>' in page

    asked = {"kind": "docx_tracked", "comments": "partages", "part": table.part_id("fa01"), "tracking": "1"}
    answer = og.post(f"/negociations/{table.id}/word", asked)
    assert answer.status_code == 200 and answer.data.startswith(b"PK")
    assert og.post(f"/negociations/{table.id}/word", asked | {"kind": "exe"}).status_code == 422
    assert og.post(f"/negociations/{table.id}/word", asked | {"part": "inconnue"}).status_code == 404
    assert og.post(f"/negociations/{table.id}/word", asked | {"kind": "odt"}).data.startswith(b"PK")

    with table.store.reading() as session:
        kept = session.execute(select(WordExport).order_by(WordExport.kind)).scalars().all()
    assert [(row.kind, row.circle) for row in kept] == [
        (WordKind.TRACKED, str(table.og.inside)),
        (WordKind.ODT, str(table.og.inside)),
    ]
    assert read_reviewed(answer.data).export_id == kept[0].id
    own = og.get(f"/negociations/{table.id}/historique?cercle=ours").text
    assert "exporte" in own
    assert unmarked(ars.get(f"/negociations/{table.id}/historique").text) == unmarked(before)


def unmarked(page: str) -> str:
    return re.sub(r'(name="csrf_token" value|name="(csrf|socket)-token" content)="[^"]*"', "", page)


def test_the_annexes_of_numbers_add_up_in_a_spreadsheet(app: Flask) -> None:
    """Against the file of the scenario, counted apart; formulas keep their value for readers that don't compute."""
    content = sample(HANDICAP)
    table = a_table(app.extensions["store"], content)
    person = Visitor(app).enter(somebody_at(table).email)
    finance, numbers = (
        cells_of(person.get(f"/negociations/{table.id}/{name}.xlsx").data)
        for name in ("annexe-financiere", "indicateurs")
    )
    lines = [row for row in finance[1:] if "B" in row and row["B"] != "Total"]
    totals = [row for row in finance[1:] if row.get("B") == "Total"]
    assert len(lines) == len(content["financial_lines"])
    years = sorted({place for row in lines for place in row if place > "D"})
    for place in years:
        counted = sum(float(row.get(place, 0)) for row in lines)
        assert round(counted, 2) == round(sum(float(row[place]) for row in totals), 2) > 0
    assert len(numbers) == 1 + len(content["indicators"])
    assert {float(shown) for row in numbers[1:] for place, shown in row.items() if place > "D"}, "figures are numbers"


def cells_of(xlsx: bytes) -> list[dict[str, str]]:
    """Each row that holds something, by column; a formula as its kept value."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(BytesIO(xlsx)) as book:
        shared = ["".join(each.itertext()) for each in etree.fromstring(book.read("xl/sharedStrings.xml"))]
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = []
    for row in sheet.iter(f"{space}row"):
        found = {}
        for cell in row:
            value = cell.findtext(f"{space}v", "")
            found[cell.get("r").rstrip("0123456789")] = shared[int(value)] if cell.get("t") == "s" else value
        rows.append({place: shown for place, shown in found.items() if shown})
    return [row for row in rows if row]


def test_an_approved_paper_says_in_word_what_its_pdf_says(store: Store) -> None:
    table = a_table(store, parties=3)
    meeting = an_open_seance(table, table.ars.dg)
    meeting.record(table.cd.dg, DecisionKind.RESERVE, "en01", text="Le budget n’est **pas** voté.")
    meeting.a_minute_passes()
    meeting.close(table.ars.dg)
    relevé = a_relevé(meeting, table.ars.dg)
    with store.reading() as session:
        record = minutes_to_print(session, table.og.dg.actor, meeting.id)
    file = word_approved(None, record.content, fingerprint=record.fingerprint)
    assert faults_of(file) == []
    assert file == word_approved(None, record.content, fingerprint=record.fingerprint)
    assert "Projet" in parts_of(file)["word/header1.xml"].decode()
    told = convert(file, source="docx", target="markdown", options=["--wrap=none"]).decode()
    for label in relevé.cards.values():
        assert label.label.replace("’", "'")[:12] in told.replace("’", "'"), label.label
    assert "Le budget n'est **pas** voté." in told.replace("’", "'").replace("\\", "")
