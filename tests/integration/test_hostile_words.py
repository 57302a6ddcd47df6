"""Each door that takes a file from Word, and files that nobody wrote: refused in words, nothing kept."""

import io
import warnings
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from flask import Flask

from app.errors import sentence_of
from negotiation.documents import word_reading
from negotiation.documents.docx_package import FileFault, PackageRefused
from negotiation.documents.word_reading import ReadingFailed, read_reviewed, read_sections
from negotiation.errors import FileRefused
from negotiation.store import Store
from tests import hostile_files
from tests.builders import a_table
from tests.integration.test_hostile_files import rows
from tests.unit.test_word_corpus import EXPECTED
from tests.visitors import Visitor
from tests.word_corpus.make import FILES

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
Door = Callable[[bytes], tuple[int, str]]


def read_here(what: str, data: bytes) -> dict[str, Any]:
    """What the child says, without its start: three doors by thirty files."""
    try:
        found = {"reviewed": word_reading.reviewed, "sections": word_reading.sections}[what](data)
    except PackageRefused as refusal:
        raise ReadingFailed(refusal.fault) from refusal
    return {"sections": [asdict(each) for each in found]} if what == "sections" else asdict(found)


def doors(app: Flask) -> list[Door]:
    table = a_table(app.extensions["store"], parties=2)
    reader, author = Visitor(app).enter(table.og.dg.email), Visitor(app).enter(table.ars.dg.email)

    def door(visitor: Visitor, path: str) -> Door:
        def bring(data: bytes) -> tuple[int, str]:
            sent = visitor.post(path, {"file": (io.BytesIO(data), "../../contrat.docx")})
            return sent.status_code, sent.text

        return bring

    return [
        door(reader, f"/negociations/{table.id}/retour-de-word"),
        door(author, "/trames"),
        door(author, f"/negociations/{table.id}/ajouter-depuis-word"),
    ]


def wrong(door: Door, tables: dict[str, tuple[bytes, FileFault]]) -> list[str]:
    found = []
    for name, (data, fault) in tables.items():
        status, page = door(data)
        if status != 422 or sentence_of(FileRefused(reason=str(fault))) not in page.replace("&#39;", "'"):
            found.append(f"{name}: {status}")
    return found


def test_no_door_of_word_keeps_a_hostile_file(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the same name twice, which is the point
        tables = hostile_files.words()
    corpus = {
        name: ((FILES / name).read_bytes(), FileFault(str(given["fault"])))
        for name, given in EXPECTED.items()
        if "fault" in given
    }
    store: Store = app.extensions["store"]
    places = doors(app)
    before = rows(store)
    monkeypatch.setattr(word_reading, "_ask_child", read_here)
    first, *others = places
    assert wrong(first, tables | corpus) == []
    for door, names in zip(others, (("nothing", "a link", "a mail in it"), ("a part twice", "a book")), strict=True):
        assert wrong(door, {name: tables[name] for name in names}) == []
    assert rows(store) == before


def test_a_file_with_more_headings_than_a_contract_has_parts_is_refused_whole(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, *places = doors(app)
    for level in (1, 2):
        headings = [{"level": 1, "title": "Titre", "text": ""}]
        headings += [{"level": level, "title": f"Point {number}", "text": "Un."} for number in range(501)]
        monkeypatch.setattr(word_reading, "_ask_child", lambda *_, found=headings: {"sections": found})
        for door in places:
            status, page = door(b"PK")
            assert (status, "trop de titres" in page) == (422, True)


def test_what_a_file_holds_beside_its_words_is_never_opened(app: Flask) -> None:
    data = hostile_files.words_with_more_than_words()
    assert read_reviewed(data).outside.pictures == 1, "said to whoever brings the file"
    assert [each.text for each in read_sections(data)] == ["Le texte reste."]
