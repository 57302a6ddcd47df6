"""Out to Word and back with nobody having touched it: every clause reads what it read, whichever program saved it."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from negotiation.documents.word_changes import letters, words
from negotiation.documents.word_contract import WordClause, WordContract, WordPart, print_odt, print_word
from negotiation.documents.word_lines import Step
from negotiation.documents.word_reading import reviewed
from tests.libreoffice import TIME_LIMIT, settled
from tests.properties.test_word_lines import HANDS, _texts

ROUNDS = int(os.environ.get("NAVETTE_FAULT_WORD", "0"))
"""Files that LibreOffice saves again, in `make faults`; none in the ordinary run, which reads them as they left."""
Texts = list[tuple[str, str]]


@settings(max_examples=ROUNDS or 3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(_texts, _texts), min_size=8, max_size=8))
def test_what_nobody_touched_comes_back_unchanged(texts: Texts) -> None:
    clauses = [_clause(number, *pair) for number, pair in enumerate(texts)]
    parts = (WordPart("Article 1", "1", 1, tuple(clauses)),)
    contract = WordContract("Contrat", (), parts, datetime(2026, 7, 9, tzinfo=UTC), "", is_tracked=True)
    data = print_word(contract, export_id="essai")
    for file in (data, *(_saved_again(data) if ROUNDS else ())):
        found = {each.clause_id: (letters(each.rejected), words(each.accepted)) for each in reviewed(file).clauses}
        assert found == {UUID(each.id).hex: (letters(each.base), words(each.text)) for each in clauses}


@settings(max_examples=ROUNDS // 5 or 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_texts, min_size=8, max_size=8))
def test_neither_does_a_writer_file(texts: list[str]) -> None:
    clauses = [_clause(number, text, text) for number, text in enumerate(texts)]
    parts = (WordPart("Article 1", "1", 1, tuple(clauses)),)
    data = print_odt(WordContract("Contrat", (), parts, datetime(2026, 7, 9, tzinfo=UTC), ""), export_id="essai")
    for file in (data, *(_saved_as_odt(data) if ROUNDS else ())):
        found = {each.clause_id: words(each.accepted) for each in reviewed(file).clauses}
        assert found == {UUID(each.id).hex: words(each.text) for each in clauses}


def _clause(number: int, base: str, text: str) -> WordClause:
    return WordClause(str(UUID(int=number + 1)), f"Clause {number}", "", base, (Step(text, HANDS[0]),), ())


def _saved_as_odt(data: bytes) -> list[bytes]:
    with TemporaryDirectory() as folder:
        given, saved = Path(folder) / "contrat.odt", Path(folder) / "saved"
        given.write_bytes(data)
        asked = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "odt"]
        subprocess.run([*asked, "--outdir", saved, given], check=True, capture_output=True, timeout=TIME_LIMIT)
        return [(saved / "contrat.odt").read_bytes()]


def _saved_again(data: bytes) -> list[bytes]:
    with TemporaryDirectory() as folder:
        return list(settled(Path(folder), {"contrat": data}, ["keep"]).values())
