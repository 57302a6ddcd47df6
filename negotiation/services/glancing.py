"""Clauses summed up for « En un coup d’œil », a little after something happened on them, and kept."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col

from negotiation.rules.glance import (
    RULE,
    ClauseSummary,
    answering_days,
    distance_of,
    longest_wait,
    moves_by_month,
    waits_since,
    words_kept,
)
from negotiation.rules.redline import redline, share_changed
from negotiation.services.provenance import origins_of
from negotiation.store.derived import ClauseGlance
from negotiation.store.queries.glances import agreeing_steps, facts_of, shared_steps, shown_of
from negotiation.store.unit_of_work import UnitOfWork

Summaries = Mapping[str, tuple[int, dict[str, Any]]]
"""By clause, its revision and what happened on it until then."""


def sum_up(session: Session, clause_id: str) -> tuple[int, dict[str, Any]]:
    """The revision of a clause and what happened on it until then."""
    shown, steps = shown_of(session, clause_id), shared_steps(session, clause_id)
    origins = origins_of(session, clause_id)
    changed = share_changed(redline(shown.first, shown.text)) if shown.first and shown.text else 0.0
    summary = ClauseSummary(
        moves=moves_by_month(steps),
        versions=len(origins),
        changed=round(100 * changed),
        days=answering_days(steps),
        wait=longest_wait(steps, agreeing_steps(session, clause_id)),
        last=waits_since(steps),
        distance=distance_of(steps, kind=shown.kind, standing=shown.value),
        words=words_kept(origins, shown.standing),
    )
    return shown.revision, facts_of(summary)


def keep_summaries(uow: UnitOfWork, found: Summaries) -> None:
    """In the place of the former ones."""
    uow.session.execute(delete(ClauseGlance).where(col(ClauseGlance.clause_id).in_(sorted(found))))
    uow.session.add_all(
        ClauseGlance(clause_id=clause_id, revision=revision, rule=RULE, facts=facts)
        for clause_id, (revision, facts) in found.items()
    )
