"""A file without marks: its sections beside the clauses of the table, guessed, then corrected by whoever brought it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from negotiation.documents.print_tree import WORKING_STATES
from negotiation.documents.word_model import ClauseTexts, FoundSection
from negotiation.errors import InvalidInput
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import ValueKind
from negotiation.rules.word_matching import Candidate, guesses, without_signposts
from negotiation.store.queries.clauses import ClauseCard, cards_on_the_table
from negotiation.store.queries.negotiations import PlanEntry, plan_of


@dataclass(frozen=True)
class Matched:
    """A section of the file and the clause that it is taken for, "" for none. `name`: of that clause, as typed."""

    index: int
    title: str
    text: str
    clause_id: str
    name: str = ""


def matched_sections(session: Session, actor: Actor, sections: Sequence[FoundSection]) -> list[dict[str, str]]:
    """As `WordReturn.reading` keeps them: {"title", "text", "clause_id"}; empty when no clause was recognised."""
    cards, parts = _on_the_table(session, actor)
    labels: dict[str, list[str]] = {}
    for card in cards:
        labels.setdefault(card.part_id, []).extend([card.label, f"{card.code} · {card.label}"])
    candidates = [
        Candidate(card.id, card.code, card.label, part.id, part.kind, part.code, part.title)
        for card in cards
        if _has_text(card) and (part := parts.get(card.part_id))
    ]
    part_of = {each.clause_id: each.part_id for each in candidates}
    found = guesses([(each.title, each.text) for each in sections], candidates)
    if not any(found):
        return []
    return [
        {
            "title": each.title,
            "text": without_signposts(
                each.text, labels.get(part_of.get(clause_id, ""), ()), states=WORKING_STATES.values()
            ),
            "clause_id": clause_id,
        }
        for each, clause_id in zip(sections, found, strict=True)
        if each.text.strip()
    ]


def names_of_clauses(session: Session, actor: Actor) -> dict[str, str]:
    """By clause id, how a clause is named in one line, each otherwise: « EN06 », « FA05 · Description »."""
    cards, parts = _on_the_table(session, actor)
    found: dict[str, str] = {}
    for card in cards:
        part = parts.get(card.part_id)
        if not _has_text(card) or part is None:
            continue
        name = card.code or f"{part.code or part.title} · {card.label}"
        found[card.id] = name if name not in found.values() else f"{name} ({len(found)})"
    return found


def matched_in(reading: Mapping[str, Any], names: Mapping[str, str]) -> tuple[Matched, ...]:
    return tuple(
        Matched(index, each["title"], each["text"], each["clause_id"], names.get(each["clause_id"], ""))
        for index, each in enumerate(reading.get("sections", ()))
    )


def texts_matched(reading: Mapping[str, Any]) -> list[ClauseTexts]:
    """What the file says of each clause; two sections taken for one clause follow each other."""
    found: dict[str, list[str]] = {}
    for each in reading.get("sections", ()):
        if each["clause_id"]:
            found.setdefault(each["clause_id"], []).append(each["text"])
    joined = {key: "\n\n".join(texts) for key, texts in found.items()}
    return [ClauseTexts(key, text, text) for key, text in joined.items()]


def sign_of_matching(reading: Mapping[str, Any]) -> str:
    """Which sections are taken for which clauses; "" for a file that has its marks."""
    said = "\0".join(each["clause_id"] for each in reading.get("sections", ()))
    return hashlib.sha256(said.encode()).hexdigest()[:32] if "sections" in reading else ""


def corrected(reading: Mapping[str, Any], typed: Mapping[int, str], names: Mapping[str, str]) -> dict[str, Any]:
    """The reading with these sections taken for the clauses that were typed, "" for none. Raises InvalidInput `match`
    on a name of no clause."""
    known = {" ".join(name.split()).casefold(): key for key, name in names.items()}
    sections = [dict(each) for each in reading.get("sections", ())]
    for index, name in typed.items():
        said = " ".join(name.split()).casefold()
        if index >= len(sections) or (said and said not in known):
            raise InvalidInput(field="match", given=name[:80])
        sections[index]["clause_id"] = known[said] if said else ""
    return {**reading, "sections": sections}


def _on_the_table(session: Session, actor: Actor) -> tuple[Sequence[ClauseCard], dict[str, PlanEntry]]:
    parts = {part.id: part for part in plan_of(session, actor)}
    return cards_on_the_table(session, actor.negotiation_id), parts


def _has_text(card: ClauseCard) -> bool:
    return card.value_kind is ValueKind.NONE or bool(card.text)
