"""Which clause a heading of a file speaks of, when the file has no marks: a guess, that a person looks at.

By the code of a clause (« EN01 »), else by the title of a clause under the heading of its part, which is found by its
number (« Fiche action n° 1.2 », « Article 12 ») or its title. A clause is guessed once: its first heading has it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from negotiation.rules.vocabulary import PartKind

_KINDS = {
    "article": PartKind.ARTICLE,
    "objectif stratégique": PartKind.STRATEGIC_OBJECTIVE,
    "objectif opérationnel": PartKind.OPERATIONAL_OBJECTIVE,
    "fiche action": PartKind.FICHE_ACTION,
    "fiche": PartKind.FICHE_ACTION,
    "indicateur": PartKind.INDICATOR,
    "financement": PartKind.FUNDING_LINE,
}
_KIND = re.compile(rf"({'|'.join(_KINDS)})\b[\s:–—-]*(?:n\s*[°ºo]\s*)?")
_CODE = re.compile(r"[\w]+(?:\.[\w]+)*")
_ALIKE = str.maketrans({"\u2019": "'", "\u00a0": " ", "\u202f": " ", "\u2011": "-"})


@dataclass(frozen=True)
class Candidate:
    """A clause that has a text, with its part."""

    clause_id: str
    code: str
    label: str
    part_id: str
    part_kind: PartKind
    part_code: str
    part_title: str


def guesses(sections: Sequence[tuple[str, str]], candidates: Sequence[Candidate]) -> list[str]:
    """For each heading with the text under it, in the order of the file, a clause id or ""; never where no text is."""
    found: list[str] = []
    part_id = ""
    for title, text in sections:
        part_id_here = _part_of(title, candidates)
        part_id = part_id_here or part_id
        clause_id = _clause_of(title, candidates, part_id=part_id, is_part=bool(part_id_here)) if text.strip() else ""
        found.append(clause_id if clause_id not in found else "")
    return found


def without_signposts(text: str, labels: Iterable[str], *, states: Iterable[str] = ()) -> str:
    """A section without what an export writes around a text: who owes it, where it stands (`states`), its value, and
    the table of the values (`labels`) that follow it."""
    known, said = {_plain(label) for label in labels}, {_plain(state) for state in states}
    blocks = (block for block in text.split("\n\n") if _plain(block) not in said)
    return "\n\n".join(block for block in blocks if not (_is_signpost(block) or _is_values(block, known)))


def _part_of(title: str, candidates: Sequence[Candidate]) -> str:
    """The part that a heading names; "" when none does, or several may."""
    said = _plain(title)
    named = _KIND.match(said)
    rest = said[named.end() :] if named else said
    code = _CODE.match(rest)
    kind = _KINDS[named[1]] if named else None
    by_code = {
        each.part_id
        for each in candidates
        if code and each.part_code and _plain(each.part_code) == code[0] and kind in (None, each.part_kind)
    }
    by_title = {each.part_id for each in candidates if _plain(each.part_title) == said}
    either = by_title if len(by_title) == 1 else by_code
    return next(iter(either)) if len(either) == 1 else ""


def _clause_of(title: str, candidates: Sequence[Candidate], *, part_id: str, is_part: bool) -> str:
    said = _plain(title)
    words = set(_CODE.findall(said))
    coded = [each for each in candidates if not each.code.isdecimal() and _plain(each.code) in words]
    here = [each for each in candidates if each.part_id == part_id]
    titled = [each for each in here if _plain(each.label) == said]
    anywhere = [each for each in candidates if _plain(each.label) == said]
    alone = here if is_part else []
    for asked in (coded, titled, anywhere, alone):
        if len(asked) == 1:
            return asked[0].clause_id
    return ""


def _is_signpost(block: str) -> bool:
    said = _plain(block.replace("*", ""))
    return "\n" not in block and said.startswith(("à la charge ", "valeur : "))


def _is_values(block: str, labels: set[str]) -> bool:
    lines = block.split("\n")
    rows = [line.strip("| ").split(" | ")[0] for line in lines if not re.fullmatch(r"[|\- ]+", line)]
    return bool(lines[0].startswith("|") and rows) and all(_plain(row) in labels for row in rows)


def _plain(words: str) -> str:
    return " ".join(words.translate(_ALIKE).split()).casefold().rstrip(" :.")
