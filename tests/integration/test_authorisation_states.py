"""Who may do what once the contract is frozen, then signed: `tests/authorisation.toml`, the tables « after_gel ».

A way in that writes refuses whoever holds its right, unless the file lists it; whoever holds none changes nothing
either way, and for whoever doesn't sit here all is absent, as on an open table. Reading is the same in every state.
"""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from app.config import Settings
from app.limits import limiter
from app.observability import configure_logging
from app.sockets.registry import EVENTS
from negotiation.rules.policy import OPEN_TO
from negotiation.rules.vocabulary import NegotiationStatus
from negotiation.services import recalling
from tests.matrix_events import code_of, events_about, open_page
from tests.matrix_world import ABROAD, REVIEWED, SEATED, Keeper, Way, Who, World, a_closed_world, sign_for_all
from tests.visitors import asks

AFTER: dict[str, list[int]] = REVIEWED["after_gel"]
FORMS: dict[str, dict[str, str]] = REVIEWED["forms_after_gel"]
REFUSED = (403, 404, 409)


@pytest.fixture(scope="module")
def closed(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("closed")
    shutil.copy(migrated_sqlite, place / "navette.sqlite")
    settings = Settings(database_url=f"sqlite:///{place / 'navette.sqlite'}", data_dir=place, log_level="error")
    configure_logging(settings)
    app = create_app(settings)
    app.testing = True
    limiter.enabled = False  # one person asks here for more in a minute than anybody does
    world = a_closed_world(app, Keeper(place / "navette.sqlite"))
    with world.plainly():
        yield world
    limiter.enabled = True
    world.keeper.close()
    app.extensions["store"].engine.dispose()


@pytest.fixture(params=["frozen", "signed"])
def world(closed: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The contract in this state, whatever was done to it before; however slow the machine, words may be taken back."""
    monkeypatch.setattr(recalling, "DELAY", timedelta(hours=1))
    with closed.keeper.trying():
        if request.param == "signed":
            sign_for_all(closed)
        yield closed


def writing(world: World) -> list[Way]:
    return [way for way in world.ways.values() if way.method == "POST" and way.action not in OPEN_TO]


def test_what_the_file_says_of_a_closed_contract_is_about_ways_that_exist(closed: World) -> None:
    assert AFTER.keys() | FORMS.keys() <= {way.name for way in writing(closed)}
    assert REVIEWED["events_after_gel"].keys() == EVENTS.keys()


@pytest.mark.parametrize("who", SEATED, ids=lambda who: who.name)
def test_a_closed_contract_takes_only_what_the_file_lists(world: World, who: Who) -> None:
    """A missing right is missing in every state: without the right, once is enough."""
    asked_of_him = [way for way in writing(world) if who.may(way.action) or not is_signed(world)]
    wrong = [fault for way in asked_of_him for fault in faults_in(world, who, way)]
    assert not wrong, "\n" + "\n".join(wrong)


def is_signed(world: World) -> bool:
    return world.table.negotiation().status is NegotiationStatus.SIGNED


def faults_in(world: World, who: Who, way: Way) -> Iterator[str]:
    status, wrote = asked(world, who, way)
    expected = AFTER.get(way.name, [409]) if who.may(way.action) else REFUSED
    if status not in expected:
        yield f"{way.name}: {status}, not {expected}"
    if wrote and status >= 400:
        yield f"{way.name}: {status}, and yet something was written"


def asked(world: World, who: Who, way: Way) -> tuple[int, bool]:
    """The status, and whether anything was written."""
    before = world.keeper.version()
    status = world.ask(who, way, world.own, world.filled(FORMS.get(way.name, {}))).status
    return status, world.keeper.version() != before


@pytest.mark.parametrize("who", ABROAD, ids=lambda who: who.name)
def test_a_closed_contract_is_absent_for_those_who_do_not_sit_at_its_table(world: World, who: Who) -> None:
    assert {way.name: found for way in writing(world) if (found := asked(world, who, way)) != (404, False)} == {}


@pytest.mark.parametrize("who", SEATED + ABROAD, ids=lambda who: who.name)
def test_a_closed_contract_takes_no_word_through_a_socket(world: World, who: Who) -> None:
    page = open_page(world, who)
    named: dict[str, Any] = {"negotiation": world.table.id, "part": world.own["part_id"][0]}
    sent = events_about(draft=world.drafts["commune"], clause=world.own["clause_id"][0], **named)
    answers = {event: code_of(asks(page, event, message)) for event, message in sent.items()}
    page.disconnect()
    for event, expected in REVIEWED["events_after_gel"].items():
        told = expected if who.may(EVENTS[event].action) else "not_allowed"
        assert (event, answers[event]) == (event, told if who.sits else absent(event))


def absent(event: str) -> str:
    """To leave where one never was changes nothing, and says nothing of what exists."""
    return "ok" if event == "close_draft" else "not_found"
