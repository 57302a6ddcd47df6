"""« À faire »: the tasks of a negotiation by circle, mine and the late ones first; and where I am named."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures, words
from app.pages.frame import Frame, asked_number, frame_of, reader_in
from app.pages.pieces import piece
from app.pages.thread_view import people_to_name, writable
from app.pages.writing import sending_asked
from app.security import serves
from negotiation.errors import InvalidInput, NotFound, Refusal, SigninRequired, WiderAudience, WrongValue
from negotiation.rules.policy import Actor, Decision, Target, decide
from negotiation.rules.vocabulary import SHARED, Action, Circle, TaskState, ValueKind
from negotiation.services.access import require
from negotiation.services.mentioning import see_mentions
from negotiation.services.tasks import Wish, change_task, open_task, settle_task
from negotiation.store.queries.clauses import cards_by_id
from negotiation.store.queries.discussion import message_of
from negotiation.store.queries.parts import part_of_clause, part_view
from negotiation.store.queries.people import audiences_of
from negotiation.store.queries.tasks import TaskView, tasks_page
from negotiation.store.queries.threads import comment_of, mentions_for
from negotiation.store.queries.turns import next_copil

tasks = Blueprint("tasks", __name__)

STATES = {
    "ouvertes": frozenset({TaskState.OPEN}),
    "closes": frozenset({TaskState.DONE, TaskState.DROPPED}),
    "toutes": frozenset(TaskState),
}
LONGEST_START = 120
"""Characters of a comment or message that a task begins with."""


@tasks.get("/negociations/<negotiation_id>/taches")
@piece
@serves(Action.READ_TABLE)
def show_tasks(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        return _rendered(session, reader_in(session, negotiation_id))


@tasks.post("/negociations/<negotiation_id>/taches")
@words
@serves(Action.WRITE_TASK)
def post_task(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        readers = audiences_of(uow.session, actor).get(request.form.get("readers", "ours"))
        if readers is None:
            raise NotFound()
        wish = Wish(
            Circle.parse(readers.circle),
            request.form.get("title", ""),
            owner=request.form.get("owner") or None,
            due_on=_day(request.form.get("due_on", "")),
            message=request.form.get("message") or None,
            comment=request.form.get("comment") or None,
            sending=sending_asked(),
        )
        task_id = open_task(uow, actor, wish)
    flash("La tâche est notée.", "done")
    return redirect(f"{url_for('tasks.show_tasks', negotiation_id=negotiation_id)}#tache-{task_id}")


@tasks.post("/negociations/<negotiation_id>/taches/<task_id>")
@gestures
@serves(Action.WRITE_TASK)
def post_change(negotiation_id: str, task_id: str) -> ResponseReturnValue:
    """Another owner or day, or « faite », « abandonnée », « rouvrir »."""
    given = request.form.get("state", "")
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        if given:
            if given not in set(TaskState):
                raise InvalidInput(field="state")
            settle_task(uow, actor, task_id, TaskState(given))
        else:
            owner = request.form.get("owner") or None
            change_task(uow, actor, task_id, owner=owner, due_on=_day(request.form.get("due_on", "")))
    return redirect(f"{url_for('tasks.show_tasks', negotiation_id=negotiation_id, etat='toutes')}#tache-{task_id}")


@tasks.post("/negociations/<negotiation_id>/mentions/vues")
@serves(Action.READ_TABLE)
def post_seen(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        see_mentions(uow, reader_in(uow.session, negotiation_id), request.form.getlist("mention"))
    return redirect(f"{url_for('tasks.show_tasks', negotiation_id=negotiation_id)}#mentions")


@tasks.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason and what was typed."""
    given = request.view_args or {}
    if request.method == "GET" or "task_id" in given or isinstance(refusal, NotFound | SigninRequired):
        return answer(refusal)
    with current_store().reading() as session:
        actor = reader_in(session, given["negotiation_id"])
        return _rendered(session, actor, refusal=refusal), status_of(refusal)


def _rendered(session: Session, actor: Actor, *, refusal: Refusal | None = None) -> str:
    require(actor, Action.READ_TABLE)
    frame = frame_of(session, actor)
    asked, who = request.args.get("etat", "ouvertes"), request.args.get("cercle", "")
    state = asked if asked in STATES else "ouvertes"
    readers = frame.audiences.get(who)
    found = tasks_page(
        session,
        actor,
        states=STATES[state],
        circle=Circle.parse(readers.circle) if readers else None,
        page=asked_number("page") or 0,
    )
    names = {audience.circle: name for name, audience in frame.audiences.items()}
    by_name: dict[str, list[TaskView]] = {}
    for task in found.tasks:
        by_name.setdefault(names.get(str(task.circle), "ours"), []).append(task)
    kept, around = _kept(session, frame)
    asks = isinstance(refusal, WiderAudience)
    return render_template(
        "tasks/tasks.html",
        **frame.context(
            "tasks",
            found=found,
            state=state,
            who=who if readers else "",
            names=names,
            by_name=by_name,
            mentions=mentions_for(session, actor),
            people=people_to_name(session, frame),
            writable=writable(frame, around),
            may_write=decide(actor, Action.WRITE_TASK, Target(frame.negotiation.id)) is Decision.ALLOW,
            kept=kept,
            refusal=sentence_of(refusal) if refusal else "",
            asks=asks,
        ),
    )


def _kept(session: Session, frame: Frame) -> tuple[dict[str, str], Circle]:
    """What the form begins with: what was refused, else the comment or message that becomes a task, or the clause to
    take to the COPIL; and who may know of its part. Raises NotFound."""
    if request.method == "POST":
        return {key: value for key, value in request.form.items() if key != "csrf_token"}, SHARED
    names = {audience.circle: name for name, audience in frame.audiences.items()}
    if asked := request.args.get("message"):
        message = message_of(session, frame.actor, asked)
        part = part_view(session, frame.actor, message.part_id) if message.part_id else None
        said = {"message": message.id, "title": _start(message.text), "readers": names.get(str(message.circle), "")}
        return said, part.circle if part else SHARED
    if asked := request.args.get("commentaire"):
        comment = comment_of(session, frame.actor, asked)
        part = part_view(session, frame.actor, part_of_clause(session, frame.actor, comment.clause_id))
        said = {"comment": comment.id, "title": _start(comment.text), "readers": names.get(str(comment.circle), "")}
        return said, part.circle
    if asked := request.args.get("clause"):
        return _for_the_copil(session, frame, asked), SHARED
    return {}, SHARED


def _for_the_copil(session: Session, frame: Frame, clause_id: str) -> dict[str, str]:
    """« Proposer au COPIL »: everybody's task, to be done at its next meeting. Raises NotFound, also where nothing is
    on the table: what is prepared inside is not to be named to all."""
    card = cards_by_id(session, frame.actor, [clause_id]).get(clause_id)
    if card is None or card.situation.current is None:
        raise NotFound()
    copil = next_copil(session, frame.negotiation.id, frame.today)
    named = f"{card.code}, {card.label}" if card.code else card.label
    return {
        "title": _start(f"Porter au COPIL : {named}"),
        "readers": "shared",
        "due_on": copil.on.isoformat() if copil else "",
    }


def _start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_START else f"{line[:LONGEST_START].rsplit(' ', 1)[0]}…"


def _day(given: str) -> date | None:
    if not given.strip():
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise WrongValue(kind=str(ValueKind.DATE), given=given) from None
