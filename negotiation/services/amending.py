"""« Ouvrir un avenant »: a signed contract is negotiated again, in a table of its own that starts from the signed text.

The contract itself never changes. The avenant's chain begins with what it amends: reference, fingerprints, the head of
the contract's shared history; that history says that it was opened, and what became of it.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from negotiation.errors import AmendmentPending, InvalidInput, NotFound, NotSigned
from negotiation.events import Event, Kind
from negotiation.rules.amendment import (
    AMENDMENTS,
    CONTRACT_TYPES,
    LONGEST_REASON,
    AmendmentKind,
    Asked,
    Caution,
    Term,
    added_years,
    cautions,
    next_number,
    refusals,
)
from negotiation.rules.clause_text import readable_text, value_text
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.trame import amendment_trame
from negotiation.rules.trame_filling import known_words
from negotiation.rules.vocabulary import (
    SHARED,
    Action,
    Circle,
    ClauseState,
    NegotiationStatus,
    Phase,
    ValueKind,
)
from negotiation.services.access import require
from negotiation.services.amending_rows import (
    Copy,
    add_own_part,
    content_of,
    copy_clauses,
    copy_documents,
    copy_people,
    copy_perimeter,
    copy_visa_rules,
)
from negotiation.services.amending_years import add_years
from negotiation.services.contract_content import contract_parts
from negotiation.services.members import Carried, send_invitation
from negotiation.store.amendment import Amendment
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Negotiation
from negotiation.store.queries.amendments import Base, base_of, numbers_taken, pending_of, term_of
from negotiation.store.queries.clauses import ClauseCard, cards_on_the_table
from negotiation.store.queries.closing import deciding_parties
from negotiation.store.queries.people import PartyView
from negotiation.store.unit_of_work import UnitOfWork

_TITLE_LENGTH = 300
_KEPT = (
    "sector",
    "legal_basis",
    "territory",
    "contract_start",
    "contract_end",
    "duration_years",
    "extension_months_max",
    "summary",
)
"""Of the contract's frame."""


@dataclass(frozen=True)
class Wanted:
    """An avenant as its form asks for it. `requested_by`: key of a party that decides; `clause_ids`: of what
    `clauses_to_open` offers."""

    asked: Asked
    requested_by: str
    clause_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """What the form of an avenant starts from. `base_id`: the negotiation whose clauses it offers to open."""

    number: int
    base_id: str
    base_title: str
    base_number: str
    term: Term
    parties: tuple[PartyView, ...]
    clauses: tuple[ClauseCard, ...]
    pending: int | None
    """Number of the avenant that is negotiated already."""


def offer_of(session: Session, actor: Actor) -> Offer:
    """Raises NotFound, NotAllowed, NotSigned."""
    require(actor, Action.OPEN_REVIEW)
    root = session.get_one(Negotiation, actor.negotiation_id)
    base = _base(session, root)
    pending = pending_of(session, root.key)
    return Offer(
        number=next_number(numbers_taken(session, root)),
        base_id=base.negotiation.id,
        base_title=base.negotiation.title,
        base_number=base.version.number,
        term=term_of(session, root),
        parties=deciding_parties(session, root.id),
        clauses=clauses_to_open(session, base.negotiation.id),
        pending=pending.number if pending else None,
    )


def clauses_to_open(session: Session, negotiation_id: str) -> tuple[ClauseCard, ...]:
    """What was signed, in the order of the contract, each number once: where it was negotiated."""
    order = {part.id: rank for rank, part in enumerate(contract_parts(session, negotiation_id))}
    cards = [
        card
        for card in cards_on_the_table(session, negotiation_id)
        if card.part_id in order and card.follows_id is None and card.state is ClauseState.AGREED
    ]
    return tuple(sorted(cards, key=lambda card: order[card.part_id]))


def cautions_of(session: Session, actor: Actor, asked: Asked) -> tuple[Caution, ...]:
    """What to say of it, once opened too."""
    root = session.get_one(Negotiation, actor.negotiation_id)
    return cautions(asked, term_of(session, root), today=paris_day(now()))


def open_amendment(uow: UnitOfWork, actor: Actor, wanted: Wanted, *, carried: Carried = Carried.BY_MAIL) -> str:
    """The id of the avenant's negotiation.

    Whoever was invited and never entered is written to anew; where no mail leaves, the administrator of their own party
    makes the link, since nobody else may hold it.
    Raises NotFound, NotAllowed, NotSigned, AmendmentPending, UnreadableText, InvalidInput (`field`: reason, effect_on,
    term_after, requested_by, clauses; `fault`: a `rules.amendment.Refusal` for the first three).
    """
    require(actor, Action.OPEN_REVIEW)
    root = uow.lock(actor.negotiation_id)
    base = _base(uow.session, root)
    if pending_of(uow.session, root.key) is not None:
        raise AmendmentPending()
    opened = _checked(uow.session, root, base, wanted)
    number = next_number(numbers_taken(uow.session, root))
    copy = Copy(
        uow, base.negotiation, _negotiation(uow, root, base, wanted, number), content_of(base.version.content), root.id
    )
    awaited = copy_people(copy)
    copy_perimeter(copy)
    copy_documents(copy)
    copy_clauses(copy, opened)
    years = _years(uow.session, root, wanted)
    add_years(copy, years)
    add_own_part(
        copy,
        amendment_trame(AMENDMENTS[wanted.asked.kind].trame),
        number=number,
        words=_words(uow, root, base, wanted, number),
    )
    author = next(row for row in copy.members.values() if row.person_id == actor.person_id)
    row = _row(uow, root, base, wanted, number=number, target=copy.target, opened_by=author.id)
    facts = (
        _facts(uow, root, base, row)
        | {
            "parties": [
                {"key": party.key, "name": party.name, "letter": party.letter} for party in copy.parties.values()
            ],
            "reopened": sorted(copy.clauses[each].id for each in opened),
        }
        | ({"years": list(years)} if years else {})
    )
    uow.record(Event(Kind.NEGOTIATION_OPENED, copy.target.id, SHARED, author.key, facts))
    _record_visa_rules(uow, copy)
    for member in awaited if carried is Carried.BY_MAIL else ():
        send_invitation(uow, member, carried)
    told = {"avenant": copy.target.key, "number": number, "kind": str(row.kind), "reason": row.reason}
    uow.record(Event(Kind.AVENANT_OPENED, root.id, SHARED, actor.key, told))
    return copy.target.id


# ---------------------------------------------------------------------- what is asked


def _base(session: Session, root: Negotiation) -> Base:
    """Raises NotFound for an avenant, which is amended where its contract is; NotSigned."""
    if root.follows and root.contract_type in CONTRACT_TYPES:
        raise NotFound()
    base = base_of(session, root)
    if base is None:
        raise NotSigned()
    return base


def _checked(session: Session, root: Negotiation, base: Base, wanted: Wanted) -> frozenset[str]:
    """The clauses to open. Raises InvalidInput, UnreadableText."""
    if readable_text(wanted.asked.reason) and len(wanted.asked.reason) > LONGEST_REASON:
        raise InvalidInput(field="reason")
    wrong = refusals(wanted.asked, term_of(session, root))
    if wrong:
        raise InvalidInput(field=wrong[0][0], fault=wrong[0][1])
    if wanted.requested_by not in {party.key for party in deciding_parties(session, root.id)}:
        raise InvalidInput(field="requested_by")
    opened = frozenset(wanted.clause_ids)
    if not opened <= {card.id for card in clauses_to_open(session, base.negotiation.id)}:
        raise InvalidInput(field="clauses")
    return opened


# ---------------------------------------------------------------------- what is written


def _negotiation(uow: UnitOfWork, root: Negotiation, base: Base, wanted: Wanted, number: int) -> Negotiation:
    asked = wanted.asked
    reference = f"{root.reference} A{number}"
    row = Negotiation(
        **base.negotiation.model_dump(include=set(_KEPT)),
        key=f"{root.key[:90]}-a{number}-{new_id()[:8]}",
        title=f"Avenant n° {number} : {root.title}"[:_TITLE_LENGTH],
        reference=reference,
        contract_type=AMENDMENTS[asked.kind].contract_type,
        status=NegotiationStatus.IN_NEGOTIATION,
        phase=Phase.NEGOTIATION,
        opened_on=paris_day(now()),
        trame=AMENDMENTS[asked.kind].trame,
        follows=root.key,
    )
    if asked.term_after is not None and asked.kind is AmendmentKind.EXTENSION:
        row.contract_end = asked.term_after
    uow.session.add(row)
    uow.session.flush()
    return row


def _years(session: Session, root: Negotiation, wanted: Wanted) -> range:
    """Those that a prorogation adds to the contract."""
    later = wanted.asked.term_after if wanted.asked.kind is AmendmentKind.EXTENSION else None
    return added_years(term_of(session, root).ends_on, later)


def _row(
    uow: UnitOfWork, root: Negotiation, base: Base, wanted: Wanted, *, number: int, target: Negotiation, opened_by: str
) -> Amendment:
    """Raises AmendmentPending when another process opened one meanwhile."""
    asked = wanted.asked
    assert asked.effect_on is not None
    row = Amendment(
        negotiation_id=target.id,
        root_key=root.key,
        kind=asked.kind,
        number=number,
        opened_by=opened_by,
        amended_reference=root.reference,
        amended_title=root.title,
        amended_label=base.version.label,
        amended_number=base.version.number,
        amended_content_hash=base.version.content_hash,
        amended_pdf_hash=base.version.pdf_hash,
        amended_on=_signed_on(base),
        reason=readable_text(asked.reason),
        requested_by=wanted.requested_by,
        effect_on=asked.effect_on,
        term_before=term_of(uow.session, root).ends_on,
        term_after=asked.term_after if asked.kind is AmendmentKind.EXTENSION else None,
    )
    uow.session.add(row)
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise AmendmentPending() from error
    return row


def _signed_on(base: Base) -> date:
    return base.negotiation.signed_on or paris_day(base.version.frozen_at)


def _facts(uow: UnitOfWork, root: Negotiation, base: Base, row: Amendment) -> dict[str, object]:
    """What the avenant's chain begins with. `head`: of the shared history of what it amends."""
    head = uow.head(base.negotiation.id)
    avenant = uow.session.get_one(Negotiation, row.negotiation_id)
    return {
        "key": avenant.key,
        "title": avenant.title,
        "kind": str(row.kind),
        "reason": row.reason,
        "requested_by": row.requested_by,
        "effect_on": row.effect_on.isoformat(),
        "term": [row.term_before.isoformat(), row.term_after.isoformat()] if row.term_after else [],
        "amends": {
            "negotiation": root.key,
            "reference": row.amended_reference,
            "number": row.number,
            "version": row.amended_number,
            "content_hash": row.amended_content_hash,
            "pdf_hash": row.amended_pdf_hash,
            "head": {"seq": head.seq, "hash": head.hash} if head else {},
        },
    }


def _record_visa_rules(uow: UnitOfWork, copy: Copy) -> None:
    for rule in copy_visa_rules(copy):
        facts = {"gesture": str(rule.gesture), "role": str(rule.role)}
        uow.record(Event(Kind.VISA_RULE_SET, copy.target.id, Circle.parse(rule.circle), "platform", facts))


def _words(uow: UnitOfWork, root: Negotiation, base: Base, wanted: Wanted, number: int) -> dict[str, str]:
    """What stands for the words between brackets in the trame."""
    term = term_of(uow.session, root).ends_on
    days = {
        "date de signature": _signed_on(base),
        "date d’effet": wanted.asked.effect_on,
        "terme en vigueur": term,
        "lendemain du terme": term + timedelta(days=1),
        "nouveau terme": wanted.asked.term_after,
    }
    told = known_words([(party.kind, party.name) for party in deciding_parties(uow.session, root.id)])
    told |= {words: value_text(day.isoformat(), None, ValueKind.DATE) for words, day in days.items() if day}
    return told | {
        "numéro de l’avenant": str(number),
        "contrat": root.title,
        "motif": wanted.asked.reason.strip().rstrip("."),
    }
