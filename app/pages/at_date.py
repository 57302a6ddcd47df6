"""« À une date »: the contract as it stood then, with what nobody recorded at that date said so."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages.board import entry_title
from app.pages.frame import Frame, asked_number, frame_of, reader_in
from app.pages.moments import Moment, moment_of
from app.security import serves
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.store.columns import now
from negotiation.store.queries.at_date import ClauseAt, clause_ids_at, clauses_at, known_before_record
from negotiation.store.queries.shape_at import PartAt, Shape, days_around, shape_at

at_date = Blueprint("at_date", __name__)

PAGE = 40
"""Clauses on one page."""
FIRST_YEAR = 1900


@dataclass(frozen=True)
class PartThen:
    """A part with its clauses as they stood."""

    part: PartAt
    title: str
    clauses: tuple[ClauseAt, ...]


@at_date.get("/negociations/<negotiation_id>/au")
@serves(Action.READ_HISTORY)
def find_date(negotiation_id: str) -> ResponseReturnValue:
    """To the address of the date that the form holds; without one, to the last day on which something moved."""
    clock = request.args.get("heure", "").strip()
    asked = request.args.get("jour", "").strip() + (f"T{clock}" if clock else "")
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        moment = Moment.told(asked)
        if not asked:
            last, _ = days_around(session, negotiation_id, datetime.max.replace(tzinfo=now().tzinfo, year=9998))
            moment = Moment(last) if last else Moment(frame_of(session, actor).today)
    address = url_for(
        "at_date.show_at_date",
        negotiation_id=negotiation_id,
        when=str(moment) if moment else asked.replace("/", "-")[:40],
        partie=request.args.get("partie") or None,
    )
    return redirect(address)


@at_date.get("/negociations/<negotiation_id>/au/<when>")
@serves(Action.READ_HISTORY)
def show_at_date(negotiation_id: str, when: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        moment = Moment.told(when)
        trouble = trouble_of(frame, moment)
        told = _told(session, frame, moment) if moment and not trouble else {}
        page = render_template(
            "at_date/table.html",
            **frame.context("history", subsection="at_date", moment=moment, asked=when, trouble=trouble, **told),
        )
        return page, HTTPStatus.NOT_FOUND if trouble == "unreadable" else HTTPStatus.OK


def trouble_of(frame: Frame, moment: Moment | None) -> str:
    """Why there is nothing to tell of this date, as a key of the sentences of `_words.html`; empty: there is."""
    if moment is None or moment.day.year < FIRST_YEAR:
        return "unreadable"
    if moment.day < frame.negotiation.opened_on:
        return "before"
    return "future" if moment.day > moment_of(now()).day else ""


def _told(session: Session, frame: Frame, moment: Moment) -> dict[str, Any]:
    negotiation_id = frame.actor.negotiation_id
    shape = shape_at(session, negotiation_id, moment.ends)
    part = next((each for each in shape.parts if each.id == request.args.get("partie")), None)
    every = clause_ids_at(session, frame.actor, shape, part_id=part.id if part else None)
    is_before_record = shape.is_declared and moment.ends < shape.known_from
    everything = bool(request.args.get("tout"))
    ids = every
    if is_before_record and not everything:
        known = known_before_record(session, frame.actor, moment.ends)
        ids = tuple(each for each in every if each in known)
    page = min(asked_number("page") or 0, max(0, len(ids) - 1) // PAGE)
    shown = ids[page * PAGE : (page + 1) * PAGE]
    clauses = clauses_at(session, frame.actor, moment.ends, shape=shape, only=shown)
    before, after = days_around(session, negotiation_id, moment.ends)
    return {
        "shape": shape,
        "part": part,
        "parts": titled(shape),
        "groups": _groups(shape, [clauses[each] for each in shown if each in clauses]),
        "total": len(ids),
        "hidden": len(every) - len(ids),
        "everything": everything,
        "page": page,
        "first": page * PAGE + 1,
        "last": page * PAGE + len(shown),
        "before": before,
        "after": after,
        "is_before_record": is_before_record,
    }


def titled(shape: Shape) -> dict[str, str]:
    """How each part was called, by id, in order."""
    return {part.id: entry_title(part) for part in shape.parts}


def _groups(shape: Shape, clauses: list[ClauseAt]) -> tuple[PartThen, ...]:
    parts = {part.id: part for part in shape.parts}
    return tuple(
        PartThen(parts[part_id], entry_title(parts[part_id]), tuple(held))
        for part_id, held in groupby(clauses, key=lambda clause: clause.part_id)
    )
