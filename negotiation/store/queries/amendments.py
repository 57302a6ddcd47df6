"""The avenants to a contract: which there are, where each stands, and what they make of the contract's term.

A contract and its avenants are negotiations of their own; what is told of one at the table of the other are its number,
its state, its dates: who sits at one sat at the other when it was opened.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.amendment import AMENDMENTS, CONTRACT_TYPES, AmendmentKind, Term
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, NegotiationStatus
from negotiation.store.amendment import Amendment
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Negotiation
from negotiation.store.exchange import Version
from negotiation.store.following import Avenant
from negotiation.store.people import Member
from negotiation.store.queries.people import sitting
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.record import FrozenVersion, HistoryEntry, Signature

SIGNED_TEXT = "Texte de la version signée"
"""Motive of the first version of each clause of an avenant: what it was signed with."""


class AmendmentState(StrEnum):
    NEGOTIATED = "negotiated"
    FROZEN = "frozen"
    SIGNED = "signed"
    CLOSED = "closed"


@dataclass(frozen=True)
class AmendmentView:
    """An avenant as its contract shows it. `is_mine`: the reader sits at its table today."""

    negotiation_id: str
    kind: AmendmentKind
    number: int
    state: AmendmentState
    reason: str
    requested_by: str
    opened_on: date
    effect_on: date
    term_after: date | None
    signed_on: date | None
    closed_reason: str
    is_mine: bool

    @property
    def name(self) -> str:
        return AMENDMENTS[self.kind].name


@dataclass(frozen=True)
class DeclaredAmendment:
    """An avenant that a file tells: its number is taken, its changes are in no text that is frozen here."""

    number: int
    title: str
    reason: str
    signed_on: date | None


@dataclass(frozen=True)
class TermInForce:
    """The term as it stands. `extended_by`: number of the signed avenant that moved it; `ended_on`: the day on which a
    signed résiliation ends the contract, and `ended_by` its number."""

    ends_on: date
    extended_by: int | None = None
    ended_on: date | None = None
    ended_by: int | None = None


@dataclass(frozen=True)
class Base:
    """The signed version that the next avenant starts from."""

    negotiation: Negotiation
    version: FrozenVersion


def is_signed(negotiation: Negotiation) -> bool:
    """Whether every party signed it, here or as a file declares."""
    return negotiation.frozen_at is not None and negotiation.status is not NegotiationStatus.IN_NEGOTIATION


Named = tuple[str, str, int]
"""An avenant: key of its contract's negotiation, its own key, its number."""


def told_by_contracts(session: Session, root_keys: Iterable[str], kind: Kind) -> dict[Named, str]:
    """The avenants that the contracts' own shared histories tell, with the fingerprint of the text that was signed, ""
    where the fact names none. An avenant may come with an archive: that it says which contract it amends proves
    nothing to those who sit at that contract's table. Whatever is told of a contract's avenants asks here."""
    query = (
        select(col(Negotiation.key), col(HistoryEntry.payload))
        .join(Negotiation, col(Negotiation.id) == HistoryEntry.negotiation_id)
        .where(
            col(Negotiation.key).in_(sorted(set(root_keys))),
            col(HistoryEntry.circle) == str(SHARED),
            col(HistoryEntry.kind) == str(kind),
            col(HistoryEntry.payload).is_not(None),
        )
    )
    told = [(key, json.loads(payload)) for key, payload in session.execute(query)]
    return {(key, said.get("avenant", ""), said["number"]): said.get("content_hash", "") for key, said in told}


def _rows(session: Session, root_keys: Iterable[str]) -> list[tuple[Amendment, Negotiation]]:
    """The avenants that their contracts tell as opened, by contract and number."""
    query = (
        select(Amendment, Negotiation)
        .join(Negotiation, col(Negotiation.id) == Amendment.negotiation_id)
        .where(col(Amendment.root_key).in_(sorted(set(root_keys))))
        .order_by(col(Amendment.root_key), col(Amendment.number))
    )
    rows = [(row[0], row[1]) for row in session.execute(query)]
    opened = told_by_contracts(session, {row.root_key for row, _ in rows}, Kind.AVENANT_OPENED) if rows else {}
    return [(row, own) for row, own in rows if (row.root_key, own.key, row.number) in opened]


def amendments_to(session: Session, actor: Actor) -> tuple[AmendmentView, ...]:
    """Those to the contract at whose table the reader sits, by number."""
    root_key = session.get_one(Negotiation, actor.negotiation_id).key
    seats = select(col(Member.negotiation_id)).where(
        col(Member.person_id) == actor.person_id, sitting(paris_day(now()))
    )
    mine = set(session.execute(seats).scalars())
    rows = _rows(session, [root_key])
    return tuple(_view(row, negotiation, is_mine=negotiation.id in mine) for row, negotiation in rows)


def _view(row: Amendment, negotiation: Negotiation, *, is_mine: bool) -> AmendmentView:
    return AmendmentView(
        negotiation_id=row.negotiation_id,
        kind=row.kind,
        number=row.number,
        state=_state(row, negotiation),
        reason=row.reason,
        requested_by=row.requested_by,
        opened_on=paris_day(row.opened_at),
        effect_on=row.effect_on,
        term_after=row.term_after,
        signed_on=negotiation.signed_on,
        closed_reason=row.closed_reason or "",
        is_mine=is_mine,
    )


def _state(row: Amendment, negotiation: Negotiation) -> AmendmentState:
    if row.closed_reason is not None:
        return AmendmentState.CLOSED
    if is_signed(negotiation):
        return AmendmentState.SIGNED
    return AmendmentState.NEGOTIATED if negotiation.frozen_at is None else AmendmentState.FROZEN


def signed_amendments(session: Session, root_keys: Iterable[str]) -> tuple[tuple[Amendment, Negotiation], ...]:
    """By contract and number: those of which the contract's history says that all signed, and this text."""
    rows = [(row, own) for row, own in _rows(session, root_keys) if row.settled_at and row.closed_reason is None]
    if not rows:
        return ()
    told = told_by_contracts(session, {row.root_key for row, _ in rows}, Kind.AVENANT_SIGNED)
    query = select(col(FrozenVersion.negotiation_id), col(FrozenVersion.content_hash))
    frozen = session.execute(query.where(col(FrozenVersion.negotiation_id).in_([own.id for _, own in rows]))).all()
    held = {(negotiation_id, content_hash) for negotiation_id, content_hash in frozen}
    return tuple((row, own) for row, own in rows if (own.id, told.get((row.root_key, own.key, row.number), "")) in held)


def terms_in_force(session: Session, roots: Iterable[tuple[str, date]]) -> dict[str, TermInForce]:
    """By key of the contract's negotiation, given with the end that was signed first."""
    found = {key: TermInForce(ends_on) for key, ends_on in roots}
    for row, _ in signed_amendments(session, found):
        found[row.root_key] = _moved(found[row.root_key], row)
    return found


def _moved(term: TermInForce, row: Amendment) -> TermInForce:
    if row.kind is AmendmentKind.EXTENSION and row.term_after is not None:
        return TermInForce(row.term_after, row.number, term.ended_on, term.ended_by)
    if row.kind is AmendmentKind.TERMINATION:
        return TermInForce(term.ends_on, term.extended_by, row.effect_on, row.number)
    return term


def term_of(session: Session, negotiation: Negotiation) -> Term:
    """What a new term is measured by."""
    in_force = terms_in_force(session, [(negotiation.key, negotiation.contract_end)])[negotiation.key]
    return Term(
        negotiation.contract_start, in_force.ends_on, negotiation.contract_end, negotiation.extension_months_max
    )


def declared_amendments(session: Session, root_id: str) -> tuple[DeclaredAmendment, ...]:
    """By number."""
    query = (
        select(col(Avenant.number), col(Avenant.title), col(Avenant.reason), col(Avenant.signed_on))
        .where(col(Avenant.negotiation_id) == root_id)
        .order_by(col(Avenant.number))
    )
    return tuple(DeclaredAmendment(*row) for row in session.execute(query))


def numbers_taken(session: Session, root: Negotiation) -> tuple[int, ...]:
    """Those of the avenants negotiated here and of those that a file declares."""
    here = session.execute(select(col(Amendment.number)).where(col(Amendment.root_key) == root.key)).scalars()
    return (*here, *(each.number for each in declared_amendments(session, root.id)))


def base_of(session: Session, root: Negotiation) -> Base | None:
    """The contract, or its avenant signed last; None while nothing is signed."""
    if not is_signed(root):
        return None
    signed = [negotiation for _, negotiation in signed_amendments(session, [root.key])]
    last = signed[-1] if signed else root
    signed_by = select(col(Signature.frozen_version_id)).where(
        col(Signature.negotiation_id) == last.id, col(Signature.signed_on).is_not(None)
    )
    query = select(FrozenVersion).where(col(FrozenVersion.id).in_(signed_by))
    version: FrozenVersion | None = session.execute(query).scalars().first()
    return Base(last, version) if version else None


def pending_of(session: Session, root_key: str) -> Amendment | None:
    """The avenant that is neither signed nor closed."""
    return next((row for row, _ in _rows(session, [root_key]) if row.settled_at is None), None)


@dataclass(frozen=True)
class AmendedHead:
    """What every page of an avenant says at its head. `root_id`: "" where this instance doesn't hold the contract.
    `reopened`: clauses of the signed text that are, or were, open again."""

    number: int
    kind: AmendmentKind
    root_id: str
    root_title: str
    reopened: int
    signed_on: date | None
    closed_reason: str | None


@dataclass(frozen=True)
class Heading:
    """`amends`: for an avenant; `term`: for a contract that signed avenants moved; neither for any other."""

    amends: AmendedHead | None = None
    term: TermInForce | None = None


NO_HEADING = Heading()


def heading_of(session: Session, negotiation_id: str) -> Heading:
    return headings_of(session, [negotiation_id])[negotiation_id]


def headings_of(session: Session, negotiation_ids: Iterable[str]) -> dict[str, Heading]:
    """By negotiation: as few questions to the database for forty as for one."""
    query = select(Negotiation).where(col(Negotiation.id).in_(sorted(set(negotiation_ids))))
    rows = list(session.execute(query).scalars())
    avenants = [row for row in rows if row.follows and row.contract_type in CONTRACT_TYPES]
    frozen = [row for row in rows if row.frozen_at is not None and row not in avenants]
    terms = terms_in_force(session, [(row.key, row.contract_end) for row in frozen]) if frozen else {}
    found = dict.fromkeys((row.id for row in rows), NO_HEADING)
    for row in frozen:
        if terms[row.key] != TermInForce(row.contract_end):
            found[row.id] = Heading(term=terms[row.key])
    return found | (_amends(session, avenants) if avenants else {})


def amendment_row(session: Session, negotiation_id: str) -> Amendment | None:
    """The avenant that this negotiation is; None when it is none."""
    query = select(Amendment).where(col(Amendment.negotiation_id) == negotiation_id)
    found: Amendment | None = session.execute(query).scalar_one_or_none()
    return found


def _amends(session: Session, avenants: list[Negotiation]) -> dict[str, Heading]:
    ids = [row.id for row in avenants]
    named = select(col(Negotiation.key), col(Negotiation.id)).where(
        col(Negotiation.key).in_(sorted({row.follows for row in avenants}))
    )
    roots = dict(session.execute(named).all())
    opened = (
        select(col(Clause.negotiation_id), func.count())
        .join(Version, (col(Version.clause_id) == Clause.id) & (col(Version.number) == 1))
        .where(
            col(Clause.negotiation_id).in_(ids),
            on_the_table(Clause.circle),
            col(Clause.revision) > 0,
            col(Version.motive) == SIGNED_TEXT,
            col(Version.author_party_id).is_(None),
        )
        .group_by(col(Clause.negotiation_id))
    )
    reopened = dict(session.execute(opened).all())
    signed_on = {row.id: row.signed_on for row in avenants}
    rows = session.execute(select(Amendment).where(col(Amendment.negotiation_id).in_(ids))).scalars()
    return {
        row.negotiation_id: Heading(
            amends=AmendedHead(
                number=row.number,
                kind=row.kind,
                root_id=roots.get(row.root_key, ""),
                root_title=row.amended_title,
                reopened=reopened.get(row.negotiation_id, 0),
                signed_on=signed_on[row.negotiation_id],
                closed_reason=row.closed_reason,
            )
        )
        for row in rows
    }


def amendment_frozen_as(session: Session, content_hashes: Iterable[str]) -> Amendment | None:
    """The avenant of which a frozen text has one of these fingerprints: for whoever holds its file."""
    query = (
        select(Amendment)
        .join(FrozenVersion, col(FrozenVersion.negotiation_id) == col(Amendment.negotiation_id))
        .where(col(FrozenVersion.content_hash).in_(sorted(content_hashes)))
        .limit(1)
    )
    found: Amendment | None = session.execute(query).scalar_one_or_none()
    return found


@dataclass(frozen=True)
class Consolidated:
    """The contract at the state of a frozen avenant: what its consolidated version is printed from."""

    number: int
    title: str
    reference: str
    label: str
    content: str
    content_hash: str
    frozen_on: date


def consolidated_with(session: Session, content_hashes: Iterable[str]) -> Consolidated | None:
    """For whoever holds a file in which a frozen text has one of these fingerprints; None when it is no avenant's."""
    found = amendment_frozen_as(session, hashes := sorted(content_hashes))
    if found is None:
        return None
    query = select(FrozenVersion).where(
        col(FrozenVersion.negotiation_id) == found.negotiation_id, col(FrozenVersion.content_hash).in_(hashes)
    )
    version = session.execute(query.order_by(col(FrozenVersion.frozen_at).desc()).limit(1)).scalar_one()
    return Consolidated(
        found.number,
        found.amended_title,
        found.amended_reference,
        version.label,
        version.content,
        version.content_hash,
        paris_day(version.frozen_at),
    )
