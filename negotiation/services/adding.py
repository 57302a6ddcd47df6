"""Parts and clauses added to the contract: for our party first, inside, or on the table at once.

A part comes with every field of its kind (domain reference 5.1 to 5.8), each an empty clause. Codes are numbered among
the shared parts when a part becomes shared: inside, a number would count what nobody may know.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import CannotShape, Frozen, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.lifecycle import FEWEST_PARTIES
from negotiation.rules.policy import Actor, sees
from negotiation.rules.trame import UNDER, TrameClause, fields_for, step_field
from negotiation.rules.vocabulary import SHARED, Action, Circle, ClauseKind, DocumentKind, PartKind, Side, ValueKind
from negotiation.services.access import require
from negotiation.services.placing import (
    added_facts,
    clauses_of_part,
    keys_of,
    next_engagement_code,
    settle_on_table,
)
from negotiation.services.setting_aside import seed_added
from negotiation.services.shaping import (
    INSIDE_FROM,
    is_shared,
    open_part,
    readable_title,
    record_part,
    refuse_while_waiting,
)
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, ClauseParty, Document, Essms, Negotiation, Part
from negotiation.store.people import Party
from negotiation.store.queries.visibility import visible
from negotiation.store.unit_of_work import UnitOfWork

AFTER_FIELDS = 1000
"""Position of the first engagement of a part: after its fields, as in imported parts."""
COMMON, SPECIFIC = "commun", "specifique"
_STEP = re.compile(r"steps\.(\d+)")


@dataclass(frozen=True)
class NewPart:
    """What a form says of a part. `essms` and `funder` are keys; `parties` ids, none for the usual ones; `specific`
    objectives (« objectifs particuliers ») name their establishments."""

    kind: PartKind
    title: str
    parent_id: str | None = None
    circle: Circle = SHARED
    essms: tuple[str, ...] = ()
    funder: str = ""
    parties: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NewClause:
    """A free clause, or an engagement when it has a debtor. `cell`: id of the field whose value it sets."""

    label: str
    value_kind: ValueKind = ValueKind.NONE
    unit: str = ""
    debtor_id: str | None = None
    parties: frozenset[str] = frozenset()
    cell: str | None = None


@dataclass(frozen=True)
class _Table:
    """Who decides, in the order of the table."""

    deciding: tuple[Party, ...] = field(default=())

    def ids(self, wanted: frozenset[str]) -> list[str]:
        return [party.id for party in self.deciding if party.id in wanted]

    def usual(self, kind: PartKind, funder: str) -> frozenset[str]:
        """Everybody who decides; for money, the gestionnaire and who pays when another pays."""
        everyone = frozenset(party.id for party in self.deciding)
        payer = next((party for party in self.deciding if party.key == funder), None)
        if kind is not PartKind.FUNDING_LINE or payer is None or payer.side is Side.GESTIONNAIRE:
            return everyone
        return frozenset(party.id for party in self.deciding if party.side is Side.GESTIONNAIRE) | {payer.id}


def add_part(uow: UnitOfWork, actor: Actor, new: NewPart) -> str:
    """The id of the new part, last of its kind in its place.

    Raises NotFound, NotAllowed, Frozen, InvalidInput, UnreadableText, CannotShape.
    """
    parent = _standing_part(uow, actor, new.parent_id) if new.parent_id else None
    circle = Circle.parse(parent.circle) if parent and not is_shared(parent) else new.circle
    if not sees(actor, circle):
        raise NotFound()
    require(actor, Action.SHAPE, circle=circle)
    negotiation = uow.lock(actor.negotiation_id)
    if negotiation.frozen_at is not None:
        raise Frozen()
    document = _document(uow, actor, parent)
    if new.kind not in UNDER.get(parent.kind if parent else None, frozenset()):
        raise CannotShape(reason="misplaced")
    table = _table(uow, actor)
    parties = _agreeing(actor, table, new.parties or table.usual(new.kind, new.funder), circle=circle)
    part = _write_part(uow, actor, new, parent=parent, document=document, circle=circle)
    _write_fields(uow, part, fields=_fields(negotiation, new), parties=parties)
    if circle == SHARED:
        settle_on_table(uow, actor, part)
    else:
        record_part(uow, actor, part, kind=Kind.PART_ADDED, facts=added_facts(uow, part))
    return part.id


def add_clause(uow: UnitOfWork, actor: Actor, part_id: str, new: NewClause) -> str:
    """The id of a free clause or of an engagement, in the circle of its part.

    Raises NotFound, NotAllowed, Frozen, InvalidInput, UnreadableText, CannotShape.
    """
    part = _standing_part(uow, actor, part_id)
    table = _table(uow, actor)
    known = {party.id for party in table.deciding}
    parties = _agreeing(actor, table, new.parties or frozenset(known), circle=Circle.parse(part.circle))
    if new.debtor_id is not None and new.debtor_id not in parties:
        raise CannotShape(reason="debtor")
    cell = _free_cell(uow, part, new)
    is_engagement = new.debtor_id is not None
    clause = Clause(
        id=new_id(),
        negotiation_id=part.negotiation_id,
        part_id=part.id,
        kind=ClauseKind.ENGAGEMENT if is_engagement else ClauseKind.TEXT,
        field=f"{'engagement' if is_engagement else 'libre'}.{new_id()}",
        code=next_engagement_code(uow, part.negotiation_id) if is_engagement and is_shared(part) else "",
        label=readable_title(new.label),
        position=_next_position(uow, part, ClauseKind.ENGAGEMENT if is_engagement else ClauseKind.TEXT),
        value_kind=cell.value_kind if cell else new.value_kind,
        unit=(cell.unit if cell else " ".join(new.unit.split()))[:40],
        debtor_party_id=new.debtor_id,
        attributes={"working": True},
        circle=part.circle,
    )
    _write_clause(uow, actor, part, clause, parties=parties)
    if cell is not None:
        cell.follows_id, clause.working_value, cell.working_value = clause.id, cell.working_value, None
    return clause.id


def add_step(uow: UnitOfWork, actor: Actor, part_id: str) -> str:
    """The id of the next step of a fiche action. Raises NotFound, NotAllowed, Frozen, CannotShape."""
    part = _standing_part(uow, actor, part_id)
    if part.kind is not PartKind.FICHE_ACTION:
        raise CannotShape(reason="misplaced")
    fields = clauses_of_part(uow, part)
    steps = {int(found[1]): clause for clause in fields if (found := _STEP.fullmatch(clause.field))}
    last = steps[max(steps)] if steps else None
    for later in fields:
        if last is not None and later.kind is ClauseKind.TEXT and later.position > last.position:
            later.position += 1
    position = last.position + 1 if last else _next_position(uow, part, ClauseKind.TEXT)
    clause = _row_of(part, step_field(max(steps, default=0) + 1), position=position)
    table = _table(uow, actor)
    _write_clause(uow, actor, part, clause, parties=table.ids(table.usual(part.kind, "")))
    return clause.id


# ---------------------------------------------------------------------- rows


def _document(uow: UnitOfWork, actor: Actor, parent: Part | None) -> Document:
    """The contract. Raises NotFound, and CannotShape under a section of the framing note."""
    query = select(Document).where(
        col(Document.negotiation_id) == actor.negotiation_id, col(Document.kind) == DocumentKind.CONTRACT
    )
    document: Document | None = uow.session.execute(query).scalar_one_or_none()
    if document is None:
        raise NotFound()
    if parent is not None and parent.document_id != document.id:
        raise CannotShape(reason="misplaced")
    return document


def _standing_part(uow: UnitOfWork, actor: Actor, part_id: str) -> Part:
    part = open_part(uow, actor, part_id)
    if part.dropped_at is not None:
        raise CannotShape(reason="dropped")
    refuse_while_waiting(uow, actor, part)
    return part


def _table(uow: UnitOfWork, actor: Actor) -> _Table:
    query = (
        select(Party)
        .where(col(Party.negotiation_id) == actor.negotiation_id, col(Party.side) != Side.ASSOCIATE)
        .order_by(col(Party.position))
    )
    return _Table(tuple(uow.session.execute(query).scalars()))


def _agreeing(actor: Actor, table: _Table, wanted: frozenset[str], *, circle: Circle) -> list[str]:
    """Whose agreement is needed, in the order of the table: what is prepared inside will be proposed by its authors.

    Raises NotFound, CannotShape.
    """
    found = table.ids(wanted if circle == SHARED else wanted | {actor.party_id})
    if not wanted <= set(found):
        raise NotFound()
    if len(found) < min(FEWEST_PARTIES, len(table.deciding)):
        raise CannotShape(reason="too_few")
    return found


def _write_part(
    uow: UnitOfWork, actor: Actor, new: NewPart, *, parent: Part | None, document: Document, circle: Circle
) -> Part:
    part = Part(
        id=new_id(),
        negotiation_id=actor.negotiation_id,
        document_id=document.id,
        parent_id=parent.id if parent else None,
        kind=new.kind,
        key=new_id(),
        code="",
        title=readable_title(new.title),
        attributes=_attributes(uow, actor, new, parent),
        position=_last_position(uow, actor, document.id) + 1,
        circle=str(circle),
    )
    uow.session.add(part)
    uow.session.flush()
    return part


def _attributes(uow: UnitOfWork, actor: Actor, new: NewPart, parent: Part | None) -> dict[str, Any]:
    """The facts that imported parts keep too, with establishments of this table only."""
    named = select(col(Essms.key)).where(col(Essms.negotiation_id) == actor.negotiation_id)
    known = set(uow.session.execute(named).scalars())
    essms = [key for key in new.essms if key in known]
    scope = SPECIFIC if essms else COMMON
    match new.kind:
        case PartKind.STRATEGIC_OBJECTIVE:
            return {"scope": scope, "essms_ids": essms, "finding_ids": []}
        case PartKind.OPERATIONAL_OBJECTIVE:
            return {"fiche_action_ids": []}
        case PartKind.FICHE_ACTION:
            above = {"operational_objective_id": parent.key} if parent else {}
            return {"scope": scope, "essms_ids": essms, "indicator_ids": [], "financial_line_ids": [], **above}
        case PartKind.INDICATOR:
            return {"essms_ids": essms}
        case PartKind.FUNDING_LINE:
            fiche = {"fiche_action_id": parent.key} if parent else {}
            return {**fiche, "essms_id": essms[0] if essms else "", "funder_party_id": new.funder}
        case _:
            return {}


def _fields(negotiation: Negotiation, new: NewPart) -> Sequence[tuple[TrameClause, Any]]:
    """The fields of an empty part, with what the form already said of a funding line."""
    years = range(negotiation.contract_start.year, negotiation.contract_end.year + 1)
    said: dict[str, Any] = {"funder": new.funder or None, "essms": next(iter(new.essms), None)}
    of_line = new.kind is PartKind.FUNDING_LINE
    return [(clause, said.get(clause.field) if of_line else None) for clause in fields_for(new.kind, list(years))]


def _write_fields(
    uow: UnitOfWork, part: Part, *, fields: Sequence[tuple[TrameClause, Any]], parties: Sequence[str]
) -> None:
    clauses = [_row_of(part, clause, position=place) for place, (clause, _) in enumerate(fields)]
    for row, (_, value) in zip(clauses, fields, strict=True):
        row.working_value = value
    uow.session.add_all(clauses)
    uow.session.flush()
    uow.session.add_all(ClauseParty(clause_id=row.id, party_id=party) for row in clauses for party in parties)
    uow.session.flush()


def _row_of(part: Part, clause: TrameClause, *, position: int) -> Clause:
    attributes: dict[str, Any] = {"working": True, **({"names": clause.names} if clause.names else {})}
    return Clause(
        id=new_id(),
        negotiation_id=part.negotiation_id,
        part_id=part.id,
        kind=ClauseKind.TEXT,
        field=clause.field,
        label=clause.label,
        position=position,
        value_kind=clause.value_kind,
        unit=clause.unit,
        attributes=attributes | ({"prompt": clause.prompt} if clause.prompt else {}),
        circle=part.circle,
    )


def _write_clause(uow: UnitOfWork, actor: Actor, part: Part, clause: Clause, *, parties: Sequence[str]) -> None:
    uow.session.add(clause)
    uow.session.flush()
    uow.session.add_all(ClauseParty(clause_id=clause.id, party_id=party) for party in parties)
    uow.session.flush()
    seed_added(uow, clause)
    facts = {
        "clause": clause.id,
        "part": part.id,
        "kind": str(clause.kind),
        "code": clause.code,
        "label": clause.label,
        "value_kind": str(clause.value_kind),
        "unit": clause.unit,
        "parties": keys_of(uow, parties),
        "debtor": "".join(keys_of(uow, [clause.debtor_party_id] if clause.debtor_party_id else [])),
    }
    circle = Circle.parse(part.circle)
    uow.record(
        Event(Kind.CLAUSE_ADDED, part.negotiation_id, circle, actor.key, facts, clause_id=clause.id, part_id=part.id)
    )


def _free_cell(uow: UnitOfWork, part: Part, new: NewClause) -> Clause | None:
    """The field that the engagement gives its value to: empty of any move. Raises NotFound, CannotShape."""
    if new.cell is None:
        return None
    cell = uow.session.get(Clause, new.cell)
    if cell is None or cell.part_id != part.id:
        raise NotFound()
    if new.debtor_id is None or cell.versions or cell.follows_id or cell.value_kind is ValueKind.NONE:
        raise CannotShape(reason="tabled")
    return cell


def _next_position(uow: UnitOfWork, part: Part, kind: ClauseKind) -> int:
    taken = [clause.position for clause in clauses_of_part(uow, part) if clause.kind is kind]
    return max(taken, default=AFTER_FIELDS - 1 if kind is ClauseKind.ENGAGEMENT else -1) + 1


def _last_position(uow: UnitOfWork, actor: Actor, document_id: str) -> int:
    """Among the parts that this person reads: the inside of others moves nothing here."""
    query = select(func.max(Part.position)).where(
        col(Part.document_id) == document_id, visible(Part.circle, actor), col(Part.position) >= INSIDE_FROM
    )
    return uow.session.execute(query).scalar() or INSIDE_FROM
