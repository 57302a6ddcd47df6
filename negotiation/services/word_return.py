"""« Retour de Word »: what a reviewed file says becomes the party's own draft or its proposals, once confirmed.

Everything here is that party's inside: the file as read, what was chosen, what was dropped. What leaves goes through
`visas`, the door of every proposal, on the text that the preview showed. Source: product R6, documents.md « Word in ».
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.documents.word_model import FoundComment, Reviewed
from negotiation.errors import AlreadyDone, FileRefused, Frozen, InvalidInput, QuoteNotFound, StaleClause
from negotiation.events import Event, Kind
from negotiation.rules.policy import Actor
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import SHARED, Action, Circle
from negotiation.services.access import require
from negotiation.services.commenting import Comment, Quotation, write_comment
from negotiation.services.drafting import DraftSide, first_draft
from negotiation.services.moves import open_clause
from negotiation.services.orders import Order, Seen
from negotiation.services.setting_aside import draft_of, keep_words, write_anew
from negotiation.services.visas import Submitted, submit_together
from negotiation.services.word_matching import corrected, matched_sections, names_of_clauses
from negotiation.services.word_preview import (
    Returned,
    ReturnedClause,
    ReturnView,
    own_return,
    return_view,
)
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Clause, Part
from negotiation.store.queries.clauses import cards_by_id
from negotiation.store.unit_of_work import UnitOfWork
from negotiation.store.word_returns import ReturnState, WordReturn

__all__ = [
    "Chosen",
    "ReturnView",
    "Returned",
    "ReturnedClause",
    "drop_return",
    "keep_return",
    "match_return",
    "prepare_return",
    "propose_return",
    "return_view",
]

LONGEST_NAME = 200
DECLARED = "Dans le fichier Word, sous le nom « {author} » : {text}"
QUOTED = "Sur « {quote} » : {text}"


@dataclass(frozen=True)
class Chosen:
    """What was ticked: clause ids, with the version that was on the screen for each; keys of comments. `units`: of the
    clauses whose changes had a box each, those that were ticked; the others are taken whole."""

    clauses: Mapping[str, Seen]
    comments: frozenset[str] = frozenset()
    units: Mapping[str, frozenset[int]] = field(default_factory=dict)
    values: frozenset[str] = frozenset()
    """Of those clauses, the ones whose value was ticked too."""
    matching: str = ""
    """`ReturnView.matching`, as it was on the screen."""


def keep_return(
    uow: UnitOfWork, actor: Actor, reviewed: Reviewed, *, file_name: str, size: int, request_key: str | None
) -> str:
    """Keep what a file says until somebody of the party confirms it; returns the id of what was kept. The same request
    again keeps nothing and returns the same id.

    Raises NotAllowed, Frozen; FileRefused `no_marks` when the file names no clause, `foreign_file` when none of those
    that it names is one that this person reads at this table.
    """
    circle = Circle.inside(actor.party_id)
    require(actor, Action.WRITE_DRAFT, circle=circle)
    if uow.lock(actor.negotiation_id).frozen_at is not None:
        raise Frozen()
    if done := _kept_already(uow.session, actor, request_key):
        return done
    named = [*(each.clause_id for each in reviewed.clauses), *(each.clause_id for each in reviewed.values)]
    sections = [] if named else matched_sections(uow.session, actor, reviewed.sections)
    if not named and not sections:
        raise FileRefused(reason="no_marks")
    known = sections or cards_by_id(uow.session, actor, [_dashed(each) for each in named])
    if not known:
        raise FileRefused(reason="foreign_file")
    row = WordReturn(
        negotiation_id=actor.negotiation_id,
        circle=str(circle),
        member_id=actor.member_id,
        request_key=request_key,
        file_name=file_name[-LONGEST_NAME:],
        size=size,
        reading=_reading(reviewed) | ({"sections": sections} if sections else {}),
    )
    uow.session.add(row)
    uow.session.flush()
    return row.id


def prepare_return(uow: UnitOfWork, actor: Actor, return_id: str, chosen: Chosen) -> ReturnView:
    """« Préparer »: each chosen text takes the place of the clause's words in the party's own draft, which are set
    aside; the chosen comments become internal comments. Returns what was on the screen.

    Raises NotFound, NotAllowed, AlreadyDone, StaleClause, InvalidInput, Frozen, and what comments raise.
    """
    row, view, taken = _to_settle(uow, actor, return_id, chosen)
    for each in taken:
        clause = open_clause(uow, actor, each.card.id)
        own = Circle.parse(clause.circle)
        circle = Circle.inside(actor.party_id) if own == SHARED else own
        require(actor, Action.WRITE_DRAFT, circle=circle)
        draft = draft_of(uow.session, clause, circle) or first_draft(uow, _part(uow, clause), circle)
        keep_words(uow, clause, circle)
        text, value = _taken(each, chosen)
        write_anew(uow, draft, clause, text=text, value=value)
        uow.announce(
            Event(
                Kind.CLAUSE_WRITTEN,
                clause.negotiation_id,
                circle,
                actor.key,
                {},
                clause_id=clause.id,
                part_id=clause.part_id,
            )
        )
    drafted = frozenset(each.card.id for each in taken)
    _comment(uow, actor, view, chosen.comments, drafted=drafted)
    _settle(row, actor, ReturnState.CONFIRMED)
    return view


def propose_return(
    uow: UnitOfWork,
    actor: Actor,
    return_id: str,
    chosen: Chosen,
    *,
    motive: str,
    words: str = "",
    despite_mandate: bool = False,
) -> tuple[Submitted, ...]:
    """« Proposer maintenant »: the chosen texts leave together, or wait together for their visa; comments stay inside.

    Raises what `prepare_return` and `visas.submit_together` raise; nothing is written then.
    """
    row, view, taken = _to_settle(uow, actor, return_id, chosen)
    bundle = new_id() if len(taken) > 1 else None
    orders = []
    for each in taken:
        text, value = _taken(each, chosen)
        order = Order(
            each.move,
            text=text,
            motive=motive,
            value=value,
            seen=chosen.clauses[each.card.id],
            bundle=bundle,
        )
        orders.append((each.card.id, order))
    submitted = submit_together(uow, actor, orders, words=words, despite_mandate=despite_mandate)
    _comment(uow, actor, view, chosen.comments)
    _settle(row, actor, ReturnState.CONFIRMED)
    return submitted


def match_return(uow: UnitOfWork, actor: Actor, return_id: str, typed: Mapping[int, str]) -> None:
    """Of a file without marks, take these sections for the clauses named, "" for none.

    Raises NotFound, NotAllowed, AlreadyDone, InvalidInput `match` on a name of no clause of this table.
    """
    row = own_return(uow.session, actor, return_id)
    require(actor, Action.WRITE_DRAFT, circle=Circle.parse(row.circle))
    uow.lock(actor.negotiation_id)
    uow.refresh(row)
    if row.state is not ReturnState.WAITING:
        raise AlreadyDone()
    row.reading = corrected(row.reading, typed, names_of_clauses(uow.session, actor))


def drop_return(uow: UnitOfWork, actor: Actor, return_id: str) -> None:
    """« Tout laisser »: what was read goes, nothing was written. Raises NotFound, NotAllowed, AlreadyDone."""
    row = own_return(uow.session, actor, return_id)
    require(actor, Action.WRITE_DRAFT, circle=Circle.parse(row.circle))
    uow.lock(actor.negotiation_id)
    uow.refresh(row)
    if row.state is not ReturnState.WAITING:
        raise AlreadyDone()
    _settle(row, actor, ReturnState.DROPPED)


def _taken(each: ReturnedClause, chosen: Chosen) -> tuple[str, str]:
    """The text and the value, as a field shows it, of what was ticked. Raises like `text_with`."""
    key = each.card.id
    if key not in chosen.units:
        return each.applied.text, each.entered()
    if key in chosen.values and not chosen.units[key]:
        return each.current, each.entered()
    standing = as_entered(each.card.value, each.card.value_kind)
    return each.text_with(chosen.units[key]), each.entered() if key in chosen.values else standing


def _part(uow: UnitOfWork, clause: Clause) -> Part:
    return uow.session.get_one(Part, clause.part_id)


def _to_settle(
    uow: UnitOfWork, actor: Actor, return_id: str, chosen: Chosen
) -> tuple[WordReturn, ReturnView, list[ReturnedClause]]:
    """The row, the preview as it stands in this transaction, and the chosen clauses in order. Raises like above."""
    row = own_return(uow.session, actor, return_id)
    require(actor, Action.WRITE_DRAFT, circle=Circle.parse(row.circle))
    uow.lock(actor.negotiation_id)
    uow.refresh(row)
    if row.state is not ReturnState.WAITING:
        raise AlreadyDone()
    view = return_view(uow.session, actor, return_id)
    takeable = {each.card.id: each for each in view.clauses if each.obstacle is None}
    if not chosen.clauses and not chosen.comments:
        raise InvalidInput(field="take")
    if chosen.matching != view.matching:
        raise StaleClause(seen=None)
    for clause_id, seen in chosen.clauses.items():
        if clause_id not in takeable or takeable[clause_id].stands != seen:
            raise StaleClause(seen=seen.number)
    return row, view, [each for clause_id, each in takeable.items() if clause_id in chosen.clauses]


def _settle(row: WordReturn, actor: Actor, state: ReturnState) -> None:
    """What was read is kept no longer than it is needed."""
    row.state, row.settled_at, row.settled_by = state, now(), actor.member_id
    row.reading = {}


def _comment(
    uow: UnitOfWork, actor: Actor, view: ReturnView, keys: frozenset[str], *, drafted: frozenset[str] = frozenset()
) -> None:
    """Threads first, answers after: an answer whose question was left aside stands alone."""
    written: dict[str, str] = {}
    for found in view.comments:
        if found.key not in keys:
            continue
        parent = written.get(found.answers)
        written[found.key] = _write(uow, actor, view, found, parent=parent, in_draft=found.clause_id in drafted)


def _write(
    uow: UnitOfWork, actor: Actor, view: ReturnView, found: FoundComment, *, parent: str | None, in_draft: bool
) -> str:
    text = DECLARED.format(author=found.author, text=found.text) if found.author.strip() else found.text
    comment = Comment(Circle.inside(actor.party_id), text, reply_to=parent)
    if found.quote and parent is None:
        side = DraftSide.OURS if in_draft else ""
        quotation = Quotation(found.quote, draft=side, version="" if in_draft else _version(view, found))
        try:
            return write_comment(uow, actor, found.clause_id, replace(comment, quotation=quotation))
        except QuoteNotFound:
            text = QUOTED.format(quote=found.quote, text=text)
    return write_comment(uow, actor, found.clause_id, replace(comment, text=text))


def _version(view: ReturnView, found: FoundComment) -> str:
    return view.versions.get(found.clause_id, "")


def _kept_already(session: Session, actor: Actor, request_key: str | None) -> str | None:
    if request_key is None:
        return None
    query = select(col(WordReturn.id)).where(
        col(WordReturn.member_id) == actor.member_id, col(WordReturn.request_key) == request_key
    )
    found: str | None = session.execute(query).scalar_one_or_none()
    return found


def _reading(reviewed: Reviewed) -> dict[str, object]:
    """As the row keeps it: clause ids with dashes, as everywhere else."""
    kept = asdict(reviewed)
    del kept["sections"]
    for name in ("clauses", "changes", "comments", "values"):
        for each in kept[name]:
            each["clause_id"] = _dashed(each["clause_id"])
    for each in kept["changes"]:
        each["value_of"] = _dashed(each["value_of"])
    return kept


def _dashed(clause_id: str) -> str:
    return str(UUID(clause_id)) if clause_id else ""
