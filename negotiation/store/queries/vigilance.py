"""The contract as the points of vigilance and the SMART help look at it, read by one person's eyes.

Parts are named by their ids, so that what is found leads to a page; parties and establishments by their keys, as the
clauses name them.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.checks_facts import (
    ArticleFacts,
    Baseline,
    Capacity,
    Caps,
    ContractFacts,
    DatumFacts,
    EssmsFacts,
    FicheFacts,
    FindingFacts,
    IncompleteFacts,
    IndicatorFacts,
    LineFacts,
    OperationalObjectiveFacts,
    Required,
    SmartFacts,
    Step,
    StrategicObjectiveFacts,
)
from negotiation.rules.checks_placeholders import to_complete
from negotiation.rules.part_fields import INDICATOR_CAP
from negotiation.rules.policy import Actor
from negotiation.rules.trame import Trame, built_in_trame
from negotiation.rules.vocabulary import ClauseState, DocumentKind, PartKind, Side
from negotiation.store.contract import Clause, Document, Essms, Negotiation, Part
from negotiation.store.exchange import Version
from negotiation.store.people import Party
from negotiation.store.preparation import Datum, Finding
from negotiation.store.queries.clauses import ClauseCard, cards_of_parts
from negotiation.store.queries.indicator_dates import day_added, days_agreed
from negotiation.store.queries.visibility import on_the_table, visible

Facts = TypeVar("Facts")
HANDICAP_ACTIVITY_INDICATORS = 2
"""Fewest indicators of activity, where they modulate the tariff (V23)."""
CAP_DIGITS = 3
"""A longer number of indicators is no cap."""
_agreed, _current = aliased(Version), aliased(Version)


def facts_of(session: Session, actor: Actor) -> ContractFacts:
    """What this person reads of the contract: shared parts, and those of their own circles still inside."""
    negotiation = session.get_one(Negotiation, actor.negotiation_id)
    read = _Read(session, actor, negotiation)
    return ContractFacts(
        id=negotiation.id,
        contract_start=negotiation.contract_start.isoformat(),
        contract_end=negotiation.contract_end.isoformat(),
        extension_months_max=negotiation.extension_months_max,
        authority_ids=_authorities(session, actor),
        essms=_essms(session, actor),
        articles=tuple(read.each(PartKind.ARTICLE, _article)),
        findings=_findings(session, actor),
        data=_data(session, actor),
        strategic_objectives=tuple(read.each(PartKind.STRATEGIC_OBJECTIVE, _strategic)),
        operational_objectives=tuple(read.each(PartKind.OPERATIONAL_OBJECTIVE, _operational)),
        fiches=tuple(read.each(PartKind.FICHE_ACTION, _fiche)),
        indicators=tuple(read.each(PartKind.INDICATOR, _indicator)),
        lines=tuple(read.each(PartKind.FUNDING_LINE, _line)),
        incomplete=tuple(_incomplete(part, read.cells[part.id]) for part in read.parts),
        caps=_caps(session, negotiation.id),
        required=_required(negotiation),
    )


class _Cells:
    """The fields of one part, by name; what was withdrawn is left out."""

    def __init__(self, cards: Iterable[ClauseCard]) -> None:
        self._cards = {card.field: card for card in cards if card.state is not ClauseState.WITHDRAWN}

    def text(self, field: str) -> str:
        card = self._cards.get(field)
        return card.text if card else ""

    def value(self, field: str) -> Any:
        card = self._cards.get(field)
        return card.value if card else None

    def said(self, field: str) -> str:
        """The value, or the words where it is a text."""
        value = self.value(field)
        return str(value) if value is not None else self.text(field).strip()

    def by_year(self, stem: str) -> dict[str, Any]:
        dotted = f"{stem}."
        return {
            field.removeprefix(dotted): card.value for field, card in self._cards.items() if field.startswith(dotted)
        }

    def to_complete(self) -> dict[str, tuple[str, ...]]:
        """The placeholders left in what was put forth, by label."""
        found = {card.label: to_complete(card.situation, card.text) for card in self._cards.values()}
        return {label: left for label, left in found.items() if left}

    def steps(self) -> tuple[Step, ...]:
        """Those of which something is written."""
        found = (
            Step(field.removeprefix("steps."), card.text, str(card.value or ""))
            for field, card in self._cards.items()
            if field.startswith("steps.")
        )
        return tuple(step for step in found if step.title or step.due)


class _Read:
    """The parts of the contract that the person reads, with their cells, in order."""

    def __init__(self, session: Session, actor: Actor, negotiation: Negotiation) -> None:
        query = (
            select(Part)
            .join(Document, col(Document.id) == Part.document_id)
            .where(
                col(Part.negotiation_id) == actor.negotiation_id,
                visible(Part.circle, actor),
                col(Part.dropped_at).is_(None),
                col(Document.kind) == DocumentKind.CONTRACT,
            )
            .order_by(col(Part.position))
        )
        self.parts = list(session.execute(query).scalars())
        self.ids_by_key = {(part.kind, part.key): part.id for part in self.parts}
        cards = cards_of_parts(session, actor, [part.id for part in self.parts])
        self.cells = {part.id: _Cells(cards.get(part.id, ())) for part in self.parts}
        indicators = [part for part in self.parts if part.kind is PartKind.INDICATOR]
        self.added_on = {part.id: day_added(part, negotiation.opened_on) for part in indicators}
        self.agreed_on = days_agreed(session, indicators)

    def each(self, kind: PartKind, make: Callable[[Part, _Cells, "_Read"], Facts]) -> Iterable[Facts]:
        return (make(part, self.cells[part.id], self) for part in self.parts if part.kind is kind)

    def below(self, part: Part, kind: PartKind, listed: Iterable[str]) -> tuple[str, ...]:
        """Ids of the parts of a kind that hang below, and of those that the part names by their keys."""
        hanging = [each.id for each in self.parts if each.parent_id == part.id and each.kind is kind]
        named = [self.ids_by_key[kind, key] for key in listed if (kind, key) in self.ids_by_key]
        return tuple(dict.fromkeys([*hanging, *named]))


# ---------------------------------------------------------------------- one kind of part each


def _article(part: Part, cells: _Cells, read: _Read) -> ArticleFacts:
    section = str(part.attributes.get("section") or "")
    return ArticleFacts(part.id, part.code, part.title, section, cells.text("markdown"))


def _strategic(part: Part, cells: _Cells, read: _Read) -> StrategicObjectiveFacts:
    return StrategicObjectiveFacts(
        id=part.id,
        number=part.code,
        title=part.title,
        theme=cells.said("theme"),
        finding_ids=_listed(part, "finding_ids"),
        essms_ids=_listed(part, "essms_ids"),
    )


def _operational(part: Part, cells: _Cells, read: _Read) -> OperationalObjectiveFacts:
    names = ("specific", "measurable", "achievable", "relevant", "time_bound")
    said = {name: cells.said(f"smart.{name}") for name in names}
    return OperationalObjectiveFacts(part.id, part.code, part.title, part.parent_id or "", SmartFacts(**said))


def _fiche(part: Part, cells: _Cells, read: _Read) -> FicheFacts:
    return FicheFacts(
        id=part.id,
        code=part.code,
        title=part.title,
        operational_objective_id=part.parent_id or "",
        essms_ids=_listed(part, "essms_ids"),
        context=cells.text("context"),
        description=cells.text("description"),
        target_public=cells.said("target_public"),
        steps=cells.steps(),
        start_date=cells.said("start_date"),
        due_date=cells.said("due_date"),
        pilot=cells.said("pilot"),
        human_means=cells.said("human_means"),
        material_means=cells.said("material_means"),
        indicator_ids=read.below(part, PartKind.INDICATOR, _listed(part, "indicator_ids")),
    )


def _indicator(part: Part, cells: _Cells, read: _Read) -> IndicatorFacts:
    return IndicatorFacts(
        id=part.id,
        code=part.code,
        title=part.title,
        kind=cells.said("kind"),
        definition=cells.said("definition"),
        formula=cells.said("formula"),
        unit=cells.said("unit"),
        direction=cells.said("direction"),
        source=cells.said("source"),
        reference=cells.said("reference"),
        baseline=Baseline(cells.said("baseline.year"), _number(cells.value("baseline.value"))),
        targets={year: _number(value) for year, value in cells.by_year("targets").items()},
        final_target=_number(cells.value("final_target")),
        added_on=read.added_on[part.id],
        agreed_on=read.agreed_on.get(part.id, ""),
    )


def _line(part: Part, cells: _Cells, read: _Read) -> LineFacts:
    amounts = {year: value if isinstance(value, int) else None for year, value in cells.by_year("amounts").items()}
    return LineFacts(
        id=part.id,
        code=part.code,
        label=cells.said("label") or part.title,
        fiche_action_id=part.parent_id or "",
        funder_party_id=cells.said("funder"),
        essms_id=cells.said("essms"),
        nature=cells.said("nature"),
        kind=cells.said("kind"),
        amounts=amounts,
    )


def _incomplete(part: Part, cells: _Cells) -> IncompleteFacts:
    found = cells.to_complete()
    return IncompleteFacts(
        part.id, tuple(found), tuple(dict.fromkeys(each for left in found.values() for each in left))
    )


def _listed(part: Part, name: str) -> tuple[str, ...]:
    return tuple(str(key) for key in part.attributes.get(name) or ())


def _number(value: object) -> str | None:
    """A decimal string; None for what isn't one."""
    try:
        return str(value) if value is not None and Decimal(str(value)).is_finite() else None
    except InvalidOperation:
        return None


# ---------------------------------------------------------------------- what surrounds the parts


def _authorities(session: Session, actor: Actor) -> frozenset[str]:
    query = select(col(Party.key)).where(
        col(Party.negotiation_id) == actor.negotiation_id, col(Party.side) == Side.AUTHORITY
    )
    return frozenset(session.execute(query).scalars())


def _essms(session: Session, actor: Actor) -> tuple[EssmsFacts, ...]:
    query = select(Essms).where(col(Essms.negotiation_id) == actor.negotiation_id).order_by(col(Essms.position))
    return tuple(
        EssmsFacts(
            id=essms.key,
            total_places=essms.total_places,
            capacity=tuple(_capacity(one) for one in essms.capacity),
            funder_party_ids=tuple(essms.funder_party_ids),
            authorised_until=essms.authorised_until.isoformat() if essms.authorised_until else "",
        )
        for essms in session.execute(query).scalars()
    )


def _capacity(one: Mapping[str, Any]) -> Capacity:
    return Capacity(str(one.get("kind", "")), int(one.get("places") or 0))


def _findings(session: Session, actor: Actor) -> tuple[FindingFacts, ...]:
    query = select(col(Finding.key)).where(col(Finding.negotiation_id) == actor.negotiation_id)
    return tuple(FindingFacts(key) for key in session.execute(query.order_by(col(Finding.position))).scalars())


def _data(session: Session, actor: Actor) -> tuple[DatumFacts, ...]:
    query = select(Datum).where(col(Datum.negotiation_id) == actor.negotiation_id).order_by(col(Datum.position))
    return tuple(
        DatumFacts(
            id=datum.key,
            label=datum.label,
            unit=datum.unit,
            status=datum.status,
            values={str(year): _number(value) for year, value in datum.values.items()},
        )
        for datum in session.execute(query).scalars()
    )


def _caps(session: Session, negotiation_id: str) -> Caps:
    """As the note de cadrage says, agreed, else tabled, else written; the defaults are the domain reference's."""
    query = (
        select(col(_agreed.value), col(_current.value), col(Clause.working_value))
        .select_from(Clause)
        .join(Part, col(Part.id) == Clause.part_id)
        .outerjoin(_agreed, col(_agreed.id) == Clause.agreed_version_id)
        .outerjoin(_current, col(_current.id) == Clause.current_version_id)
        .where(
            col(Clause.negotiation_id) == negotiation_id,
            col(Clause.field) == INDICATOR_CAP.name,
            col(Clause.state) != ClauseState.WITHDRAWN,
            on_the_table(Clause.circle),
            col(Part.kind) == PartKind.FRAMING_SECTION,
            col(Part.dropped_at).is_(None),
        )
    )
    written = next((str(value) for row in session.execute(query) for value in row if value is not None), "")
    return Caps(indicators=int(written)) if written.isdecimal() and len(written) <= CAP_DIGITS else Caps()


def _required(negotiation: Negotiation) -> Required:
    """What the template demands; nothing for an imported contract, or one opened from somebody's own template."""
    try:
        trame = built_in_trame(negotiation.trame)
    except NotFound:
        return Required()
    return Required(
        sections=tuple(part.title for part in trame.parts if part.kind is PartKind.ARTICLE and part.mandatory),
        axes=tuple(part.title for part in trame.mandatory_axes),
        indicators=tuple(part.title for part in trame.mandatory_indicators),
        activity_indicators=_fewest_activity(trame),
    )


def _fewest_activity(trame: Trame) -> int:
    return HANDICAP_ACTIVITY_INDICATORS if trame.key == "handicap" else 0
