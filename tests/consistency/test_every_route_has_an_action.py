"""Each way in names what the policy decides on: a view or a socket event without an action can't be served."""

import importlib
import pkgutil

import pytest
from flask import Blueprint, Flask

from app import BLUEPRINTS, create_app
from app.config import Settings
from app.sockets.registry import EVENTS
from negotiation.rules.policy import OPEN_TO, ROLES, OpenTo
from negotiation.rules.vocabulary import Action
from negotiation.store import migrate

OPEN_TO_ANYBODY = {
    "GET /connexion",
    "POST /connexion",
    "POST /connexion/demander-un-lien",
    "GET /avis/arret/<token>",
    "POST /avis/arret/<token>",
    "GET /connexion/lien/<token>",
    "POST /connexion/lien/<token>",
}
"""Reviewed by hand, with what begins with /verifier: nothing else is read or done without signing in."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    settings.signing_key()
    migrate(settings.database_url)
    return create_app(settings)


def ways_in(app: Flask) -> dict[str, object]:
    """« GET /path » → its action."""
    return {
        f"{method} {rule.rule}": getattr(app.view_functions[rule.endpoint], "navette_action", None)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    }


def test_every_route_has_a_policy_action(app: Flask) -> None:
    assert [way for way, action in ways_in(app).items() if not isinstance(action, Action)] == []


def test_every_socket_event_has_a_policy_action() -> None:
    assert EVENTS
    assert [name for name, event in EVENTS.items() if not isinstance(event.action, Action)] == []


def test_nothing_reaches_a_socket_beside_the_registry(app: Flask) -> None:
    handlers = app.extensions["socketio"].server.handlers
    hot = {"push_update", "move_cursor"}
    """They have a path of their own, and the registry's action, which that path asks for or hands over to."""
    assert hot <= EVENTS.keys()
    told = {namespace: set(events) for namespace, events in handlers.items()}
    assert told == {"/": {"connect", "disconnect", "*"} | hot}
    assert app.extensions["socketio"].server.namespace_handlers == {}


def test_only_the_door_and_the_verification_are_open_to_anybody(app: Flask) -> None:
    open_ways = {way for way, action in ways_in(app).items() if OPEN_TO.get(action) is OpenTo.ANYBODY}  # type: ignore[call-overload]
    assert {way for way in open_ways if not way.split(" ")[1].startswith("/verifier")} == OPEN_TO_ANYBODY


def test_no_socket_event_is_open_to_anybody() -> None:
    assert [name for name, event in EVENTS.items() if event.action not in ROLES] == []


def test_every_action_is_decided_somewhere() -> None:
    assert [action for action in Action if (action in ROLES) == (action in OPEN_TO)] == []


def test_reading_changes_nothing_by_its_method(app: Flask) -> None:
    """A form is sent by POST; a page is read by GET; nothing is both under one function."""
    both = [rule.endpoint for rule in app.url_map.iter_rules() if {"GET", "POST"} <= (rule.methods or set())]
    assert both == []


def test_every_page_blueprint_is_listed() -> None:
    """Somebody who writes a page adds its blueprint to the list, or nobody ever sees it."""

    import app.pages

    for module in pkgutil.iter_modules(app.pages.__path__, "app.pages."):
        for name, value in vars(importlib.import_module(module.name)).items():
            assert not isinstance(value, Blueprint) or value in BLUEPRINTS, f"{module.name}.{name}"
