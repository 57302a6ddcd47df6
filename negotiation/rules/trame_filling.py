"""What a template leaves between brackets and the opening of a table knows: who signs, from when to when.

Nothing is guessed: several authorities of a kind, or a name that doesn't fit the article written before the bracket,
stay to complete.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from negotiation.errors import UnreadableText
from negotiation.rules.clause_text import canonical_markdown, value_text
from negotiation.rules.markdown_tree import Paragraph, Text, serialise
from negotiation.rules.trame_model import TramePart
from negotiation.rules.vocabulary import PartyKind, ValueKind

_WORDS = {
    PartyKind.GESTIONNAIRE: ("organisme gestionnaire", ""),
    PartyKind.REGIONAL_HEALTH_AGENCY: ("agence régionale de santé", r"(?i:ars|agence)\b"),
    PartyKind.DEPARTMENT: ("Département", r"(?i:département|conseil|cd)\b"),
}
"""Of each kind: the words between brackets, and how a name begins that fits « l’ » or « le » before them."""
_BRACKETED = re.compile(r"\\\[([^\[\]\n]{1,60}?)\\\]")


def known_words(
    parties: Iterable[tuple[PartyKind, str]], *, starts_on: date | None = None, ends_on: date | None = None
) -> dict[str, str]:
    """What stands for the words between brackets, in lower case. `parties`: kind and name of each."""
    names: dict[PartyKind, list[str]] = {}
    for kind, name in parties:
        names.setdefault(kind, []).append(name)
    known = {
        words.lower(): names[kind][0]
        for kind, (words, beginning) in _WORDS.items()
        if len(names.get(kind, ())) == 1 and re.match(beginning, names[kind][0])
    }
    days = {"date de début": starts_on, "date de fin": ends_on}
    return known | {words: value_text(day.isoformat(), None, ValueKind.DATE) for words, day in days.items() if day}


def filled(parts: Iterable[TramePart], known: Mapping[str, str]) -> Iterator[TramePart]:
    """The parts with these words in the texts of their clauses."""
    for part in parts:
        clauses = tuple(replace(clause, text=filled_text(clause.text, known)) for clause in part.clauses)
        yield replace(part, clauses=clauses, children=tuple(filled(part.children, known)))


def filled_text(text: str, known: Mapping[str, str]) -> str:
    """Canonical Markdown from canonical Markdown; as it was when a name would make it unreadable."""
    written = _BRACKETED.sub(lambda found: _escaped(known.get(found[1].lower(), "")) or found[0], text)
    try:
        return canonical_markdown(written) if written != text else text
    except UnreadableText:
        return text


def _escaped(name: str) -> str:
    return serialise([Paragraph((Text(name),))]) if name.strip() else ""
