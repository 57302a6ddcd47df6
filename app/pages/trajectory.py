"""La trajectoire of a number: values proposed, agreed and observed, as a plot, a table, a sentence and two files."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages.csv_file import csv_text
from app.pages.frame import Frame, frame_of, reader_on_clause
from app.pages.navette_steps import plot_parties
from app.security import serves
from negotiation.documents.plots import LINES
from negotiation.documents.trajectory_plot import MOST, Drawing, trajectory_plot
from negotiation.errors import NotFound
from negotiation.rules.french_names import hour_words
from negotiation.rules.navette import Step
from negotiation.rules.paris import paris_day
from negotiation.rules.trajectory import COMMON, NUMERIC, Point, Trajectory, sentence, trajectory
from negotiation.rules.vocabulary import Action, ClauseKind, ClauseState, PartKind, ValueKind
from negotiation.services.access import require
from negotiation.store.queries.clauses import ClauseCard, card_of
from negotiation.store.queries.navette import became_of, steps_of
from negotiation.store.queries.observed import Standing, observed_values
from negotiation.store.queries.parts import part_view
from negotiation.store.queries.people import PartyView

trajectories = Blueprint("trajectories", __name__)

STANDINGS = {
    Standing.DECLARED: "",
    Standing.PROPOSED: "proposée",
    Standing.VALIDATED: "validée",
    Standing.CONTESTED: "contestée",
}
"""What an observed value is worth; a declared one needs no word."""


@dataclass(frozen=True)
class TrajectoryView:
    """`plot` None: `sentence` says all there is. `rows`: the last points; `left_out`: how many older ones there are."""

    path: Trajectory
    sentence: str
    plot: Drawing | None
    rows: tuple[Point, ...]
    left_out: int
    parties: tuple[PartyView, ...]
    lines: dict[str, str]
    """How each party's line is drawn, in words, by its sign."""


def trajectory_view(
    session: Session, frame: Frame, card: ClauseCard, *, steps: Sequence[Step], agreed_by: Collection[str]
) -> TrajectoryView | None:
    """None for a clause that is only words; an engagement always has a sentence."""
    if card.follows_id or (card.value_kind is ValueKind.NONE and card.kind is not ClauseKind.ENGAGEMENT):
        return None
    path = path_of(session, frame, card, steps=steps, agreed_by=agreed_by)
    names = {party.id: party.short_name for party in frame.parties.values()}
    said = sentence(path, names)
    parties = frame.in_order(point.party for point in path.points if point.party)
    return TrajectoryView(
        path=path,
        sentence=said,
        plot=trajectory_plot(
            path,
            plot_parties(frame.parties.values()),
            title=f"Valeurs de {card.code or card.label}",
            desc=said,
            key="valeurs",
        ),
        rows=path.points[-MOST:],
        left_out=max(0, len(path.points) - MOST),
        parties=parties,
        lines=LINES,
    )


def path_of(
    session: Session, frame: Frame, card: ClauseCard, *, steps: Iterable[Step], agreed_by: Collection[str]
) -> Trajectory:
    return trajectory(
        steps,
        kind=card.value_kind,
        unit=card.unit,
        agreed_by=agreed_by,
        standing=card.agreed_value if card.state is ClauseState.AGREED else None,
        observed=_observed(session, frame, card),
    )


def _observed(session: Session, frame: Frame, card: ClauseCard) -> Iterable[tuple[int, str, str]]:
    """What was seen later of the indicator that the clause is about."""
    if card.value_kind not in NUMERIC:
        return ()
    part = part_view(session, frame.actor, card.part_id)
    if part.kind is not PartKind.INDICATOR:
        return ()
    found = observed_values(session, frame.actor, frame.actor.negotiation_id).get(card.part_id, ())
    return tuple((each.year, each.value, STANDINGS[each.standing]) for each in found)


@trajectories.get("/clauses/<clause_id>/trajectoire.csv")
@serves(Action.EXPORT)
def csv_file(clause_id: str) -> ResponseReturnValue:
    """Every value, in order, with what was agreed and observed: for a spreadsheet, the French way."""
    card, view = _read(clause_id)
    response = make_response(_csv(view))
    return _as_file(response, f"trajectoire-{card.code or card.label}.csv", "text/csv; charset=utf-8")


@trajectories.get("/clauses/<clause_id>/trajectoire.svg")
@serves(Action.EXPORT)
def svg_file(clause_id: str) -> ResponseReturnValue:
    """Raises NotFound where nothing can be drawn."""
    card, view = _read(clause_id)
    if view.plot is None:
        raise NotFound()
    response = make_response(view.plot.as_file)
    return _as_file(response, f"trajectoire-{card.code or card.label}.svg", "image/svg+xml")


def _read(clause_id: str) -> tuple[ClauseCard, TrajectoryView]:
    with current_store().reading() as session:
        actor = reader_on_clause(session, clause_id)
        require(actor, Action.EXPORT)
        frame = frame_of(session, actor)
        card = card_of(session, actor, clause_id)
        if card is None:
            raise NotFound()
        steps = steps_of(session, actor, clause_id)
        became = became_of(session, actor, clause_id)
        agreed_by = [move for move, kinds in became.items() if "clause.agreed" in kinds]
        view = trajectory_view(session, frame, card, steps=steps, agreed_by=agreed_by)
        if view is None:
            raise NotFound()
        return card, view


def _csv(view: TrajectoryView) -> str:
    path, names = view.path, {party.id: party.short_name for party in view.parties}
    unit = "€" if path.kind is ValueKind.AMOUNT else path.unit
    rows = [["tour", "date", "heure", "partie", "geste", "version", "valeur", "unité"]]
    for point in path.points:
        what = "accord" if point.accepts else "valeur retirée" if point.withdrawn else "valeur proposée"
        who = names.get(point.party or "", COMMON)
        when = [paris_day(point.at).isoformat(), hour_words(point.at)]
        rows.append([str(point.round), *when, who, what, str(point.version), _number(point.number), unit])
    if path.agreed:
        on = path.agreed.on.isoformat() if path.agreed.on else ""
        rows.append(["", on, "", "toutes les parties", "valeur accordée", "", _number(path.agreed.number), unit])
    for seen in path.observed:
        what = f"valeur observée {seen.standing}".strip()
        rows.append(["", str(seen.year), "", "", what, "", _number(seen.number), unit])
    return csv_text(rows)


def _number(number: object) -> str:
    return format(number, "f").replace(".", ",")


def _as_file(response: ResponseReturnValue, name: str, kind: str) -> ResponseReturnValue:
    made = make_response(response)
    made.headers["Content-Type"] = kind
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    made.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return made
