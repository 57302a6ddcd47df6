"""The approval of a relevé: when every party stands behind every passage, its words are sealed and enter the chain.

It happens in the transaction of the move that completes it, behind the negotiation's lock: nobody seals it twice, and
nobody approves words that another one changed meanwhile.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.events import Event, Kind
from negotiation.rules.history_chain import canonical_payload, stamp
from negotiation.rules.policy import Actor
from negotiation.rules.situation import Approval
from negotiation.rules.vocabulary import SHARED, TEXT_MOVES, ClauseState, Move, PartKind, ReserveState, Side
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.exchange import MoveRow, Reserve, Version
from negotiation.store.minutes import Minutes
from negotiation.store.people import Member, Party
from negotiation.store.queries.situations import APPROVAL
from negotiation.store.seances import Seance
from negotiation.store.unit_of_work import UnitOfWork

FORMAT = "navette-minutes/1"
NAMED = ("version", "fingerprint")
"""What the chain says of a passage: its words are told by its own moves."""
Node = dict[str, Any]


def approve_minutes(uow: UnitOfWork, actor: Actor, clause: Clause) -> None:
    """Seal the relevé of which this clause is a passage, once nothing in it waits for anybody."""
    minutes = _minutes_of(uow.session, clause)
    if minutes is None or minutes.approved_at is not None:
        return
    clauses = _passages(uow.session, minutes)
    if not all(is_settled(each) for each in clauses) or all(each.state is ClauseState.WITHDRAWN for each in clauses):
        return
    kept = [each for each in clauses if each.state is ClauseState.AGREED]
    moment = now()
    content = canonical_payload(_content(uow.session, minutes, kept, approved_at=moment))
    minutes.content, minutes.content_hash = content.decode(), hashlib.sha256(content).hexdigest()
    minutes.approved_at = moment
    for each in clauses:
        each.attributes = each.attributes | {APPROVAL: str(Approval.APPROVED)}
    uow.session.flush()
    _record(uow, actor, minutes, kept)


def content_so_far(session: Session, minutes_id: str) -> Node:
    """The relevé as it stands, in the shape of what is sealed; nothing tells then who approved, nor when."""
    minutes = session.get_one(Minutes, minutes_id)
    kept = [each for each in _passages(session, minutes) if each.state is not ClauseState.WITHDRAWN]
    return _content(session, minutes, kept)


def _minutes_of(session: Session, clause: Clause) -> Minutes | None:
    if session.get_one(Part, clause.part_id).kind is not PartKind.MINUTES:
        return None
    query = select(Minutes).where(col(Minutes.part_id) == clause.part_id)
    found: Minutes | None = session.execute(query).scalar_one_or_none()
    return found


def _passages(session: Session, minutes: Minutes) -> list[Clause]:
    query = select(Clause).where(col(Clause.part_id) == minutes.part_id).order_by(col(Clause.position), col(Clause.id))
    return list(session.execute(query).scalars())


def is_settled(clause: Clause) -> bool:
    """Agreed without a reserve left open nor a request pending, or given up by everybody."""
    is_agreed = clause.state is ClauseState.AGREED and not clause.open_reserves and clause.request_kind is None
    return is_agreed or clause.state is ClauseState.WITHDRAWN


def _content(session: Session, minutes: Minutes, clauses: list[Clause], *, approved_at: datetime | None = None) -> Node:
    """Named by keys and letters, never by the ids of this database: the same relevé has the same bytes elsewhere."""
    negotiation = session.get_one(Negotiation, minutes.negotiation_id)
    seance = session.get_one(Seance, minutes.seance_id)
    parties = deciding_and_others(session, minutes.negotiation_id)
    return {
        "format": FORMAT,
        "negotiation": {"key": negotiation.key, "title": negotiation.title, "reference": negotiation.reference},
        "seance": {"title": seance.title, "on": seance.on.isoformat(), "place": seance.place},
        "title": session.get_one(Part, minutes.part_id).title,
        "parties": [party_node(party) for party in parties],
        "passages": [_passage(session, clause) for clause in clauses],
        "reserves": maintained_reserves(session, clauses, parties),
        "approvals": last_words(session, clauses, parties) if approved_at else [],
        "approved_at": stamp(approved_at) if approved_at else None,
    }


def _passage(session: Session, clause: Clause) -> Node:
    version = session.get_one(Version, clause.agreed_version_id or clause.current_version_id)
    return {
        "label": clause.label,
        "text": version.text,
        "version": version.number,
        "fingerprint": version.fingerprint,
    }


def deciding_and_others(session: Session, negotiation_id: str) -> list[Party]:
    query = select(Party).where(col(Party.negotiation_id) == negotiation_id).order_by(col(Party.position))
    return list(session.execute(query).scalars())


def party_node(party: Party) -> Node:
    return {
        "key": party.key,
        "letter": party.letter,
        "side": str(party.side),
        "name": party.name,
        "short_name": party.short_name,
    }


def maintained_reserves(session: Session, clauses: list[Clause], parties: list[Party]) -> list[Node]:
    """Those that a party maintains, beside the words that it approved."""
    labels, letters = {clause.id: clause.label for clause in clauses}, {party.id: party.letter for party in parties}
    query = select(Reserve).where(
        col(Reserve.clause_id).in_(list(labels)), col(Reserve.state) == ReserveState.MAINTAINED
    )
    found = [
        {"passage": labels[row.clause_id], "party": letters[row.party_id], "text": row.text}
        for row in session.execute(query).scalars()
    ]
    return sorted(found, key=lambda each: (each["passage"], each["party"]))


def last_words(session: Session, clauses: list[Clause], parties: list[Party]) -> list[Node]:
    """Of each party, its last word on what was agreed, and who said it; a party that wrote a passage says it so."""
    agreed = [clause.agreed_version_id for clause in clauses]
    query = (
        select(MoveRow, col(Member.title))
        .join(Member, col(Member.id) == MoveRow.member_id)
        .where(col(MoveRow.version_id).in_(agreed), col(MoveRow.type).in_([Move.ACCEPTANCE, *TEXT_MOVES]))
        .order_by(col(MoveRow.recorded_at), col(MoveRow.rank))
    )
    authors = {version_id: session.get_one(Version, version_id).author_party_id for version_id in agreed if version_id}
    last: dict[str, tuple[MoveRow, str]] = {}
    for row, title in session.execute(query):
        if row.type is Move.ACCEPTANCE or authors.get(row.version_id) == row.party_id:
            last[row.party_id] = (row, title)
    return [
        {"party": party.letter, "by": last[party.id][1], "at": stamp(last[party.id][0].recorded_at)}
        for party in parties
        if party.side is not Side.ASSOCIATE and party.id in last
    ]


def _record(uow: UnitOfWork, actor: Actor, minutes: Minutes, clauses: list[Clause]) -> None:
    """The fingerprint of the whole, and of each passage: whoever has the words can tell that they are these."""
    seance = uow.session.get_one(Seance, minutes.seance_id)
    facts = {
        "seance": minutes.seance_id,
        "minutes": minutes.id,
        "title": seance.title,
        "content_hash": minutes.content_hash,
        "passages": [
            {"passage": each.id, **{key: fact for key, fact in _passage(uow.session, each).items() if key in NAMED}}
            for each in clauses
        ],
    }
    uow.record(
        Event(
            Kind.MINUTES_APPROVED,
            minutes.negotiation_id,
            SHARED,
            actor.key,
            facts,
            part_id=minutes.part_id,
            seance_id=minutes.seance_id,
        )
    )
