"""« À reprendre »: three texts, passage by passage; nothing leaves before somebody sends the result."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.aftermath import if_withdrawn
from app.pages.clause_view import sign_of
from app.pages.frame import Frame, frame_of, reader_on_clause
from app.pages.inside_view import visas_for_me
from app.pages.moves import DONE, WAITS
from app.pages.presentation import markdown
from app.pages.writing import clause_to_choose_again, sent_key
from app.security import serves
from negotiation.errors import (
    InvalidInput,
    NotFound,
    OutsideMandate,
    Refusal,
    StaleClause,
)
from negotiation.rules import redline
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.rebase import Choice, Passage, RebaseState
from negotiation.rules.rebase_stretches import PassageKind
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import Action, Gesture, Move
from negotiation.services.moves import Order, Seen
from negotiation.services.retaking import (
    Collision,
    Settled,
    Source,
    Wanted,
    collision_of,
    result_of,
    retake,
)
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.positions import Words

retaking = Blueprint("retaking", __name__)

OTHERWISE = "autrement"
"""« Écrire autrement »."""
LONGEST_SIGN = 12


@dataclass(frozen=True)
class ShownText:
    """One of the three columns. `author`: None for the table commune, a working text, or nothing."""

    words: Words
    html: Markup
    author: PartyView | None


@dataclass(frozen=True)
class ShownPassage:
    """`sign` names it in the form by its three texts, so that a choice survives a change elsewhere."""

    sign: str
    kind: PassageKind
    common: Markup
    ours: Markup
    starting: str
    chosen: str = ""
    written: str = ""
    error: str = ""


@dataclass(frozen=True)
class Preview:
    """« Ce qui sera proposé », marked against the text that stands."""

    words: Words
    html: Markup


@dataclass(frozen=True)
class Answered:
    """What the form says, whatever the page was. `asked`: whether its result was asked for."""

    choices: Mapping[str, str] = field(default_factory=dict)
    asked: bool = False

    def get(self, name: str, otherwise: str = "") -> str:
        return self.choices.get(name, otherwise)


@retaking.get("/clauses/<clause_id>/reprendre")
@serves(Action.READ_INSIDE)
def show_retaking(clause_id: str) -> ResponseReturnValue:
    return _page(clause_id, Answered())


@retaking.post("/clauses/<clause_id>/reprendre")
@gestures
@serves(Action.MOVE)
def post_retaking(clause_id: str) -> ResponseReturnValue:
    """« Voir le résultat » shows it and writes nothing; « Contre-proposer » sends what was shown."""
    answered = _answered()
    if request.form.get("act") != "send":
        return _page(clause_id, answered)
    with current_store().unit_of_work() as uow:
        actor = reader_on_clause(uow.session, clause_id)
        order = Order(Move.COUNTER_PROPOSAL, motive=answered.get("motive"), seen=_seen(), request_key=sent_key())
        submitted = retake(
            uow,
            actor,
            clause_id,
            wanted=_wanted(),
            settle=lambda collision: _settled(collision, answered),
            order=order,
            words=answered.get("words"),
            despite_mandate=bool(answered.get("despite_mandate")),
        )
    flash(WAITS if submitted.request_id else DONE[Move.COUNTER_PROPOSAL], "done")
    return redirect(url_for("texts.show_clause", clause_id=clause_id, tab="proposition"))


@retaking.errorhandler(Refusal)
@or_plainly
def keep_the_choices(refusal: Refusal) -> ResponseReturnValue:
    """The page again, on the text that stands now, with the choices that still make sense."""
    clause_id = clause_to_choose_again(refusal)
    return _page(clause_id, _answered(), refusal) if clause_id else answer(refusal)


def _page(clause_id: str, answered: Answered, refusal: Refusal | None = None) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_on_clause(session, clause_id)
        collision = collision_of(session, actor, clause_id, _wanted())
        frame = frame_of(session, actor)
        context = _context(session, frame, collision, answered=answered, refusal=refusal)
        return render_template("retaking/retaking.html", **context), status_of(refusal) if refusal else 200


def _context(
    session: Session, frame: Frame, collision: Collision, *, answered: Answered, refusal: Refusal | None
) -> dict[str, Any]:
    target = Target(frame.negotiation.id)
    passages = _passages(frame, collision, answered)
    return frame.context(
        "texts",
        subsection="retaking",
        collision=collision,
        card=collision.card,
        texts=_three_texts(frame, collision),
        passages=passages,
        value_choice=answered.get("valeur"),
        value_written=answered.get("value", as_entered(collision.ours.value, collision.card.value_kind)),
        value_asked=answered.asked and not answered.get("valeur"),
        preview=_preview(frame, collision, answered),
        answered=answered,
        refusal=_told(refusal),
        is_stale=isinstance(refusal, StaleClause),
        breaches=refusal.detail["breaches"] if isinstance(refusal, OutsideMandate) else (),
        may_send=decide(frame.actor, Action.TABLE_TEXT, target) is Decision.ALLOW
        and collision.state is not RebaseState.CONTAINED
        and frame.negotiation.frozen_at is None,
        visa_role=visas_for_me(session, frame).get(Gesture.PROPOSAL),
        if_withdrawn=if_withdrawn(session, frame, collision.card),
        may_withdraw=Move.WITHDRAWAL in frame.moves(collision.card)
        and _author(frame, collision.common) == frame.me.party,
        form_address=f"{url_for('retaking.show_retaking', clause_id=collision.card.id)}?{urlencode(_query())}",
    )


def _told(refusal: Refusal | None) -> str:
    if refusal is None:
        return ""
    if isinstance(refusal, InvalidInput):
        return "Répondez à chaque passage en conflit : personne ne tranche à votre place. Rien n’est parti."
    return sentence_of(refusal)


def _three_texts(frame: Frame, collision: Collision) -> dict[str, ShownText]:
    base = collision.base
    return {
        "base": ShownText(base, markdown(base.text), _author(frame, base)),
        "common": _marked(collision.common, base, _author(frame, collision.common)),
        "ours": _marked(collision.ours, base, frame.me.party),
    }


def _author(frame: Frame, words: Words) -> PartyView | None:
    return frame.parties.get(words.version.author_id or "") if words.version else None


def _marked(words: Words, base: Words, author: PartyView | None) -> ShownText:
    if base.is_empty:
        return ShownText(words, markdown(words.text), author)
    return ShownText(words, _redline(base.text, words.text, author), author)


def _redline(before: str, after: str, author: PartyView | None) -> Markup:
    return Markup(redline.to_html(redline.redline(before, after), inserted_by=sign_of(author)))  # escaped by to_html


def _signs(collision: Collision) -> tuple[str, ...]:
    """The name of each passage in the form: the same three texts, the same name, on whatever page."""
    counted: Counter[str] = Counter()
    signs = []
    for passage in collision.text.passages:
        texts = "\x00".join((passage.base, passage.common, passage.ours))
        digest = hashlib.sha256(texts.encode()).hexdigest()[:LONGEST_SIGN]
        signs.append(f"{digest}-{counted[digest]}")
        counted[digest] += 1
    return tuple(signs)


def _passages(frame: Frame, collision: Collision, answered: Answered) -> tuple[ShownPassage, ...]:
    common_author = _author(frame, collision.common)
    return tuple(
        _passage(passage, sign, answered, common_author=common_author, own=frame.me.party)
        for passage, sign in zip(collision.text.passages, _signs(collision), strict=True)
    )


def _passage(
    passage: Passage, sign: str, answered: Answered, *, common_author: PartyView | None, own: PartyView
) -> ShownPassage:
    chosen = answered.get(f"passage-{sign}")
    missing = answered.asked and passage.kind is PassageKind.CONFLICT and not chosen
    return ShownPassage(
        sign=sign,
        kind=passage.kind,
        common=_side(passage.base, passage.common, common_author),
        ours=_side(passage.base, passage.ours, own),
        starting=passage.ours or passage.common,
        chosen=chosen,
        written=answered.get(f"texte-{sign}", passage.ours or passage.common),
        error="Choisissez un texte pour ce passage." if missing else "",
    )


def _side(base: str, text: str, author: PartyView | None) -> Markup:
    return _redline(base, text, author) if base else markdown(text)


def _preview(frame: Frame, collision: Collision, answered: Answered) -> Preview | None:
    """None while something is not answered, or can't be read."""
    if collision.state is RebaseState.CONTAINED:
        return None
    try:
        result = result_of(collision, _settled(collision, answered))
    except Refusal:
        return None
    return Preview(result, _redline(collision.common.text, result.text, frame.me.party))


def _settled(collision: Collision, answered: Answered) -> Settled:
    chosen: dict[int, Choice | str] = {}
    for index, (passage, sign) in enumerate(zip(collision.text.passages, _signs(collision), strict=True)):
        said = answered.get(f"passage-{sign}")
        if passage.kind is not PassageKind.CONFLICT or not said:
            continue
        chosen[index] = _choice(said, answered.get(f"texte-{sign}"))
    value = answered.get("valeur")
    return Settled(chosen, _choice(value, answered.get("value")) if value else None)


def _choice(said: str, written: str) -> Choice | str:
    """Raises InvalidInput on what the form doesn't offer."""
    if said == OTHERWISE:
        return written
    if said not in set(Choice):
        raise InvalidInput(field="passage")
    return Choice(said)


def _wanted() -> Wanted:
    """What the address names. Raises NotFound."""
    for source in Source:
        if name := request.args.get(source):
            return Wanted(source, name)
    raise NotFound()


def _query() -> dict[str, str]:
    wanted = _wanted()
    return {str(wanted.source): wanted.name}


def _answered() -> Answered:
    return Answered({key: said for key, said in request.form.items() if key != "csrf_token"}, asked=True)


def _seen() -> Seen:
    return Seen.told(request.form.get("seen_number", ""), request.form.get("seen_fingerprint", ""))
