"""Tables for tests, built through the importer and moved through the services: no test can make an impossible state.

    table = a_table(store, parties=3)
    table.og.dg.propose("en01", "Nous visons 94 %.", value=94)
    table.ars.dg.accept("en01")
    assert table.state("en01") is ClauseState.PARTIALLY_AGREED

Every party (`og`, `ars`, `cd`, `ddets`, `dreets`, `asso`) has the members `dg` (drafter and negotiator), `redac`
(drafter), `sign` (signatory), `com` (commenter), `lect` (reader). Clauses are named by engagement key (`en01`), or by
part and field (`fa01.description`, `i01.targets.2028`, `k01.markdown`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.lifecycle import Origin, Situation
from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle, ClauseState, Move
from negotiation.services.access import actor_in
from negotiation.services.moves import Order, Played, Seen, play, situation_of
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.exchange import Version
from negotiation.store.people import Member, Party
from tests.imported_once import imported_once
from tests.scenarios import Json, scenario


def a_table(store: Store, content: Json | None = None, *, until: date | None = None, **wanted: Any) -> "Table":
    """Import a scenario and sit at its table. `wanted` goes to `tests.scenarios.scenario`: parties, engagements…"""
    return Table(store, imported_once(store, content or scenario(**wanted), until))


@dataclass(frozen=True)
class Table:
    """A negotiation under test. `table.og` is a party, `table.og.dg` one of its members."""

    store: Store
    id: str

    def __getattr__(self, key: str) -> "Seat":
        if key.startswith("_") or key not in self._parties:
            raise AttributeError(key)
        return Seat(self, key)

    @cached_property
    def _parties(self) -> dict[str, Party]:
        with self.store.reading() as session:
            query = select(Party).where(col(Party.negotiation_id) == self.id)
            return {party.key: party for party in session.execute(query).scalars()}

    @cached_property
    def _clauses(self) -> dict[str, str]:
        with self.store.reading() as session:
            query = select(Clause, Part).join(Part, col(Part.id) == Clause.part_id)
            rows = session.execute(query.where(col(Clause.negotiation_id) == self.id)).all()
        named = {f"{part.key}.{clause.field}": clause.id for clause, part in rows}
        return named | {clause.attributes["key"]: clause.id for clause, _ in rows if "key" in clause.attributes}

    @cached_property
    def _parts(self) -> dict[str, str]:
        with self.store.reading() as session:
            query = select(col(Part.key), col(Part.id)).where(col(Part.negotiation_id) == self.id)
            return {row.key: row.id for row in session.execute(query)}

    def clause_id(self, name: str) -> str:
        return self._clauses[name]

    def part_id(self, key: str) -> str:
        return self._parts[key]

    def party_id(self, key: str) -> str:
        return self._parties[key].id

    def negotiation(self) -> Negotiation:
        with self.store.reading() as session:
            return session.get_one(Negotiation, self.id)

    def clause(self, name: str) -> Clause:
        with self.store.reading() as session:
            return session.get_one(Clause, self._clauses[name])

    def state(self, name: str) -> ClauseState:
        return self.clause(name).state

    def situation(self, name: str) -> Situation:
        with self.store.unit_of_work(Announcing.SILENT) as uow:
            return situation_of(uow, uow.session.get_one(Clause, self._clauses[name]))

    def current(self, name: str) -> Version | None:
        """The version on the table."""
        tabled = select(Version).join(Clause, col(Clause.current_version_id) == col(Version.id))
        with self.store.reading() as session:
            return session.execute(tabled.where(col(Clause.id) == self._clauses[name])).scalar_one_or_none()

    def agree(self, name: str, text: str = "Le texte convenu.", value: object = None) -> None:
        """The first concerned party proposes, every other accepts."""
        concerned = [key for key, party in self._parties.items() if party.id in self.situation(name).concerned]
        first, *others = sorted(concerned, key=list(self._parties).index)
        Seat(self, first).dg.propose(name, text, value=value)
        for other in others:
            Seat(self, other).dg.accept(name)


@dataclass(frozen=True)
class Seat:
    """A party at the table."""

    table: Table
    key: str

    @property
    def id(self) -> str:
        return self.table.party_id(self.key)

    @property
    def inside(self) -> Circle:
        return Circle.inside(self.id)

    def __getattr__(self, role: str) -> "Person":
        if role.startswith("_"):
            raise AttributeError(role)
        return Person(self.table, f"{self.key}.{role}")


@dataclass(frozen=True)
class Person:
    """A member, signed in with a password a moment ago unless `signed_in_at` says otherwise."""

    table: Table
    key: str
    signed_in_at: datetime = field(default_factory=now)

    def long_ago(self) -> "Person":
        """The same person, recognised a month ago."""
        return Person(self.table, self.key, self.signed_in_at - timedelta(days=30))

    @cached_property
    def member(self) -> Member:
        with self.table.store.reading() as session:
            query = select(Member).where(col(Member.negotiation_id) == self.table.id, col(Member.key) == self.key)
            return session.execute(query).scalar_one()

    @property
    def person_id(self) -> str:
        return self.member.person_id

    @property
    def email(self) -> str:
        return f"{self.key}@{self.table.negotiation().key}.example"

    @property
    def authentication(self) -> Authentication:
        return Authentication(Method.PASSWORD, self.signed_in_at)

    @property
    def actor(self) -> Actor:
        with self.table.store.reading() as session:
            return actor_in(session, self.table.id, person_id=self.person_id, authentication=self.authentication)

    def propose(self, clause: str, text: str = "Un texte.", value: object = None, **rest: Any) -> Played:
        return self.play(Move.PROPOSAL, clause, text=text, value=value, **rest)

    def counter(self, clause: str, text: str = "Un autre texte.", value: object = None, **rest: Any) -> Played:
        return self.play(Move.COUNTER_PROPOSAL, clause, text=text, value=value, **{"motive": "Il le faut."} | rest)

    def propose_common(self, clause: str, text: str = "Notre texte.", value: object = None, **rest: Any) -> Played:
        """A proposal of the table commune."""
        return self.play(Move.PROPOSAL, clause, text=text, value=value, origin=Origin.TABLE_COMMUNE, **rest)

    def __getattr__(self, verb: str) -> Callable[..., Played]:
        """accept, reject, withdraw, reserve, lift, maintain, reopen, consent, abandon, ask…: (clause, text)."""
        if verb not in _VERBS:
            raise AttributeError(verb)
        return partial(self.play, _VERBS[verb])

    def change_concerned(self, clause: str, *keys: str) -> Played:
        """Ask that the parties with these keys agree on the clause."""
        return self.play(Move.CONCERNED_CHANGE, clause, parties=self._parties(keys))

    def consent_to_parties(self, clause: str) -> Played:
        return self.play(Move.CONCERNED_CONSENT, clause)

    def _parties(self, keys: Iterable[str]) -> frozenset[str]:
        return frozenset(self.table.party_id(key) for key in keys)

    def note(self, clause: str, text: str, circle: Circle | None = None) -> Played:
        """A comment in the party's inside, or in another circle."""
        return self.play(Move.COMMENT, clause, text=text, circle=circle or Circle.inside(self.member.party_id))

    def tell_authorities(self, clause: str, text: str) -> Played:
        return self.note(clause, text, AUTHORITIES)

    def play(self, move: Move, clause: str, text: str = "", **rest: Any) -> Played:
        """Any move. What was seen is what stands, unless `seen` says otherwise."""
        tabled = self.table.current(clause)
        seen = Seen(tabled.number, tabled.fingerprint) if tabled else Seen()
        words = _DEFAULT_WORDS.get(move, "") if not text and "motive" not in rest else text
        order = Order(move, text=words, **{"seen": seen, "circle": SHARED} | rest)
        with self.table.store.unit_of_work(Announcing.SILENT) as uow:
            return play(uow, self.actor, self.table.clause_id(clause), order)


_VERBS = {
    "accept": Move.ACCEPTANCE,
    "reject": Move.REJECTION,
    "withdraw": Move.WITHDRAWAL,
    "reserve": Move.RESERVE,
    "lift": Move.RESERVE_LIFTED,
    "maintain": Move.RESERVE_MAINTAINED,
    "reopen": Move.REOPENING,
    "consent": Move.REOPENING_CONSENT,
    "abandon": Move.ABANDONMENT,
    "consent_to_abandon": Move.ABANDONMENT_CONSENT,
    "refuse_request": Move.REQUEST_REFUSAL,
    "withdraw_request": Move.REQUEST_WITHDRAWAL,
    "ask": Move.QUESTION,
    "answer": Move.ANSWER,
    "comment": Move.COMMENT,
}
_DEFAULT_WORDS = {
    Move.REJECTION: "Cela ne convient pas.",
    Move.RESERVE: "Sous réserve du budget.",
    Move.RESERVE_MAINTAINED: "Nous maintenons.",
    Move.REOPENING: "La situation a changé.",
    Move.ABANDONMENT: "Elle n’a plus d’objet.",
    Move.CONCERNED_CHANGE: "Cela ne regarde que nous.",
    Move.REQUEST_REFUSAL: "Nous y tenons.",
    Move.QUESTION: "Pourquoi ?",
    Move.ANSWER: "Parce que.",
    Move.COMMENT: "Une remarque.",
}
