"""One reading for those who read the same; never one party's reading for another."""

from dataclasses import replace

import pytest
from flask import Flask

from app.pages import remembering
from app.pages.remembering import Remembered, remembered
from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.rules.vocabulary import Role, Side
from negotiation.store.columns import now

OG = Actor(
    "p1", "m1", "og", "n1", Side.GESTIONNAIRE, frozenset({Role.DRAFTER}), "og.a", Authentication(Method.LINK, now())
)


@pytest.fixture
def readings() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def app() -> Flask:
    app = Flask(__name__)
    remembering.install(app)
    app.app_context().push()
    return app


def read(actor: Actor, readings: list[str], *, reached: str = "1.1") -> str:
    def fresh() -> str:
        readings.append(actor.party_id)
        return f"seen by {actor.party_id}"

    return remembered(actor, reached, "board", read=fresh)


def test_colleagues_with_the_same_roles_share_one_reading(readings: list[str]) -> None:
    colleague = replace(OG, person_id="p2", member_id="m2", key="og.b")
    assert read(OG, readings) == read(colleague, readings)
    assert len(readings) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(OG, party_id="ars"),
        replace(OG, side=Side.AUTHORITY),
        replace(OG, roles=frozenset({Role.READER})),
        replace(OG, negotiation_id="n2"),
    ],
    ids=["party", "side", "roles", "negotiation"],
)
def test_nobody_is_given_what_others_read(readings: list[str], other: Actor) -> None:
    read(OG, readings)
    read(other, readings)
    assert len(readings) == 2


def test_a_history_that_moved_is_read_anew(readings: list[str]) -> None:
    read(OG, readings)
    read(OG, readings, reached="2.1")
    assert len(readings) == 2


def test_what_no_chain_tells_is_late_by_seconds_at_most() -> None:
    clock = [0.0]
    kept = Remembered(clock=lambda: clock[0])
    assert kept.answer("who", lambda: "nobody", seconds=3) == "nobody"
    clock[0] = 2.9
    assert kept.answer("who", lambda: "somebody", seconds=3) == "nobody"
    clock[0] = 3.1
    assert kept.answer("who", lambda: "somebody", seconds=3) == "somebody"


def test_memory_stays_small() -> None:
    kept = Remembered(most=2)
    for name in "abc":
        kept.answer(name, lambda name=name: name, seconds=60)  # type: ignore[misc]
    assert len(kept) == 2
