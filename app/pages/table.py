"""La table: the board of a negotiation."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages import board
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.start import start_of
from app.security import serves
from negotiation.rules.vocabulary import Action, ClauseState
from negotiation.services.access import require
from negotiation.store.queries.clauses import engagement_cards, touched_cards
from negotiation.store.queries.negotiations import next_meeting, plan_of
from negotiation.store.queries.parts import themes_of

table = Blueprint("table", __name__)


@table.get("/negociations/<negotiation_id>")
@serves(Action.READ_TABLE)
def show_table(negotiation_id: str) -> ResponseReturnValue:
    return _rendered("negotiation/table.html", negotiation_id)


@table.get("/negociations/<negotiation_id>/fragment/tableau")
@serves(Action.READ_TABLE)
def board_fragment(negotiation_id: str) -> ResponseReturnValue:
    """The board alone, for a page that learns of a change."""
    return _rendered("negotiation/_board.html", negotiation_id)


def _rendered(template: str, negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        return render_template(template, **_board(session, frame))


def _board(session: Session, frame: Frame) -> dict[str, object]:
    negotiation_id, mine = frame.negotiation.id, frame.actor.party_id
    engagements = engagement_cards(session, frame.actor)
    cards = engagements + touched_cards(session, frame.actor)
    plan = plan_of(session, frame.actor)
    places = themes_of(session, frame.actor)
    asked = board.Asked(
        state=request.args.get("etat", ""),
        holder=request.args.get("main", ""),
        essms=request.args.get("essms", ""),
        theme=request.args.get("theme", ""),
    )
    groups = board.groups(cards, plan, asked, my_party=mine, essms_of=places.essms_of, themes=places.themes)
    return frame.context(
        "table",
        start=None if cards else start_of(session, frame),
        plan=plan,
        groups=groups,
        filters=board.filters(cards, mine),
        asked=asked,
        essms=places.essms,
        themes=sorted(set(places.themes.values())),
        marks=frame.marks(engagements),
        mine=sum(1 for card in cards if card.waits_for_party(mine)),
        untabled=sum(entry.untabled for entry in plan),
        late=[card for card in cards if card.state is not ClauseState.AGREED and card.situation.open_reserves],
        meeting=next_meeting(session, negotiation_id, frame.today),
    )
