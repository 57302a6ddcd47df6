"""How often one may ask. Counted in this process: it is the only one (decision 6)."""

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.signin.session import person_or_none

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


WORDS_PER_MINUTE = "60 per minute"
words = limiter.shared_limit(WORDS_PER_MINUTE, scope="words", key_func=by_person)
"""On what people say: comments, messages and tasks are counted together, each person's alone (trust T24)."""
talk = limiter.shared_limit(
    WORDS_PER_MINUTE,
    scope="words",
    key_func=by_person,
    exempt_when=lambda: request.form.get("move") not in ("comment", "answer", "question"),
)
"""The same where moves of every kind are sent: those that only say something."""

searches = limiter.limit("60 per minute", key_func=by_person)
"""On search: more than anybody types, less than a script that guesses words (trust T24)."""
