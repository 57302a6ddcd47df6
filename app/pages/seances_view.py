"""What a séance shows, whoever asks: where its reader is in it, the clause on that screen, what may be decided."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import request
from sqlmodel import Session

from app.pages.clause_view import TABS, default_tab, tab_asked
from app.pages.frame import Frame, together
from app.pages.talk import panel, read_part
from app.pages.texts import open_context
from negotiation.errors import NotFound
from negotiation.rules.policy import ACTION_OF_MOVE, Decision, Target, decide
from negotiation.rules.seances import MOVE_OF_DECISION, DecisionKind, DecisionState, SeanceState
from negotiation.rules.vocabulary import Action, ClauseState, Move
from negotiation.store.columns import now
from negotiation.store.queries.clauses import ClauseCard, card_of, cards_of_part
from negotiation.store.queries.decided import DecisionView, Extent, decisions_page
from negotiation.store.queries.people import MemberView, PartyView
from negotiation.store.queries.seances import AttendeeView, SeanceView, seance_view, untold_of

DECIDED_HERE = (Move.ACCEPTANCE, Move.RESERVE, Move.QUESTION)
"""Moves of the open clause that a séance makes by its decisions, which wait a minute and are minuted."""
_ROOM = re.compile(r"/negociations/[^/]+/seances/([^/]+)")
MAY_AGREE = frozenset({ClauseState.PROPOSED, ClauseState.COUNTERED, ClauseState.PARTIALLY_AGREED, ClauseState.REOPENED})


Context = dict[str, Any]
"""What a template is given."""


@dataclass(frozen=True)
class Place:
    """Where a reader of an open séance is: on the clause that the chair shows, or on one of their own choice.

    `tab`: the reading of `clause_id`, of that clause alone.
    """

    clause_id: str = ""
    tab: str = ""
    follows: bool = True

    @classmethod
    def told(cls, asked: Mapping[str, str]) -> "Place":
        """As an address or a form says it: `sur`, `onglet`, `suivre`."""
        clause_id, tab = asked.get("sur", ""), asked.get("onglet", "")
        return cls(clause_id, tab if tab in TABS else "", not clause_id or asked.get("suivre") == "oui")

    def fields(self) -> dict[str, str]:
        """The same for a form or an address, without what goes without saying."""
        told = {"sur": self.clause_id, "onglet": self.tab, "suivre": "oui" if self.clause_id and self.follows else ""}
        return {name: value for name, value in told.items() if value}

    @property
    def query(self) -> str:
        return f"?{urlencode(self.fields())}" if self.fields() else ""


@dataclass(frozen=True)
class Bench:
    """A party in the attendance list: who came, whom one still expects."""

    party: PartyView
    present: tuple[AttendeeView, ...]
    missing: tuple[AttendeeView, ...]

    @property
    def expected(self) -> int:
        return sum(each.is_expected for each in (*self.present, *self.missing))


def address_of(negotiation_id: str, seance_id: str) -> str:
    return f"/negociations/{negotiation_id}/seances/{seance_id}"


@dataclass(frozen=True)
class Room:
    """The page of a séance on which a form was: its path, and where its reader was in it."""

    path: str
    seance_id: str
    place: Place

    def at(self, clause_id: str, tab: str) -> Place:
        """The same reader, with this clause open in one of its readings: that where it was, if none is named."""
        same = self.place.tab if clause_id == self.place.clause_id else ""
        return Place(clause_id, tab or same, self.place.follows)


def room_before() -> Room | None:
    """Where the form that was sent was; None outside of a séance."""
    before = urlsplit(request.referrer or "")
    found = _ROOM.fullmatch(before.path)
    if before.netloc != request.host or found is None:
        return None
    asked = {name: values[0] for name, values in parse_qs(before.query).items()}
    return Room(before.path, found[1], Place.told(asked))


def seance_before(clause_id: str, tab: str) -> str | None:
    """The séance on whose page the form of a clause was, with this clause open; None where it was on its fiche."""
    room = room_before()
    return f"{room.path}{room.at(clause_id, tab).query}#clause-{clause_id}" if room else None


def may(frame: Frame, action: Action) -> bool:
    return decide(frame.actor, action, Target(frame.negotiation.id)) is Decision.ALLOW


def seated(frame: Frame) -> list[tuple[PartyView, list[MemberView]]]:
    """Who sits today, by party, in the order of the table."""
    here = [member for member in frame.members.values() if member.sits]
    return [(party, [each for each in here if each.party.id == party.id]) for party in frame.parties.values()]


@dataclass(frozen=True)
class Mine:
    """What a séance is to one person: apart, so that the rest may be written once for those who read the same.

    `arrives`: nobody wrote his arrival down yet; `own`: the decisions that he recorded or confirmed.
    """

    is_chair: bool
    arrives: bool
    own: frozenset[str]


def read_seance(session: Session, frame: Frame, seance_id: str) -> tuple[SeanceView, Mine]:
    """The séance, with its last decisions while it is open and all of them once it is over. Raises NotFound."""
    return together(("séance", seance_id), lambda: _read_seance(session, frame, seance_id))


def _read_seance(session: Session, frame: Frame, seance_id: str) -> tuple[SeanceView, Mine]:
    """The rows are read once for a party in the burst that follows a change: what no history tells is in the key."""
    untold, me = untold_of(session, frame.actor, seance_id), frame.actor.member_id
    view = frame.read_by_party(
        "séance",
        seance_id,
        untold.said,
        read=lambda ours: seance_view(session, ours.actor, seance_id, decisions=Extent.LAST),
    )
    is_open = view.card.state is SeanceState.OPEN
    if not is_open and view.noted > len(view.decisions):
        view = seance_view(session, frame.actor, seance_id)
    arrives = is_open and me not in untold.arrived
    return view, Mine(is_open and view.card.chair_id == me, arrives, _own(frame, view.decisions))


def seance_context(frame: Frame, view: SeanceView, mine: Mine, **more: Any) -> Context:
    """What every page of a séance needs."""
    return {
        "view": view,
        "seance": view.card,
        "mine": mine,
        "here": address_of(frame.negotiation.id, view.card.id),
        "benches": benches(frame, view),
        "moment": now(),
        "sitting": seated(frame),
        "at": Place(),
        "kept_here": {},
        "refusal_here": "",
        "wrong_here": "",
        "is_chair": mine.is_chair,
        "arrives": mine.arrives,
        "may_plan": may(frame, Action.PLAN_SEANCE),
        "may_chair": may(frame, Action.CHAIR_SEANCE),
        "may_record": may(frame, Action.RECORD_DECISION),
        "point": next((each for each in view.points if each.is_current), None),
    } | more


def benches(frame: Frame, view: SeanceView) -> tuple[Bench, ...]:
    """The attendance by party; parties of whom nobody is expected or there stay out."""
    found = []
    for party in frame.parties.values():
        theirs = [each for each in view.attendance if each.party_id == party.id]
        if theirs:
            present = tuple(each for each in theirs if each.is_present)
            found.append(Bench(party, present, tuple(each for each in theirs if not each.is_present)))
    return tuple(found)


def on_screen(session: Session, frame: Frame, view: SeanceView, place: Place) -> tuple[ClauseCard | None, str]:
    """The clause that a reader of an open séance sees, and in which of its readings. Raises NotFound."""
    shown = (view.clause_id or "") if place.follows else place.clause_id
    card = None
    if shown:
        card = frame.read_by_party("card", shown, read=lambda ours: card_of(session, ours.actor, shown))
    if shown and card is None and not place.follows:
        raise NotFound()
    if card is None:
        return None, ""
    return card, (tab_asked(frame, place.tab) if place.clause_id == card.id else "") or usual_tab(card)


def clause_context(session: Session, frame: Frame, view: SeanceView, card: ClauseCard | None, tab: str) -> Context:
    """The clause open as on its fiche, whose own moves leave out what is decided here."""
    return open_context(session, frame, card, tab=tab) | {
        "decided_here": [str(move) for move in DECIDED_HERE],
        "part": read_part(session, frame, card.part_id) if card else None,
        "clauses_of_point": _clauses_of(session, frame, view),
        "told": [],
    }


def usual_tab(card: ClauseCard) -> str:
    """Together one writes: where nothing is on the table, the draft of all parties."""
    unwritten = card.situation.current is None and card.state not in (ClauseState.AGREED, ClauseState.WITHDRAWN)
    return "table-commune" if unwritten and card.follows_id is None else default_tab(card)


def _clauses_of(session: Session, frame: Frame, view: SeanceView) -> tuple[ClauseCard, ...]:
    """The clauses of the part under discussion, where the point is a whole part."""
    point = next((each for each in view.points if each.is_current), None)
    if point is None or point.clause_id is not None or point.part_id is None or point.is_dropped:
        return ()
    return cards_of_part(session, frame.actor, point.part_id)


def talk_beside(session: Session, frame: Frame, seance_id: str, name: str) -> Context:
    """The discussion of the table, at the séance."""
    found = panel(session, frame, name or "shared", seance_id=seance_id)
    return found | {"may_draft": may(frame, Action.WRITE_DRAFT)}


# ---------------------------------------------------------------------- what is decided


def decisions_context(frame: Frame, view: SeanceView, mine: Mine, card: ClauseCard | None) -> Context:
    """What was decided, in order, and what may be decided about the clause on the screen.

    `agreeing`, `concerned`: parties for which an accord, or a reserve or question, may be noted.
    """
    agreeing = _agreeing(frame, card) if card else ()
    concerned = frame.in_order(card.situation.concerned) if card else ()
    frozen = frame.negotiation.frozen_at is not None
    return {
        "agreeing": () if frozen else agreeing,
        "concerned": () if frozen else concerned,
        "decides": {kind: _decides(frame, kind) for kind in DecisionKind},
        "confirmable": frozenset(each.id for each in view.decisions if _confirms(frame, each)),
        "cancellable": frozenset(each.id for each in view.decisions if _cancels(frame, mine, each)),
    }


def earlier_context(session: Session, frame: Frame, seance_id: str, *, before: int | None) -> Context:
    """Fifty decisions, those noted before a rank or the last ones, and what their reader may still do. Raises
    NotFound."""
    decided = decisions_page(session, frame.actor, seance_id, before=before)
    view, mine = read_seance(session, frame, seance_id)
    view, mine = replace(view, decisions=decided.decisions), replace(mine, own=_own(frame, decided.decisions))
    shown = {"decided": decided, "is_earlier": before is not None}
    return seance_context(frame, view, mine) | decisions_context(frame, view, mine, None) | shown


def _own(frame: Frame, decisions: tuple[DecisionView, ...]) -> frozenset[str]:
    me = frame.actor.member_id
    return frozenset(each.id for each in decisions if me in (each.recorded_by, each.decided_by))


def _agreeing(frame: Frame, card: ClauseCard) -> tuple[PartyView, ...]:
    """Who may still accept the version on the table, one's own party first."""
    current = card.situation.current
    if current is None or card.state not in MAY_AGREE or card.follows_id is not None:
        return ()
    waited = card.situation.concerned - card.situation.behind
    parties = [party for party in frame.in_order(waited) if current.author != party.id]
    return tuple(sorted(parties, key=lambda party: party.id != frame.me.party.id))


def _decides(frame: Frame, kind: DecisionKind) -> bool:
    """Whether this person commits their own party by it; otherwise it is only proposed to it."""
    move = MOVE_OF_DECISION.get(kind)
    return move is None or may(frame, ACTION_OF_MOVE[move])


def _confirms(frame: Frame, decision: DecisionView) -> bool:
    own = decision.party_id == frame.me.party.id and decision.kind is not None
    return own and decision.state is DecisionState.PROPOSED and _decides(frame, DecisionKind(str(decision.kind)))


def _cancels(frame: Frame, mine: Mine, decision: DecisionView) -> bool:
    if decision.state is DecisionState.WAITING and not decision.seconds_left(now()):
        return False
    if decision.state not in (DecisionState.PROPOSED, DecisionState.WAITING):
        return False
    return mine.is_chair or decision.id in mine.own or _confirms(frame, decision)
