"""The perimeter: which establishments and services the contract covers, changed in front of every party."""

from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import Frozen, InvalidInput, NotFound, PartInUse, StaleClause
from negotiation.events import Event, Kind
from negotiation.rules.opening import MOST_STRUCTURES, Fault, Structure, structure_faults
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Action, Side
from negotiation.services.access import require
from negotiation.store.contract import Essms, Part
from negotiation.store.people import Party
from negotiation.store.preparation import Datum, Finding
from negotiation.store.queries.opening import fingerprint_of
from negotiation.store.queries.visibility import visible
from negotiation.store.unit_of_work import UnitOfWork


def add_structure(uow: UnitOfWork, actor: Actor, structure: Structure) -> str:
    """The key of the new structure, last of the list. Raises NotAllowed, Frozen, InvalidInput(field, fault)."""
    rows = _locked_perimeter(uow, actor)
    if len(rows) >= MOST_STRUCTURES:
        raise InvalidInput(field="name", fault=Fault.TOO_MANY)
    _check(uow, actor, structure, taken={row.finess for row in rows})
    taken = {row.key for row in rows}
    number = next(number for number in range(1, len(rows) + 2) if f"s{number}" not in taken)
    position = max((row.position for row in rows), default=0) + 1
    row = structure_row(actor.negotiation_id, structure, key=f"s{number}", position=position)
    uow.session.add(row)
    _record(uow, actor, row, change="added")
    return row.key


def change_structure(uow: UnitOfWork, actor: Actor, structure_id: str, structure: Structure, *, seen: str) -> None:
    """`seen`: the `fingerprint_of` what was on the screen.

    Raises NotFound, NotAllowed, Frozen, InvalidInput(field, fault), StaleClause.
    """
    rows = _locked_perimeter(uow, actor)
    row = _asked(rows, structure_id, seen=seen)
    _check(uow, actor, structure, taken={other.finess for other in rows if other is not row})
    before = fingerprint_of(row)
    _write(row, structure)
    if fingerprint_of(row) != before:
        _record(uow, actor, row, change="changed")


def remove_structure(uow: UnitOfWork, actor: Actor, structure_id: str, *, seen: str) -> None:
    """Raises NotFound, NotAllowed, Frozen, StaleClause; PartInUse(reason="structure") while something of the contract
    or of the diagnosis names it."""
    row = _asked(_locked_perimeter(uow, actor), structure_id, seen=seen)
    if _is_named(uow, actor, row.key):
        raise PartInUse(reason="structure")
    uow.session.delete(row)
    _record(uow, actor, row, change="removed")


def structure_row(negotiation_id: str, structure: Structure, *, key: str, position: int) -> Essms:
    row = Essms(
        negotiation_id=negotiation_id,
        key=key,
        name="",
        category="",
        capacity=[],
        total_places=0,
        funder_party_ids=[],
        finess="",
        commune="",
        opening_days=0,
        features=[],
        position=position,
    )
    _write(row, structure)
    return row


def _locked_perimeter(uow: UnitOfWork, actor: Actor) -> list[Essms]:
    require(actor, Action.SHAPE)
    negotiation = uow.lock(actor.negotiation_id)
    if negotiation.frozen_at is not None:
        raise Frozen()
    query = select(Essms).where(col(Essms.negotiation_id) == actor.negotiation_id).order_by(col(Essms.position))
    return list(uow.session.execute(query.execution_options(populate_existing=True)).scalars())


def _asked(rows: list[Essms], structure_id: str, *, seen: str) -> Essms:
    row = next((row for row in rows if row.id == structure_id), None)
    if row is None:
        raise NotFound()
    if fingerprint_of(row) != seen:
        raise StaleClause()
    return row


def _check(uow: UnitOfWork, actor: Actor, structure: Structure, *, taken: set[str]) -> None:
    query = select(col(Party.key)).where(
        col(Party.negotiation_id) == actor.negotiation_id, col(Party.side) == Side.AUTHORITY
    )
    funders = set(uow.session.execute(query).scalars())
    for field, fault in structure_faults(structure, funders=funders, taken=taken):
        raise InvalidInput(field=field, fault=fault)


def _write(row: Essms, structure: Structure) -> None:
    row.name, row.category, row.commune = structure.name, structure.category, structure.commune
    row.finess, row.total_places = structure.finess, structure.places
    row.funder_party_ids, row.authorised_until = list(structure.funders), structure.authorised_until


def _is_named(uow: UnitOfWork, actor: Actor, key: str) -> bool:
    """By a part or a finding that this reader sees: what is inside another party refuses nothing to him."""
    known = select(func.count()).select_from(Datum).where(col(Datum.negotiation_id) == actor.negotiation_id)
    found = select(func.count()).select_from(Finding).where(col(Finding.negotiation_id) == actor.negotiation_id)
    if uow.session.execute(known.where(col(Datum.essms_key) == key)).scalar_one():
        return True
    if uow.session.execute(found.where(col(Finding.essms_key) == key)).scalar_one():
        return True
    parts = select(col(Part.attributes)).where(
        col(Part.negotiation_id) == actor.negotiation_id, visible(Part.circle, actor), col(Part.dropped_at).is_(None)
    )
    return any(
        key in (attributes.get("essms_ids") or []) or key == attributes.get("essms_id")
        for attributes in uow.session.execute(parts).scalars()
    )


def _record(uow: UnitOfWork, actor: Actor, row: Essms, *, change: str) -> None:
    facts = {"change": change, "key": row.key, **_facts(row)}
    uow.record(Event(Kind.PERIMETER_CHANGED, actor.negotiation_id, SHARED, actor.key, facts))


def _facts(row: Essms) -> dict[str, object]:
    return {
        "name": row.name,
        "category": row.category,
        "finess": row.finess,
        "commune": row.commune,
        "places": row.total_places,
        "funders": list(row.funder_party_ids),
        "authorised_until": row.authorised_until.isoformat() if row.authorised_until else None,
    }
