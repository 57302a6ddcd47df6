"""Naming somebody in what is said: only among those who read it (trust T4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlmodel import col

from negotiation.errors import NotFound
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.store.columns import now
from negotiation.store.queries.threads import readers_in
from negotiation.store.talk import Mention
from negotiation.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Words:
    """What names people: a comment of a clause, or a message."""

    circle: Circle
    clause_id: str | None = None
    move_id: str | None = None
    message_id: str | None = None


def mention(uow: UnitOfWork, actor: Actor, words: Words, member_ids: frozenset[str]) -> None:
    """Note who is named. Naming oneself says nothing. Raises NotFound for whoever doesn't read these words."""
    named = sorted(member_ids - {actor.member_id})
    if not named:
        return
    if not set(named) <= readers_of(uow, actor, words.circle):
        raise NotFound()
    uow.session.flush()
    uow.session.add_all(
        Mention(
            negotiation_id=actor.negotiation_id,
            circle=str(words.circle),
            member_id=member_id,
            by_member_id=actor.member_id,
            clause_id=words.clause_id,
            move_id=words.move_id,
            message_id=words.message_id,
        )
        for member_id in named
    )


def readers_of(uow: UnitOfWork, actor: Actor, circle: Circle) -> set[str]:
    """Ids of the members at the table today who read this circle."""
    return {reader.id for reader in readers_in(uow.session, actor, circle, today=paris_day(now()))}


def see_mentions(uow: UnitOfWork, actor: Actor, mention_ids: Iterable[str]) -> None:
    """One's own mentions, seen. Others' are left as they are. Raises NotFound, NotAllowed."""
    require(actor, Action.READ_TABLE)
    mine = select(col(Mention.id)).where(
        col(Mention.id).in_(list(mention_ids)), col(Mention.member_id) == actor.member_id
    )
    uow.session.execute(
        update(Mention).where(col(Mention.id).in_(mine), col(Mention.seen_at).is_(None)).values(seen_at=now())
    )
