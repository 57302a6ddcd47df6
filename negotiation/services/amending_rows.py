"""The rows of an avenant: its table is the contract's, each clause agreed with the signed text, and a part of its own.

Only what was signed comes along, with who sits and each party's own rules for its visas, which stay inside it. Drafts,
discussions, mandates, delegations stay where they were written.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.paris import paris_day
from negotiation.rules.trame_filling import filled_text
from negotiation.rules.trame_model import Trame
from negotiation.rules.vocabulary import (
    NEGOTIATED,
    Circle,
    ClauseKind,
    ClauseState,
    DocumentKind,
    PartKind,
    ReserveState,
    Side,
    ValueKind,
)
from negotiation.services.amended_content import DECLARED, declared_facts
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Clause, ClauseParty, Document, Essms, Framework, Negotiation, Part
from negotiation.store.exchange import Reserve, Version
from negotiation.store.inside import VisaRule
from negotiation.store.people import Member, Party
from negotiation.store.queries.amendments import SIGNED_TEXT
from negotiation.store.queries.clauses import JOINED_AT, ClauseCard, cards_on_the_table
from negotiation.store.queries.people import ever_there, sitting
from negotiation.store.queries.situations import SIGNED
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.unit_of_work import UnitOfWork

OWN_PART = "avenant-{number}"
"""Key of the part in which an avenant says what it is."""
_LEFT = frozenset(
    {"declared", "working", "file_value", JOINED_AT, SIGNED, "session_ids", "final_text", "final_move_id", "status"}
)
"""Attributes that tell how the clause came about, not what it is."""
Node = dict[str, Any]
Place = tuple[str, str, str]
"""A clause by what names it in the content: kind and key of its part, its field."""


@dataclass
class Copy:
    """The new table while it is written. Ids of the contract's rows lead to those of the avenant."""

    uow: UnitOfWork
    source: Negotiation
    target: Negotiation
    content: Node
    """Of the signed version."""
    root_id: str
    """The contract's, whichever avenant the text comes from."""
    parties: dict[str, Party] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    clauses: dict[str, Clause] = field(default_factory=dict)
    concerned: dict[str, list[str]] = field(default_factory=dict)
    """Whom each copied clause concerns: ids of parties, by its own new id."""

    @property
    def session(self) -> Session:
        return self.uow.session

    def add(self, rows: Collection[Any]) -> None:
        self.session.add_all(rows)
        self.session.flush()


def copied_row(row: Any, **changed: Any) -> Any:
    """Another row with the same columns, but for its id and what is given."""
    kept = {name: value for name, value in row.model_dump().items() if name not in {"id", "created_at"}}
    return type(row)(**kept | changed)


def copy_people(copy: Copy) -> tuple[Member, ...]:
    """The parties, and whoever sits: nobody who entered is asked to join again. Whoever was invited and never entered
    is invited here too, by the same member: those are returned."""
    for party in _rows(copy, Party, order=Party.position):
        copy.parties[party.id] = copied_row(party, negotiation_id=copy.target.id)
    copy.add(list(copy.parties.values()))
    query = select(Member, ever_there()).where(col(Member.negotiation_id) == copy.source.id, sitting(paris_day(now())))
    moment, inviters = now(), dict[str, str | None]()
    for member, has_entered in copy.session.execute(query.order_by(col(Member.position), col(Member.id))):
        copy.members[member.id] = copied_row(
            member,
            negotiation_id=copy.target.id,
            party_id=copy.parties[member.party_id].id,
            invited_at=None if has_entered else moment,
            invited_by=None,
            joined_at=moment if has_entered else None,
        )
        if not has_entered:
            inviters[member.id] = member.invited_by
    copy.add(list(copy.members.values()))
    for member_id, inviter in inviters.items():
        by = copy.members.get(inviter or "")
        copy.members[member_id].invited_by = by.id if by else None
    copy.session.flush()
    return tuple(copy.members[member_id] for member_id in inviters)


def copy_visa_rules(copy: Copy) -> list[VisaRule]:
    """Each party's rules, in its own circle there as here."""
    rules = [
        copied_row(
            rule,
            negotiation_id=copy.target.id,
            party_id=copy.parties[rule.party_id].id,
            circle=str(Circle.inside(copy.parties[rule.party_id].id)),
        )
        for rule in _rows(copy, VisaRule, order=VisaRule.gesture)
    ]
    copy.add(rules)
    return rules


def copy_perimeter(copy: Copy) -> None:
    places = [
        copied_row(
            place,
            negotiation_id=copy.target.id,
            funder_party_ids=list(place.funder_party_ids),
        )
        for place in _rows(copy, Essms, order=Essms.position)
    ]
    copy.add(places)
    copy.add([copied_row(row, negotiation_id=copy.target.id) for row in _rows(copy, Framework, order=Framework.id)])


def copy_documents(copy: Copy) -> None:
    """The note de cadrage and the contract, as trees of parts: what was dropped, or never left a party, stays away."""
    query = select(Document).where(
        col(Document.negotiation_id) == copy.source.id, col(Document.kind).in_(list(NEGOTIATED))
    )
    declared = declared_facts(copy.session, copy.root_id)
    for document in copy.session.execute(query).scalars():
        is_contract = document.kind is DocumentKind.CONTRACT
        copy.documents[document.id] = copied_row(
            document,
            negotiation_id=copy.target.id,
            title=copy.target.title if is_contract else document.title,
            attributes={DECLARED: declared} if is_contract and declared else {},
        )
    copy.add(list(copy.documents.values()))
    parts = select(Part).where(
        col(Part.document_id).in_(list(copy.documents)), on_the_table(Part.circle), col(Part.dropped_at).is_(None)
    )
    rows = list(copy.session.execute(parts.order_by(col(Part.position), col(Part.id))).scalars())
    for part in rows:
        copy.parts[part.id] = copied_row(
            part,
            negotiation_id=copy.target.id,
            document_id=copy.documents[part.document_id].id,
            parent_id=None,
            attributes=dict(part.attributes),
        )
    copy.add(list(copy.parts.values()))
    for part in rows:
        above = copy.parts.get(part.parent_id or "")
        copy.parts[part.id].parent_id = above.id if above else None
    copy.session.flush()


def copy_clauses(copy: Copy, opened: Collection[str]) -> None:
    """Each agreed with the signed text, and those of `opened` (ids in the contract) open again."""
    signed = dict(_places(copy.content["parts"]))
    moment, versions = now(), list[Version]()
    ranks = Counter[str]()
    for card in cards_on_the_table(copy.session, copy.source.id):
        part = copy.parts.get(card.part_id)
        if part is None or card.state is ClauseState.WITHDRAWN:
            continue
        clause = _clause(copy, card, part, position=ranks[part.id])
        ranks[part.id] += 1
        if node := signed.get((str(part.kind), part.key, card.field), _noted(card)):
            clause.attributes[SIGNED] = {name: node[name] for name in ("text", "value", "value_text")}
        if card.state is ClauseState.AGREED and not card.follows_id:
            versions.append(_signed_version(clause, card, at=moment))
            _agree(copy, clause, card, version=versions[-1])
        if card.id in opened:
            clause.state, clause.current_version_id, clause.behind = ClauseState.REOPENED, None, []
            clause.revision, clause.moved_on = 1, moment
            if SIGNED in clause.attributes:
                clause.attributes[SIGNED]["opened"] = True
        copy.clauses[card.id] = clause
        copy.concerned[clause.id] = [copy.parties[party].id for party in sorted(card.situation.concerned)]
    followed = {card_id: clause.follows_id for card_id, clause in copy.clauses.items() if clause.follows_id}
    for clause in copy.clauses.values():
        clause.follows_id = None
    copy.add(list(copy.clauses.values()))
    for card_id, source_id in followed.items():
        source = copy.clauses.get(source_id)
        copy.clauses[card_id].follows_id = source.id if source else None
    copy.add(versions)
    copy.add(
        [
            ClauseParty(clause_id=clause, party_id=party)
            for clause, parties in copy.concerned.items()
            for party in parties
        ]
    )
    _copy_reserves(copy)


def _noted(card: ClauseCard) -> Node | None:
    """What stands in the note de cadrage, which isn't signed with the contract; None where nothing was agreed."""
    agreed = card.state is ClauseState.AGREED and not card.follows_id
    return {"text": card.text, "value": card.value, "value_text": ""} if agreed else None


def _clause(copy: Copy, card: ClauseCard, part: Part, *, position: int) -> Clause:
    debtor = copy.parties.get(card.debtor_id or "")
    return Clause(
        id=new_id(),
        negotiation_id=copy.target.id,
        part_id=part.id,
        kind=card.kind,
        field=card.field,
        code=card.code,
        label=card.label,
        position=position,
        value_kind=card.value_kind,
        unit=card.unit,
        debtor_party_id=debtor.id if debtor else None,
        follows_id=card.follows_id,
        working_text=card.text if card.follows_id else "",
        attributes={name: told for name, told in card.attributes.items() if name not in _LEFT},
        state=card.state if card.follows_id or card.state is ClauseState.AGREED else ClauseState.TO_WRITE,
    )


def _signed_version(clause: Clause, card: ClauseCard, *, at: Any) -> Version:
    return Version(
        id=new_id(),
        negotiation_id=clause.negotiation_id,
        clause_id=clause.id,
        number=1,
        text=card.text,
        value=card.value,
        fingerprint=version_fingerprint(card.text, card.value),
        motive=SIGNED_TEXT,
        tabled_at=at,
    )


def _agree(copy: Copy, clause: Clause, card: ClauseCard, *, version: Version) -> None:
    clause.current_version_id = clause.agreed_version_id = version.id
    clause.versions = 1
    clause.behind = sorted(copy.parties[party].id for party in card.situation.concerned)
    clause.maintained_reserves = sorted(copy.parties[party].id for party in card.situation.maintained_reserves)


def _copy_reserves(copy: Copy) -> None:
    """Those maintained to the contract: they were signed with it. What stated them stays there: each hangs from the
    signed version, for nothing here may name a row of another negotiation."""
    query = select(Reserve).where(
        col(Reserve.negotiation_id) == copy.source.id, col(Reserve.state) == ReserveState.MAINTAINED
    )
    copy.add(
        [
            copied_row(
                reserve,
                negotiation_id=copy.target.id,
                clause_id=copy.clauses[reserve.clause_id].id,
                party_id=copy.parties[reserve.party_id].id,
                move_id=copy.clauses[reserve.clause_id].agreed_version_id or "",
                settled_by_move_id=None,
            )
            for reserve in copy.session.execute(query).scalars()
            if reserve.clause_id in copy.clauses
        ]
    )


def add_own_part(copy: Copy, trame: Trame, *, number: int, words: Mapping[str, str]) -> Part:
    """« Avenant n° N », first of the contract: each article of the trame is a clause, to be negotiated by all."""
    document = next(row for row in copy.documents.values() if row.kind is DocumentKind.CONTRACT)
    part = Part(
        id=new_id(),
        negotiation_id=copy.target.id,
        document_id=document.id,
        kind=PartKind.ARTICLE,
        key=OWN_PART.format(number=number),
        code=f"Avenant {number}",
        title=f"Avenant n° {number}",
        attributes={"mandatory": True, "source": "Plan type"},
        position=0,
    )
    copy.add([part])
    deciding = [party for party in copy.parties.values() if party.side is not Side.ASSOCIATE]
    clauses = [
        Clause(
            id=new_id(),
            negotiation_id=copy.target.id,
            part_id=part.id,
            kind=ClauseKind.TEXT,
            field=article.key,
            label=article.title,
            position=position,
            value_kind=ValueKind.NONE,
            working_text="\n\n".join(filled_text(clause.text, words) for clause in article.clauses),
            attributes={"working": True, "prompt": article.clauses[0].prompt},
        )
        for position, article in enumerate(trame.parts)
    ]
    copy.add(clauses)
    copy.add([ClauseParty(clause_id=clause.id, party_id=party.id) for clause in clauses for party in deciding])
    return part


def _places(parts: list[Node]) -> Iterator[tuple[Place, Node]]:
    """The clauses of a frozen content; the list « Engagements » only names again those of its parts."""
    for part in parts:
        for clause in part["clauses"]:
            yield (part["kind"], part["key"], clause["field"]), clause
        yield from _places(part["parts"])


def content_of(frozen: str) -> Node:
    found: Node = json.loads(frozen)
    return found


def _rows(copy: Copy, row: Any, *, order: Any) -> list[Any]:
    query = select(row).where(col(row.negotiation_id) == copy.source.id).order_by(col(order))
    return list(copy.session.execute(query).scalars())
