"""The clauses on which something happened before all parties, as the history lists them; dropped ones too."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.rules.lifecycle import Situation
from negotiation.rules.policy import Actor, circles_of
from negotiation.rules.vocabulary import OUTSIDE_CONTRACT, ClauseKind, ClauseState, Move
from negotiation.store.contract import Clause, ClauseParty, Document, Part
from negotiation.store.exchange import MoveRow
from negotiation.store.queries.situations import as_situation
from negotiation.store.queries.visibility import visible


@dataclass(frozen=True)
class MovedClause:
    """A clause that moved. `concerned`: ids of the parties whose agreement it needs."""

    id: str
    kind: ClauseKind
    code: str
    label: str
    part_code: str
    part_title: str
    is_dropped: bool
    situation: Situation

    @property
    def state(self) -> ClauseState:
        return self.situation.state

    @property
    def concerned(self) -> frozenset[str]:
        return self.situation.concerned


@dataclass(frozen=True)
class Steps:
    """How many steps of a clause this person reads, and the last one."""

    count: int
    type: Move
    party_id: str
    at: datetime


def moved_clauses(session: Session, actor: Actor) -> tuple[MovedClause, ...]:
    """Engagements first, then the other clauses, each in the order of the documents. What is outside the contract is
    no part of them."""
    own = (col(Clause.negotiation_id) == actor.negotiation_id) & visible(Clause.circle, actor)
    query = (
        select(Clause, Part)
        .join(Part, col(Part.id) == Clause.part_id)
        .join(Document, col(Document.id) == Part.document_id)
        .where(own, col(Part.kind).not_in(OUTSIDE_CONTRACT), (col(Clause.revision) > 0) | (col(Clause.versions) > 0))
        .order_by(col(Document.kind).desc(), col(Part.position), col(Clause.position), col(Clause.id))
    )
    rows = session.execute(query).all()
    agreeing = select(col(ClauseParty.clause_id), col(ClauseParty.party_id)).join(
        Clause, col(Clause.id) == ClauseParty.clause_id
    )
    concerned: dict[str, set[str]] = {}
    for clause_id, party_id in session.execute(agreeing.where(own)):
        concerned.setdefault(clause_id, set()).add(party_id)
    found = [_moved(clause, part, frozenset(concerned.get(clause.id, ()))) for clause, part in rows]
    return tuple(sorted(found, key=lambda each: each.kind is not ClauseKind.ENGAGEMENT))


def _moved(clause: Clause, part: Part, concerned: frozenset[str]) -> MovedClause:
    return MovedClause(
        id=clause.id,
        kind=clause.kind,
        code=clause.code,
        label=clause.label,
        part_code=part.code,
        part_title=part.title,
        is_dropped=part.dropped_at is not None,
        situation=as_situation(clause, concerned, None),
    )


def steps_of(session: Session, actor: Actor, clause_ids: Iterable[str]) -> dict[str, Steps]:
    """By clause id. Comments are steps of a navette too."""
    ids = sorted(clause_ids)
    own = (col(MoveRow.negotiation_id) == actor.negotiation_id) & col(MoveRow.clause_id).in_(ids)
    mine = own & visible(MoveRow.circle, actor)
    counts: Counter[str] = Counter()
    ranks: dict[str, int] = {}
    for circle in circles_of(actor):  # one at a time: each is counted in an index
        counted = (
            select(col(MoveRow.clause_id), func.count().label("steps"), func.max(col(MoveRow.rank)).label("rank"))
            .where(mine, col(MoveRow.circle) == str(circle))
            .group_by(col(MoveRow.clause_id))
        )
        for row in session.execute(counted):
            counts[row.clause_id] += row.steps
            ranks[row.clause_id] = max(row.rank, ranks.get(row.clause_id, 0))
    columns = (MoveRow.clause_id, MoveRow.rank, MoveRow.type, MoveRow.party_id, MoveRow.at)
    last = select(*(col(column) for column in columns)).where(mine, col(MoveRow.rank).in_(sorted({*ranks.values()})))
    return {
        row.clause_id: Steps(counts[row.clause_id], row.type, row.party_id, row.at)
        for row in session.execute(last)
        if row.rank == ranks[row.clause_id]
    }
