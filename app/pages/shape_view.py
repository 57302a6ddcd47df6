"""What a part's page shows of its shape: what may be added, moved, dropped or shared; what is still missing in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlmodel import Session

from app.pages.frame import Frame
from app.pages.remembering import LASTING
from negotiation.rules.checks import Point, points_of_vigilance
from negotiation.rules.checks_facts import ContractFacts, FicheFacts, OperationalObjectiveFacts
from negotiation.rules.checks_smart import Lack, Missing, Smart, smart
from negotiation.rules.french_display import FAMILIES_OF_CHOICES, value_text
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.trame import UNDER
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import (
    OUTSIDE_CONTRACT,
    SHARED,
    Action,
    Audience,
    Circle,
    ClauseKind,
    DocumentKind,
    PartKind,
    Side,
    ValueKind,
)
from negotiation.services.drafting import DraftSide, drafted_texts
from negotiation.services.splitting import cannot_split
from negotiation.store.queries.clauses import ClauseCard, cards_of_parts
from negotiation.store.queries.negotiations import PlanEntry
from negotiation.store.queries.parts import PartView
from negotiation.store.queries.shape import (
    PartName,
    PartTexts,
    dropped_parts,
    establishments,
    inside_with,
    siblings_of,
    waits_for_visa,
)
from negotiation.store.queries.vigilance import facts_of

KINDS: dict[str, PartKind] = {
    "objectif": PartKind.STRATEGIC_OBJECTIVE,
    "objectif-particulier": PartKind.STRATEGIC_OBJECTIVE,
    "objectif-operationnel": PartKind.OPERATIONAL_OBJECTIVE,
    "fiche": PartKind.FICHE_ACTION,
    "indicateur": PartKind.INDICATOR,
    "ligne": PartKind.FUNDING_LINE,
    "article": PartKind.ARTICLE,
}
"""Kinds of parts as addresses name them; the first word of a kind is its usual one."""
CLAUSES = ("engagement", "clause", "etape")
"""What is added inside a part."""
OF_SMART = frozenset({PartKind.FICHE_ACTION, PartKind.OPERATIONAL_OBJECTIVE})
_CHOICES: dict[str, tuple[str, ...]] = {
    "direction": FAMILIES_OF_CHOICES[0],
    "nature": FAMILIES_OF_CHOICES[1],
    "mandatory": FAMILIES_OF_CHOICES[4],
}
_KINDS_OF: dict[PartKind, tuple[str, ...]] = {
    PartKind.FUNDING_LINE: FAMILIES_OF_CHOICES[2],
    PartKind.INDICATOR: FAMILIES_OF_CHOICES[3],
}
_FIELD_OF_LACK: dict[Lack, str] = {
    Lack.BASELINE: "baseline.value",
    Lack.MEANS: "human_means",
    Lack.STEP: "steps.1",
}
"""Where to write what is missing, when it isn't the field of that name."""


def facts_for(session: Session, frame: Frame) -> ContractFacts:
    """What the checks look at, found once for as long as the history stands."""
    return frame.read_by_party("facts", read=lambda ours: facts_of(session, ours.actor), seconds=LASTING)


@dataclass(frozen=True)
class Lacking:
    """What is missing, and the page where to write it."""

    lack: Lack
    which: str
    where: str
    """Code and title of another part than the one shown; empty for this one."""
    href: str


@dataclass(frozen=True)
class Gap:
    """A letter of SMART that lacks something."""

    letter: Smart
    lacking: tuple[Lacking, ...]


@dataclass(frozen=True)
class InsideField:
    """A clause of a part that is still inside, as its form writes it. `has_text`: whether it has words of its own."""

    card: ClauseCard
    text: str
    value: str
    has_text: bool
    options: tuple[tuple[str, str], ...] = ()

    @property
    def prompt(self) -> str:
        return str(self.card.attributes.get("prompt") or "")


@dataclass(frozen=True)
class Shape:
    """Everything of it, for one reader. `side`: the live draft of an inside part, as pages name it."""

    may_shape: bool
    inside: bool
    side: str
    addable: tuple[str, ...]
    addable_at_top: tuple[str, ...]
    siblings: tuple[PartName, ...]
    gaps: tuple[Gap, ...]
    points: tuple[Point, ...]
    dropped: tuple[PartName, ...]
    fields: tuple[InsideField, ...]
    goes_alone: bool
    """Whether an inside part hangs from a shared one, and so may be put on the table by itself."""
    waiting: bool
    splittable: frozenset[str]
    orders: tuple[tuple[ClauseCard, ...], ...]
    """Clauses that may change places among one another."""
    titles: Mapping[str, str]
    """Code and title of each part, by id."""
    names: Mapping[str, str]
    """Establishments and parties by key."""


def shape_of(
    session: Session, frame: Frame, part: PartView, plan: Iterable[PlanEntry], cards: tuple[ClauseCard, ...]
) -> Shape:
    """The shape of a part's page."""
    entries = {entry.id: entry for entry in plan}
    inside = part.circle != SHARED
    names = establishments(session, frame.actor)
    family = [part.id, *_below(entries.values(), part.id)]
    facts = facts_for(session, frame)
    drafted = drafted_texts(session, part.id, circle=part.circle) if inside else {}
    together = inside_with(session, frame.actor, part) if inside else ()
    above = entries.get(part.parent_id or "")
    return Shape(
        may_shape=may_shape(frame, part.circle) and part.kind not in OUTSIDE_CONTRACT,
        inside=inside,
        side=side_of(part.circle),
        addable=addable(part.kind, part.document),
        addable_at_top=addable(None),
        siblings=siblings_of(session, frame.actor, part),
        gaps=_gaps(session, frame, part, facts, entries),
        points=tuple(point for point in points_of_vigilance(facts) if point.about in family),
        dropped=dropped_parts(session, frame.actor),
        fields=tuple(_field(frame, part, card, drafted, names) for card in cards) if inside else (),
        goes_alone=inside and (part.parent_id is None or (above is not None and above.circle == SHARED)),
        waiting=waits_for_visa(session, frame.actor, together),
        splittable=frozenset(card.id for card in cards if not cannot_split(card, drafted.get(card.id, card.text))),
        orders=tuple(tuple(card for card in cards if card.kind is kind) for kind in ClauseKind),
        titles={entry.id: f"{entry.code} {entry.title}".strip() for entry in entries.values()},
        names=dict(names) | {party.key: party.short_name for party in frame.parties.values()},
    )


def may_shape(frame: Frame, circle: Circle = SHARED) -> bool:
    """Whether this person may shape what belongs to the circle, now."""
    target = Target(frame.negotiation.id, circle)
    return frame.negotiation.frozen_at is None and decide(frame.actor, Action.SHAPE, target) is Decision.ALLOW


def addable(kind: PartKind | None, document: DocumentKind = DocumentKind.CONTRACT) -> tuple[str, ...]:
    """What may stand under a part of this kind, or at the top of the contract for None, as addresses name it."""
    parts = UNDER.get(kind, frozenset()) if document is DocumentKind.CONTRACT else frozenset()
    words = [word for word, named in KINDS.items() if named in parts]
    if kind is None:
        return tuple(words)
    return (*words, *(["etape"] if kind is PartKind.FICHE_ACTION else []), "engagement", "clause")


def side_of(circle: Circle) -> str:
    """The live draft of an inside part."""
    if circle == SHARED:
        return ""
    return str(DraftSide.OURS if circle.audience is Audience.PARTY else DraftSide.AUTHORITIES)


def written(texts: Iterable[PartTexts]) -> tuple[PartTexts, ...]:
    """The parts with the clauses that say something."""
    return tuple(
        PartTexts(each.part, tuple(card for card in each.cards if card.text or card.value is not None))
        for each in texts
    )


def deciding(frame: Frame) -> tuple[Any, ...]:
    """The parties whose agreement may be asked, in the order of the table."""
    return tuple(party for party in frame.parties.values() if party.side is not Side.ASSOCIATE)


def _below(entries: Iterable[PlanEntry], part_id: str) -> list[str]:
    listed = list(entries)
    children = [entry.id for entry in listed if entry.parent_id == part_id]
    return [*children, *(each for child in children for each in _below(listed, child))]


# ---------------------------------------------------------------------- what is missing


def _gaps(
    session: Session, frame: Frame, part: PartView, facts: ContractFacts, entries: Mapping[str, PlanEntry]
) -> tuple[Gap, ...]:
    if part.kind not in OF_SMART:
        return ()
    known: tuple[FicheFacts | OperationalObjectiveFacts, ...] = (*facts.fiches, *facts.operational_objectives)
    items = {each.id: each for each in known}
    if part.id not in items:
        return ()
    found = smart(items[part.id], facts)
    about = {missing.about for gap in found for missing in gap.missing}
    cards = cards_of_parts(session, frame.actor, about)
    fields = {(part_id, card.field): card.id for part_id, those in cards.items() for card in those}
    return tuple(
        Gap(gap.letter, tuple(_lacking(frame, part, missing, fields, entries) for missing in gap.missing))
        for gap in found
    )


def _lacking(
    frame: Frame,
    part: PartView,
    missing: Missing,
    fields: Mapping[tuple[str, str], str],
    entries: Mapping[str, PlanEntry],
) -> Lacking:
    entry = entries.get(missing.about)
    where = f"{entry.code} {entry.title}".strip() if entry and entry.id != part.id else ""
    return Lacking(missing.lack, missing.which, where, _href(frame, part, missing, fields))


def _href(frame: Frame, part: PartView, missing: Missing, fields: Mapping[tuple[str, str], str]) -> str:
    """The field, else the form that adds what is missing, else the part."""
    negotiation_id = frame.negotiation.id
    field = _FIELD_OF_LACK.get(missing.lack, str(missing.lack))
    if missing.lack is Lack.TARGETS:
        field = f"targets.{missing.which.split(' ')[0]}"
    elif missing.lack is Lack.STEP_DATE:
        field = f"steps.{missing.which}"
    adds = {Lack.INDICATOR: "indicateur", Lack.FUNDING_LINE: "ligne", Lack.FICHE: "fiche"}.get(missing.lack)
    if adds and adds in addable(part.kind, part.document):
        return url_for("shaping.show_add", negotiation_id=negotiation_id, genre=adds, sous=part.id)
    clause_id = fields.get((missing.about, field))
    if clause_id is None:
        return url_for("texts.show_part", negotiation_id=negotiation_id, part_id=missing.about)
    if part.circle != SHARED and missing.about == part.id:
        return f"#champ-{clause_id}"
    return url_for("texts.show_clause", clause_id=clause_id, _anchor=f"clause-{clause_id}")


# ---------------------------------------------------------------------- fields of an inside part


def _field(
    frame: Frame, part: PartView, card: ClauseCard, drafted: Mapping[str, str], essms: tuple[tuple[str, str], ...]
) -> InsideField:
    wordy = card.value_kind is ValueKind.NONE or card.kind is ClauseKind.ENGAGEMENT or card.field.startswith("steps.")
    return InsideField(
        card=card,
        text=drafted.get(card.id, card.text),
        value=as_entered(card.value, card.value_kind),
        has_text=wordy,
        options=_options(frame, part, card, essms),
    )


def _options(
    frame: Frame, part: PartView, card: ClauseCard, essms: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """What a choice may be, with its words; empty when any word will do."""
    if card.value_kind is not ValueKind.CHOICE:
        return ()
    if card.attributes.get("names") == "party":
        return tuple((party.key, party.name) for party in deciding(frame))
    if card.attributes.get("names") == "essms":
        return essms
    known = _KINDS_OF.get(part.kind, ()) if card.field == "kind" else _CHOICES.get(card.field, ())
    return tuple((choice, value_text(choice, None, ValueKind.CHOICE)) for choice in known)
