"""The whole contract in one gesture: every version that waits for my party, every text that nobody tabled yet."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import or_plainly, status_of
from app.limits import gestures
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.inside_view import visas_for_me
from app.pages.presentation import count_fr
from app.pages.writing import sent_key
from app.security import serves
from negotiation.errors import InvalidInput, OutsideMandate, Refusal
from negotiation.rules.vocabulary import (
    GESTURE_OF_MOVE,
    NEGOTIATED,
    SHARED,
    Action,
    ClauseState,
    DocumentKind,
    Gesture,
    Move,
    Role,
)
from negotiation.services.access import require
from negotiation.services.bundles import Answer, accept_together, propose_working_texts
from negotiation.services.moves import Seen
from negotiation.services.visas import Submitted
from negotiation.store.queries.clauses import ClauseCard, cards_by_id, cards_of_parts
from negotiation.store.queries.inside import RequestView, waiting_requests
from negotiation.store.queries.negotiations import PlanEntry, plan_of

whole = Blueprint("whole", __name__)


@dataclass(frozen=True)
class PartLines:
    """A part with its clauses that answer one question."""

    part: PlanEntry
    cards: tuple[ClauseCard, ...]


@dataclass(frozen=True)
class WaitingVisas:
    """On how many clauses a gesture waits for a visa in my party, and whose."""

    clauses: int
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Left:
    """What one gesture can settle, by part. What waits for a visa already is asked for no second time."""

    acceptable: tuple[PartLines, ...]
    proposable: tuple[PartLines, ...]
    waiting: dict[Gesture, WaitingVisas]

    @property
    def texts(self) -> int:
        """How many texts nobody tabled yet."""
        return sum(len(line.cards) for line in self.proposable)

    @property
    def versions(self) -> int:
        """How many versions wait for my party's agreement."""
        return sum(len(line.cards) for line in self.acceptable)


@whole.get("/negociations/<negotiation_id>/ensemble")
@serves(Action.READ_TABLE)
def show_whole(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        context = _context(session, negotiation_id, documents=_asked(request.args.get("document", "")))
        return render_template("negotiation/whole.html", **context)


@whole.post("/negociations/<negotiation_id>/ensemble/choix")
@serves(Action.READ_TABLE)
def show_chosen(negotiation_id: str) -> ResponseReturnValue:
    """The clauses ticked on the board, each with its version, before anything leaves."""
    chosen = frozenset(request.form.getlist("clause"))
    with current_store().reading() as session:
        return render_template("negotiation/whole.html", **_context(session, negotiation_id, chosen))


@whole.post("/negociations/<negotiation_id>/ensemble/accords")
@gestures
@serves(Action.ACCEPT)
def accept_whole(negotiation_id: str) -> ResponseReturnValue:
    """Accept, in one gesture, the versions that the form lists: « clause number fingerprint » each."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        answers = [answer_listed(listed) for listed in request.form.getlist("clause")]
        submitted = accept_together(
            uow, actor, answers, words=_words(), despite_mandate=_knowingly(), request_key=sent_key()
        )
    said = f"{count_fr(len(submitted), 'accord enregistré', 'accords enregistrés')}, sur le texte à l’écran."
    flash(_waiting(submitted) or said, "done")
    return _back(negotiation_id)


@whole.post("/negociations/<negotiation_id>/ensemble/propositions")
@gestures
@serves(Action.TABLE_TEXT)
def propose_whole(negotiation_id: str) -> ResponseReturnValue:
    """Table the working texts of the listed parts in one gesture."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        parts = request.form.getlist("part")
        only = frozenset(request.form.getlist("only")) or None
        submitted = propose_working_texts(
            uow,
            actor,
            parts,
            only=only,
            words=_words(),
            despite_mandate=_knowingly(),
            request_key=sent_key(),
        )
    said = f"{count_fr(len(submitted), 'texte proposé', 'textes proposés')} aux parties concernées."
    flash(_waiting(submitted) or said, "done")
    return _back(negotiation_id)


@whole.errorhandler(OutsideMandate)
@or_plainly
def ask_again(refusal: Refusal) -> ResponseReturnValue:
    """The gesture goes outside the party's mandate: which clauses, and the same gesture again, knowingly."""
    negotiation_id = (request.view_args or {})["negotiation_id"]
    named: tuple[str, ...] = refusal.detail["clauses"]  # type: ignore[assignment]
    with current_store().reading() as session:
        context = _context(session, negotiation_id)
        cards = cards_by_id(session, context["frame"].actor, named)
        kept = [pair for pair in request.form.items(multi=True) if pair[0] not in ("csrf_token", "despite_mandate")]
        context |= {"outside": list(cards.values()), "again": kept, "address": request.path}
        return render_template("negotiation/whole.html", **context), status_of(refusal)


def answerable(frame: Frame, card: ClauseCard) -> bool:
    """Whether my party can accept what is on the table."""
    return Move.ACCEPTANCE in frame.moves(card)


def proposable(frame: Frame, card: ClauseCard) -> bool:
    """Whether it is a written text that nobody tabled yet, and that my party may table."""
    untabled = card.state is ClauseState.TO_WRITE and not card.situation.versions and not card.follows_id
    written = bool(card.text) or card.value is not None
    return untabled and written and Move.PROPOSAL in frame.moves(card)


def answer_listed(listed: str) -> Answer:
    """« clause number fingerprint », as a form lists what its page showed. Raises InvalidInput."""
    clause_id, _, rest = listed.partition(" ")
    number, _, fingerprint = rest.partition(" ")
    if not number.isdecimal():
        raise InvalidInput(field="clause")
    return Answer(clause_id, Seen.told(number, fingerprint))


def left_to_do(
    session: Session,
    frame: Frame,
    documents: Iterable[DocumentKind] = NEGOTIATED,
    *,
    chosen: frozenset[str] | None = None,
) -> Left:
    """Of these documents, among the `chosen` clauses where some were."""
    plan = _every_part(plan_of(session, frame.actor, kind) for kind in documents)
    cards = cards_of_parts(session, frame.actor, [entry.id for entry in plan])
    lines = [(entry, cards.get(entry.id, ())) for entry in plan]
    shown = {card.id for _, held in lines for card in held if chosen is None or card.id in chosen}
    requests = [each for each in waiting_requests(session, frame.actor) if each.clause_id in shown]
    waiting = {(each.clause_id, GESTURE_OF_MOVE[each.move]) for each in requests}

    def free(card: ClauseCard, gesture: Gesture) -> bool:
        return card.id in shown and (card.id, gesture) not in waiting

    return Left(
        acceptable=_kept(lines, lambda card: answerable(frame, card) and free(card, Gesture.ACCEPTANCE)),
        proposable=_kept(lines, lambda card: proposable(frame, card) and free(card, Gesture.PROPOSAL)),
        waiting=_waiting_visas(requests),
    )


def _context(
    session: Session,
    negotiation_id: str,
    chosen: frozenset[str] | None = None,
    *,
    documents: tuple[DocumentKind, ...] = NEGOTIATED,
) -> dict[str, Any]:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_TABLE)
    frame = frame_of(session, actor)
    left = left_to_do(session, frame, documents, chosen=chosen)
    return frame.context(
        "texts",
        subsection="text",
        chosen=chosen,
        document=documents[0] if len(documents) == 1 else "",
        acceptable=left.acceptable,
        proposable=left.proposable,
        waiting=left.waiting,
        visa_for=visas_for_me(session, frame),
        outside=(),
    )


def _asked(document: str) -> tuple[DocumentKind, ...]:
    """The document that an address names; all of them when it names none."""
    return tuple(kind for kind in NEGOTIATED if kind == document) or NEGOTIATED


def _waiting_visas(requests: Iterable[RequestView]) -> dict[Gesture, WaitingVisas]:
    grouped: dict[Gesture, list[RequestView]] = defaultdict(list)
    for each in requests:
        grouped[GESTURE_OF_MOVE[each.move]].append(each)
    return {
        gesture: WaitingVisas(len({each.clause_id for each in those}), tuple(sorted({each.role for each in those})))
        for gesture, those in grouped.items()
    }


def _words() -> str:
    return request.form.get("words", "")


def _knowingly() -> bool:
    return bool(request.form.get("despite_mandate"))


def _waiting(submitted: tuple[Submitted, ...]) -> str:
    """What is said of a gesture that waits for its visa; empty when it left."""
    count = sum(1 for each in submitted if each.request_id)
    asked = count_fr(count, "visa demandé", "visas demandés")
    where = "attend" if count == 1 else "attendent"
    return f"{asked}, qui {where} dans « Notre côté ». Personne hors de votre partie n’en voit rien." if count else ""


def _back(negotiation_id: str) -> ResponseReturnValue:
    """To the part whose page held the form, to the note de cadrage, or to the page of the whole."""
    part_id = request.form.get("back", "")
    if part_id:
        return redirect(url_for("texts.show_part", negotiation_id=negotiation_id, part_id=part_id))
    if request.form.get("document") == DocumentKind.CADRAGE:
        return redirect(url_for("readings.show_cadrage", negotiation_id=negotiation_id))
    return redirect(url_for("whole.show_whole", negotiation_id=negotiation_id))


def _every_part(plans: Iterable[tuple[PlanEntry, ...]]) -> list[PlanEntry]:
    return [entry for plan in plans for entry in plan if entry.circle == SHARED]


def _kept(
    lines: list[tuple[PlanEntry, tuple[ClauseCard, ...]]], wanted: Callable[[ClauseCard], bool]
) -> tuple[PartLines, ...]:
    kept = (PartLines(entry, tuple(card for card in cards if wanted(card))) for entry, cards in lines)
    return tuple(line for line in kept if line.cards)
