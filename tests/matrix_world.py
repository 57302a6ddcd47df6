"""The people, the tables and the ways in of the authorisation matrix (`tests/authorisation.toml`).

    world = an_open_world(app, file)
    world.ask(who, way, world.own).status

`Keeper` copies a SQLite file aside and puts it back: a cell that succeeds leaves nothing to the next one.
"""

import re
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from sqlmodel import Session, col
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter

from app.signin.session import session_of_socket_token
from negotiation.rules.paris import paris_day
from negotiation.rules.seances import DecisionKind
from negotiation.rules.vocabulary import SHARED, Action, Circle, Gesture, Move, Role, Side
from negotiation.services.delegating import end_delegation, set_delegation
from negotiation.services.discussing import send_message
from negotiation.services.joining import Joining, add_party
from negotiation.services.leaving import remove
from negotiation.services.members import Carried, Seat, invite
from negotiation.services.orders import Order
from negotiation.services.seance_agenda import Item, add_point
from negotiation.services.tasks import Wish, open_task
from negotiation.services.views import keep_view
from negotiation.services.visas import set_visa_rule, submit
from negotiation.store.columns import now
from negotiation.store.contract import Essms
from negotiation.store.people import Member, Person, SigninSession
from negotiation.store.record import FrozenVersion, HistoryEntry
from tests.builders import Table, a_table
from tests.closing_table import a_closing_table, agree_everything, freeze, put_signature
from tests.crawling import Answer, Ids, answer_of, ids_of
from tests.seance_table import an_open_seance
from tests.secrets_table import TEXT, SecretsTable, Typist, set_secrets, type_secrets
from tests.visitors import Visitor

REVIEWED: dict[str, Any] = tomllib.loads((Path(__file__).parent / "authorisation.toml").read_text(encoding="utf-8"))
UNKNOWN = "99999999-9999-4999-8999-999999999999"


def reviewed_roles(action: Action) -> frozenset[Role]:
    return frozenset(Role(role) for role in REVIEWED["actions"][action])


# ---------------------------------------------------------------------- people


@dataclass(frozen=True)
class Who:
    """A person of the matrix. `roles`: what the file grants; `sits`: at this table, now."""

    name: str
    roles: frozenset[Role]
    side: Side = Side.GESTIONNAIRE
    sits: bool = True
    signed_in: bool = True

    def may(self, action: Action) -> bool:
        """What the reviewed file says."""
        granted = bool(self.roles & reviewed_roles(action))
        return granted and (self.side is not Side.ASSOCIATE or action in REVIEWED["associates"]["actions"])


PEOPLE = (
    Who("anonymous", frozenset(), sits=False, signed_in=False),
    Who("reader", frozenset({Role.READER})),
    Who("commenter", frozenset({Role.COMMENTER})),  # to whom a drafter lent his voice, until it was taken back
    Who("stand_in", frozenset({Role.COMMENTER, Role.DRAFTER})),  # to whom a drafter lends his voice today
    Who("drafter", frozenset({Role.DRAFTER})),
    Who("negotiator", frozenset({Role.DRAFTER, Role.NEGOTIATOR, Role.PARTY_ADMINISTRATOR})),
    Who("signatory", frozenset({Role.SIGNATORY, Role.READER})),
    Who("partner", frozenset({Role.COMMENTER}), Side.ASSOCIATE),
    Who("facilitator", frozenset({Role.FACILITATOR, Role.PARTY_ADMINISTRATOR}), Side.ASSOCIATE),
    Who("evaluator", frozenset({Role.EVALUATOR, Role.PARTY_ADMINISTRATOR}), Side.ASSOCIATE),
    Who("stranger", frozenset({Role.DRAFTER, Role.NEGOTIATOR}), sits=False),
    Who("former_member", frozenset({Role.DRAFTER}), sits=False),
    Who("expired_evaluator", frozenset({Role.EVALUATOR}), Side.ASSOCIATE, sits=False),
    Who("revoked_session", frozenset({Role.DRAFTER}), sits=False, signed_in=False),
)
AUTHORITY = Who("authority", frozenset({Role.DRAFTER, Role.NEGOTIATOR, Role.PARTY_ADMINISTRATOR}), Side.AUTHORITY)
"""Asked only where the side of the table matters: the ids of the matrix are the gestionnaire's."""
SEATED = tuple(who for who in PEOPLE if who.sits)
ABROAD = tuple(who for who in PEOPLE if who.signed_in and not who.sits)
"""Signed in, and not of this table: everything is absent for them."""


# ---------------------------------------------------------------------- ways in


@dataclass(frozen=True)
class Way:
    """A route and a method, with what the file says of it."""

    name: str
    method: str
    rule: Rule

    @property
    def action(self) -> Action:
        return Action(REVIEWED["ways"][self.name])

    def names(self, *kinds: str) -> bool:
        return bool(self.rule.arguments & set(kinds))

    def address(self, app: Flask, ids: Ids) -> str:
        given = {name: self._value(name, ids) for name in self.rule.arguments - set(self.rule.defaults or {})}
        return str(app.url_map.bind("localhost").build(self.rule.endpoint, {**(self.rule.defaults or {}), **given}))

    def _value(self, name: str, ids: Ids) -> str:
        converter = self.rule._converters[name]
        return sorted(converter.items)[0] if isinstance(converter, AnyConverter) else (ids.get(name) or [UNKNOWN])[0]


# ---------------------------------------------------------------------- the world


class Keeper:
    """A SQLite file as it stood at one moment, and whether anybody wrote since."""

    def __init__(self, file: Path) -> None:
        self._live = sqlite3.connect(file, isolation_level=None)
        self._aside = sqlite3.connect(":memory:")

    def keep(self) -> None:
        self._live.backup(self._aside)

    def put_back(self) -> None:
        self._aside.backup(self._live)

    def version(self) -> int:
        """A number that any other connection's writing changes."""
        return int(self._live.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def trying(self) -> Iterator[None]:
        """What is written within is undone."""
        before = self.version()
        yield
        if self.version() != before:
            self.put_back()

    def close(self) -> None:
        self._live.close()
        self._aside.close()


@dataclass
class World:
    """A table with everybody at it, and another one where only strangers sit.

    `own`: what the gestionnaire's people may name; `hidden`: what is inside the ARS; `other`: of the other table.
    """

    app: Flask
    table: Table
    elsewhere: Table
    visitors: dict[str, Visitor]
    own: Ids
    hidden: Ids
    other: Ids
    keeper: Keeper
    drafts: dict[str, str] = field(default_factory=dict)
    """Live drafts: `commune` everybody's, `hidden` the ARS's own, `other` of the other table."""
    tokens: dict[str, str] = field(default_factory=dict)

    @cached_property
    def ways(self) -> dict[str, Way]:
        """Each route with each of its methods, by name."""
        every = [
            Way(f"{method} {rule.rule}", method, rule)
            for rule in self.app.url_map.iter_rules()
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]
        return {way.name: way for way in every}

    def ask(self, who: Who, way: Way, ids: Ids, form: Mapping[str, str] | None = None) -> Answer:
        """One request, with the form of the file for an open table unless told."""
        visitor, address = self.visitors[who.name], way.address(self.app, ids)
        if way.method == "GET":
            return answer_of(visitor.get(address))
        if who.name not in self.tokens:  # a token lasts as long as its session
            self.tokens[who.name] = visitor.form_token()
        given = dict(REVIEWED["forms"].get(way.name, {}) if form is None else form)
        return answer_of(visitor.client.post(address, data=given | {"csrf_token": self.tokens[who.name]}))

    def filled(self, form: Mapping[str, str]) -> dict[str, str]:
        """A form of the file: `<clause_id>` is one's own clause, `<soon>` a day of next week."""
        soon = (paris_day(now()) + timedelta(days=7)).isoformat()
        marks = {f"<{name}>": values[0] for name, values in self.own.items() if values} | {"<soon>": soon}

        def fill(text: str) -> str:
            return re.sub(r"<\w+>", lambda mark: marks[mark[0]], text)

        return {fill(name): fill(value) for name, value in form.items()}

    @contextmanager
    def plainly(self) -> Iterator[None]:
        """Refusals without the page of their form: here they matter by their status, and the page costs ten times
        more."""
        handlers = self.app.error_handler_spec
        kept = dict(handlers)
        for blueprint in self.app.blueprints:
            handlers.pop(blueprint, None)
        yield
        handlers.update(kept)


def an_open_world(app: Flask, keeper: Keeper) -> World:
    """The table of secrets, in negotiation."""
    found = set_secrets(app.extensions["store"])
    type_secrets(app, found)
    world = _world(app, found.table, set_secrets(app.extensions["store"]).table, keeper, clause=TEXT)
    world.own = dict(world.own) | {"visa_id": [found.visas["og"]]}
    world.hidden = _hidden(found)
    with found.table.store.unit_of_work() as uow:  # here everybody has his own rights alone
        end_delegation(uow, found.table.og.dg.actor, found.delegations["og"])
    world.drafts |= {"commune": _commune(app, found.table), "hidden": found.drafts["ars"]}
    world.drafts |= {"other": _commune(app, world.elsewhere)}
    _lend(found.table, world)
    world.keeper.keep()
    return world


def a_closed_world(app: Flask, keeper: Keeper) -> World:
    """A contract that is frozen, and waits for its signatures."""
    table = a_closing_table(app.extensions["store"])
    visa = _visa_that_nobody_gave(table)
    agree_everything(table)
    world = _world(app, table, a_table(app.extensions["store"]), keeper, clause=TEXT)
    with table.store.unit_of_work() as uow:
        view = keep_view(uow, table.og.dg.actor, name="À moi", query="etat=a-moi")
    world.drafts |= {"commune": _commune(app, table)}
    _lend(table, world)
    version = freeze(table)
    world.own = dict(world.own) | {"visa_id": [visa], "view_id": [view], "version_id": [version.id]}
    world.keeper.keep()
    return world


def sign_for_all(world: World) -> None:
    """Every party that decides signs the frozen version."""
    with world.table.store.reading() as session:
        version = session.get_one(FrozenVersion, world.own["version_id"][0])
    for seat in (world.table.og, world.table.ars, world.table.cd):
        put_signature(seat.sign, version)


def _world(app: Flask, table: Table, elsewhere: Table, keeper: Keeper, *, clause: str) -> World:
    emails = {
        "reader": table.og.lect.email,
        "commenter": table.og.com.email,
        "stand_in": "suppleante@gestion.example",
        "drafter": table.og.redac.email,
        "negotiator": table.og.dg.email,
        "signatory": table.og.sign.email,
        "partner": table.asso.com.email,
        "facilitator": "tiers@ailleurs.example",
        "evaluator": "evaluatrice@ailleurs.example",
        "stranger": elsewhere.og.dg.email,
        "former_member": "parti@gestion.example",
        "expired_evaluator": "ancienne@ailleurs.example",
        "revoked_session": table.og.redac.email,
        "authority": table.ars.dg.email,
    }
    _seat_guests(table, emails)
    visitors = {"anonymous": Visitor(app)} | {name: Visitor(app).enter(email) for name, email in emails.items()}
    own = _own(table, clause)
    _let_go(table, emails)
    with table.store.unit_of_work() as uow:
        token = visitors["revoked_session"].socket_token()
        with app.app_context():
            ended = session_of_socket_token(token)
        uow.session.execute(update(SigninSession).where(col(SigninSession.id) == ended).values(ended_at=now()))
    return World(app, table, elsewhere, visitors, own, {}, ids_of(table.store, elsewhere.id), keeper)


def _seat_guests(table: Table, emails: dict[str, str]) -> None:
    """A facilitator and two evaluators brought by the gestionnaire; two colleagues, of whom one will leave."""
    guests = {"facilitator": "TIERS", "evaluator": "EVALUATEUR", "expired_evaluator": "EVALUATEUR"}
    last_day = (paris_day(now()) + timedelta(days=30)).isoformat()
    with table.store.unit_of_work() as uow:
        for name, kind in guests.items():
            ends_on = "" if kind == "TIERS" else last_day
            joining = Joining(kind, f"Cabinet {name}", name.title(), "Consultante", emails[name], ends_on)
            add_party(uow, table.og.dg.actor, joining, carried=Carried.BY_HAND)
        for name, right in {"former_member": "redacteur", "stand_in": "commentateur"}.items():
            seat = Seat("Chargée de mission", (right,))
            invite(uow, table.og.dg.actor, email=emails[name], seat=seat, carried=Carried.BY_HAND)


def _let_go(table: Table, emails: dict[str, str]) -> None:
    """Once everybody has entered: the colleague leaves, an evaluation ends."""
    with table.store.unit_of_work() as uow:
        remove(uow, table.og.dg.actor, _member(uow.session, table, emails["former_member"]).id)
        yesterday = paris_day(now()) - timedelta(days=1)
        _member(uow.session, table, emails["expired_evaluator"]).ends_on = yesterday


def _lend(table: Table, world: World) -> None:
    """The drafter lends his voice, today, to the one who stands in for him."""
    today = paris_day(now()).isoformat()
    with table.store.unit_of_work() as uow:
        to = _member(uow.session, table, "suppleante@gestion.example").id
        set_delegation(uow, table.og.redac.actor, to_member_id=to, starts_on=today, ends_on=today)


def _member(session: Session, table: Table, email: str) -> Member:
    query = select(Member).join(Person, col(Person.id) == Member.person_id)
    found = query.where(col(Member.negotiation_id) == table.id, col(Person.email) == email)
    return session.execute(found).scalar_one()


def _own(table: Table, clause: str) -> Ids:
    with table.store.unit_of_work() as uow:
        message = send_message(uow, table.og.dg.actor, circle=SHARED, text="Bonjour à tous.")
        task = open_task(uow, table.og.dg.actor, Wish(SHARED, "Envoyer les comptes."))
        later = (paris_day(now()) + timedelta(days=100)).isoformat()
        delegation = set_delegation(
            uow, table.og.dg.actor, to_member_id=table.og.redac.member.id, starts_on=later, ends_on=later
        )
        essms = select(col(Essms.id)).where(col(Essms.negotiation_id) == table.id)
        structure = str(uow.session.execute(essms).scalars().first())
    meeting = an_open_seance(table, table.og.dg)
    with table.store.unit_of_work() as uow:
        point = add_point(uow, table.og.dg.actor, meeting.id, Item(clause_id=table.clause_id(clause)))
    return {
        "seance_id": [meeting.id],
        "point_id": [point],
        "decision_id": [meeting.record(table.og.dg, DecisionKind.QUESTION, clause, text="Pourquoi ?")],
        "negotiation_id": [table.id],
        "part_id": [table.part_id("fa01")],
        "clause_id": [table.clause_id(clause)],
        "party_id": [table.ars.id],
        "member_id": [table.og.com.member.id],
        "message_id": [message],
        "move_id": [table.og.dg.comment(clause, "Une remarque partagée.").move_id],
        "task_id": [task],
        "delegation_id": [delegation],
        "essms_id": [structure],
        "entry_id": [_inside_fact(table, "og")],
        "when": [paris_day(now()).isoformat()],
    }


def _inside_fact(table: Table, party: str) -> str:
    """Of a task that a party keeps to itself: after a message inside, writing to all would ask for a second click."""
    circle = Circle.inside(table.party_id(party))
    with table.store.unit_of_work() as uow:
        open_task(uow, getattr(table, party).dg.actor, Wish(circle, "Garder cela pour nous."))
        query = select(col(HistoryEntry.id)).where(col(HistoryEntry.circle) == str(circle))
        return str(uow.session.execute(query.order_by(col(HistoryEntry.sequence).desc())).scalars().first())


def _hidden(found: SecretsTable) -> Ids:
    return {
        "member_id": [found.table.ars.com.member.id],
        "message_id": [found.messages["ars"]],
        "move_id": [found.comments["ars"]],
        "visa_id": [found.visas["ars"]],
        "task_id": [found.tasks["ars"]],
        "part_id": [found.parts["ars"]],
        "delegation_id": [found.delegations["ars"]],
        "entry_id": [_inside_fact(found.table, "ars")],
    }


def _visa_that_nobody_gave(table: Table) -> str:
    """Asked while the clause was open; by the time of the gel, all agreed without it."""
    order = Order(Move.PROPOSAL, text="Un autre objet.", motive="Plus clair.")
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
        waiting = submit(uow, table.og.redac.actor, table.clause_id("en02"), order, words="")
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, None)
    return str(waiting.request_id)


def _commune(app: Flask, table: Table) -> str:
    typist = Typist(app, table.og.dg).open("commune")
    typist.socket.disconnect()
    return str(typist.draft["draft"])
