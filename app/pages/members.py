"""Les membres: who sits for each party, whom one's own administrator invites, changes and lets go, who is away."""

from collections.abc import Mapping
from typing import Any

import structlog
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import by_person, gestures, limiter
from app.mailing import mail_is_set
from app.pages.frame import Frame, frame_of, reader_in
from app.security import serves
from negotiation.errors import (
    AlreadyAtTheTable,
    InvalidInput,
    NotAllowed,
    NotFound,
    RecentSigninRequired,
    Refusal,
    SigninRequired,
    WrongValue,
)
from negotiation.rules.notices import INVITATION_LIFETIME
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.seats import MAY_JOIN, decides, leaves_one_day, rights_of_kind
from negotiation.rules.vocabulary import ROLES_OF_RIGHT, Action, Circle, Role
from negotiation.services.access import require
from negotiation.services.delegating import end_delegation, lendable, set_delegation
from negotiation.services.joining import Joining, add_party
from negotiation.services.leaving import remove
from negotiation.services.members import Carried, Invited, Seat, change, invite, invite_again
from negotiation.store.queries.members import (
    OwnLine,
    delegations_of,
    other_members,
    own_member_line,
    own_members,
)
from negotiation.store.queries.people import parties_of

members = Blueprint("members", __name__)
log = structlog.get_logger()

WRONG_FIELDS = {
    ("email", ""): "Écrivez une adresse entière, comme prenom.nom@exemple.fr.",
    ("title", ""): "Donnez la fonction, en 120 caractères au plus.",
    ("rights", ""): "Cochez au moins un droit de cette liste.",
    ("ends_on", "needed"): "Un évaluateur est invité jusqu’à un jour : donnez-le.",
    ("ends_on", "past"): "Ce jour est passé : pour mettre fin à un accès, retirez le membre.",
    ("ends_on", "order"): "Le dernier jour suit le premier, d’un an au plus.",
    ("ends_on", ""): "Donnez le dernier jour de l’absence.",
    ("starts_on", ""): "Donnez le premier jour de l’absence.",
    ("starts_on", "past"): "Le premier jour est aujourd’hui au plus tôt.",
    ("starts_on", "overlap"): "Une délégation est déjà enregistrée pour ces jours : mettez-y d’abord fin.",
    ("to", ""): "Choisissez un collègue de votre partie, présent à cette table.",
    ("successor", ""): "Choisissez à qui passe ce qui attend cette personne : tâches, visas, délégations, signature.",
    ("successor", "rights"): "Ce collègue n’a pas les droits de reprendre ce qui attend : choisissez-en un autre.",
    ("kind", ""): "Choisissez le genre de la partie.",
    ("kind", "too_many"): "Cette table compte déjà toutes les parties qu’elle peut avoir.",
    ("name", ""): "Donnez le nom de la partie, en 160 caractères au plus.",
    ("short_name", ""): "Donnez un nom court, en 40 caractères au plus.",
    ("short_name", "taken"): "Une partie de cette table porte déjà ce nom court.",
}


@members.get("/negociations/<negotiation_id>/membres")
@serves(Action.READ_TABLE)
def show_members(negotiation_id: str) -> ResponseReturnValue:
    return _list(negotiation_id)


@members.get("/negociations/<negotiation_id>/membres/<member_id>")
@serves(Action.MANAGE_MEMBERS)
def show_member(negotiation_id: str, member_id: str) -> ResponseReturnValue:
    return _one(negotiation_id, member_id)


@members.post("/negociations/<negotiation_id>/membres")
@gestures
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.MANAGE_MEMBERS)
def post_invitation(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        invited = invite(uow, actor, email=_field("email"), seat=_seat(), carried=_carried())
    return _sent(negotiation_id, invited, f"Invitation enregistrée : {_field('title').strip()}.")


@members.post("/negociations/<negotiation_id>/parties")
@gestures
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.MANAGE_MEMBERS)
def post_party(negotiation_id: str) -> ResponseReturnValue:
    names = ("kind", "name", "short_name", "title", "email", "ends_on")
    joining = Joining(**{name: _field(name) for name in names})
    with current_store().unit_of_work() as uow:
        invited = add_party(uow, reader_in(uow.session, negotiation_id), joining, carried=_carried())
    return _sent(negotiation_id, invited, f"Une partie vient à la table : {joining.name.strip()}.")


@members.post("/negociations/<negotiation_id>/membres/<member_id>")
@gestures
@limiter.limit("60 per minute", key_func=by_person)
@serves(Action.MANAGE_MEMBERS)
def post_member(negotiation_id: str, member_id: str) -> ResponseReturnValue:
    """One act on one member: `change`, `invite` again, `remove`."""
    act = _field("act")
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        match act:
            case "change":
                change(uow, actor, member_id, seat=_seat())
            case "invite":
                invited = invite_again(uow, actor, member_id, email=_field("email"), carried=_carried())
            case "remove":
                remove(uow, actor, member_id, successor_id=_field("successor"))
            case _:
                raise InvalidInput(field="act")
    if act == "invite":
        return _sent(negotiation_id, invited, "L’invitation est renvoyée.")
    flash(DONE[act], "done")
    # Whoever changed or removed himself may no longer read the page of members' rights, nor perhaps any.
    return redirect("/" if act == "remove" and member_id == actor.member_id else _address(negotiation_id))


DONE = {
    "change": "Ce qui change vaut dès maintenant.",
    "remove": "L’accès est fermé. Ce que cette personne a fait reste à son nom.",
}


@members.post("/negociations/<negotiation_id>/delegations")
@gestures
@serves(Action.DELEGATE)
def post_delegation(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        set_delegation(
            uow,
            reader_in(uow.session, negotiation_id),
            to_member_id=_field("to"),
            starts_on=_field("starts_on"),
            ends_on=_field("ends_on"),
        )
    flash("Votre délégation est enregistrée. Seule votre partie la voit.", "done")
    return redirect(_address(negotiation_id))


@members.post("/negociations/<negotiation_id>/delegations/<delegation_id>/fin")
@gestures
@serves(Action.DELEGATE)
def post_delegation_end(negotiation_id: str, delegation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        end_delegation(uow, reader_in(uow.session, negotiation_id), delegation_id)
    flash("La délégation a pris fin.", "done")
    return redirect(_address(negotiation_id))


@members.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason by its field and every typed word."""
    given = request.view_args or {}
    if isinstance(refusal, AlreadyAtTheTable):  # trust T20: kept in the log, without the address
        log.warning("members.refused", code=refusal.code, negotiation=given.get("negotiation_id"))
    elsewhere = NotFound | NotAllowed | SigninRequired | RecentSigninRequired
    if request.method == "GET" or isinstance(refusal, elsewhere):
        return answer(refusal)
    errors = _errors(refusal)
    kept = request.form.to_dict() | {"rights": request.form.getlist("rights")}
    context = {"kept": kept, "errors": errors, "refusal": None if errors else sentence_of(refusal)}
    match request.endpoint:
        case "members.post_member":
            page = _one_or_list(given["negotiation_id"], given["member_id"], context | {"form": _field("act")})
        case "members.post_party":
            page = _list(given["negotiation_id"], **context, form="party")
        case "members.post_delegation":
            page = _list(given["negotiation_id"], **context, form="delegation")
        case _:
            page = _list(given["negotiation_id"], **context, form="invite")
    return page, status_of(refusal)


def _one_or_list(negotiation_id: str, member_id: str, context: Mapping[str, Any]) -> str:
    """The first administrator of another party is invited again from the list: he has no page here."""
    try:
        return _one(negotiation_id, member_id, **context)
    except NotFound:
        return _list(negotiation_id, **(dict(context) | {"form": f"again-{member_id}"}))


def _list(negotiation_id: str, **more: Any) -> str:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        found = {"kept": {}, "errors": {}, "refusal": None, "form": "", "link": None} | _seats(session, frame) | more
        return render_template("members/members.html", **frame.context("members", **found))


def _seats(session: Session, frame: Frame) -> dict[str, Any]:
    actor, kind = frame.actor, frame.me.party.kind
    ours = own_members(session, actor)
    me = next(line for line in ours if line.id == actor.member_id)
    manages = _may(frame, Action.MANAGE_MEMBERS)
    lends = _may(frame, Action.DELEGATE, Circle.inside(actor.party_id)) and bool(lendable(_roles(me)))
    return {
        "seated": {party.id: party for party in parties_of(session, actor.negotiation_id)},  # no history tells entering
        "ours": ours,
        "mine": me,
        "others": other_members(session, actor),
        "delegations": delegations_of(session, actor),
        "manages": manages,
        "adds": manages and decides(kind),
        "rights": rights_of_kind(kind),
        "needs_end": leaves_one_day(kind),
        "kinds": MAY_JOIN,
        "administrates": Role.PARTY_ADMINISTRATOR in actor.roles,
        "lends": lends,
        "colleagues": _present(ours, without=me.id),
        "by_hand": _carried() is Carried.BY_HAND,
    }


def _one(negotiation_id: str, member_id: str, **more: Any) -> str:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.MANAGE_MEMBERS)
        frame = frame_of(session, actor)
        line = own_member_line(session, actor, member_id)
        found: dict[str, Any] = {
            "kept": {},
            "errors": {},
            "refusal": None,
            "form": "",
            "line": line,
            "rights": rights_of_kind(frame.me.party.kind),
            "needs_end": leaves_one_day(frame.me.party.kind),
            "successors": _present(own_members(session, actor), without=member_id),
        }
        return render_template("members/member.html", **frame.context("members", **(found | more)))


def _present(lines: tuple[OwnLine, ...], *, without: str) -> list[OwnLine]:
    """Colleagues to whom something can be handed: they sit, and have entered."""
    return [line for line in lines if line.sits and line.entered and line.id != without]


def _sent(negotiation_id: str, invited: Invited, done: str) -> ResponseReturnValue:
    """Back to the list; or the list with the link to pass on, this once: it is kept nowhere."""
    if invited.token is None:
        flash(f"{done} L’invitation part par courriel.", "done")
        return redirect(_address(negotiation_id))
    path = url_for("signin.link", token=invited.token)
    link = {"address": f"{current_app.extensions['settings'].base_url}{path}", "days": INVITATION_LIFETIME.days}
    return _list(negotiation_id, link=link | {"done": done})


def _carried() -> Carried:
    """Without a mail server the administrator passes the link on."""
    return Carried.BY_MAIL if mail_is_set(current_app.extensions["settings"]) else Carried.BY_HAND


def _seat() -> Seat:
    return Seat(_field("title"), tuple(request.form.getlist("rights")), _field("ends_on"))


def _errors(refusal: Refusal) -> dict[str, str]:
    match refusal:
        case InvalidInput():
            field, reason = str(refusal.detail.get("field", "")), str(refusal.detail.get("reason", ""))
            words = WRONG_FIELDS.get((field, reason)) or WRONG_FIELDS.get((field, ""))
            return {field: words} if words else {}
        case WrongValue():
            given = str(refusal.detail.get("given", ""))[:40]
            wrong = "starts_on" if given == _field("starts_on").strip()[:40] else "ends_on"
            return {wrong: sentence_of(refusal)}
        case AlreadyAtTheTable():
            return {"email": sentence_of(refusal)}
        case _:
            return {}


def _roles(line: OwnLine) -> frozenset[Role]:
    return frozenset(role for right in line.rights for role in ROLES_OF_RIGHT[right])


def _may(frame: Frame, action: Action, circle: Circle | None = None) -> bool:
    target = Target(frame.actor.negotiation_id, circle) if circle else Target(frame.actor.negotiation_id)
    return decide(frame.actor, action, target) is Decision.ALLOW


def _address(negotiation_id: str) -> str:
    return url_for("members.show_members", negotiation_id=negotiation_id)


def _field(name: str) -> str:
    return request.form.get(name, "")
