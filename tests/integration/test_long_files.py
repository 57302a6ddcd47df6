"""A file of hundreds of pages (`NAVETTE_FAULT_PAGES`) comes in and goes out within the limits of the converters."""

import io
import os
import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.errors import sentence_of
from negotiation.documents.docx_package import FileFault, open_package
from negotiation.documents.pdf_print import fingerprint_of, print_contract
from negotiation.documents.word_contract import print_word
from negotiation.documents.word_reading import ReadingFailed, read_reviewed
from negotiation.errors import FileRefused
from negotiation.store import Store
from negotiation.store.preparation import StoredTrame
from tests.builders import a_table
from tests.long_files import long_content, long_contract, long_docx
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
PAGES = int(os.environ.get("NAVETTE_FAULT_PAGES", "8"))
HEAVY = str(FileFault.TOO_HEAVY)


def test_a_long_word_file_becomes_a_whole_template_or_is_refused_by_its_weight(app: Flask) -> None:
    store: Store = app.extensions["store"]
    author, data = Visitor(app).enter(a_table(store).ars.dg.email), long_docx(PAGES)
    sent = author.post("/trames", {"file": (io.BytesIO(data), "trame.docx")})
    with store.reading() as session:
        kept = session.execute(select(StoredTrame)).scalars().all()
    if sent.status_code == 422:  # on a machine that is slow or busy
        assert sentence_of(FileRefused(reason=HEAVY)) in sent.text
        assert kept == []
    else:
        assert len(kept[0].content["parts"]) == (PAGES + 3) // 4
    assert author.get("/trames").status_code == 200


def test_a_long_contract_leaves_for_word_and_for_paper_and_comes_back_clause_by_clause(database_url: str) -> None:
    content = long_content(PAGES)
    pdf = print_contract(content, fingerprint=fingerprint_of(content), label="v1.0", kind="frozen")
    assert len(re.findall(rb"/Type ?/Page\b", pdf)) >= 0.9 * PAGES
    data = print_word(long_contract(PAGES), export_id="00000000-0000-4000-8000-000000000007")
    assert open_package(data).xml("word/document.xml") is not None
    try:
        assert len(read_reviewed(data).clauses) == 10 * PAGES
    except ReadingFailed as refusal:
        assert str(refusal.fault) == HEAVY
