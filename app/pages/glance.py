"""« En un coup d’œil »: the negotiation in figures, the same for everybody who reads them, and no mark for anybody."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.crediting import failing
from app.database import current_store
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.presentation import count_fr
from app.security import serves
from negotiation.documents.moves_plot import moves_plot
from negotiation.documents.plots import PlotParty
from negotiation.documents.trajectory_plot import Drawing
from negotiation.rules.french_names import the_name
from negotiation.rules.glance import Glance, Wait, glance_of, periods, wait_of
from negotiation.rules.vocabulary import Action, ClauseState, Side
from negotiation.services.access import require
from negotiation.services.deriving import What
from negotiation.store.queries.glances import SummedUp, summed_up
from negotiation.store.queries.people import PartyView

glance = Blueprint("glance", __name__)

A_LIST = 10
"""Lines of a list; « tout » shows all."""
MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
_WAITING = frozenset({ClauseState.PROPOSED, ClauseState.COUNTERED, ClauseState.PARTIALLY_AGREED, ClauseState.REOPENED})


@dataclass(frozen=True)
class Waited:
    clause: SummedUp
    wait: Wait


@dataclass(frozen=True)
class Travel:
    """A number: what each party asked first, what was agreed, and how far that is from each one's first."""

    clause: SummedUp
    first: Mapping[str, Decimal]
    agreed: Decimal | None
    travelled: Mapping[str, Decimal]


@glance.get("/negociations/<negotiation_id>/apercu")
@serves(Action.READ_HISTORY)
def show_glance(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        clauses = summed_up(session, actor)
        failed = failing().clauses(What.SUMMARY)
        whole = glance_of(clause.summary for clause in clauses if clause.summary)
        parties = [party for party in frame.parties.values() if party.side is not Side.ASSOCIATE]
        shown = {_period_words(name): by for name, by in periods(whole.moves).items()}
        every = request.args.get("tout") == "1"
        moved, waited, travels = _moved(clauses), _waited(frame, clauses), _travels(clauses)
        return render_template(
            "history/glance.html",
            **frame.context(
                "history",
                subsection="glance",
                whole=whole,
                clauses=clauses,
                waiting=sum(clause.summary is None and clause.id not in failed for clause in clauses),
                failed=sum(clause.summary is None and clause.id in failed for clause in clauses),
                deciding=parties,
                periods=shown,
                plot=_plot(shown, parties, whole),
                every=every,
                moved=moved if every else moved[:A_LIST],
                moved_count=len(moved),
                still=_still(clauses),
                untouched=[clause for clause in clauses if _is_untouched(clause)],
                waited=waited if every else waited[:A_LIST],
                waited_count=len(waited),
                travels=travels if every else travels[:A_LIST],
                travel_count=len(travels),
            ),
        )


def _moved(clauses: Iterable[SummedUp]) -> list[SummedUp]:
    """Several texts were tabled: most texts first, then most changed."""
    found = [clause for clause in clauses if clause.summary and clause.summary.versions > 1]
    return sorted(found, key=lambda clause: (-clause.summary.versions, -clause.summary.changed))  # type: ignore[union-attr]


def _still(clauses: Iterable[SummedUp]) -> list[SummedUp]:
    """Agreed as they were first proposed."""
    return [clause for clause in clauses if clause.is_agreed and clause.summary and clause.summary.versions == 1]


def _is_untouched(clause: SummedUp) -> bool:
    """It says something, and nobody proposed anything."""
    return clause.says_something and clause.summary is not None and not clause.summary.steps


def _waited(frame: Frame, clauses: Iterable[SummedUp]) -> list[Waited]:
    """The longest wait of each clause, longest first; waits of less than a day are none."""
    today = frame.today if frame.negotiation.frozen_at is None else None
    found = []
    for clause in clauses:
        wait = wait_of(clause.summary, today if clause.state in _WAITING else None) if clause.summary else None
        if wait and wait.days:
            found.append(Waited(clause, wait))
    return sorted(found, key=lambda each: -each.wait.days)


def _travels(clauses: Iterable[SummedUp]) -> list[Travel]:
    """Numbers that somebody proposed, in the order of the contract."""
    found = []
    for clause in clauses:
        distance = clause.summary.distance if clause.summary else None
        if distance is None:
            continue
        travelled = {party: far for party in distance.first if (far := distance.travelled(party)) is not None}
        found.append(Travel(clause, distance.first, distance.agreed, travelled))
    return found


def _plot(shown: Mapping[str, Mapping[str, int]], parties: Sequence[PartyView], whole: Glance) -> Drawing | None:
    drawn = [PlotParty(party.id, party.letter, party.sign, party.short_name) for party in parties]
    totals = [(party, sum(by.get(party.id, 0) for by in shown.values())) for party in parties]
    said = " ; ".join(f"{the_name(party.short_name)} : {count_fr(count, 'étape')}" for party, count in totals)
    return moves_plot(shown, drawn, title="Étapes par période et par partie", desc=f"{said}.", key="apercu")


def _period_words(name: str) -> str:
    """« mars 2026 », « T2 2026 », « 2026 »."""
    if "T" in name:
        year, quarter = name.split()
        return f"{quarter} {year}"
    year, _, month = name.partition("-")
    return f"{MONTHS[int(month) - 1]} {year}" if month else year
