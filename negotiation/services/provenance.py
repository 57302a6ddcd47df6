"""Who wrote the contract, word by word: derived from the tabled texts a little after they are tabled, and kept."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlmodel import Session, col

from negotiation.drafting.authorship_versions import Origin, Tabled, origins
from negotiation.store.derived import VersionOrigin
from negotiation.store.queries.origins import RULE, TabledText, starting_text, tabled_texts
from negotiation.store.unit_of_work import UnitOfWork

Derived = Mapping[str, list[list[str | int | None]]]
"""By version, [party id | null | "?", first version, words] in a row."""


def derive_clause(session: Session, clause_id: str) -> Derived:
    """Every version of a clause."""
    texts = tabled_texts(session, clause_id)
    ids = {each.number: each.version_id for each in texts}
    return {ids[number]: [list(run) for run in runs] for number, runs in _origins(session, clause_id, texts).items()}


def keep_derived(uow: UnitOfWork, found: Derived) -> None:
    """In the place of what was derived before."""
    uow.session.execute(delete(VersionOrigin).where(col(VersionOrigin.version_id).in_(sorted(found))))
    uow.session.add_all(
        VersionOrigin(version_id=version_id, rule=RULE, runs=list(runs)) for version_id, runs in found.items()
    )


def origins_of(session: Session, clause_id: str) -> Mapping[int, tuple[Origin, ...]]:
    """By version number, who first proposed the words of a clause."""
    return _origins(session, clause_id, tabled_texts(session, clause_id))


def _origins(session: Session, clause_id: str, texts: tuple[TabledText, ...]) -> Mapping[int, tuple[Origin, ...]]:
    versions = [Tabled(each.number, each.text, each.by, each.base, each.written) for each in texts]
    return origins(starting_text(session, clause_id), versions)
