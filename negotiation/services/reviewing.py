"""The approval of a dialogue de gestion or of the final evaluation: once every party stands behind its conclusions and
nothing in it is contested, its values and words are sealed and enter the chain.

It happens in the transaction of the move that completes it, as for a relevé (`services.approving`). What nobody filled
in says so, and is sealed so: a missing figure never holds back what was agreed.
"""

import hashlib

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.events import Event, Kind
from negotiation.rules.history_chain import canonical_payload, stamp
from negotiation.rules.policy import Actor
from negotiation.rules.reviews import Field
from negotiation.rules.situation import Approval
from negotiation.rules.vocabulary import LIVE_AFTER_GEL, SHARED, ClauseState, ReviewKind
from negotiation.services.approving import (
    Node,
    deciding_and_others,
    is_settled,
    last_words,
    maintained_reserves,
    party_node,
)
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.exchange import Version
from negotiation.store.queries.evaluated import evaluated_of
from negotiation.store.queries.situations import APPROVAL
from negotiation.store.reviews import Review
from negotiation.store.unit_of_work import UnitOfWork

FORMAT = "navette-review/1"
NAMED = ("field", "version", "fingerprint")
"""What the chain says of a value: its words are told by its own moves."""


def approve_review(uow: UnitOfWork, actor: Actor, clause: Clause) -> None:
    """Seal the dialogue or the evaluation of which this clause is a value, once nothing in it waits for anybody."""
    if uow.session.get_one(Part, clause.part_id).kind not in LIVE_AFTER_GEL:
        return
    review = uow.session.execute(select(Review).where(col(Review.part_id) == clause.part_id)).scalar_one()
    clauses = clauses_of(uow.session, review.part_id)
    if review.approved_at is not None or not _is_complete(clauses):
        return
    moment = now()
    content = canonical_payload(_content(uow.session, actor, review, clauses) | {"approved_at": stamp(moment)})
    review.content, review.content_hash = content.decode(), hashlib.sha256(content).hexdigest()
    review.approved_at = moment
    for each in clauses:
        each.attributes = each.attributes | {APPROVAL: str(Approval.APPROVED)}
    uow.session.flush()
    _record(uow, actor, review, clauses)


def content_so_far(session: Session, actor: Actor, review: Review) -> Node:
    """The content as it would be sealed, with what is tabled besides; `open`: the fields that aren't agreed."""
    clauses = clauses_of(session, review.part_id)
    said = [each for each in clauses if each.agreed_version_id or each.current_version_id]
    return _content(session, actor, review, clauses) | {
        "values": [_value(session, each) for each in said],
        "open": [each.field for each in said if each.state is not ClauseState.AGREED],
        "approvals": [],
    }


def clauses_of(session: Session, part_id: str) -> list[Clause]:
    query = select(Clause).where(col(Clause.part_id) == part_id).order_by(col(Clause.position), col(Clause.id))
    return list(session.execute(query).scalars())


def _is_complete(clauses: list[Clause]) -> bool:
    """The conclusions are agreed, and every other clause is settled or was never filled in."""
    agreed = [each for each in clauses if each.field == Field.CONCLUSIONS and each.state is ClauseState.AGREED]
    return bool(agreed) and all(is_settled(each) or _is_blank(each) for each in clauses)


def _is_blank(clause: Clause) -> bool:
    """Nobody ever said anything binding about it."""
    return clause.state is ClauseState.TO_WRITE and not clause.versions and not clause.open_reserves


def _content(session: Session, actor: Actor, review: Review, clauses: list[Clause]) -> Node:
    """Named by keys and letters, never by the ids of this database: the same dialogue has the same bytes elsewhere."""
    negotiation = session.get_one(Negotiation, review.negotiation_id)
    parties = deciding_and_others(session, review.negotiation_id)
    kept = [each for each in clauses if each.state is ClauseState.AGREED]
    content = {
        "format": FORMAT,
        "kind": str(review.kind),
        "negotiation": {"key": negotiation.key, "title": negotiation.title, "reference": negotiation.reference},
        "year": review.year,
        "on": review.on.isoformat(),
        "title": session.get_one(Part, review.part_id).title,
        "parties": [party_node(party) for party in parties],
        "values": [_value(session, each) for each in kept],
        "blank": [each.label for each in clauses if _is_blank(each)],
        "reserves": maintained_reserves(session, kept, parties),
        "approvals": last_words(session, kept, parties),
    }
    if review.kind is ReviewKind.EVALUATION:
        content["figures"] = _figures(session, actor)
    return content


def _figures(session: Session, actor: Actor) -> list[Node]:
    """What each outcome was read from: figures go on changing after the evaluation, what it says doesn't."""
    return [
        {
            "field": f"{Field.OUTCOME}.{each.key}",
            "label": each.name,
            "unit": each.card.unit,
            "value_kind": str(each.card.value_kind),
            "baseline": each.baseline,
            "baseline_year": each.baseline_year,
            "agreed": each.agreed,
            "observed": each.observed_value,
            "observed_year": each.observed.year if each.observed else None,
            "observed_since": each.since,
            "standing": str(each.observed.standing) if each.observed else "",
            "progress": f"{each.noted.percent} %, {each.noted.state}" if each.noted else "",
            "gap": each.reading.words if each.reading else "",
        }
        for each in evaluated_of(session, actor)
    ]


def _value(session: Session, clause: Clause) -> Node:
    version = session.get_one(Version, clause.agreed_version_id or clause.current_version_id)
    return {
        "field": clause.field,
        "label": clause.label,
        "value_kind": str(clause.value_kind),
        "unit": clause.unit,
        "value": version.value,
        "text": version.text,
        "version": version.number,
        "fingerprint": version.fingerprint,
    }


def _record(uow: UnitOfWork, actor: Actor, review: Review, clauses: list[Clause]) -> None:
    """The fingerprint of the whole, and of each value: whoever has the words can tell that they are these."""
    kept = [_value(uow.session, each) for each in clauses if each.state is ClauseState.AGREED]
    facts = {
        "review": review.id,
        "review_kind": str(review.kind),
        "year": review.year,
        "content_hash": review.content_hash,
        "values": [{name: each[name] for name in NAMED} for each in kept],
    }
    uow.record(Event(Kind.REVIEW_APPROVED, review.negotiation_id, SHARED, actor.key, facts, part_id=review.part_id))
