"""What Word tracks: rejected, it is the text of before; accepted, it is the last one proposed."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.documents.word_lines import Hand, Line, Step, accepted, lines_of, tracked
from negotiation.rules.clause_text import canonical_markdown

HANDS = (Hand("Orlinde – DAF"), Hand("ARS – Inspecteur"), Hand("Orlinde – DAF"))
_words = st.lists(
    st.sampled_from(["taux", "**places**", "accueil", "à 95 %", "*répit*", "~~non~~", "a\\|b"]), min_size=1, max_size=6
)
_phrases = _words.map(" ".join)
_lists = st.lists(_phrases, min_size=1, max_size=3)
_blocks = st.one_of(
    _phrases,
    _phrases.map(lambda words: f"## {words}"),
    _phrases.map(lambda words: f"> {words}"),
    _lists.map(lambda items: "\n".join(f"- {item}" for item in items)),
    _lists.map(lambda items: "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=2))),
    _lists.map(lambda items: f"- {items[0]}\n\n  {items[-1]}\n\n  1. {items[-1]}"),
    _lists.map(lambda rows: "| x | y |\n|---|---|\n" + "\n".join(f"| {row} | 2 |" for row in rows)),
)
_texts = st.lists(_blocks, max_size=4).map("\n\n".join).map(canonical_markdown)


@settings(max_examples=60, deadline=None)
@given(_texts, st.lists(_texts, min_size=1, max_size=3))
def test_both_texts_come_back_from_what_is_tracked(base: str, texts: list[str]) -> None:
    lines = tracked(base, [Step(text, hand) for text, hand in zip(texts, HANDS, strict=False)])

    assert _named_anew(accepted(lines)) == _named_anew(lines_of(texts[-1]))
    assert _named_anew(_rejected(lines)) == _named_anew(lines_of(base))


def _rejected(lines: Iterable[Line]) -> list[Line]:
    """What was there before, whatever was taken away since."""
    kept = (line for line in lines if not line.inserted)
    return list(
        accepted(
            replace(
                line,
                deleted=None,
                cells=tuple(
                    tuple(replace(piece, deleted=None) for piece in cell if not piece.inserted) for cell in line.cells
                ),
            )
            for line in kept
        )
    )


def _named_anew(lines: Iterable[Line]) -> list[Line]:
    """Lists and tables numbered in the order in which they come."""
    names = {0: 0}
    return [replace(line, holder=names.setdefault(line.holder, len(names))) for line in lines]
