"""The agenda of a séance and who is expected at it: arranged beforehand, and by whoever chairs once it is open."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.errors import or_plainly, wants_piece
from app.limits import gestures
from app.pages.seances_page import acting, refused
from app.pages.seances_view import Place
from app.security import serves
from negotiation.errors import InvalidInput, NotFound, Refusal
from negotiation.rules.seances import MOST_POINTS
from negotiation.rules.vocabulary import Action
from negotiation.services.seance_agenda import Item, add_points, change_point, move_point, remove_point
from negotiation.services.seance_attendance import expect
from negotiation.store.queries.seances import PointView, seance_view

seances_agenda = Blueprint("seances_agenda", __name__)


@seances_agenda.post("/negociations/<negotiation_id>/seances/<seance_id>/points")
@gestures
@serves(Action.PLAN_SEANCE)
def post_points(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """Clauses and parts that were ticked (`clause`, `part`), or a point in words (`title`)."""
    given, minutes = request.form, _minutes()
    items = [Item(clause_id=each, minutes=minutes) for each in given.getlist("clause")[:MOST_POINTS]]
    items += [Item(part_id=each, minutes=minutes) for each in given.getlist("part")[:MOST_POINTS]]
    if given.get("title", "").strip() or not items:
        items.append(Item(title=given.get("title", ""), minutes=minutes))
    with current_store().unit_of_work() as uow:
        added = add_points(uow, acting(uow, negotiation_id, Action.PLAN_SEANCE), seance_id, items)
    return _done(negotiation_id, seance_id, f"point-{added[0]}")


@seances_agenda.post("/negociations/<negotiation_id>/seances/<seance_id>/points/<point_id>")
@gestures
@serves(Action.PLAN_SEANCE)
def post_point(negotiation_id: str, seance_id: str, point_id: str) -> ResponseReturnValue:
    """`act`: up, down, remove, to a `place` (the first being 0), or change its words and minutes."""
    act = request.form.get("act", "change")
    with current_store().unit_of_work() as uow:
        actor = acting(uow, negotiation_id, Action.PLAN_SEANCE)
        anchor = f"point-{point_id}"
        if act == "remove":
            anchor = _beside(seance_view(uow.session, actor, seance_id).points, point_id)
            remove_point(uow, actor, seance_id, point_id)
        elif act == "change":
            title = request.form.get("title", "")
            change_point(uow, actor, seance_id, point_id, title=title, minutes=_minutes())
        else:
            points = seance_view(uow.session, actor, seance_id).points
            place = _place(points, point_id, act)
            move_point(uow, actor, seance_id, point_id, place=place)
            anchor = _again(point_id, act, place=place, last=len(points) - 1)
    return _done(negotiation_id, seance_id, anchor)


@seances_agenda.post("/negociations/<negotiation_id>/seances/<seance_id>/convoques")
@gestures
@serves(Action.PLAN_SEANCE)
def post_expected(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        expect(uow, acting(uow, negotiation_id, Action.PLAN_SEANCE), seance_id, set(request.form.getlist("member")))
    return _done(negotiation_id, seance_id, "convoques")


@seances_agenda.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    return refused(refusal)


def _done(negotiation_id: str, seance_id: str, anchor: str) -> ResponseReturnValue:
    """`anchor`: the element that has the focus on the page that comes, so that a keyboard goes on from there."""
    if wants_piece():
        return "", 204
    place = Place.told(request.form).query
    address = url_for("seances.show_seance", negotiation_id=negotiation_id, seance_id=seance_id)
    return redirect(f"{address}{place}#{anchor}")


def _place(points: tuple[PointView, ...], point_id: str, act: str) -> int:
    """Where the point goes. Raises NotFound, InvalidInput."""
    here = next((place for place, point in enumerate(points) if point.id == point_id), None)
    if here is None:
        raise NotFound()
    if act in ("up", "down"):
        return here + {"up": -1, "down": 1}[act] if here or act == "down" else 0
    given = request.form.get("place", "")
    if act != "place" or not given.isdecimal() or len(given) > 4:
        raise InvalidInput(field="place")
    return int(given)


def _again(point_id: str, act: str, *, place: int, last: int) -> str:
    """The button that moved the point once may move it again; at either end, only the other one may."""
    turned = {"up": "down" if place <= 0 else "up", "down": "up" if place >= last else "down"}
    return f"{turned[act]}-{point_id}" if act in turned else f"point-{point_id}"


def _beside(points: tuple[PointView, ...], point_id: str) -> str:
    """What comes in the place of a point that goes: the next one, else the last one left, else the agenda itself."""
    place = next((place for place, point in enumerate(points) if point.id == point_id), 0)
    others = [point.id for point in points if point.id != point_id]
    return f"point-{others[min(place, len(others) - 1)]}" if others else "ordre-du-jour"


def _minutes() -> int | None:
    given = request.form.get("minutes", "").strip()
    if not given:
        return None
    if not given.isdecimal() or len(given) > 4:
        raise InvalidInput(field="minutes")
    return int(given)
