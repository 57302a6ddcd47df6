"""Le synoptique: base, each party and common text, clause by clause; on the page, on A3 paper and as a spreadsheet."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.limits import by_person, limiter
from app.offloading import off_the_loop
from app.pages.board import entry_title
from app.pages.frame import Frame, asked_number, frame_of, reader_in
from app.pages.synoptique_cells import STATES, Row, row_of, text_of
from app.security import serves
from negotiation.documents.spreadsheet import Column, Spreadsheet, plain, spreadsheet_bytes
from negotiation.errors import NotFound
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Action, ClauseState, Side
from negotiation.services.access import require
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.negotiations import PlanEntry, plan_of
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.positions import clauses_to_retake, positions_of
from negotiation.store.queries.synoptique import ClauseLine, lines_of

synoptique = Blueprint("synoptique", __name__)

PAGE = 50
"""Clauses on one page."""
EVERYTHING, DIVERGING = "toutes", "divergence"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Group:
    """The rows of one part of the contract."""

    title: str
    part_id: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Choice:
    """What the address asks for. `lines`: the clauses that answer it, in order; `counts`: how many each view has."""

    view: str
    part: PlanEntry | None
    parts: tuple[PlanEntry, ...]
    lines: tuple[ClauseLine, ...]
    counts: dict[str, int]


@synoptique.get("/negociations/<negotiation_id>/synoptique")
@serves(Action.READ_TABLE)
def show_synoptique(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        choice = _choice(session, actor)
        page = asked_number("page") or 0
        shown = choice.lines[page * PAGE : (page + 1) * PAGE]
        columns = _columns(frame)
        context = frame.context(
            "synoptique",
            subsection="synoptique",
            choice=choice,
            columns=columns,
            beside=(beside := _beside(frame, columns)),
            is_chosen=request.args.get("avec") == beside,
            groups=_groups(choice, _rows(session, frame, shown, columns)),
            page=page,
            last_page=max(0, (len(choice.lines) - 1) // PAGE),
            first=page * PAGE + 1,
            to_retake=clauses_to_retake(session, actor),
            address=url_for("synoptique.show_synoptique", negotiation_id=negotiation_id),
        )
        return render_template("synoptique/synoptique.html", **context)


@synoptique.get("/negociations/<negotiation_id>/synoptique.xlsx")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def spreadsheet(negotiation_id: str) -> ResponseReturnValue:
    """The same cells, every page of them. What is internal is in no cell: it is on no paper either."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.EXPORT)
        frame = frame_of(session, actor)
        choice = _choice(session, actor)
        columns = _columns(frame)
        groups = _groups(choice, _rows(session, frame, choice.lines, columns))
        sheet = _sheet(frame, choice, groups=groups, columns=columns)
    response = make_response(off_the_loop(spreadsheet_bytes, sheet))
    response.headers["Content-Type"] = XLSX
    named = re.sub(r"[^A-Za-z0-9._-]+", "-", f"synoptique-{frame.negotiation.reference or negotiation_id}.xlsx")
    response.headers["Content-Disposition"] = f'attachment; filename="{named}"'
    return response


def _choice(session: Session, actor: Actor) -> Choice:
    """Raises NotFound on a part that isn't on the table."""
    plan = tuple(entry for entry in plan_of(session, actor) if entry.circle == SHARED)
    asked = request.args.get("part", "")
    part = next((entry for entry in plan if entry.id == asked), None)
    if asked and part is None:
        raise NotFound()
    within = _family(plan, asked) if part else plan
    lines = lines_of(session, actor, [entry.id for entry in within])
    diverging = _diverging(lines)
    default = DIVERGING if diverging else EVERYTHING
    view = given if (given := request.args.get("vue", "")) in (EVERYTHING, DIVERGING) else default
    return Choice(
        view=view,
        part=part,
        parts=plan,
        lines=diverging if view == DIVERGING else lines,
        counts={EVERYTHING: len(lines), DIVERGING: len(diverging)},
    )


def _family(plan: Iterable[PlanEntry], part_id: str) -> tuple[PlanEntry, ...]:
    """The part and those that hang below it, in the order of the plan."""
    entries = tuple(plan)
    known = {part_id}
    while below := {entry.id for entry in entries if entry.parent_id in known} - known:
        known |= below
    return tuple(entry for entry in entries if entry.id in known)


def _diverging(lines: tuple[ClauseLine, ...]) -> tuple[ClauseLine, ...]:
    """What is tabled and not agreed, with the latest agreement: the COPIL sees where things move."""
    agreed = [line for line in lines if line.state is ClauseState.AGREED and line.versions and line.moved_on]
    latest = max(agreed, key=lambda line: line.moved_on, default=None)  # type: ignore[arg-type, return-value]
    return tuple(line for line in lines if line.is_in_divergence or line == latest)


def _columns(frame: Frame) -> tuple[PartyView, ...]:
    """The parties that decide at this table."""
    return tuple(party for party in frame.parties.values() if party.side is not Side.ASSOCIATE)


def _beside(frame: Frame, columns: tuple[PartyView, ...]) -> str:
    """On a phone, the one party shown between base and common text: the one asked for, else the reader's own."""
    asked = request.args.get("avec", "")
    ids = [party.id for party in columns]
    return next((each for each in (asked, frame.me.party.id) if each in ids), ids[0] if ids else "")


def _rows(
    session: Session, frame: Frame, lines: Iterable[ClauseLine], columns: tuple[PartyView, ...]
) -> tuple[Row, ...]:
    ids = [line.id for line in lines]
    found = positions_of(session, frame.actor, ids, party_ids=[party.id for party in columns])
    return tuple(row_of(frame, found[clause_id]) for clause_id in ids if clause_id in found)


def _groups(choice: Choice, rows: tuple[Row, ...]) -> tuple[Group, ...]:
    titles = {entry.id: entry_title(entry) for entry in choice.parts}
    return tuple(
        Group(titles.get(part_id, ""), part_id, tuple(grouped))
        for part_id, grouped in groupby(rows, key=lambda row: row.card.part_id)
    )


def _sheet(frame: Frame, choice: Choice, *, groups: tuple[Group, ...], columns: tuple[PartyView, ...]) -> Spreadsheet:
    titles = ["Texte de départ", *(party.short_name for party in columns), "Texte commun"]
    named = (Column("Partie du contrat", 24), Column("Code", 8), Column("Clause", 26))
    states = (Column("État", 16), Column("La main est à", 18))
    rows = tuple(
        (
            plain(group.title),
            plain(row.card.code),
            plain(row.card.label),
            plain(state_words(row.card)),
            plain(", ".join(party.short_name for party in row.holders)),
            *(text_of(cell) for cell in row.cells),
        )
        for group in groups
        for row in group.rows
    )
    moved = [line.moved_on for line in choice.lines if line.moved_on]
    return Spreadsheet(
        title=f"Synoptique {frame.negotiation.reference or frame.negotiation.title}",
        columns=(*named, *states, *(Column(title, 42) for title in titles)),
        rows=rows,
        dated=paris_day(max(moved)) if moved else frame.negotiation.opened_on,
        fixed=len(named),
    )


def state_words(card: ClauseCard) -> str:
    words = STATES[card.state]
    if card.state is not ClauseState.PARTIALLY_AGREED:
        return words
    return f"{words} {len(card.situation.behind)} sur {len(card.situation.concerned)}"
