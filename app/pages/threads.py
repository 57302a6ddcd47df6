"""Comments on a clause, in threads: write, settle, open again, take back. What is refused keeps what was typed."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures, words
from app.pages.clause_view import TABS
from app.pages.frame import reader_on_clause
from app.pages.seances_page import room_again
from app.pages.seances_view import seance_before
from app.pages.texts import clause_context
from app.pages.writing import sending_asked, writing_asked
from app.security import serves
from negotiation.errors import InvalidInput, NotFound, RecentSigninRequired, Refusal, SigninRequired, WiderAudience
from negotiation.rules.vocabulary import Action, Circle, Move
from negotiation.services.commenting import Comment, Quotation, reopen_thread, resolve_thread, write_comment
from negotiation.services.recalling import recall_comment
from negotiation.store.queries.people import audiences_of

threads = Blueprint("threads", __name__)

SAID = (Move.COMMENT, Move.ANSWER)


@threads.post("/clauses/<clause_id>/commentaires")
@words
@serves(Action.COMMENT)
def post_comment(clause_id: str) -> ResponseReturnValue:
    return say(clause_id)


def say(clause_id: str) -> ResponseReturnValue:
    """Write the comment or answer of the form, by whichever route it came."""
    with current_store().unit_of_work() as uow:
        actor = reader_on_clause(uow.session, clause_id)
        audience = audiences_of(uow.session, actor).get(request.form.get("readers", "shared"))
        if audience is None:
            raise NotFound()
        comment = Comment(
            Circle.parse(audience.circle),
            request.form.get("text", ""),
            quotation=_quotation(),
            reply_to=request.form.get("reply_to") or None,
            message=request.form.get("message") or None,
            move=_move(),
            writing=writing_asked(sending_asked()),
        )
        move_id = write_comment(uow, actor, clause_id, comment)
    flash("Votre commentaire est enregistré.", "done")
    return _back(clause_id, f"fil-{comment.reply_to or move_id}")


@threads.post("/clauses/<clause_id>/commentaires/<move_id>/regle")
@gestures
@serves(Action.SETTLE_THREAD)
def settle_thread(clause_id: str, move_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        resolve_thread(uow, reader_on_clause(uow.session, clause_id), clause_id, move_id)
    flash("L’échange est réglé : il reste dans la liste des échanges réglés.", "done")
    return _back(clause_id, "marge")


@threads.post("/clauses/<clause_id>/commentaires/<move_id>/rouvre")
@gestures
@serves(Action.SETTLE_THREAD)
def open_thread_again(clause_id: str, move_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        root = reopen_thread(uow, reader_on_clause(uow.session, clause_id), clause_id, move_id)
    flash("L’échange est rouvert.", "done")
    return _back(clause_id, f"fil-{root}")


@threads.post("/clauses/<clause_id>/commentaires/<move_id>/reprise")
@gestures
@serves(Action.COMMENT)
def take_comment_back(clause_id: str, move_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        recall_comment(uow, reader_on_clause(uow.session, clause_id), clause_id, move_id)
    flash("Vos mots sont retirés : personne n’en a reçu de courriel.", "done")
    return _back(clause_id, "marge")


@threads.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    return keep_words(refusal)


def keep_words(refusal: Refusal) -> ResponseReturnValue:
    """The clause again, its margin open on the reason, with every typed word."""
    clause_id = (request.view_args or {}).get("clause_id")
    if clause_id is None or isinstance(refusal, NotFound | SigninRequired | RecentSigninRequired):
        return answer(refusal)
    asks = isinstance(refusal, WiderAudience)
    with current_store().reading() as session:
        kept: dict[str, object] = {key: value for key, value in request.form.items() if key != "csrf_token"}
        kept.setdefault("move", str(Move.COMMENT))
        kept["named"] = request.form.getlist("mention")
        told = {"refusal": sentence_of(refusal), "asks": asks, "kept": kept}
        page = room_again(session, clause_id, "", **told)
        if page is None:
            page = render_template("fiches/part.html", **clause_context(session, clause_id, "", **told))
        return page, status_of(refusal)


def _back(clause_id: str, anchor: str) -> Response:
    tab = request.form.get("tab", "")
    known = tab if tab in TABS else ""
    fiche = f"{url_for('texts.show_clause', clause_id=clause_id, tab=known)}#{anchor}"
    return redirect(seance_before(clause_id, known) or fiche)


def _move() -> Move:
    given = request.form.get("move") or Move.COMMENT
    if given not in SAID:
        raise InvalidInput(field="move")
    return Move(given)


def _quotation() -> Quotation | None:
    quote = request.form.get("quote", "")
    if not quote.strip():
        return None
    return Quotation(
        quote,
        request.form.get("quote_before", ""),
        request.form.get("quote_after", ""),
        request.form.get("quote_version", ""),
        request.form.get("quote_draft", ""),
    )
