"""Files of as many pages as one asks for, of words that don't repeat."""

from datetime import UTC, datetime
from random import Random
from typing import Any

from negotiation.documents.word_contract import WordClause, WordContract, WordPart
from tests.unit.contract_samples import contract_content
from tests.word_corpus.make import docx, p, r

WORDS = 450
"""A page, of a contract that isn't only words."""
PAGES_OF_SAMPLE = 18
"""What the parts of the sample print to."""
_SOUNDS = [first + last for first in "bcdfglmnprstv" for last in ("a", "er", "i", "on", "ure", "ent")]


def sentences(random: Random, words: int) -> str:
    return " ".join("".join(random.choices(_SOUNDS, k=random.randint(1, 4))) for _ in range(words)).capitalize() + "."


def long_docx(pages: int) -> bytes:
    """From Word: an article every four pages, six paragraphs a page."""
    random, blocks = Random(pages), list[str]()
    for page in range(pages):
        if page % 4 == 0:
            blocks.append(p(r(f"Article {page // 4 + 1} : {sentences(random, 4)}"), style="Titre1"))
        blocks += [p(r(sentences(random, WORDS // 12)), r(sentences(random, WORDS // 12))) for _ in range(6)]
    return docx(*blocks, export="")


def long_content(pages: int) -> dict[str, Any]:
    """A contract to print: the sample's parts, as often as it takes."""
    sample = contract_content("ehpad")
    times = range(max(1, round(pages / PAGES_OF_SAMPLE)))
    return sample | {"parts": [part | {"code": f"{time}.{part['code']}"} for time in times for part in sample["parts"]]}


def long_contract(pages: int) -> WordContract:
    """The same for Word: ten clauses a page."""
    random = Random(pages)

    def clause(number: int) -> WordClause:
        text = sentences(random, WORDS // 10)
        return WordClause(f"{number:032x}", f"Clause {number}", "", text, steps=(), values=())

    parts = [
        WordPart(f"Partie {page}", str(page), 1, tuple(clause(page * 10 + each) for each in range(10)))
        for page in range(pages)
    ]
    return WordContract("Contrat", (), tuple(parts), made_at=datetime(2026, 7, 10, tzinfo=UTC), footer="")
