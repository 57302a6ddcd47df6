"""A person's own templates: copied from one of the product or brought as a file, edited, exported, deleted.

Nobody else reads them until a negotiation is opened from one.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import col

from negotiation.errors import InvalidFile, NotFound
from negotiation.rules.trame import Trame, as_mapping, read_trame, trame_from_mapping
from negotiation.store.columns import now
from negotiation.store.preparation import StoredTrame
from negotiation.store.unit_of_work import UnitOfWork

MOST_TRAMES = 100
Change = Callable[[dict[str, Any]], dict[str, Any]]
"""From a mapping (`rules.trame.as_mapping`) to the mapping that should replace it."""


def copy_trame(uow: UnitOfWork, person_id: str, trame: Trame, *, title: str) -> str:
    """The id of the person's copy. Raises InvalidFile."""
    return _keep(uow, person_id, trame_from_mapping(as_mapping(trame) | {"title": title}))


def import_trame(uow: UnitOfWork, person_id: str, data: bytes) -> str:
    """The id of the template that a TOML file holds. Raises InvalidFile(path, problem)."""
    return _keep(uow, person_id, read_trame(data))


def change_trame(uow: UnitOfWork, person_id: str, trame_id: str, change: Change) -> Trame:
    """Checked again whole, and kept only if it holds. Raises NotFound, InvalidFile(path, problem)."""
    row = _own(uow, person_id, trame_id)
    trame = trame_from_mapping(change(as_mapping(trame_from_mapping(row.content))))
    row.title, row.content, row.changed_at = trame.title, as_mapping(trame), now()
    return trame


def delete_trame(uow: UnitOfWork, person_id: str, trame_id: str) -> None:
    """Tables opened from it keep all they have. Raises NotFound."""
    _own(uow, person_id, trame_id)
    uow.session.execute(delete(StoredTrame).where(col(StoredTrame.id) == trame_id))


def _keep(uow: UnitOfWork, person_id: str, trame: Trame) -> str:
    kept = select(func.count()).select_from(StoredTrame).where(col(StoredTrame.person_id) == person_id)
    if uow.session.execute(kept).scalar_one() >= MOST_TRAMES:
        raise InvalidFile(path="$", problem=f"vous gardez déjà {MOST_TRAMES} trames : supprimez-en une d’abord")
    row = StoredTrame(person_id=person_id, title=trame.title, content=as_mapping(trame))
    uow.session.add(row)
    return row.id


def _own(uow: UnitOfWork, person_id: str, trame_id: str) -> StoredTrame:
    query = select(StoredTrame).where(col(StoredTrame.id) == trame_id).with_for_update()
    row: StoredTrame | None = uow.session.execute(query).scalar_one_or_none()
    if row is None or row.person_id != person_id:
        raise NotFound()
    return row
