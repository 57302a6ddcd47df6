"""Who may do what on an open table, cell by cell: each way in, each person, each kind of id; each move, each circle.

`tests/authorisation.toml` is the reviewed file: a way in, an action or a choice of a form that it doesn't list fails.
The file is compared with the policy, then the application with the file. A denied cell changes nothing in the database,
and what is hidden answers as what doesn't exist (trust 3.1, 3.2). Frozen and signed contracts are in
`test_authorisation_states.py`.
"""

import re
import shutil
from collections.abc import Iterable, Iterator
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.config import Settings
from app.limits import limiter
from app.observability import configure_logging
from app.pages.shape_view import CLAUSES, KINDS
from app.sockets.registry import EVENTS
from negotiation.rules.policy import (
    ACTION_OF_MOVE,
    OPEN_TO,
    ROLES,
    Actor,
    Authentication,
    Decision,
    Method,
    OpenTo,
    Target,
    decide,
)
from negotiation.rules.seats import MAY_JOIN
from negotiation.rules.vocabulary import Action, Circle, Role, Side, TaskState
from negotiation.services.drafting import DraftSide
from negotiation.services.shaping import Step
from negotiation.store.columns import now
from negotiation.store.queries.people import audiences_of
from tests.crawling import Answer, Ids
from tests.matrix_events import code_of, events_about, open_page
from tests.matrix_world import (
    ABROAD,
    AUTHORITY,
    PEOPLE,
    REVIEWED,
    SEATED,
    UNKNOWN,
    Keeper,
    Way,
    Who,
    World,
    an_open_world,
    reviewed_roles,
)
from tests.visitors import asks

DENIED = frozenset({401, 403, 404})
MOVES = "POST /clauses/<clause_id>/moves"
NOBODY = "inconnu"
"""A circle that no table has."""


def by_name(who: Who) -> str:
    return who.name


# ---------------------------------------------------------------------- the file and the policy


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


# ---------------------------------------------------------------------- the file and the application


@pytest.fixture(scope="module")
def whole_world(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("matrix")
    shutil.copy(migrated_sqlite, place / "navette.sqlite")
    app = a_quiet_app(place)
    world = an_open_world(app, Keeper(place / "navette.sqlite"))
    yield world
    limiter.enabled = True
    world.keeper.close()
    app.extensions["store"].engine.dispose()


def a_quiet_app(place: Path) -> Flask:
    settings = Settings(database_url=f"sqlite:///{place / 'navette.sqlite'}", data_dir=place, log_level="error")
    configure_logging(settings)
    app = create_app(settings)
    app.testing = True
    limiter.enabled = False  # one person asks here for more in a minute than anybody does
    return app


@pytest.fixture
def world(whole_world: World) -> Iterator[World]:
    """The world as it was made, whatever an earlier test did to it."""
    with whole_world.keeper.trying():
        yield whole_world


def test_the_file_lists_every_way_in(world: World) -> None:
    actions = {way.name: world.app.view_functions[way.rule.endpoint] for way in world.ways.values()}
    assert {name: str(view.navette_action) for name, view in actions.items()} == REVIEWED["ways"]  # type: ignore[attr-defined]
    assert {name: str(event.action) for name, event in EVENTS.items()} == REVIEWED["events"]


def test_the_file_lists_every_choice_of_a_form(world: World) -> None:
    """A move, a circle, a kind or a state that nobody reviewed fails here."""
    assert {str(move): str(action) for move, action in ACTION_OF_MOVE.items()} == REVIEWED["moves"]
    with world.table.store.reading() as session:
        assert set(audiences_of(session, world.table.ars.dg.actor)) == REVIEWED["circles"].keys()
    assert {str(side) for side in DraftSide} == REVIEWED["drafts"].keys()
    vocabularies: dict[str, Iterable[object]] = {
        "genre": [*KINDS, *CLAUSES],
        "kind": MAY_JOIN,
        "state": TaskState,
        "step": Step,
    }
    listed = {field: set(values) for way in REVIEWED["choices"].values() for field, values in way.items()}
    assert listed == {field: {str(value) for value in values} for field, values in vocabularies.items()}


# ---------------------------------------------------------------------- cells


def without_tokens(page: str) -> str:
    """The page without what is drawn each time it is shown, and without what an earlier cell had to say."""
    page = re.sub(r'(?s)\s*<div class="flashes".*?</p></div>\s*</div>', "", page)
    return re.sub(r'(csrf_token" value=|request_key" value=|socket-token" content=)"[^"]*"', r"\1", page)


def same(answer: Answer, ids: Ids) -> tuple[int, str]:
    """The answer without what is drawn each time, and without the ids that it was asked with: whole words, for some
    are years, and drawn ids are full of digits."""
    text = without_tokens(answer.text)
    for value in (value for values in ids.values() for value in values[:1]):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "§", text)
    return answer.status, text


def differing(one: str, other: str) -> list[str]:
    """The first lines that aren't the same."""
    return [line for line in ndiff(one.splitlines(), other.splitlines()) if line[0] in "+-"][:4]


@pytest.mark.parametrize("who", PEOPLE, ids=by_name)
def test_each_cell_answers_as_the_file_says(world: World, who: Who) -> None:
    wrong = [fault for way in world.ways.values() for fault in faults_in(world, who, way)]
    assert not wrong, "\n" + "\n".join(wrong)


def faults_in(world: World, who: Who, way: Way) -> Iterator[str]:
    if way.action in OPEN_TO:
        if OPEN_TO[way.action] is OpenTo.SIGNED_IN and not who.signed_in:
            status = world.ask(who, way, world.own).status
            if status not in (302, 401):
                yield f"{way.name}: {status} without signing in"
        return
    unchanged = world.keeper.version()
    if not who.signed_in:
        answer = world.ask(who, way, world.own)
        if answer.status != 401 and "/connexion" not in answer.header("Location"):
            yield f"{way.name}: {answer.status} without signing in"
    elif not who.sits:
        if (status := world.ask(who, way, world.own).status) != 404:
            yield f"{way.name}: {status} for somebody who doesn't sit here"
    else:
        yield from faults_of_absence(world, who, way)
        if world.keeper.version() != unchanged:
            yield f"{way.name}: asking for what isn't his changed the database"
        yield from faults_of_rights(world, who, way)
        return
    if world.keeper.version() != unchanged:
        yield f"{way.name}: a denied request changed the database"


def faults_of_absence(world: World, who: Who, way: Way) -> Iterator[str]:
    """The inside of another party, another table and nothing at all answer alike."""
    unknown = {name: [UNKNOWN] for name in way.rule.arguments}
    nothing = same(world.ask(who, way, unknown), unknown)
    if nothing[0] != 404:
        yield f"{way.name}: {nothing[0]} for an id of nothing"
    other = same(world.ask(who, way, world.other), world.other)
    if other != nothing:
        yield f"{way.name}: another table answers {other[0]}, nothing {nothing[0]}: {differing(other[1], nothing[1])}"
    for name in sorted(set(world.hidden) & set(way.rule.arguments)):
        absent, secret = world.own | {name: [UNKNOWN]}, world.own | {name: world.hidden[name]}
        if same(world.ask(who, way, secret), secret) != same(world.ask(who, way, absent), absent):
            yield f"{way.name}: the {name} of another party's inside doesn't answer as nothing does"


def faults_of_rights(world: World, who: Who, way: Way) -> Iterator[str]:
    """One's own things, by right."""
    if who.side is Side.ASSOCIATE and way.names("visa_id", "delegation_id", "member_id"):
        return  # of one party: those of the gestionnaire are not his own
    unchanged = world.keeper.version()
    with world.plainly():
        status = world.ask(who, way, world.own).status
    if who.may(way.action):
        if status in DENIED and way.name not in REVIEWED["own_exceptions"]:
            yield f"{way.name}: {status}, though the file grants it"
        if status >= 400 and world.keeper.version() != unchanged:
            yield f"{way.name}: {status}, and yet something was written"
    elif status not in (403, 404):
        yield f"{way.name}: {status}, though the file doesn't grant it"
    elif world.keeper.version() != unchanged:
        yield f"{way.name}: a denied request changed the database"


# ---------------------------------------------------------------------- what a form chooses


@pytest.mark.parametrize("who", (*SEATED, AUTHORITY), ids=by_name)
def test_each_move_takes_its_own_right(world: World, who: Who) -> None:
    form = {"text": "Un texte.", "motive": "Il le faut.", "readers": "shared"}
    faults = []
    for move, action in REVIEWED["moves"].items():
        granted = who.may(world.ways[MOVES].action) and who.may(Action(action))
        faults += faults_of_choice(world, who, MOVES, form | {"move": move}, granted=granted)
    assert faults == []


@pytest.mark.parametrize("who", (*SEATED, AUTHORITY), ids=by_name)
def test_no_choice_of_a_form_gives_another_right(world: World, who: Who) -> None:
    faults = []
    for name, choices in REVIEWED["choices"].items():
        for field, value in ((field, value) for field, values in choices.items() for value in values):
            granted = who.may(world.ways[name].action)
            faults += faults_of_choice(world, who, name, {field: value}, granted=granted)
    assert faults == []


def faults_of_choice(world: World, who: Who, name: str, form: dict[str, str], *, granted: bool) -> list[str]:
    """One cell of a form, asked of one's own things and undone."""
    before = world.keeper.version()
    with world.keeper.trying(), world.plainly():
        status = world.ask(who, world.ways[name], world.own, form).status
        wrote = world.keeper.version() != before
    if wrote and status >= 400:
        return [f"{name} {form}: {status}, and yet something was written"]
    is_right = status not in DENIED or name in REVIEWED["own_exceptions"] if granted else status in (403, 404)
    return [] if is_right else [f"{name} {form}: {status}, granted: {granted}"]


@pytest.mark.parametrize("who", (*SEATED, AUTHORITY), ids=by_name)
def test_a_circle_that_is_not_his_answers_as_one_that_does_not_exist(world: World, who: Who) -> None:
    faults = []
    for name, form in REVIEWED["speaking"].items():
        way = world.ways[name]
        absent = said_to(world, who, way, form | {"readers": NOBODY})
        faults += [] if absent[0] in (403, 404) else [f"{name} to nobody: {absent[0]}"]
        for circle, sides in REVIEWED["circles"].items():
            said = said_to(world, who, way, form | {"readers": circle})
            if who.side not in sides:
                faults += [] if said == absent else [f"{name} to {circle}: {said[0]}, not as absence"]
            elif (said[0] in DENIED) is who.may(way.action):
                faults.append(f"{name} to {circle}: {said[0]}")
    assert faults == []


def said_to(world: World, who: Who, way: Way, form: dict[str, str]) -> tuple[int, str]:
    """The answer; what was written is undone."""
    before = world.keeper.version()
    with world.keeper.trying(), world.plainly():
        answer = world.ask(who, way, world.own, form)
        assert answer.status < 400 or world.keeper.version() == before, (way.name, form)
    return same(answer, world.own)


# ---------------------------------------------------------------------- sockets


@pytest.mark.parametrize("who", (*SEATED, *ABROAD, AUTHORITY), ids=by_name)
def test_each_socket_event_answers_as_the_file_says(world: World, who: Who) -> None:
    page = open_page(world, who)
    mine = {"negotiation": world.table.id, "part": world.own["part_id"][0], "draft": world.drafts["commune"]}
    other = {"negotiation": world.elsewhere.id, "part": world.other["part_id"][0], "draft": world.drafts["other"]}
    hidden = {"part": world.hidden["part_id"][0], "draft": world.drafts["hidden"]}
    nothing = answers_about(world, page, dict.fromkeys(mine, UNKNOWN))
    assert {code_of(answer) for event, answer in nothing.items() if event != "close_draft"} == {"not_found"}
    if who is not AUTHORITY:
        assert answers_about(world, page, dict.fromkeys(mine, UNKNOWN) | hidden) == nothing
    if who in ABROAD:
        assert answers_about(world, page, mine) == nothing
    else:
        assert answers_about(world, page, other) == nothing
        for event, answer in answers_about(world, page, mine).items():
            allowed = who.may(EVENTS[event].action)
            assert (code_of(answer) != "not_allowed") is allowed and code_of(answer) != "not_found", event
    page.disconnect()


def answers_about(world: World, page: Any, named: dict[str, str]) -> dict[str, dict[str, Any]]:
    sent = events_about(**named, clause=world.own["clause_id"][0])
    return {event: asks(page, event, message) for event, message in sent.items()}


@pytest.mark.parametrize("who", (*SEATED, AUTHORITY), ids=by_name)
def test_a_draft_opens_to_its_own_side_alone(world: World, who: Who) -> None:
    page = open_page(world, who)
    for side, sides in REVIEWED["drafts"].items():
        about = events_about(negotiation="", part=world.own["part_id"][0], draft="", clause="", side=side)
        code = code_of(asks(page, "open_draft", about["open_draft"]))
        assert (side, code) == (side, "ok" if who.side in sides else "not_found")
    page.disconnect()


@pytest.mark.parametrize("who", [who for who in PEOPLE if not who.signed_in], ids=by_name)
def test_nobody_opens_a_socket_without_a_session(world: World, who: Who) -> None:
    assert not open_page(world, who).is_connected()
