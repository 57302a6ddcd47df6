"""The plan of a trame from the headings of a file: a first guess, that people then correct as they correct any trame.

Guess: « Article 3 : Gouvernance » is an article; what stands under it is a clause of it; « Axe 1 », « Objectif
stratégique » and « Fiche action » are what they say where the contract lets them stand; a heading above the articles
only groups them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from negotiation.errors import FileRefused
from negotiation.rules.seats import free_key
from negotiation.rules.trame_reading import LONGEST_LINE, MOST_ITEMS, MOST_PARTS, UNDER
from negotiation.rules.vocabulary import PartKind

Json = dict[str, Any]
MAIN = "markdown"
"""The field of an article's own text."""
_NUMBER = re.compile(
    r"article\s+(premier|1er|(?:[LRD]\.?\s*)?\d+(?:[.-]\d+)*(?:\s*(?:bis|ter|quater)\b)?)[\s:.–—-]*", re.IGNORECASE
)
_ANNEX = re.compile(r"annexes?\b", re.IGNORECASE)
_DIGITS = re.compile(
    r"(\d{1,2}(?:\.\d{1,2})*(?:\s*(?:bis|ter|quater)\b)?)(?:\s*[.)–—:-]+\s*|\s+)(?=[^\W\d])"
    r"|([IVX]+)\s*[.)–—:-]+\s*(?=\S)"
)
_NAMED = re.compile(
    r"(?:axe|objectifs?\s+(?:strat[ée]giques?|op[ée]rationnels?)|fiche[\s-]+actions?)(?:\s+strat[ée]gique)?"
    r"\s*(?:n\s*°\s*)?(?:\d+(?:\.\d+)*|[ivx]+)?\s*[:.–—-]+\s*(?=\S)",
    re.IGNORECASE,
)
_KINDS = (
    (re.compile(r"objectifs?\s+strat[ée]giques?\b|axe\s+(?:strat[ée]gique|\d+|[ivx]+)\b", re.IGNORECASE), "strategic"),
    (re.compile(r"objectifs?\s+op[ée]rationnels?\b", re.IGNORECASE), "operational"),
    (re.compile(r"fiche[\s-]+actions?\b", re.IGNORECASE), "fiche"),
)
_KIND_OF = {
    "strategic": PartKind.STRATEGIC_OBJECTIVE,
    "operational": PartKind.OPERATIONAL_OBJECTIVE,
    "fiche": PartKind.FICHE_ACTION,
}
_WORDS_OF = {
    PartKind.STRATEGIC_OBJECTIVE: "description",
    PartKind.OPERATIONAL_OBJECTIVE: "description",
    PartKind.FICHE_ACTION: "description",
}


@dataclass(frozen=True)
class Titled:
    """A heading, 1 for the highest, and the Markdown under it; the words before the first heading have no title."""

    level: int
    title: str
    text: str


@dataclass
class _Plan:
    parts: list[Json] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    above: list[tuple[PartKind, Json]] = field(default_factory=list)
    """The part that was written last and those that hold it."""
    grouping: list[str] = field(default_factory=list)
    """Titles without words that became no part."""


def parts_from(sections: Sequence[Titled], taken: Iterable[str] = ()) -> list[Json]:
    """The parts of a trame, as `trame_from_mapping` reads them; none when there is no heading. `taken`: keys that other
    parts have. Raises FileRefused `too_many_headings`: nothing of a file is left out unsaid."""
    return _planned(sections, taken).parts


def grouping_titles(sections: Sequence[Titled]) -> tuple[str, ...]:
    """The titles that the parts don't hold, in the order of the file: without words of their own, they only group what
    follows (« TITRE I »). Raises as `parts_from`."""
    return tuple(_planned(sections, ()).grouping)


def _planned(sections: Sequence[Titled], taken: Iterable[str]) -> _Plan:
    plan = _Plan(keys=set(taken))
    article_level = _article_level(sections)
    for section in sections:
        if not section.title:
            continue
        kind = _kind(section, article_level, plan)
        if kind is None:
            _add_clause(plan, section)
        elif kind is not PartKind.ARTICLE or section.text.strip() or section.level >= article_level:
            _add_part(plan, section, kind)
        else:
            plan.grouping.append(section.title)
        if len(plan.keys) > MOST_PARTS or (plan.above and len(plan.above[-1][1]["clauses"]) > MOST_ITEMS):
            raise FileRefused(reason="too_many_headings")
    return plan


def _article_level(sections: Iterable[Titled]) -> int:
    """The level of « Article 1 »; else the highest at which some heading has words of its own, before the annexes:
    those may stand higher than the articles that they follow."""
    numbered = [each.level for each in sections if _NUMBER.match(each.title)]
    if numbered:
        return min(numbered)
    worded = [each for each in sections if each.title and each.text.strip()]
    before_annexes = takewhile(lambda each: not _ANNEX.match(each.title), worded)
    return min((each.level for each in list(before_annexes) or worded), default=1)


def _kind(section: Titled, article_level: int, plan: _Plan) -> PartKind | None:
    """None: a clause of the part above."""
    for pattern, name in _KINDS:
        if pattern.match(section.title):
            kind = _KIND_OF[name]
            return kind if _holder(plan, kind) is not None or kind in UNDER[None] else PartKind.ARTICLE
    if _NUMBER.match(section.title) or section.level <= article_level or not plan.parts:
        return PartKind.ARTICLE
    return None


def _holder(plan: _Plan, kind: PartKind) -> Json | None:
    return next((part for own, part in reversed(plan.above) if kind in UNDER.get(own, ())), None)


def _add_part(plan: _Plan, section: Titled, kind: PartKind) -> None:
    code, title = _code_and_title(section.title)
    key = free_key(title, plan.keys)
    plan.keys.add(key)
    part: Json = {"key": key, "kind": str(kind), "title": title, "code": code, "clauses": [], "children": []}
    if kind is PartKind.ARTICLE or section.text.strip():
        part["clauses"] = [{"field": _WORDS_OF.get(kind, MAIN), "text": section.text}]
    if kind in _WORDS_OF and part["clauses"]:
        part["clauses"][0]["label"] = "Description"
    holder = _holder(plan, kind)
    (holder["children"] if holder is not None else plan.parts).append(part)
    while plan.above and kind not in UNDER.get(plan.above[-1][0], ()):
        plan.above.pop()
    plan.above.append((kind, part))


def _add_clause(plan: _Plan, section: Titled) -> None:
    """A field of its own in the part above; a heading without words only groups what follows."""
    part = plan.above[-1][1]
    _, title = _code_and_title(section.title)
    if not section.text.strip():
        plan.grouping.append(section.title)
        return
    fields = {clause["field"] for clause in part["clauses"]}
    if part["kind"] == PartKind.ARTICLE and [clause["text"] for clause in part["clauses"]] == [""]:
        # The article is only its parts: no empty clause before them.
        part["clauses"], fields = [], {MAIN}
    name = free_key(title, {each.replace("_", "-") for each in fields}).replace("-", "_")
    part["clauses"].append({"field": name, "label": title, "text": section.text})


def _code_and_title(words: str) -> tuple[str, str]:
    """« Article 3 : Gouvernance » → (« 3 », « Gouvernance »); a number alone stays the title. What is no article is
    numbered by its place."""
    if named := _NAMED.match(words):
        return "", words[named.end() :].strip()[:LONGEST_LINE]
    for pattern in (_NUMBER, _DIGITS):
        found = pattern.match(words)
        rest = words[found.end() :].strip() if found else ""
        if found and rest:
            number = next(group for group in found.groups() if group)
            return ("1" if number.lower() in ("premier", "1er") else number), rest[:LONGEST_LINE]
    return "", words[:LONGEST_LINE]
