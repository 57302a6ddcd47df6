"""Every step of a table, with its words and its clause, for the files that a reader takes away."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.navette import Step
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Circle, ValueKind
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.seance_moves import Sitting, sitting_of
from negotiation.store.queries.visibility import visible
from negotiation.store.seances import Seance, SeanceDecision, SeancePoint


@dataclass(frozen=True)
class ToldStep:
    """`part`: code and title of the part; `text`: words of what it tables or says."""

    step: Step
    clause_id: str
    part_id: str
    part: str
    code: str
    label: str
    unit: str
    value_kind: ValueKind
    member_id: str
    text: str
    motive: str


@dataclass(frozen=True)
class Sittings:
    """The séances held at a table, by what they were held on."""

    by_clause: dict[str, list[Sitting]]
    by_part: dict[str, list[Sitting]]
    by_code: dict[str, list[Sitting]]

    def on(self, told: ToldStep) -> Iterable[Sitting]:
        yield from self.by_clause.get(told.clause_id, ())
        yield from self.by_part.get(told.part_id, ())
        if told.code:
            yield from self.by_code.get(told.code, ())


def told_steps(session: Session, actor: Actor) -> Iterator[ToldStep]:
    """In the order in which they were played, whole tables included that were dropped since: they were negotiated."""
    query = (
        select(MoveRow, Clause, Part, Version)
        .join(Clause, col(Clause.id) == MoveRow.clause_id)
        .join(Part, col(Part.id) == Clause.part_id)
        .outerjoin(Version, col(Version.id) == MoveRow.version_id)
        .where(
            col(MoveRow.negotiation_id) == actor.negotiation_id,
            visible(MoveRow.circle, actor),
            visible(Clause.circle, actor),
        )
        .order_by(col(MoveRow.at), col(MoveRow.clause_id), col(MoveRow.rank))
    )
    for move, clause, part, version in session.execute(query):
        step = Step(
            id=move.id,
            move=move.type,
            party=move.party_id,
            at=move.at,
            circle=Circle.parse(move.circle),
            version=version.number if version else None,
            value=version.value if version else None,
            author=version.author_party_id if version else None,
            reply_to=move.reply_to_id,
            is_declared=move.key is not None,
        )
        yield ToldStep(
            step=step,
            clause_id=clause.id,
            part_id=part.id,
            part=f"{part.code} {part.title}".strip(),
            code=clause.code,
            label=clause.label,
            unit=clause.unit,
            value_kind=clause.value_kind,
            member_id=move.member_id,
            text=move.text,
            motive=move.motive,
        )


def sittings_of_table(session: Session, actor: Actor) -> Sittings:
    """The same as `seance_moves.sittings_on`, for every clause at once."""
    rows = session.execute(
        select(Seance)
        .where(col(Seance.negotiation_id) == actor.negotiation_id)
        .order_by(col(Seance.on), col(Seance.position))
    ).scalars()
    held = {row.id: (row, sitting) for row in rows if (sitting := sitting_of(row)) is not None}
    clauses, parts, codes = defaultdict(list), defaultdict(list), defaultdict(list)
    points = select(SeancePoint).where(col(SeancePoint.seance_id).in_(list(held)))
    for point in session.execute(points).scalars():
        row, sitting = held[point.seance_id]
        if row.opened_at is not None and point.clause_id:
            clauses[point.clause_id].append(sitting)
        elif row.opened_at is not None and point.part_id:
            parts[point.part_id].append(sitting)
    decided = select(SeanceDecision).where(col(SeanceDecision.seance_id).in_(list(held)))
    for decision in session.execute(decided).scalars():
        row, sitting = held[decision.seance_id]
        if row.opened_at is not None and decision.clause_id:
            clauses[decision.clause_id].append(sitting)
    for row, sitting in held.values():
        if row.planned_by is None and row.opened_at is None:
            for code in row.engagement_codes:
                codes[code].append(sitting)
    return Sittings(clauses, parts, codes)
