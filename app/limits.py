"""How often one may ask. Counted in this process: it is the only one (decision 6)."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from sqlmodel import Session

from app.database import current_store
from app.signin.session import person_or_none
from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.services.access import actor_in, actor_on_clause
from negotiation.services.signing_in import SignedIn

View = TypeVar("View", bound=Callable[..., Any])

limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


def install(app: Flask) -> None:
    limiter.init_app(app)


def by_person() -> str:
    """Each person their own count, so that colleagues behind one address don't block each other."""
    person = person_or_none()
    return person.person_id if person else get_remote_address()


def by_account() -> str:
    """The account a sign-in names, whether it exists or not."""
    return request.form.get("email", "").strip().lower()[:254]


def by_party() -> str:
    """The party for which the person acts at the table that the address names: all its members count together. Whoever
    has no seat there counts alone."""
    person, named = person_or_none(), request.view_args or {}
    if person is None:
        return by_person()
    try:
        with current_store().reading() as session:
            return f"party {_acting(session, person, named).party_id}"
    except NotFound:
        pass
    return by_person()


def _acting(session: Session, person: SignedIn, named: Mapping[str, str]) -> Actor:
    """Raises NotFound, also for an address that names no table."""
    here, seat = person.person_id, person.authentication
    if "negotiation_id" in named:
        return actor_in(session, named["negotiation_id"], person_id=here, authentication=seat)
    if "clause_id" in named:
        return actor_on_clause(session, named["clause_id"], person_id=here, authentication=seat)
    raise NotFound()


WORDS_PER_MINUTE = "60 per minute"
words = limiter.shared_limit(WORDS_PER_MINUTE, scope="words", key_func=by_person)
"""On what people say: comments, messages and tasks are counted together, each person's alone (trust T24)."""


def _says_something() -> bool:
    return request.form.get("move") in ("comment", "answer", "question")


talk = limiter.shared_limit(
    WORDS_PER_MINUTE, scope="words", key_func=by_person, exempt_when=lambda: not _says_something()
)
"""The same where moves of every kind are sent: those that only say something."""

MOVES_PER_MINUTE = "60 per minute"
MOVES_OF_A_PARTY = "240 per minute"
"""Several people of one party work at once, and four of them never reach it by hand; no number of accounts lets a party
take the machine from the others (trust T24). One gesture on a whole contract is one request, and counts once."""

_of_person = limiter.shared_limit(MOVES_PER_MINUTE, scope="moves", key_func=by_person, exempt_when=_says_something)
_of_party = limiter.shared_limit(MOVES_OF_A_PARTY, scope="parties", key_func=by_party, exempt_when=_says_something)


def gestures(view: View) -> View:
    """On whatever makes a move, shapes the contract or its templates, or decides who sits: each person's count, and his
    party's."""
    limited: View = _of_party(_of_person(view))  # type: ignore[assignment]
    return limited


searches = limiter.limit("60 per minute", key_func=by_person)
"""On search: more than anybody types, less than a script that guesses words (trust T24)."""
