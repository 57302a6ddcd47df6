"""Who reads a page: one person, anybody of a party with the same roles, a whole party, or the whole table.

What is read or written once for several must not depend on one of them. Its reader is then one of these, which notices
what it is asked: a wrong answer can't be shared by mistake.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from flask import g

from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.rules.vocabulary import Side
from negotiation.store.columns import now
from negotiation.store.queries.people import PartyView

OF_ONE = frozenset({"id", "name", "role", "person_id", "member_id", "key", "authentication"})
"""What an actor or the band says of a person rather than of a party and its roles."""
OF_ROLES = frozenset({"roles", "lent"})


@dataclass(frozen=True)
class Me:
    """The reader, as the band shows them."""

    id: str
    name: str
    role: str
    party: PartyView


@dataclass
class Writing:
    """What is being written for all who read the same. `names_one`: something asked who reads."""

    names_one: bool = False


@contextmanager
def writing_for_anybody() -> Iterator[Writing]:
    g.writing = Writing()
    try:
        yield g.writing
    finally:
        del g.writing


def is_for_anybody() -> bool:
    return "writing" in g


def _note(name: str) -> None:
    if name in OF_ONE and is_for_anybody():
        g.writing.names_one = True


class Anybody(Actor):
    """A member of this party with these roles: which one, nobody asks unnoticed."""

    def __getattribute__(self, name: str) -> Any:
        _note(name)
        return super().__getattribute__(name)

    @classmethod
    def like(cls, actor: Actor) -> "Anybody":
        return cls(**{field.name: getattr(actor, field.name) for field in fields(actor)})


class MeAsAnybody(Me):
    """The band of whoever reads, as `Anybody`."""

    def __getattribute__(self, name: str) -> Any:
        _note(name)
        return super().__getattribute__(name)

    @classmethod
    def like(cls, me: Me) -> "MeAsAnybody":
        return cls(id=me.id, name=me.name, role=me.role, party=me.party)


def _refuse(name: str, kept: frozenset[str]) -> None:
    if name in kept:
        raise AssertionError(f"what many read together can't depend on « {name} »")


class WholeParty(Actor):
    """A party as a whole: it has circles, neither roles nor a name. Whatever asks for them raises AssertionError."""

    def __getattribute__(self, name: str) -> Any:
        _refuse(name, OF_ONE | OF_ROLES)
        return super().__getattribute__(name)

    @classmethod
    def of(cls, actor: Actor) -> "WholeParty":
        return cls(
            person_id="",
            member_id="",
            party_id=actor.party_id,
            negotiation_id=actor.negotiation_id,
            side=actor.side,
            roles=frozenset(),
            key="",
            authentication=Authentication(Method.DECLARED, now()),
        )


class WholeTable(Actor):
    """Everybody together: what is shared, and no circle besides. Whatever asks for roles or a name raises
    AssertionError."""

    def __getattribute__(self, name: str) -> Any:
        _refuse(name, OF_ONE | OF_ROLES)
        return super().__getattribute__(name)

    @classmethod
    def of(cls, actor: Actor) -> "WholeTable":
        return cls(
            person_id="",
            member_id="",
            party_id="",
            negotiation_id=actor.negotiation_id,
            side=Side.ASSOCIATE,
            roles=frozenset(),
            key="",
            authentication=Authentication(Method.DECLARED, now()),
        )


class MeAsParty(Me):
    """The band of a party as a whole."""

    def __getattribute__(self, name: str) -> Any:
        _refuse(name, OF_ONE)
        return super().__getattribute__(name)

    @classmethod
    def of(cls, me: Me) -> "MeAsParty":
        return cls(id="", name="", role="", party=me.party)
