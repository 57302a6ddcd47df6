"""What a live draft is compared with: the agreed text of a clause, the one on the table, else the one it started from;
and which party writes under which of the shared document's numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pycrdt import Doc
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import aliased
from sqlmodel import col

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
from negotiation.store.prepared import Question

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


def references_of(connection: Connection, actor: Actor, *, draft_id: str, clause_id: str) -> References:
    """For who reads this draft. Raises NotFound, NotAllowed."""
    found = _DRAFTED_CLAUSE.ask(connection, {"draft": draft_id, "clause": clause_id})
    if not found or found[0].negotiation_id != actor.negotiation_id:
        raise NotFound()
    row = found[0]
    require(actor, Action.READ_DRAFT, circle=Circle.parse(row.draft_circle))
    if row.clause_circle is None or not sees(actor, Circle.parse(row.clause_circle)):
        raise NotFound()
    parties = {party.id: party for party in _PARTIES.ask(connection, {"negotiation": row.negotiation_id})}
    writers = _WRITERS.ask(connection, {"draft": draft_id, "epoch": row.epoch})
    return References(
        texts=_texts(row, clause_id),
        writers={writer.client_id: parties[writer.party_id].letter for writer in writers},
        parties={party.letter: party.short_name for party in parties.values()},
        credits=_credits(row, {key: party.letter for key, party in parties.items()}),
    )


def _texts(row: Any, clause_id: str) -> dict[ReferenceName, Reference]:
    """Of a row of `_DRAFTED_CLAUSE`."""

    def reference(number: int | None, text: str, value: Canonical) -> Reference:
        return Reference(number, _document(clause_id, text), as_entered(value, row.value_kind))

    found: dict[ReferenceName, Reference] = {}
    if row.agreed_id is not None:
        found[ReferenceName.AGREED] = reference(row.agreed_number, row.agreed_text, row.agreed_value)
    if row.tabled_id not in (None, row.agreed_id):
        found[ReferenceName.TABLED] = reference(row.tabled_number, row.tabled_text, row.tabled_value)
    if row.agreed_id is None and (row.working_text.strip() or row.working_value is not None):
        found[ReferenceName.START] = reference(None, row.working_text, row.working_value)
    return found


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def _document(clause_id: str, text: str) -> bytes:
    with library_failures_named():
        document: Doc[Any] = Doc()
        markdown_bridge.write_fragment(document, schema.clause_root(clause_id), markdown=text)
        return document.get_update()


def _credits(row: Any, letters: Mapping[str, str]) -> Credits | None:
    """Kept for the table commune alone: `negotiation/services/crediting.py`."""
    if row.credited_text is None:
        return None
    return Credits(row.credited_text, tuple((letters.get(party_id or ""), length) for party_id, length in row.runs))


# --------------------------------------------------------------------- statements, made once: all who draft ask at once


def _of_version(version: Any, name: str) -> list[Any]:
    fields = (version.id, version.number, version.text, version.value)
    return [col(field).label(f"{name}_{field.key}") for field in fields]


_AGREED, _TABLED = aliased(Version), aliased(Version)
# Versions are shared by nature: who reads the clause reads them.
_DRAFTED_CLAUSE = Question(
    select(
        col(Draft.negotiation_id),
        col(Draft.circle).label("draft_circle"),
        col(Draft.epoch),
        col(Clause.circle).label("clause_circle"),
        col(Clause.value_kind),
        col(Clause.working_text),
        col(Clause.working_value),
        *_of_version(_AGREED, "agreed"),
        *_of_version(_TABLED, "tabled"),
        col(DraftCredit.text).label("credited_text"),
        col(DraftCredit.runs),
    )
    .outerjoin(Clause, (col(Clause.part_id) == col(Draft.part_id)) & (col(Clause.id) == bindparam("clause")))
    .outerjoin(_AGREED, col(_AGREED.id) == col(Clause.agreed_version_id))
    .outerjoin(_TABLED, col(_TABLED.id) == col(Clause.current_version_id))
    .outerjoin(
        DraftCredit, (col(DraftCredit.draft_id) == col(Draft.id)) & (col(DraftCredit.clause_id) == col(Clause.id))
    )
    .where(col(Draft.id) == bindparam("draft"))
)
_PARTIES = Question(
    select(col(Party.id), col(Party.letter), col(Party.short_name)).where(
        col(Party.negotiation_id) == bindparam("negotiation")
    )
)
_WRITERS = Question(
    select(col(DraftWriter.client_id), col(DraftWriter.party_id)).where(
        col(DraftWriter.draft_id) == bindparam("draft"),
        col(DraftWriter.epoch) == bindparam("epoch"),
        col(DraftWriter.party_id).is_not(None),
    )
)
