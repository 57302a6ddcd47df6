"""What a live draft is compared with: the agreed text of a clause, the one on the table, else the one it started from;
and which party writes under which of the shared document's numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pycrdt import Doc
from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.drafting import markdown_bridge, schema
from negotiation.drafting.vet import library_failures_named
from negotiation.errors import NotFound
from negotiation.rules.policy import Actor, sees
from negotiation.rules.values import Canonical, as_entered
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.store.contract import Clause
from negotiation.store.exchange import Draft, DraftCredit, DraftWriter, Version
from negotiation.store.people import Party

_DOCUMENTS_KEPT = 64
"""A text of 50 kB takes some tens of milliseconds to write as a document; everybody at the table asks for the same."""


class ReferenceName(StrEnum):
    AGREED = "agreed"
    TABLED = "tabled"
    START = "start"
    """What was there before anybody tabled anything; only until something is agreed."""


@dataclass(frozen=True)
class Reference:
    """A text to compare with, as a document of its own that holds the clause, and its value as a field shows it.
    `number` None: nobody ever tabled it."""

    number: int | None
    update: bytes
    value: str


@dataclass(frozen=True)
class Credits:
    """A text of some moment ago, and the letters of who wrote its characters in a row; None: nobody at this table."""

    text: str
    runs: tuple[tuple[str | None, int], ...]


@dataclass(frozen=True)
class References:
    texts: Mapping[ReferenceName, Reference]
    writers: Mapping[int, str]
    """Letters of parties by Yjs client; the platform's own client is nobody's."""
    parties: Mapping[str, str]
    """Short names by letter."""
    credits: Credits | None
    """None where nobody counts who wrote what, or nothing was counted yet."""


def references_of(session: Session, actor: Actor, *, draft_id: str, clause_id: str) -> References:
    """For who reads this draft. Raises NotFound, NotAllowed."""
    draft, clause = session.get(Draft, draft_id), session.get(Clause, clause_id)
    if draft is None or draft.negotiation_id != actor.negotiation_id:
        raise NotFound()
    require(actor, Action.READ_DRAFT, circle=Circle.parse(draft.circle))
    if clause is None or clause.part_id != draft.part_id or not sees(actor, Circle.parse(clause.circle)):
        raise NotFound()
    query = select(Party).where(col(Party.negotiation_id) == draft.negotiation_id)
    parties = {party.id: party for party in session.execute(query).scalars()}
    return References(
        texts=_texts(session, clause),
        writers={client_id: parties[party_id].letter for client_id, party_id in _writers(session, draft)},
        parties={party.letter: party.short_name for party in parties.values()},
        credits=_credits(session, draft, clause, {key: party.letter for key, party in parties.items()}),
    )


def _texts(session: Session, clause: Clause) -> dict[ReferenceName, Reference]:
    agreed = _version(session, clause.agreed_version_id)
    tabled = _version(session, clause.current_version_id)
    found: dict[ReferenceName, Reference] = {}
    if agreed:
        found[ReferenceName.AGREED] = _reference(clause, agreed.text, agreed.value, number=agreed.number)
    if tabled and (agreed is None or tabled.id != agreed.id):
        found[ReferenceName.TABLED] = _reference(clause, tabled.text, tabled.value, number=tabled.number)
    if agreed is None and (clause.working_text.strip() or clause.working_value is not None):
        found[ReferenceName.START] = _reference(clause, clause.working_text, clause.working_value, number=None)
    return found


def _version(session: Session, version_id: str | None) -> Version | None:
    """Versions are shared by nature: who reads the clause reads them."""
    return session.get(Version, version_id) if version_id else None


def _reference(clause: Clause, text: str, value: Canonical, *, number: int | None) -> Reference:
    return Reference(number, _document(clause.id, text), as_entered(value, clause.value_kind))


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def _document(clause_id: str, text: str) -> bytes:
    with library_failures_named():
        document: Doc[Any] = Doc()
        markdown_bridge.write_fragment(document, schema.clause_root(clause_id), markdown=text)
        return document.get_update()


def _writers(session: Session, draft: Draft) -> list[tuple[int, str]]:
    query = select(col(DraftWriter.client_id), col(DraftWriter.party_id)).where(
        col(DraftWriter.draft_id) == draft.id,
        col(DraftWriter.epoch) == draft.epoch,
        col(DraftWriter.party_id).is_not(None),
    )
    return [(row.client_id, row.party_id) for row in session.execute(query)]


def _credits(session: Session, draft: Draft, clause: Clause, letters: Mapping[str, str]) -> Credits | None:
    """Kept for the table commune alone: `negotiation/services/crediting.py`."""
    found = session.get(DraftCredit, (draft.id, clause.id))
    if found is None:
        return None
    return Credits(found.text, tuple((letters.get(party_id or ""), length) for party_id, length in found.runs))
