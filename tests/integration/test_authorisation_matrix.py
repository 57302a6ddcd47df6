"""Who may do what, cell by cell: each way in, each person, each kind of id, on an open table and on a frozen one.

`tests/authorisation.toml` is the reviewed file: a way in or an action that it doesn't list fails. The file is compared
with the policy, then the application with the file. A denied cell changes nothing in the database, and what is hidden
answers as what doesn't exist (trust 3.1, 3.2).
"""

import re
import shutil
import sqlite3
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlmodel import Session, col
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter

from app import create_app
from app.config import Settings
from app.limits import limiter
from app.signin.session import session_of_socket_token
from app.sockets.registry import EVENTS
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import OPEN_TO, ROLES, Actor, Authentication, Decision, Method, OpenTo, Target, decide
from negotiation.rules.vocabulary import SHARED, Action, Circle, Role, Side
from negotiation.services.delegating import end_delegation, set_delegation
from negotiation.services.discussing import send_message
from negotiation.services.joining import Joining, add_party
from negotiation.services.leaving import remove
from negotiation.services.members import Carried, Seat, invite
from negotiation.services.tasks import Wish, open_task
from negotiation.store.columns import now
from negotiation.store.contract import Essms
from negotiation.store.people import Member, Person, SigninSession
from tests.builders import Table
from tests.crawling import Answer, Ids, answer_of, ids_of
from tests.secrets_table import TEXT, SecretsTable, set_secrets, type_secrets
from tests.visitors import Visitor

FILE = Path(__file__).parents[1] / "authorisation.toml"
REVIEWED: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
UNKNOWN = "99999999-9999-4999-8999-999999999999"


# ---------------------------------------------------------------------- the file and the policy


def reviewed_roles(action: Action) -> frozenset[Role]:
    return frozenset(Role(role) for role in REVIEWED["actions"][action])


def test_the_file_lists_every_action_of_the_policy() -> None:
    assert set(REVIEWED["actions"]) | set(REVIEWED["open_to"]) == {str(action) for action in Action}


@pytest.mark.parametrize("action", list(Action))
def test_the_policy_grants_what_the_file_says(action: Action) -> None:
    if action in OPEN_TO:
        assert REVIEWED["open_to"][action] == OPEN_TO[action]
        return
    assert ROLES[action] == reviewed_roles(action)
    for role in Role:
        partner = _actor(role, Side.ASSOCIATE)
        expected = role in reviewed_roles(action) and action in REVIEWED["associates"]["actions"]
        assert (decide(partner, action, Target("n")) is Decision.ALLOW) is expected


@pytest.mark.parametrize("action", list(Action))
def test_what_is_inside_another_party_is_hidden_whatever_the_role(action: Action) -> None:
    for role, side in ((role, side) for role in Role for side in Side):
        assert decide(_actor(role, side), action, Target("n", Circle.inside("other"))) is Decision.HIDE
        assert decide(_actor(role, side), action, Target("elsewhere")) is Decision.HIDE


def _actor(role: Role, side: Side) -> Actor:
    fresh = Authentication(Method.PASSWORD, now())
    return Actor("p", "m", "mine", "n", side, frozenset({role}), "mine.m", fresh)


# ---------------------------------------------------------------------- the world


@dataclass(frozen=True)
class Who:
    """A person of the matrix. `roles`: what the file grants; `sits`: at this table, now."""

    name: str
    roles: frozenset[Role]
    side: Side = Side.GESTIONNAIRE
    sits: bool = True
    signed_in: bool = True


PEOPLE = (
    Who("anonymous", frozenset(), sits=False, signed_in=False),
    Who("reader", frozenset({Role.READER})),
    Who("commenter", frozenset({Role.COMMENTER})),
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


@dataclass
class World:
    """The table of secrets with everybody at it, and another one where only strangers sit."""

    app: Flask
    found: SecretsTable
    elsewhere: Table
    visitors: dict[str, Visitor]
    own: Ids
    hidden: Ids
    other: Ids
    watcher: sqlite3.Connection
    """A connection that only notices that others write."""


@pytest.fixture(scope="module")
def world(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("matrix")
    shutil.copy(migrated_sqlite, place / "navette.sqlite")
    app = create_app(Settings(database_url=f"sqlite:///{place / 'navette.sqlite'}", data_dir=place))
    app.testing = True
    limiter.enabled = False  # one person asks here for more in a minute than anybody does
    watcher = sqlite3.connect(place / "navette.sqlite")
    yield a_world(app, watcher)
    limiter.enabled = True
    watcher.close()
    app.extensions["store"].engine.dispose()


def a_world(app: Flask, watcher: sqlite3.Connection) -> World:
    store = app.extensions["store"]
    found = set_secrets(store)
    type_secrets(app, found)
    elsewhere = set_secrets(store).table
    table = found.table
    emails = {
        "reader": table.og.lect.email,
        "commenter": table.og.com.email,
        "drafter": table.og.redac.email,
        "negotiator": table.og.dg.email,
        "signatory": table.og.sign.email,
        "partner": table.asso.com.email,
        "facilitator": "tiers@ailleurs.example",
        "evaluator": "evaluatrice@ailleurs.example",
        "stranger": elsewhere.og.dg.email,
        "former_member": table.og.lect.email.replace("lect", "parti"),
        "expired_evaluator": "ancienne@ailleurs.example",
        "revoked_session": table.og.redac.email,
    }
    _seat_guests(table, emails)
    visitors = {"anonymous": Visitor(app)} | {name: Visitor(app).enter(email) for name, email in emails.items()}
    own, hidden = _kinds(found)
    _let_go(table, emails)
    with store.unit_of_work() as uow:
        token = visitors["revoked_session"].socket_token()
        with app.app_context():
            ended = session_of_socket_token(token)
        uow.session.execute(update(SigninSession).where(col(SigninSession.id) == ended).values(ended_at=now()))
    return World(app, found, elsewhere, visitors, own, hidden, ids_of(store, elsewhere.id), watcher)


def _seat_guests(table: Table, emails: dict[str, str]) -> None:
    """A facilitator and two evaluators brought by the gestionnaire, and a colleague who will leave."""
    guests = {"facilitator": "TIERS", "evaluator": "EVALUATEUR", "expired_evaluator": "EVALUATEUR"}
    last_day = (paris_day(now()) + timedelta(days=30)).isoformat()
    with table.store.unit_of_work() as uow:
        for name, kind in guests.items():
            ends_on = "" if kind == "TIERS" else last_day
            joining = Joining(kind, f"Cabinet {name}", name.title(), "Consultante", emails[name], ends_on)
            add_party(uow, table.og.dg.actor, joining, carried=Carried.BY_HAND)
        seat = Seat("Chargée de mission", ("redacteur",))
        invite(uow, table.og.dg.actor, email=emails["former_member"], seat=seat, carried=Carried.BY_HAND)


def _let_go(table: Table, emails: dict[str, str]) -> None:
    """Once everybody has entered: the colleague leaves, an evaluation ends, a session is ended elsewhere."""
    with table.store.unit_of_work() as uow:
        remove(uow, table.og.dg.actor, _member(uow.session, table, emails["former_member"]).id)
        yesterday = paris_day(now()) - timedelta(days=1)
        _member(uow.session, table, emails["expired_evaluator"]).ends_on = yesterday


def _member(session: Session, table: Table, email: str) -> Member:
    query = select(Member).join(Person, col(Person.id) == Member.person_id)
    found = query.where(col(Member.negotiation_id) == table.id, col(Person.email) == email)
    return session.execute(found).scalar_one()


def _kinds(found: SecretsTable) -> tuple[Ids, Ids]:
    """What the gestionnaire's people may name, and what is inside the ARS."""
    table = found.table
    with table.store.unit_of_work() as uow:
        message = send_message(uow, table.og.dg.actor, circle=SHARED, text="Bonjour à tous.")
        task = open_task(uow, table.og.dg.actor, Wish(SHARED, "Envoyer les comptes."))
        later = (paris_day(now()) + timedelta(days=100)).isoformat()
        delegation = set_delegation(
            uow, table.og.dg.actor, to_member_id=table.og.redac.member.id, starts_on=later, ends_on=later
        )
        essms = (
            uow.session.execute(select(col(Essms.id)).where(col(Essms.negotiation_id) == table.id)).scalars().first()
        )
        end_delegation(uow, table.og.dg.actor, found.delegations["og"])  # here everybody has his own rights alone
    comment = table.og.dg.comment(TEXT, "Une remarque partagée.").move_id
    own = {
        "negotiation_id": [table.id],
        "part_id": [table.part_id("fa01")],
        "clause_id": [table.clause_id(TEXT)],
        "party_id": [table.ars.id],
        "member_id": [table.og.com.member.id],
        "message_id": [message],
        "move_id": [comment],
        "task_id": [task],
        "visa_id": [found.visas["og"]],
        "delegation_id": [delegation],
        "essms_id": [str(essms)],
    }
    hidden = {
        "member_id": [table.ars.com.member.id],
        "message_id": [found.messages["ars"]],
        "move_id": [found.comments["ars"]],
        "visa_id": [found.visas["ars"]],
    }
    return own, hidden


# ---------------------------------------------------------------------- the ways in


@dataclass(frozen=True)
class Way:
    """A route and a method, with what the file says of it."""

    name: str
    method: str
    rule: Rule

    @property
    def action(self) -> Action:
        return Action(REVIEWED["ways"][self.name])

    @property
    def form(self) -> dict[str, str]:
        return dict(REVIEWED["forms"].get(self.name, {}))

    def address(self, app: Flask, ids: Ids) -> str:
        given = {name: self._value(name, ids) for name in self.rule.arguments - set(self.rule.defaults or {})}
        return str(app.url_map.bind("localhost").build(self.rule.endpoint, {**(self.rule.defaults or {}), **given}))

    def _value(self, name: str, ids: Ids) -> str:
        converter = self.rule._converters[name]
        return sorted(converter.items)[0] if isinstance(converter, AnyConverter) else (ids.get(name) or [UNKNOWN])[0]


def ways_of(app: Flask) -> list[Way]:
    return [
        Way(f"{method} {rule.rule}", method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_the_file_lists_every_way_in(world: World) -> None:
    actions = {way.name: world.app.view_functions[way.rule.endpoint] for way in ways_of(world.app)}
    assert {name: str(view.navette_action) for name, view in actions.items()} == REVIEWED["ways"]  # type: ignore[attr-defined]
    assert {name: str(event.action) for name, event in EVENTS.items()} == REVIEWED["events"]


def without_tokens(page: str) -> str:
    """The page without what is drawn each time it is shown, and without what an earlier cell had to say."""
    page = re.sub(r'(?s)\s*<div class="flashes".*?</p></div>\s*</div>', "", page)
    return re.sub(r'(csrf_token" value=|request_key" value=|socket-token" content=)"[^"]*"', r"\1", page)


DENIED = frozenset({401, 403, 404})


def ask(world: World, who: Who, way: Way, ids: Ids) -> Answer:
    visitor, address = world.visitors[who.name], way.address(world.app, ids)
    if way.method == "GET":
        return answer_of(visitor.get(address))
    if who.signed_in:
        return answer_of(visitor.post(address, way.form))
    return answer_of(visitor.client.post(address, data=way.form | {"csrf_token": visitor.form_token()}))


def may(who: Who, action: Action) -> bool:
    granted = bool(who.roles & reviewed_roles(action))
    return granted and (who.side is not Side.ASSOCIATE or action in REVIEWED["associates"]["actions"])


def same(answer: Answer, ids: Ids) -> tuple[int, str]:
    """The answer without what is drawn each time, and without the ids that it was asked with."""
    text = without_tokens(answer.text)
    for value in (value for values in ids.values() for value in values[:1]):
        text = text.replace(value, "§")
    return answer.status, text


def differing(one: str, other: str) -> list[str]:
    """The first lines that aren't the same."""
    return [line for line in ndiff(one.splitlines(), other.splitlines()) if line[0] in "+-"][:4]


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who.name)
def test_each_cell_answers_as_the_file_says(world: World, who: Who) -> None:
    wrong = [fault for way in ways_of(world.app) for fault in faults_in(world, who, way)]
    assert not wrong, "\n" + "\n".join(wrong)


def faults_in(world: World, who: Who, way: Way) -> Iterator[str]:
    if way.action in OPEN_TO:
        if OPEN_TO[way.action] is OpenTo.SIGNED_IN and not who.signed_in:
            status = ask(world, who, way, world.own).status
            if status not in (302, 401):
                yield f"{way.name}: {status} without signing in"
        return
    unchanged = content_of(world)
    if not who.signed_in:
        answer = ask(world, who, way, world.own)
        if answer.status != 401 and "/connexion" not in answer.header("Location"):
            yield f"{way.name}: {answer.status} without signing in"
    elif not who.sits:
        if (status := ask(world, who, way, world.own).status) != 404:
            yield f"{way.name}: {status} for somebody who doesn't sit here"
    else:
        yield from faults_at_the_table(world, who, way)
        if may(who, way.action):
            return
    if content_of(world) != unchanged:
        yield f"{way.name}: a denied request changed the database"


def faults_at_the_table(world: World, who: Who, way: Way) -> Iterator[str]:
    """Own things by right; the inside of another party, another table and nothing at all answer alike."""
    unknown = {name: [UNKNOWN] for name in way.rule.arguments}
    nothing = same(ask(world, who, way, unknown), unknown)
    if nothing[0] != 404:
        yield f"{way.name}: {nothing[0]} for an id of nothing"
    other = same(ask(world, who, way, world.other), world.other)
    if other != nothing:
        yield f"{way.name}: another table answers {other[0]}, nothing {nothing[0]}: {differing(other[1], nothing[1])}"
    inside = set(world.hidden) & set(way.rule.arguments)
    absent = {**world.own, **{name: [UNKNOWN] for name in inside}}
    secret = {**world.own, **{name: world.hidden[name] for name in inside}}
    if inside and same(ask(world, who, way, secret), secret) != same(ask(world, who, way, absent), absent):
        yield f"{way.name}: the inside of another party doesn't answer as nothing does"
    of_one_party = bool({"visa_id", "delegation_id", "member_id"} & set(way.rule.arguments))
    if of_one_party and who.side is Side.ASSOCIATE:
        return
    status = ask(world, who, way, world.own).status
    if may(who, way.action) and status in DENIED and way.name not in REVIEWED["own_exceptions"]:
        yield f"{way.name}: {status}, though the file grants it"
    if not may(who, way.action) and status not in (403, 404):
        yield f"{way.name}: {status}, though the file doesn't grant it"


def content_of(world: World) -> int:
    """A number that another connection's writing changes."""
    return int(world.watcher.execute("PRAGMA data_version").fetchone()[0])
