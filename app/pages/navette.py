"""La navette of a clause: who played what and when, each step with its marks, how long each made the others wait."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.offloading import off_the_loop
from app.pages.frame import Frame, asked_number, frame_of, reader_on_clause
from app.pages.history import names_of
from app.pages.navette_steps import NavetteStep, compared_versions, lanes_of, shown_steps
from app.pages.remembering import LASTING
from app.pages.trajectory import trajectory_view
from app.security import serves
from negotiation.errors import NotFound
from negotiation.events import Kind
from negotiation.rules import redline
from negotiation.rules.navette import (
    IN_ANY,
    IN_NONE,
    Delay,
    Leaf,
    Navette,
    PhaseClock,
    Response,
    Wanted,
    delays,
    leaf,
    page_of,
    responses,
)
from negotiation.rules.paris import paris_day
from negotiation.rules.private_history import said_in
from negotiation.rules.vocabulary import Action, Phase
from negotiation.services.access import require
from negotiation.store.queries.clause_names import ClauseName, clause_names
from negotiation.store.queries.clauses import ClauseCard, card_of
from negotiation.store.queries.effects import felled_by
from negotiation.store.queries.exchanges import versions_of
from negotiation.store.queries.navette import (
    agreed_version_of,
    became_of,
    clause_reached,
    phase_clock_of,
    shaped_of,
    steps_of,
    words_of,
)
from negotiation.store.queries.parts import part_of_clause, part_view
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.private_history import Disclosed, disclosed_on
from negotiation.store.queries.seance_moves import Sitting, sittings_on

navette = Blueprint("navette", __name__)

PAGE = 20
"""Steps on a page."""
LARGE_PAGE = 300
"""When all of them are asked for; the file of the engagement holds more."""
FIRST_VERSION = "premiere"
"""What `comparer` asks, for marks against the first version."""
UNKNOWN_STEP = "Cette étape n’existe pas, ou ne vous est pas ouverte. Voici les dernières étapes de la navette."
UNKNOWN_FILTER = "Ce filtre ne désigne rien dans cette navette : toutes les étapes sont montrées."
TOO_FAR = "Il n’y a pas d’étape aussi ancienne : voici les dernières."


@dataclass(frozen=True)
class Told:
    """Everything that happened to a clause, as one person reads it. `became`: what moves made of it, by move id."""

    navette: Navette
    sittings: tuple[Sitting, ...]
    became: Mapping[str, frozenset[Kind]]
    answers: tuple[Response, ...]

    @property
    def agreed_by(self) -> frozenset[str]:
        return frozenset(move for move, kinds in self.became.items() if Kind.CLAUSE_AGREED in kinds)


@dataclass(frozen=True)
class Asked:
    """What the address asks for: which steps, which page of them, and what sentence says of what can't be."""

    wanted: Wanted
    leaf: Leaf
    picked: int
    notice: str = ""
    against_first: bool = False
    everything: bool = False

    def address(self, **other: Any) -> str:
        """The question that asks for the same steps, but for what is said here; None takes something away."""
        asked = {
            "partie": self.wanted.party,
            "phase": self.wanted.phase,
            "seance": self.wanted.seance,
            "comparer": FIRST_VERSION if self.against_first else None,
            "tout": 1 if self.everything else None,
        } | other
        return f"?{urlencode({name: str(value) for name, value in asked.items() if value})}"


@dataclass(frozen=True)
class Journey:
    """From the first shared step to the agreement. `share`: percent of the text that changed, None if unknown."""

    versions: int
    share: int | None
    days: int | None
    agreed_on: date | None


@navette.get("/clauses/<clause_id>/navette")
@serves(Action.READ_HISTORY)
def show_navette(clause_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_on_clause(session, clause_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        card = readable_card(session, frame, clause_id)
        told = told_of(session, frame, card.id)
        wanted, is_known = _wanted(told)
        sought = _sought(told)
        found = _place_of(told, wanted, sought)
        if found is not None:
            return redirect(f"/clauses/{clause_id}/navette{found.removesuffix('?')}#etape-{sought}")
        asked = _asked(told, wanted, notice=UNKNOWN_STEP if sought else "" if is_known else UNKNOWN_FILTER)
        return _page(session, frame, card, told=told, asked=asked), 404 if sought else 200


def readable_card(session: Session, frame: Frame, clause_id: str) -> ClauseCard:
    """Raises NotFound."""
    card = card_of(session, frame.actor, clause_id)
    if card is None:
        raise NotFound()
    return card


def told_of(session: Session, frame: Frame, clause_id: str) -> Told:
    """Every step without its words: what filters, figures and plots are made of. Read once while nothing moves on this
    clause, whatever moves elsewhere: whoever turns the pages of a long navette, or filters it, doesn't have it told
    again."""
    sittings = sittings_on(session, frame.actor, clause_id)
    clock = phase_clock_of(session, frame.actor.negotiation_id)
    here = replace(frame, reached=clause_reached(session, frame.actor, clause_id))
    return here.read_by_party(
        "navette",
        clause_id,
        sittings,
        clock,
        read=lambda ours: _told_of(session, ours, clause_id, sittings=sittings, clock=clock),
        seconds=LASTING,
    )


def _told_of(
    session: Session, frame: Frame, clause_id: str, *, sittings: tuple[Sitting, ...], clock: PhaseClock
) -> Told:
    steps = steps_of(session, frame.actor, clause_id)
    # Only what everybody reads was said in a séance.
    seances = {
        step.id: sitting.seance_id
        for step in steps
        if step.is_shared and (sitting := next((each for each in sittings if each.includes(step.at)), None))
    }
    return Told(
        navette=Navette(steps, {step.id: clock.phase_of(step) for step in steps}, seances),
        sittings=sittings,
        became=became_of(session, frame.actor, clause_id),
        answers=responses(steps),
    )


def _wanted(told: Told) -> tuple[Wanted, bool]:
    """What the address picks, and whether all of it is something here."""
    party, seance = request.args.get("partie", ""), request.args.get("seance", "")
    phase = request.args.get("phase", "")
    asked = Wanted(
        party=party if party in {step.party for step in told.navette.steps} else "",
        phase=Phase(phase) if phase in set(told.navette.phases.values()) else None,
        seance=seance if seance in (IN_ANY, IN_NONE, *(each.seance_id for each in told.sittings)) else "",
    )
    return asked, (asked.party, asked.phase or "", asked.seance) == (party, phase, seance)


def _sought(told: Told) -> str:
    """The step that the address asks for: by its id, or as « version-3 », the one that tabled that version."""
    asked = request.args.get("etape", "")
    tabled = (step for step in told.navette.steps if step.is_shared and step.tables)
    return next((step.id for step in tabled if f"version-{step.version}" == asked), asked)


def _place_of(told: Told, wanted: Wanted, sought: str) -> str | None:
    """The question whose answer holds this step: among those picked, or among all when the filters leave it out."""
    for those in (wanted, Wanted()):
        picked = told.navette.picked(those)
        page = page_of(picked, sought, size=_size()) if sought else None
        if page is not None:
            return _answered(those, leaf(picked, page, size=_size()), len(picked)).address(page=page or None)
    return None


def _asked(told: Told, wanted: Wanted, *, notice: str) -> Asked:
    picked = told.navette.picked(wanted)
    shown = leaf(picked, asked_number("page") or 0, size=_size())
    if picked and not shown.steps:
        shown, notice = leaf(picked, 0, size=_size()), TOO_FAR
    return _answered(wanted, shown, len(picked), notice)


def _answered(wanted: Wanted, shown: Leaf, picked: int, notice: str = "") -> Asked:
    against_first = request.args.get("comparer") == FIRST_VERSION
    return Asked(wanted, shown, picked, notice, against_first=against_first, everything=_size() == LARGE_PAGE)


def _size() -> int:
    return LARGE_PAGE if request.args.get("tout") == "1" else PAGE


def _page(session: Session, frame: Frame, card: ClauseCard, *, told: Told, asked: Asked) -> str:
    moves = words_of(session, frame.actor, asked.leaf.steps)
    versions = compared_versions(session, card.id, moves)
    marked = partial(shown_steps, frame, moves, versions, told=told, against_first=asked.against_first)
    steps = with_sittings(off_the_loop(marked) if asked.everything else marked(), told)
    shaped = shaped_of(session, frame.actor, card.id)
    others = [each.other_id for each in shaped if each.other_id]
    return render_template(
        "history/navette.html",
        **frame.context(
            "history",
            subsection="engagements",
            card=card,
            part=part_view(session, frame.actor, part_of_clause(session, frame.actor, card.id)),
            asked=asked,
            steps=steps,
            total=len(told.navette.steps),
            inside=sum(1 for step in told.navette.steps if not step.is_shared),
            felled=felled_by(session, frame.actor, card.id, (move.id for move in moves)),
            lanes=lanes_of(frame, card, steps),
            path=trajectory_view(session, frame, card, steps=told.navette.steps, agreed_by=told.agreed_by),
            journey=journey_of(session, frame, card, told),
            delays=delays_of(frame, told),
            players=frame.in_order(step.party for step in told.navette.steps),
            phases=[phase for phase in Phase if phase in told.navette.phases.values()],
            shaped=shaped,
            named=named_clauses(session, frame, others),
            no_motive=_no_motive(told, steps),
            followed=card.follows_id,
            disclosed=_disclosed(session, frame, card),
            fact_names=names_of(frame),
        ),
    )


def _disclosed(session: Session, frame: Frame, card: ClauseCard) -> tuple[tuple[Disclosed, dict[str, object]], ...]:
    """What parties let everybody read of their inside about this clause, and what each says."""
    found = disclosed_on(session, frame.actor, card.id)
    return tuple((each, said_in(each.facts["fact"]["payload"])) for each in found)


def with_sittings(steps: tuple[NavetteStep, ...], told: Told) -> tuple[NavetteStep, ...]:
    by_id = {sitting.seance_id: sitting for sitting in told.sittings}
    return tuple(replace(step, sitting=by_id.get(told.navette.seances.get(step.move.id, ""))) for step in steps)


def named_clauses(session: Session, frame: Frame, ids: list[str]) -> dict[str, ClauseName]:
    return clause_names(session, frame.actor, ids) if ids else {}


def journey_of(session: Session, frame: Frame, card: ClauseCard, told: Told) -> Journey:
    """How far the text went from its first version to what was agreed, and in how long."""
    shared = [step for step in told.navette.steps if step.is_shared]
    versions = sum(1 for step in shared if step.tables)
    agreed = agreed_version_of(session, frame.actor, card.id)
    last = next((step for step in reversed(shared) if step.id in told.agreed_by), None)
    if agreed is None:
        return Journey(versions, None, None, None)
    first = versions_of(session, card.id, [1]).get(1)
    share = None
    if first is not None and agreed.number != first.number:
        share = round(100 * redline.share_changed(redline.redline(first.text, agreed.text)))
    on = paris_day(last.at) if last else None
    return Journey(versions, share, (on - paris_day(shared[0].at)).days if on else None, on)


def delays_of(frame: Frame, told: Told) -> tuple[tuple[PartyView, Delay, tuple[tuple[PartyView, int], ...]], ...]:
    """Each party that answered, in order, its delay, and how many of its answers each other party waited for."""
    by_party = delays(told.answers)
    return tuple(
        (
            party,
            by_party[party.id],
            tuple(
                (other, count)
                for other in frame.parties.values()
                if (count := sum(1 for each in told.answers if (each.answering, each.waiting) == (party.id, other.id)))
            ),
        )
        for party in frame.in_order(by_party)
    )


def _no_motive(told: Told, steps: tuple[NavetteStep, ...]) -> bool:
    """Whether these steps come from a file that gives none of the motives."""
    tabled = [step for step in steps if step.version and step.move.is_declared]
    return bool(tabled) and not any(step.move.motive for step in tabled)
