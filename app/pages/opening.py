"""Ouvrir une négociation: one form, from nothing to a table, for whoever signs in and from either side."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session
from werkzeug.wrappers import Response

from app.config import Settings
from app.database import current_store
from app.limits import by_person, gestures, limiter
from app.pages.frame import reader_in
from app.pages.opening_form import KINDS, OpeningForm, act_on_rows, read_form, read_opening, suggest
from app.pages.opening_next import form_after
from app.pages.opening_words import EMPTY
from app.security import serves
from app.signin.session import current_person
from negotiation.errors import InvalidInput, UnreadableText, WrongValue
from negotiation.rules.notices import INVITATION_LIFETIME
from negotiation.rules.opening import Opening, calendar_of, end_of, outside_authorisation
from negotiation.rules.paris import paris_day
from negotiation.rules.trame import Milestone, MilestoneKind, Trame
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import Action, PartKind, ValueKind
from negotiation.services import opening as service
from negotiation.services.access import require
from negotiation.services.members import Carried
from negotiation.store.columns import now
from negotiation.store.queries.next_contract import Handed, handed_on
from negotiation.store.queries.opening import TrameCard, draft_fields, drafts_of, trames_for

opening = Blueprint("opening", __name__)

OPENED_AN_HOUR = "20 per hour"
"""Each table sends mails to people who didn't ask (trust 3.5)."""
_PLACES = {"mine": "parties"}
"""Where a fault shows that isn't at a field of its own."""
NOT_TYPED = frozenset({"csrf_token", "request_key", "act"})


@dataclass(frozen=True)
class Obtained:
    """« Ce que vous aurez »: what the answers make so far. `outside` names structures « hors autorisation »."""

    articles: int
    objectives: int
    indicators: int
    sections: int
    parties: int
    structures: int
    places: int
    invitations: int
    ends_on: date | None
    outside: tuple[str, ...]
    dates: tuple[tuple[Milestone, date], ...]
    today: date

    @property
    def past(self) -> tuple[tuple[Milestone, date], ...]:
        """What a signature wished too soon puts before today; it is said, and nothing is refused."""
        return tuple(found for found in self.dates if found[1] < self.today)

    @property
    def meetings(self) -> int:
        return sum(milestone.kind is MilestoneKind.COPIL for milestone, _ in self.dates)


def _opened(response: Response) -> bool:
    """Only tables count: rows come and go as often as one likes."""
    return bool(g.get("opened_a_table", False))


@opening.get("/ouvrir")
@serves(Action.OPEN_NEGOTIATION)
def show_opening() -> ResponseReturnValue:
    with current_store().reading() as session:
        cards = trames_for(session, current_person().person_id)
        if before := request.args.get("suite", ""):
            return _page(session, _form_after(session, before, cards), cards)
        form = suggest(OpeningForm(trame=cards[0].id), cards[0].trame)
        return _page(session, form, cards)


@opening.get("/ouvrir/preparations/<draft_id>")
@serves(Action.OPEN_NEGOTIATION)
def show_draft(draft_id: str) -> ResponseReturnValue:
    """What was kept, to go on with. Raises NotFound."""
    person = current_person()
    with current_store().reading() as session:
        form = read_form(draft_fields(session, person.person_id, draft_id))
        return _page(session, form, trames_for(session, person.person_id), draft_id=draft_id)


@opening.post("/ouvrir/preparations/<draft_id>/supprimer")
@gestures
@serves(Action.OPEN_NEGOTIATION)
def drop_draft(draft_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        service.drop_draft(uow, current_person().person_id, draft_id)
    flash("La préparation est supprimée.", "done")
    return redirect(url_for("opening.show_opening"))


@opening.post("/ouvrir/apercu")
@serves(Action.OPEN_NEGOTIATION)
def show_obtained() -> ResponseReturnValue:
    """The right column alone, as the answers change."""
    with current_store().reading() as session:
        form = read_form(_typed())
        card = _chosen(form, trames_for(session, current_person().person_id))
        return render_template("opening/_obtained.html", obtained=_obtained(form, card.trame))


@opening.post("/ouvrir")
@gestures
@limiter.limit(OPENED_AN_HOUR, key_func=by_person, deduct_when=_opened)
@serves(Action.OPEN_NEGOTIATION)
def send_opening() -> ResponseReturnValue:
    """Open, keep for later, or the form again with a row more or less: nothing typed is lost."""
    act, _, row = request.form.get("act", "").partition(":")
    if act == "keep":
        return _keep()
    person, draft_id = current_person(), request.form.get("draft", "")
    with current_store().reading() as session:
        cards = trames_for(session, person.person_id)
        form = read_form(_typed())
        card = _chosen(form, cards)
        if act != "open":
            form = act_on_rows(suggest(form, card.trame), act, row)
            return _page(session, form, cards, draft_id=draft_id)
        wanted, errors = read_opening(form, card.trame, email=person.email)
        if wanted is None or form.trame != card.id:
            missing = {} if form.trame == card.id else {"trame": EMPTY}
            return _page(session, form, cards, errors=missing | errors, draft_id=draft_id), 422
        if form.follows:
            wanted = replace(wanted, follows=_before(session, form.follows).key)
    return _open(wanted, draft_id)


def _form_after(session: Session, negotiation_id: str, cards: tuple[TrameCard, ...]) -> OpeningForm:
    """Raises NotFound: for a table where this person doesn't sit."""
    member_id = reader_in(session, negotiation_id).member_id
    handed = _before(session, negotiation_id)
    return form_after(handed, negotiation_id=negotiation_id, member_id=member_id, cards=cards)


def _before(session: Session, negotiation_id: str) -> Handed:
    """The contract that the new one comes after. Raises NotFound."""
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_HISTORY)
    return handed_on(session, actor)


def _open(wanted: Opening, draft_id: str) -> ResponseReturnValue:
    person, key = current_person(), request.form.get("request_key", "")
    with current_store().unit_of_work() as uow:
        opened = service.open_negotiation(uow, person.person_id, wanted, carried=_carried(), request_key=key)
        if draft_id:
            service.forget_draft(uow, person.person_id, draft_id)
    g.opened_a_table = True
    table = url_for("table.show_table", negotiation_id=opened.negotiation_id)
    if not any(one.token for one in opened.invited):
        flash("La table est ouverte.", "done")
        return redirect(table)
    days, base = INVITATION_LIFETIME.days, _settings().base_url
    return render_template("opening/opened.html", opened=opened, title=wanted.title, table=table, base=base, days=days)


def _keep() -> ResponseReturnValue:
    typed, draft_id = _typed(), request.form.get("draft", "") or None
    title = " ".join(request.form.get("title", "").split())[:200]
    try:
        with current_store().unit_of_work() as uow:
            kept = service.keep_draft(uow, current_person().person_id, typed, title=title, draft_id=draft_id)
    except InvalidInput:
        with current_store().reading() as session:
            cards = trames_for(session, current_person().person_id)
            words = f"Vous gardez déjà {service.MOST_DRAFTS} préparations : supprimez-en une d’abord."
            return _page(session, read_form(typed), cards, errors={"keep": words}), 422
    flash("Gardé en préparation, pour vous seul : personne n’est prévenu.", "done")
    return redirect(url_for("opening.show_draft", draft_id=kept))


def _typed() -> dict[str, list[str]]:
    names = [name for name in request.form if name not in NOT_TYPED]
    return {name: request.form.getlist(name) for name in names}


def _chosen(form: OpeningForm, cards: tuple[TrameCard, ...]) -> TrameCard:
    """The template ticked, or the first one where none is."""
    return next((card for card in cards if card.id == form.trame), cards[0])


def _page(
    session: Session,
    form: OpeningForm,
    cards: tuple[TrameCard, ...],
    *,
    errors: Mapping[str, str] | None = None,
    draft_id: str = "",
) -> str:
    person = current_person()
    return render_template(
        "opening/open.html",
        form=form,
        cards=cards,
        errors=errors or {},
        first_error=_PLACES.get(next(iter(errors or ()), ""), next(iter(errors or ()), "")),
        draft_id=draft_id,
        drafts=[draft for draft in drafts_of(session, person.person_id) if draft.id != draft_id],
        obtained=_obtained(form, _chosen(form, cards).trame),
        kinds=KINDS,
        email=person.email,
        by_hand=_carried() is Carried.BY_HAND,
    )


def _obtained(form: OpeningForm, trame: Trame) -> Obtained:
    kinds = [part.kind for part in trame.walk()]
    starts_on, signature_on = _day(form.starts_on), _day(form.signature_on)
    years = int(form.years) if form.years in ("1", "2", "3", "4", "5") else 0
    ends_on = end_of(starts_on, years) if starts_on and years else None
    written = [row for row in form.structures if not row.is_empty]
    return Obtained(
        articles=kinds.count(PartKind.ARTICLE),
        objectives=kinds.count(PartKind.STRATEGIC_OBJECTIVE),
        indicators=kinds.count(PartKind.INDICATOR),
        sections=len(trame.framing),
        parties=sum(not party.is_empty or party.id == form.mine for party in form.parties),
        structures=len(written),
        places=sum(int(row.places) for row in written if row.places.strip().isdecimal() and len(row.places) < 7),
        invitations=sum(not member.is_empty for party in form.parties for member in party.members),
        ends_on=ends_on,
        outside=tuple(
            row.name for row in written if ends_on and outside_authorisation(_day(row.authorised_until), ends_on)
        ),
        dates=calendar_of(trame.milestones, signature_on) if signature_on else (),
        today=paris_day(now()),
    )


def _day(typed: str) -> date | None:
    try:
        read: Any = canonical_value(typed, ValueKind.DATE)
    except (WrongValue, UnreadableText):
        return None
    return date.fromisoformat(read) if read else None


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _carried() -> Carried:
    return Carried.BY_MAIL if _settings().email_url else Carried.BY_HAND
