"""The whole contract in one gesture: every version that waits for my party, every text that nobody tabled yet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.presentation import count_fr
from app.security import serves
from negotiation.errors import InvalidInput
from negotiation.rules.vocabulary import Action, ClauseState, DocumentKind, Move
from negotiation.services.access import require
from negotiation.services.bundles import Answer, accept_together, propose_working_texts
from negotiation.services.moves import Seen
from negotiation.store.queries.clauses import ClauseCard, cards_of_parts
from negotiation.store.queries.negotiations import PlanEntry, plan_of

whole = Blueprint("whole", __name__)


@dataclass(frozen=True)
class PartLines:
    """A part with its clauses that answer one question."""

    part: PlanEntry
    cards: tuple[ClauseCard, ...]


@whole.get("/negociations/<negotiation_id>/ensemble")
@serves(Action.READ_TABLE)
def show_whole(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        plan = _every_part(plan_of(session, actor, kind) for kind in DocumentKind)
        cards = cards_of_parts(session, actor, [entry.id for entry in plan])
        lines = [(entry, cards.get(entry.id, ())) for entry in plan]
        return render_template(
            "negotiation/whole.html",
            **frame.context(
                "texts",
                subsection="text",
                acceptable=_kept(lines, lambda card: answerable(frame, card)),
                proposable=_kept(lines, lambda card: proposable(frame, card)),
            ),
        )


@whole.post("/negociations/<negotiation_id>/ensemble/accords")
@serves(Action.ACCEPT)
def accept_whole(negotiation_id: str) -> ResponseReturnValue:
    """Accept, in one gesture, the versions that the form lists: « clause number fingerprint » each."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        played = accept_together(uow, actor, [_answer(listed) for listed in request.form.getlist("clause")])
    flash(f"{count_fr(len(played), 'accord enregistré', 'accords enregistrés')}, sur le texte à l’écran.", "done")
    return _back(negotiation_id)


@whole.post("/negociations/<negotiation_id>/ensemble/propositions")
@serves(Action.TABLE_TEXT)
def propose_whole(negotiation_id: str) -> ResponseReturnValue:
    """Table the working texts of the listed parts in one gesture."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        played = propose_working_texts(uow, actor, request.form.getlist("part"))
    flash(f"{count_fr(len(played), 'texte proposé', 'textes proposés')} aux parties concernées.", "done")
    return _back(negotiation_id)


def answerable(frame: Frame, card: ClauseCard) -> bool:
    """Whether my party can accept what is on the table."""
    return Move.ACCEPTANCE in frame.moves(card)


def proposable(frame: Frame, card: ClauseCard) -> bool:
    """Whether it is a written text that nobody tabled yet, and that my party may table."""
    untabled = card.state is ClauseState.TO_WRITE and not card.situation.versions and not card.follows_id
    written = bool(card.text) or card.value is not None
    return untabled and written and Move.PROPOSAL in frame.moves(card)


def _back(negotiation_id: str) -> ResponseReturnValue:
    """To the part whose page held the form, or to the page of the whole."""
    part_id = request.form.get("back", "")
    if part_id:
        return redirect(url_for("texts.show_part", negotiation_id=negotiation_id, part_id=part_id))
    return redirect(url_for("whole.show_whole", negotiation_id=negotiation_id))


def _every_part(plans: Iterable[tuple[PlanEntry, ...]]) -> list[PlanEntry]:
    return [entry for plan in plans for entry in plan]


def _kept(
    lines: list[tuple[PlanEntry, tuple[ClauseCard, ...]]], wanted: Callable[[ClauseCard], bool]
) -> tuple[PartLines, ...]:
    kept = (PartLines(entry, tuple(card for card in cards if wanted(card))) for entry, cards in lines)
    return tuple(line for line in kept if line.cards)


def _answer(listed: str) -> Answer:
    clause_id, _, rest = listed.partition(" ")
    number, _, fingerprint = rest.partition(" ")
    if not number.isdecimal():
        raise InvalidInput(field="clause")
    return Answer(clause_id, Seen.told(number, fingerprint))
