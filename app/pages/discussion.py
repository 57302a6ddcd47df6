"""La discussion: one channel per circle, beside the table."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.pages.frame import asked_number, frame_of, reader_in
from app.security import serves
from negotiation.errors import NotFound, Refusal, SigninRequired
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.services.discussing import send_message
from negotiation.store.queries.discussion import channel
from negotiation.store.queries.people import audiences_of

discussion = Blueprint("discussion", __name__)


@discussion.get("/negociations/<negotiation_id>/discussion")
@serves(Action.READ_TABLE)
def show_discussion(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        return _rendered(session, negotiation_id, "discussion/channel.html")


@discussion.get("/negociations/<negotiation_id>/discussion/fragment")
@serves(Action.READ_TABLE)
def discussion_fragment(negotiation_id: str) -> ResponseReturnValue:
    """The messages alone, for a page that learns of a new one."""
    with current_store().reading() as session:
        return _rendered(session, negotiation_id, "discussion/_messages.html")


@discussion.post("/negociations/<negotiation_id>/discussion")
@serves(Action.SEND_MESSAGE)
def post_message(negotiation_id: str) -> ResponseReturnValue:
    name = request.form.get("readers", "shared")
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        readers = audiences_of(uow.session, actor).get(name)
        if readers is None:
            raise NotFound()
        send_message(uow, actor, circle=Circle.parse(readers.circle), text=request.form.get("text", ""))
    address = url_for("discussion.show_discussion", negotiation_id=negotiation_id, cercle=name)
    return redirect(f"{address}#ecrire")


@discussion.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The channel again, with the reason and every typed word."""
    if request.method == "GET" or isinstance(refusal, NotFound | SigninRequired):
        return answer(refusal)
    negotiation_id = (request.view_args or {})["negotiation_id"]
    with current_store().reading() as session:
        page = _rendered(
            session,
            negotiation_id,
            "discussion/channel.html",
            kept=request.form.get("text", ""),
            refusal=sentence_of(refusal),
            name=request.form.get("readers", "shared"),
        )
        return page, status_of(refusal)


def _rendered(
    session: Session, negotiation_id: str, template: str, *, kept: str = "", refusal: str = "", name: str = ""
) -> str:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_TABLE)
    frame = frame_of(session, actor)
    name = name or request.args.get("cercle", "shared")
    readers = frame.audiences.get(name)
    if readers is None:
        raise NotFound()
    before = asked_number("avant")
    return render_template(
        template,
        **frame.context(
            "discussion",
            readers=readers,
            readers_name=name,
            channel=channel(session, actor, Circle.parse(readers.circle), before),
            may_write=decide(actor, Action.SEND_MESSAGE, Target(negotiation_id)) is Decision.ALLOW,
            kept=kept,
            refusal=refusal,
        ),
    )
