"""Filters of the board that a member keeps under a name. Nobody else reads them, and nothing is recorded of them."""

from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import InvalidInput, NotFound
from negotiation.rules.clause_text import readable_text
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.store.talk import SavedView
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_NAME = 80
LONGEST_QUERY = 500
MOST_VIEWS = 30


def keep_view(uow: UnitOfWork, actor: Actor, *, name: str, query: str) -> str:
    """Keep these filters under this name, those that bore it are forgotten; returns the id of the view.

    Raises NotAllowed, UnreadableText, and InvalidInput (`name`: empty, too long, one view too many; `query`).
    """
    require(actor, Action.KEEP_VIEW)
    named = _readable_name(name)
    if len(query) > LONGEST_QUERY:
        raise InvalidInput(field="query")
    view = _named(uow, actor, named)
    if view is None:
        if _count(uow, actor) >= MOST_VIEWS:
            raise InvalidInput(field="name", limit=MOST_VIEWS)
        view = SavedView(negotiation_id=actor.negotiation_id, member_id=actor.member_id, name=named, query=query)
        uow.session.add(view)
    view.query = query
    uow.session.flush()
    return view.id


def rename_view(uow: UnitOfWork, actor: Actor, view_id: str, *, name: str) -> None:
    """Raises NotFound, NotAllowed, UnreadableText, InvalidInput (`name`: also one that another view bears)."""
    view = _own(uow, actor, view_id)
    named = _readable_name(name)
    homonym = _named(uow, actor, named)
    if homonym is not None and homonym.id != view.id:
        raise InvalidInput(field="name")
    view.name = named


def forget_view(uow: UnitOfWork, actor: Actor, view_id: str) -> None:
    """Raises NotFound, NotAllowed."""
    uow.session.delete(_own(uow, actor, view_id))


def _readable_name(name: str) -> str:
    named = " ".join(readable_text(name).split())
    if not named or len(named) > LONGEST_NAME:
        raise InvalidInput(field="name")
    return named


def _own(uow: UnitOfWork, actor: Actor, view_id: str) -> SavedView:
    require(actor, Action.KEEP_VIEW)
    view = uow.session.get(SavedView, view_id)
    if view is None or view.member_id != actor.member_id:
        raise NotFound()
    return view


def _named(uow: UnitOfWork, actor: Actor, name: str) -> SavedView | None:
    query = select(SavedView).where(col(SavedView.member_id) == actor.member_id, col(SavedView.name) == name)
    found: SavedView | None = uow.session.execute(query).scalar_one_or_none()
    return found


def _count(uow: UnitOfWork, actor: Actor) -> int:
    query = select(func.count()).select_from(SavedView).where(col(SavedView.member_id) == actor.member_id)
    count: int = uow.session.execute(query).scalar_one()
    return count
