"""The shape of the contract: add, order, rename, split, drop; prepare inside, put on the table."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.frame import reader_in, reader_on_clause
from app.pages.presentation import count_fr
from app.pages.shape_pages import add_page, inside_page, part_page, split_page, to_part
from app.pages.shape_view import CLAUSES, KINDS
from app.security import serves
from negotiation.errors import InvalidInput, NotFound, RecentSigninRequired, Refusal, SigninRequired
from negotiation.rules.policy import Actor
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import SHARED, Action, Circle, ValueKind
from negotiation.services import adding, concerned_inside, inside_parts, shaping, splitting
from negotiation.services.access import require
from negotiation.store.queries.clauses import cards_of_part
from negotiation.store.queries.parts import part_of_clause, part_view
from negotiation.store.queries.people import audiences_of
from negotiation.store.unit_of_work import UnitOfWork

shape = Blueprint("shaping", __name__)


# ---------------------------------------------------------------------- adding


@shape.get("/negociations/<negotiation_id>/ajouter")
@serves(Action.SHAPE)
def show_add(negotiation_id: str) -> ResponseReturnValue:
    """The form that adds something, here or under a part."""
    with current_store().reading() as session:
        return add_page(session, negotiation_id, request.args.get("genre", ""), request.args.get("sous", ""))


@shape.post("/negociations/<negotiation_id>/ajouter")
@gestures
@serves(Action.SHAPE)
def add(negotiation_id: str) -> ResponseReturnValue:
    word, under = _field("genre"), _field("sous")
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        if word in CLAUSES:
            return _add_clause(uow, actor, word, under)
        if word not in KINDS:
            raise InvalidInput(field="genre")
        new = adding.NewPart(
            kind=KINDS[word],
            title=_field("title"),
            parent_id=under or None,
            circle=_circle(uow.session, actor),
            essms=tuple(key for key in request.form.getlist("essms") if key),
            funder=_field("funder"),
            parties=frozenset(request.form.getlist("parties")),
        )
        part_id = adding.add_part(uow, actor, new)
        is_inside = part_view(uow.session, actor, part_id).circle != SHARED
    flash("Ajouté en interne : les autres parties n’en savent rien." if is_inside else "Ajouté sur la table.", "done")
    return to_part(negotiation_id, part_id)


def _add_clause(uow: UnitOfWork, actor: Actor, word: str, part_id: str) -> ResponseReturnValue:
    part = part_view(uow.session, actor, part_id)
    if word == "etape":
        clause_id = adding.add_step(uow, actor, part_id)
    else:
        new = adding.NewClause(
            label=_field("title"),
            value_kind=_value_kind(),
            unit=_field("unit"),
            debtor_id=_field("debtor") if word == "engagement" else None,
            parties=frozenset(request.form.getlist("parties")),
            cell=_field("cell") or None,
        )
        clause_id = adding.add_clause(uow, actor, part_id, new)
    flash("Ajouté.", "done")
    if part.circle != SHARED:
        return to_part(actor.negotiation_id, part_id, f"champ-{clause_id}")
    return redirect(url_for("texts.show_clause", clause_id=clause_id, _anchor=f"clause-{clause_id}"))


# ---------------------------------------------------------------------- order, title, out and back


@shape.post("/negociations/<negotiation_id>/texte/<part_id>/intitule")
@gestures
@serves(Action.SHAPE)
def rename(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        shaping.rename_part(uow, reader_in(uow.session, negotiation_id), part_id, _field("title"))
    flash("Intitulé changé.", "done")
    return to_part(negotiation_id, part_id)


@shape.post("/negociations/<negotiation_id>/texte/<part_id>/ordre")
@gestures
@serves(Action.SHAPE)
def reorder(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        shaping.move_part(uow, actor, part_id, to=_step(), after=_field("after"))
    flash("Ordre changé.", "done")
    return to_part(negotiation_id, part_id)


@shape.post("/clauses/<clause_id>/ordre")
@gestures
@serves(Action.SHAPE)
def reorder_clause(clause_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_on_clause(uow.session, clause_id)
        shaping.move_clause(uow, actor, clause_id, to=_step(), after=_field("after"))
        part_id = part_of_clause(uow.session, actor, clause_id)
    flash("Ordre changé.", "done")
    return to_part(actor.negotiation_id, part_id, "modifier")


@shape.post("/negociations/<negotiation_id>/texte/<part_id>/ecarter")
@gestures
@serves(Action.SHAPE)
def drop(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        shaping.drop_part(uow, reader_in(uow.session, negotiation_id), part_id)
    flash("Écartée du contrat. Elle reste au bas du plan, d’où elle se rétablit.", "done")
    return to_part(negotiation_id, part_id)


@shape.post("/negociations/<negotiation_id>/texte/<part_id>/retablir")
@gestures
@serves(Action.SHAPE)
def restore(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        shaping.restore_part(uow, reader_in(uow.session, negotiation_id), part_id)
    flash("Rétablie au contrat.", "done")
    return to_part(negotiation_id, part_id)


# ---------------------------------------------------------------------- inside


@shape.post("/negociations/<negotiation_id>/texte/<part_id>/textes")
@gestures
@serves(Action.SHAPE)
def write_inside(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    """Every field of an inside part, as its form holds them."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        part_view(uow.session, actor, part_id)
        require(actor, Action.SHAPE)
        asked = frozenset(request.form.getlist("asked"))
        for card in cards_of_part(uow.session, actor, part_id):
            parties = frozenset(request.form.getlist(f"parties-{card.id}")) | {actor.party_id}
            if card.id in asked and parties != card.situation.concerned:
                concerned_inside.choose_parties(uow, actor, card.id, parties)
            text, value = request.form.get(f"texte-{card.id}"), request.form.get(f"valeur-{card.id}")
            if text is None and value is None:
                continue
            now = as_entered(card.value, card.value_kind)
            inside_parts.write_working(
                uow,
                actor,
                card.id,
                text=card.text if text is None else text,
                value=now if value is None else value,
            )
    if _field("then") == "share":
        return redirect(url_for("shaping.show_share", negotiation_id=negotiation_id, part_id=part_id))
    flash("Enregistré, en interne.", "done")
    return to_part(negotiation_id, part_id)


@shape.get("/negociations/<negotiation_id>/texte/<part_id>/partage")
@serves(Action.SHAPE)
def show_share(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    """What goes on the table, whole, before it goes."""
    with current_store().reading() as session:
        return inside_page(session, negotiation_id, part_id, "shaping/share.html")


@shape.post("/negociations/<negotiation_id>/texte/<part_id>/partage")
@gestures
@serves(Action.SHAPE)
def share(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        became = inside_parts.share_part(
            uow,
            reader_in(uow.session, negotiation_id),
            part_id,
            motive=_field("motive"),
            words=_field("words"),
            despite_mandate=_field("despite_mandate") == "1",
        )
    if became.waiting:
        texts = count_fr(became.waiting, "texte attend", "textes attendent")
        flash(f"{texts} le visa de votre partie. Rien n’est sorti.", "done")
    else:
        texts = count_fr(became.proposed, "texte proposé", "textes proposés")
        flash(f"Sur la table : {texts} au nom de votre partie.", "done")
    if became.kept and not became.waiting:
        kept = count_fr(became.kept, "texte reste", "textes restent")
        flash(f"{kept} dans votre brouillon : il revient à une autre partie de les proposer.", "done")
    return to_part(negotiation_id, part_id)


@shape.get("/negociations/<negotiation_id>/texte/<part_id>/suppression")
@serves(Action.SHAPE)
def show_delete(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        return inside_page(session, negotiation_id, part_id, "shaping/delete.html")


@shape.post("/negociations/<negotiation_id>/texte/<part_id>/suppression")
@gestures
@serves(Action.SHAPE)
def delete(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        above = part_view(uow.session, actor, part_id).parent_id
        inside_parts.delete_inside(uow, actor, part_id)
    flash("Supprimée. Ses mots restent dans l’historique interne.", "done")
    if above:
        return to_part(negotiation_id, above)
    return redirect(url_for("texts.first_part", negotiation_id=negotiation_id))


# ---------------------------------------------------------------------- one clause in two


@shape.get("/clauses/<clause_id>/coupe")
@serves(Action.SHAPE)
def show_split(clause_id: str) -> ResponseReturnValue:
    """The text in its pieces, to choose after which one it is cut."""
    with current_store().reading() as session:
        return split_page(session, clause_id)


@shape.post("/clauses/<clause_id>/coupe")
@gestures
@serves(Action.SHAPE)
def split(clause_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_on_clause(uow.session, clause_id)
        after = request.form.get("after", type=int) or 0
        splitting.split_clause(uow, actor, clause_id, after=after, label=_field("title"))
        part_id = part_of_clause(uow.session, actor, clause_id)
    flash("La clause est partagée en deux.", "done")
    return to_part(actor.negotiation_id, part_id, f"clause-{clause_id}")


# ---------------------------------------------------------------------- what is refused


@shape.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The page whose form it was, with the reason and every typed word."""
    if request.method == "GET" or isinstance(refusal, NotFound | SigninRequired | RecentSigninRequired):
        return answer(refusal)
    given = request.view_args or {}
    kept = {name: value for name, value in request.form.items() if name != "csrf_token"}
    told: dict[str, Any] = {"kept": kept, "refusal": sentence_of(refusal)}
    with current_store().reading() as session:
        shown = _shown_again(session, given, refusal, told)
    return shown, status_of(refusal)


def _shown_again(session: Session, given: dict[str, str], refusal: Refusal, told: dict[str, Any]) -> Any:
    match (request.endpoint or "").rpartition(".")[2]:
        case "add":
            lists = {name: request.form.getlist(name) for name in ("essms", "parties")}
            return add_page(session, given["negotiation_id"], _field("genre"), _field("sous"), kept_lists=lists, **told)
        case "split":
            return split_page(session, given["clause_id"], told["refusal"])
        case "share":
            outside = refusal.code if refusal.code == "outside_mandate" else ""
            return inside_page(
                session, given["negotiation_id"], given["part_id"], "shaping/share.html", outside=outside, **told
            )
        case _:
            return part_page(session, given, told)


# ---------------------------------------------------------------------- forms


def _field(name: str) -> str:
    return request.form.get(name, "")


def _step() -> shaping.Step | None:
    given = _field("step")
    if not given:
        return None
    if given not in set(shaping.Step):
        raise InvalidInput(field="step")
    return shaping.Step(given)


def _value_kind() -> ValueKind:
    given = _field("value_kind") or ValueKind.NONE
    if given not in set(ValueKind):
        raise InvalidInput(field="value_kind")
    return ValueKind(given)


def _circle(session: Session, actor: Actor) -> Circle:
    """Inside unless the form says otherwise. Raises NotFound for a circle that this person doesn't write to."""
    readers = audiences_of(session, actor).get(_field("readers") or "ours")
    if readers is None:
        raise NotFound()
    return Circle.parse(readers.circle)
