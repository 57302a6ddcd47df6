"""The doors: a password, a single-use link, confirming that it is still you, leaving."""

import json
from typing import Any

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response

from app.database import current_store
from app.errors import NOT_KEPT, answer, sentence_of, status_of
from app.limits import by_account, by_person, limiter
from app.mailing import ask_signin_link, mail_is_set
from app.offloading import off_the_loop
from app.security import local_path, serves
from app.signin import session as browser
from app.signin.session import current_person, person_or_none
from app.sockets.live import end_sockets
from negotiation.errors import (
    InvalidInput,
    NotFound,
    PasswordRequired,
    Refusal,
    SigninLinkDead,
    WeakPassword,
    WrongPassword,
)
from negotiation.rules.policy import Method
from negotiation.rules.vocabulary import Action
from negotiation.services import signing_in
from negotiation.services.signing_in import Account, Opened, SignedIn

LONGEST_ADDRESS = 254

signin = Blueprint("signin", __name__)


def _failed(response: Response) -> bool:
    """Only failures count: a whole agency may sign in from one address."""
    return bool(g.get("signin_failed", False))


@signin.get("/connexion")
@serves(Action.SIGN_IN)
def enter() -> ResponseReturnValue:
    wanted = local_path(request.args.get("next"))
    if person_or_none():
        return redirect(wanted)
    return render_template("signin/connexion.html", next=wanted, **_ways_in())


@signin.post("/connexion")
@limiter.limit("5 per minute", key_func=by_account, deduct_when=_failed)
@limiter.limit("20 per minute", key_func=get_remote_address, deduct_when=_failed)
@serves(Action.SIGN_IN)
def send_password() -> ResponseReturnValue:
    with current_store().reading() as session:
        account = signing_in.account_of(session, request.form.get("email", ""))
    person_id = off_the_loop(signing_in.check_password, account, request.form.get("password", ""))
    with current_store().unit_of_work() as uow:
        opened = signing_in.open_session(uow, person_id, method=Method.PASSWORD)
    _leave_former()
    return _opened(opened, redirect(local_path(request.form.get("next"))))


@signin.post("/connexion/demander-un-lien")
@limiter.limit("5 per hour", key_func=by_account)
@limiter.limit("20 per minute", key_func=get_remote_address)
@serves(Action.SIGN_IN)
def send_link() -> ResponseReturnValue:
    """The same answer in the same time, whether the address is known or not: it is looked up later, elsewhere."""
    if not _ways_in()["links_by_mail"]:
        raise NotFound()
    ask_signin_link(request.form.get("email", "")[:LONGEST_ADDRESS])
    flash("Si cette adresse est connue ici, un lien d’entrée part à l’instant. Il sert une fois, pendant une heure.")
    return redirect(url_for("signin.enter"))


@signin.get("/connexion/lien/<token>")
@serves(Action.SIGN_IN)
def link(token: str) -> ResponseReturnValue:
    """A button only: a mail reader that opens links by itself doesn't use it up. Raises SigninLinkDead."""
    person = person_or_none()
    with current_store().reading() as session:
        if not signing_in.link_is_open(session, token, person_id=person.person_id if person else None):
            raise SigninLinkDead()
    return render_template("signin/lien-ouvrir.html", token=token)


@signin.post("/connexion/lien/<token>")
@limiter.limit("20 per minute", key_func=get_remote_address, deduct_when=_failed)
@serves(Action.SIGN_IN)
def open_link(token: str) -> ResponseReturnValue:
    person = person_or_none()
    with current_store().unit_of_work() as uow:
        if person and signing_in.take_seat(uow, token, person_id=person.person_id):
            return redirect("/")
        opened = signing_in.open_link(uow, token)
    _leave_former()
    return _opened(opened, redirect("/"))


@signin.get("/connexion/confirmer")
@serves(Action.REAUTHENTICATE)
def confirm() -> ResponseReturnValue:
    """Also the answer to an act that asks for a recent sign-in: `g.act` then holds what to take up again."""
    act = g.get("act") or {"next": local_path(request.args.get("next"))}
    return render_template("signin/confirmer.html", first=_account(current_person()) is None, **act)


@signin.post("/connexion/confirmer")
@limiter.limit("5 per minute", key_func=by_person, deduct_when=_failed)
@serves(Action.REAUTHENTICATE)
def send_confirmation() -> ResponseReturnValue:
    person = current_person()
    account = _account(person)
    opened = _first_password(person) if account is None else _confirmed(person, account)
    act = _act()
    if not act["kept"]:
        return _opened(opened, redirect(act["next"]))
    browser.renew()
    page = render_template("signin/reprendre.html", address=act["next"], back=act["back"], fields=_kept_fields())
    return browser.keep(make_response(page), opened)


@signin.post("/deconnexion")
@serves(Action.SIGN_OUT)
def leave() -> ResponseReturnValue:
    person = current_person()
    with current_store().unit_of_work() as uow:
        signing_in.sign_out(uow, person.session_id)
    end_sockets(person.session_id)
    browser.renew()
    flash("Vous avez quitté Navette sur ce poste.", "done")
    return browser.forget(make_response(redirect(url_for("signin.enter"))))


@signin.errorhandler(Refusal)
def show_again(refusal: Refusal) -> ResponseReturnValue:
    """The same form with what was wrong; never says which of address and password it was."""
    g.signin_failed = True
    match request.endpoint, refusal:
        case "signin.send_password", WrongPassword():
            kept = {"email": request.form.get("email", ""), "next": local_path(request.form.get("next"))}
            page = render_template("signin/connexion.html", refused=sentence_of(refusal), **kept, **_ways_in())
        case "signin.send_confirmation", WrongPassword() | WeakPassword() | InvalidInput():
            first = _account(current_person()) is None
            page = render_template("signin/confirmer.html", first=first, **_act(), **_errors(refusal))
        case _, SigninLinkDead():
            page = render_template("signin/lien-ferme.html")
        case _:
            return answer(refusal)
    return page, status_of(refusal)


def _ways_in() -> dict[str, bool]:
    return {"links_by_mail": mail_is_set(current_app.extensions["settings"])}


def _opened(opened: Opened, response: Any) -> ResponseReturnValue:
    browser.renew()
    return browser.keep(make_response(response), opened)


def _leave_former() -> None:
    """Signing in over an open session ends it: two people never share one."""
    former = person_or_none()
    if former is None:
        return
    with current_store().unit_of_work() as uow:
        signing_in.sign_out(uow, former.session_id)
    end_sockets(former.session_id)


def _account(person: SignedIn) -> Account | None:
    """The account to check a password against; None when it has no password yet."""
    with current_store().reading() as session:
        try:
            return signing_in.account_of_session(session, person.session_id)
        except PasswordRequired:
            return None


def _confirmed(person: SignedIn, account: Account) -> Opened:
    off_the_loop(signing_in.check_password, account, request.form.get("password", ""))
    with current_store().unit_of_work() as uow:
        return signing_in.confirm_session(uow, person.session_id)


def _first_password(person: SignedIn) -> Opened:
    chosen = request.form.get("password", "")
    password_hash = off_the_loop(signing_in.hash_of, chosen)
    if request.form.get("again", "") != chosen:
        raise InvalidInput(field="again")
    with current_store().unit_of_work() as uow:
        return signing_in.set_first_password(uow, person.session_id, password_hash)


def _act() -> dict[str, Any]:
    """What waits for the confirmation, as the form carries it."""
    kept = request.form.get("kept", "")
    return {
        "next": local_path(request.form.get("next")),
        "back": local_path(request.form.get("back")),
        "kept": {"kept": kept, "back": request.form.get("back", "")} if kept else {},
    }


def _kept_fields() -> list[tuple[str, str]]:
    """The fields of the act that waited. They are the person's own: whatever they hold is checked where they go."""
    try:
        pairs = json.loads(request.form.get("kept", "[]"))
        return [(str(name), str(value)) for name, value in pairs if name not in NOT_KEPT]
    except (ValueError, TypeError):
        raise InvalidInput(field="kept") from None


def _errors(refusal: Refusal) -> dict[str, str]:
    match refusal:
        case WrongPassword():
            return {"error": "Ce n’est pas le mot de passe de ce compte."}
        case InvalidInput():
            return {"error_again": "Les deux saisies ne sont pas les mêmes."}
        case _:
            return {"error": sentence_of(refusal)}
