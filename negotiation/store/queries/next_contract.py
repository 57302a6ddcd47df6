"""What a contract hands to the next one: its parties, who sat there, its perimeter, the themes of its evaluation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.markdown_nodes import plain_text
from negotiation.rules.markdown_tree import Block, BulletList, Heading, OrderedList, Paragraph, parse
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.reviews import Asked, Field
from negotiation.rules.vocabulary import ReviewKind, Right
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.people import Member, Person
from negotiation.store.queries.clauses import cards_of_part
from negotiation.store.queries.opening import StructureView, perimeter_of
from negotiation.store.queries.people import PartyView, parties_of, sitting
from negotiation.store.queries.reviews import reviews_of

AVENANT, EXTENSION = "avenant", "avenant-prorogation"
"""Contract types, as templates say them."""


@dataclass(frozen=True)
class Known:
    """Somebody who sits: `email` is empty for whoever isn't of the reader's party, which alone reads addresses."""

    member_id: str
    party_id: str
    title: str
    email: str
    rights: tuple[str, ...]


@dataclass(frozen=True)
class Handed:
    """`key`: of the negotiation; `themes`: as tabled or agreed in its evaluation, a line each."""

    key: str
    title: str
    reference: str
    territory: str
    trame: str
    contract_type: str
    contract_end: date
    parties: tuple[PartyView, ...]
    known: tuple[Known, ...]
    structures: tuple[StructureView, ...]
    themes: tuple[str, ...]


@dataclass(frozen=True)
class Following:
    """A negotiation that comes after this one: of the next contract, or of an avenant to this one."""

    id: str
    title: str
    opened_on: date
    contract_type: str

    @property
    def is_avenant(self) -> bool:
        return self.contract_type.startswith(AVENANT)

    @property
    def asked(self) -> Asked:
        extends = self.contract_type == EXTENSION
        return Asked(f"La négociation de l’avenant « {self.title} » a été ouverte", self.opened_on, extends)


def handed_on(session: Session, actor: Actor) -> Handed:
    negotiation = session.get_one(Negotiation, actor.negotiation_id)
    return Handed(
        key=negotiation.key,
        title=negotiation.title,
        reference=negotiation.reference,
        territory=negotiation.territory,
        trame=negotiation.trame,
        contract_type=negotiation.contract_type,
        contract_end=negotiation.contract_end,
        parties=parties_of(session, negotiation.id),
        known=_known(session, actor),
        structures=perimeter_of(session, negotiation.id),
        themes=_themes(session, actor),
    )


def _known(session: Session, actor: Actor) -> tuple[Known, ...]:
    """The reader's colleagues, and of each other party those who stand for it."""
    query = (
        select(Member, col(Person.email))
        .join(Person, col(Person.id) == Member.person_id)
        .where(col(Member.negotiation_id) == actor.negotiation_id, sitting(paris_day(now())))
        .order_by(col(Member.position), col(Member.id))
    )
    return tuple(
        Known(row.id, row.party_id, row.title, email if row.party_id == actor.party_id else "", tuple(row.rights))
        for row, email in session.execute(query)
        if row.party_id == actor.party_id or Right.REFERENT in row.rights
    )


def _themes(session: Session, actor: Actor) -> tuple[str, ...]:
    for review in reviews_of(session, actor, ReviewKind.EVALUATION):
        for card in cards_of_part(session, actor, review.part_id):
            if card.field == Field.THEMES and card.text:
                return tuple(dict.fromkeys(_lines(parse(card.text))))
    return ()


def _lines(blocks: Iterable[Block]) -> Iterator[str]:
    """Each paragraph, heading and item of a list, in plain words."""
    for block in blocks:
        match block:
            case Paragraph() | Heading():
                yield from (line.strip() for line in plain_text(block.inlines).split("\n") if line.strip())
            case BulletList() | OrderedList():
                for item in block.items:
                    yield from _lines(item.blocks)
            case _:
                pass


def following_of(session: Session, actor: Actor) -> tuple[Following, ...]:
    """The negotiations that come after this one, where this person sits too: nobody else knows them."""
    mine = select(col(Negotiation.key)).where(col(Negotiation.id) == actor.negotiation_id).scalar_subquery()
    query = (
        select(Negotiation)
        .join(Member, col(Member.negotiation_id) == Negotiation.id)
        .where(
            col(Negotiation.follows) == mine,
            col(Member.person_id) == actor.person_id,
            sitting(paris_day(now())),
        )
        .order_by(col(Negotiation.opened_on), col(Negotiation.id))
    )
    rows = session.execute(query).scalars()
    return tuple(Following(row.id, row.title, row.opened_on, row.contract_type) for row in rows)
