"""Sixty people in one séance: how soon a message, and the place where the chair leads, are on every screen.

Everybody has the page of the séance open and follows the chair. People and machine are those of `bench.live`.
"""

import html
import json
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from bench.discussion import DiscussionPage, Speaker
from bench.live import (
    COLUMNS,
    MOVES,
    PEOPLE,
    TARGET_SECONDS,
    Page,
    Stage,
    entered,
    found_in,
    measured,
    set_stage,
)
from bench.measuring import table
from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.services.access import actor_in
from negotiation.services.seance_agenda import Item, add_points, point_at
from negotiation.services.seances import Plan, open_seance, plan_seance
from negotiation.store.columns import now
from negotiation.store.people import Member, Person
from negotiation.store.queries.clauses import engagement_cards
from tests.e2e.serving import RunningServer

POINTS = 6
KEYS = {"seance.pointed": ("agenda", "pointer")}
"""The pieces that a change of a séance concerns, as `static/src/page/seance_keys.ts` says."""


@dataclass(frozen=True)
class Held:
    """An open séance, its page and the points of its agenda."""

    address: str
    points: Sequence[str]


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        server = RunningServer(Path(folder))
        stage = set_stage(server)
        held = _held(stage)
        server.start()
        try:
            pages = [held.address] * len(stage.emails)
            rows = [
                measured("a message", Talker(stage, held), stage.seated(pages), DiscussionPage),
                measured("the pointer", Chair(stage, held), stage.seated(pages), SeancePage),
            ]
        finally:
            server.stop()
            server.store.engine.dispose()
    table(
        f"A séance with {PEOPLE} people, {MOVES} messages, then {MOVES} moves of the pointer: milliseconds from POST "
        "to `page_changed`, and to the pieces shown.",
        COLUMNS,
        rows,
        note=f"Wanted: on every screen in at most {TARGET_SECONDS * 1000:.0f} ms at the 99th percentile.",
    )


def _held(stage: Stage) -> Held:
    """Opened by who plays, its agenda made of engagements."""
    with stage.server.store.unit_of_work() as uow:
        chair = _chair(stage)
        seance_id = plan_seance(uow, chair, Plan("Co-rédaction", on=date(2026, 7, 9), start="09:00"))
        open_seance(uow, chair, seance_id)
        cards = engagement_cards(uow.session, chair)[:POINTS]
        points = add_points(uow, chair, seance_id, [Item(clause_id=card.id) for card in cards])
        point_at(uow, chair, seance_id, points[-1])
    return Held(f"/negociations/{stage.negotiation_id}/seances/{seance_id}", points)


def _chair(stage: Stage) -> Actor:
    query = select(col(Member.person_id)).join(Person, col(Person.id) == Member.person_id)
    with stage.server.store.reading() as session:
        here = col(Member.negotiation_id) == stage.negotiation_id, col(Person.email) == stage.player
        person_id = session.execute(query.where(*here)).scalar_one()
        how = Authentication(Method.LINK, now())
        return actor_in(session, stage.negotiation_id, person_id=person_id, authentication=how)


class Talker(Speaker):
    """Who speaks at the séance: its messages are the séance's own."""

    def __init__(self, stage: Stage, held: Held) -> None:
        super().__init__(stage)
        self.place = {"seance": held.address.rpartition("/")[2]}


class Chair:
    """Who leads from point to point, without leaving the page."""

    def __init__(self, stage: Stage, held: Held) -> None:
        self.stage, self.points = stage, cycle(held.points)
        self.address = f"{stage.server.address}{held.address}"
        self.browser = entered(stage.server.link_for(stage.player), stage.server.address)
        self.form_token = found_in(r'name="csrf_token" value="([^"]+)"', self.browser.get(self.address).text)

    def play(self, number: int) -> float:
        """Take up the next point; when it was sent."""
        fields = {"csrf_token": self.form_token, "point": next(self.points)}
        headers = {"Origin": self.stage.server.address, "HX-Request": "true"}
        began = time.monotonic()
        sent = self.browser.post(f"{self.address}/pointeur", data=fields, headers=headers)
        if sent.status_code != 204:
            raise RuntimeError(f"the pointer was refused: {sent.status_code}")
        return began


class SeancePage(Page):
    """The page of the séance, open: it asks for the pieces that a move of the pointer concerns."""

    gather_seconds = 0.02

    def _concerned(self, changes: Sequence[str]) -> list[str]:
        keys = set()
        for change in changes:
            facts = json.loads(change.removeprefix("42"))[1]
            keys |= {f"{name}:{facts['seance']}" for name in KEYS.get(facts["type"], ())}
        pieces = re.findall(r'data-refresh-on="([^"]+)"(?: [a-z-]+="[^"]*")*? data-refresh-url="([^"]+)"', self.source)
        return [html.unescape(address) for key, address in pieces if keys & set(key.split())]
