"""Files from Word and LibreOffice, each with what it must give: `tests/word_corpus/expected.toml`."""

import tomllib
from pathlib import Path

import pytest

from negotiation.documents.docx_package import FileFault, PackageRefused, open_package
from negotiation.documents.word_model import Reviewed
from negotiation.documents.word_reading import ReadingFailed, read_reviewed, reviewed
from negotiation.rules.trame_from_headings import Titled, parts_from
from tests.word_corpus.make import FILES, many_parts

EXPECTED = tomllib.loads((FILES.parent / "expected.toml").read_text(encoding="utf-8"))


def given(name: str) -> dict[str, object]:
    """What the file gave, in the shape of the table."""
    try:
        return _as_table(reviewed((FILES / name).read_bytes()))
    except PackageRefused as refusal:
        return {"fault": str(refusal.fault)}


def _as_table(found: Reviewed) -> dict[str, object]:
    texts = {each.clause_id[0]: list(dict.fromkeys((each.rejected, each.accepted))) for each in found.clauses}
    changes = [[str(each.kind), each.author, each.text] for each in found.changes]
    comments = [[each.author, each.text, each.quote, each.answers] for each in found.comments]
    values = {each.clause_id[0]: list(dict.fromkeys((each.rejected, each.accepted))) for each in found.values}
    table = {"texts": texts, "changes": changes, "comments": comments, "formatting": found.outside.formatting}
    table |= {"values": values}
    return {name: said for name, said in table.items() if said or name == "texts"}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_file_gives_what_the_table_says(name: str) -> None:
    assert given(name) == EXPECTED[name]


def test_every_file_is_small_and_in_the_table() -> None:
    kept = {path.name: path.stat().st_size for path in Path(FILES).iterdir()}
    assert kept.keys() == EXPECTED.keys()
    assert max(kept.values()) < 30_000


def test_sixty_thousand_parts_are_counted_before_they_are_read() -> None:
    with pytest.raises(PackageRefused) as refusal:
        open_package(many_parts())
    assert refusal.value.fault is FileFault.TOO_MANY_PARTS


def test_a_child_reads_and_refuses_as_this_process_does() -> None:
    assert read_reviewed((FILES / "words.docx").read_bytes()) == reviewed((FILES / "words.docx").read_bytes())
    with pytest.raises(ReadingFailed) as refusal:
        read_reviewed((FILES / "bomb.docx").read_bytes())
    assert refusal.value.fault is FileFault.BOMB


def test_headings_of_one_level_are_articles_whatever_they_say() -> None:
    parts = parts_from([Titled(0, "", "Avant-propos"), Titled(1, "1. Objet", "A"), Titled(1, "IV – Durée", "B")])
    assert [(part["kind"], part["code"], part["title"]) for part in parts] == [
        ("article", "1", "Objet"),
        ("article", "IV", "Durée"),
    ]
