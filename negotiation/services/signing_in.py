"""Signing in: single-use links, passwords, and sessions that live in the database.

Only hashes of tokens are kept, so that a copy of the database opens nothing. Hashing a password takes some 50 ms of
processor: `check_password` and `hash_of` touch no database, so that the caller can run them away from everybody else.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from pwdlib import PasswordHash
from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select, update
from sqlmodel import Session, col

from negotiation.errors import (
    NotAllowed,
    NotFound,
    PasswordRequired,
    SessionEnded,
    SigninLinkDead,
    WeakPassword,
    WrongPassword,
)
from negotiation.rules.policy import Authentication, Method
from negotiation.store.columns import now
from negotiation.store.people import Member, Person, SigninLink, SigninSession
from negotiation.store.prepared import Question
from negotiation.store.unit_of_work import UnitOfWork

LINK_LIFETIME = timedelta(days=2)
SESSION_LIFETIME = timedelta(days=7)
"""Binding acts ask for a recent sign-in besides: see `policy.FRESHNESS_SECONDS`."""
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
"""Characters."""
CARRIED = "remis-"
"""How the token of a link begins that somebody else passes on: being part of the token, it can't be taken off."""

_HASHER = PasswordHash.recommended()


@dataclass(frozen=True)
class SignedIn:
    """A person whose session is open now."""

    person_id: str
    email: str
    authentication: Authentication
    session_id: str


@dataclass(frozen=True)
class Opened:
    """A session just opened or confirmed. `token` is for the person's browser, and kept nowhere else."""

    token: str
    session_id: str
    person_id: str
    expires_at: datetime


@dataclass(frozen=True)
class Account:
    """What a password is checked against. `person_id` is None for an address nobody has."""

    person_id: str | None
    password_hash: str | None


def make_signin_link(uow: UnitOfWork, email: str, *, lifetime: timedelta = LINK_LIFETIME) -> str:
    """The token of a new link that opens this account once. Raises NotFound."""
    person = uow.session.execute(select(Person).where(col(Person.email) == _address(email))).scalar_one_or_none()
    if person is None:
        raise NotFound()
    token = secrets.token_urlsafe(32)
    uow.session.add(SigninLink(person_id=person.id, token_hash=_digest(token), expires_at=now() + lifetime))
    return token


def make_carried_link(uow: UnitOfWork, member: Member, *, lifetime: timedelta) -> str:
    """The token of a link that whoever invites passes on, where the instance sends no mail.

    Nothing proves that its bearer owns the address. So it opens this one seat, and only for two bearers: somebody at an
    account that nobody ever entered and that has no other seat, and whoever is signed in at the account already. The
    account stays confined to the seats whose links were opened there (see `access.actor_in`) until a link that reaches
    the address itself opens it: else whoever invites an address could sit where others invite it, now or later.
    """
    token = CARRIED + secrets.token_urlsafe(32)
    uow.session.add(
        SigninLink(
            person_id=member.person_id, member_id=member.id, token_hash=_digest(token), expires_at=now() + lifetime
        )
    )
    return token


def enter_tables(uow: UnitOfWork, person_id: str) -> None:
    """Whoever was invited and is here now has entered: the first time is kept. A confined account enters nothing by
    being there."""
    free = select(col(Person.id)).where(col(Person.id) == person_id, col(Person.confined).is_(False))
    awaited = (
        col(Member.person_id).in_(free),
        col(Member.invited_at).is_not(None),
        col(Member.joined_at).is_(None),
        col(Member.left_at).is_(None),
    )
    uow.session.execute(update(Member).where(*awaited).values(joined_at=now()))


def link_is_open(session: Session, token: str, *, person_id: str | None = None) -> bool:
    """Whether the link would still open something, for whoever is signed in as `person_id`."""
    opens = session.execute(_open_link(token)).first() or (person_id and _own_seat(session, token, person_id))
    return bool(opens)


def open_link(uow: UnitOfWork, token: str) -> Opened:
    """Use the link up and open a session. Raises SigninLinkDead: used, expired or never made, one answer."""
    link = uow.session.execute(_open_link(token).with_for_update()).scalar_one_or_none()
    if link is None:
        raise SigninLinkDead()
    link.used_at = now()
    if token.startswith(CARRIED):
        uow.session.get_one(Person, link.person_id).confined = True
        _enter_seat(uow, link)
    else:
        _free(uow, link.person_id)
    uow.session.flush()
    return open_session(uow, link.person_id, method=Method.LINK)


def take_seat(uow: UnitOfWork, token: str, *, person_id: str) -> bool:
    """Enter the seat of a link passed on to somebody who is signed in already; False when it is no such link."""
    link = _own_seat(uow.session, token, person_id)
    if link is None:
        return False
    link.used_at = now()
    _enter_seat(uow, link)
    return True


def _own_seat(session: Session, token: str, person_id: str) -> SigninLink | None:
    query = _unused(token).where(col(SigninLink.person_id) == person_id, _seat_awaits())
    found: SigninLink | None = session.execute(query).scalar_one_or_none()
    return found


def _enter_seat(uow: UnitOfWork, link: SigninLink) -> None:
    uow.session.execute(update(Member).where(col(Member.id) == link.member_id).values(joined_at=now()))


def _free(uow: UnitOfWork, person_id: str) -> None:
    """The link came to the address, or from the host: whoever opens it owns the account. Whoever had entered it by a
    link passed on loses what he had there: his sessions and the password that he chose."""
    confined = (col(Person.id) == person_id, col(Person.confined).is_(True))
    freed = uow.session.execute(update(Person).where(*confined).values(confined=False, password_hash=None))
    if freed.rowcount:  # type: ignore[attr-defined]
        former = (col(SigninSession.person_id) == person_id, col(SigninSession.ended_at).is_(None))
        uow.session.execute(update(SigninSession).where(*former).values(ended_at=now()))


def account_of(session: Session, email: str) -> Account:
    """What to check a password against, whether the address is known or not."""
    query = select(col(Person.id), col(Person.password_hash)).where(col(Person.email) == _address(email))
    row = session.execute(query).one_or_none()
    return Account(row.id, row.password_hash) if row else Account(None, None)


def check_password(account: Account, password: str) -> str:
    """The person's id when the password is theirs. Raises WrongPassword, after the same time whatever is wrong."""
    expected = account.password_hash or _nobodys_hash()
    matches = len(password) <= LONGEST_PASSWORD and _HASHER.verify(_spelled(password), expected)
    if not matches or account.person_id is None or account.password_hash is None:
        raise WrongPassword()
    return account.person_id


def hash_of(password: str) -> str:
    """What to keep of a new password. Raises WeakPassword."""
    spelled = _spelled(password)
    if not SHORTEST_PASSWORD <= len(spelled) <= LONGEST_PASSWORD or len(set(spelled)) < SHORTEST_PASSWORD // 2:
        raise WeakPassword(shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)
    return _HASHER.hash(spelled)


def open_session(uow: UnitOfWork, person_id: str, *, method: Method) -> Opened:
    """A new session for a person who was just recognised."""
    token, moment = secrets.token_urlsafe(32), now()
    row = SigninSession(
        person_id=person_id,
        token_hash=_digest(token),
        created_at=moment,
        authenticated_at=moment,
        method=method,
        expires_at=moment + SESSION_LIFETIME,
    )
    uow.session.add(row)
    enter_tables(uow, person_id)
    return Opened(token, row.id, person_id, row.expires_at)


def account_of_session(session: Session, session_id: str) -> Account:
    """The account behind an open session, to confirm its password. Raises SessionEnded; PasswordRequired when the
    account has none yet."""
    query = (
        select(col(Person.id), col(Person.password_hash))
        .join(SigninSession, col(SigninSession.person_id) == Person.id)
        .where(col(SigninSession.id) == session_id, *_is_open())
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise SessionEnded()
    if row.password_hash is None:
        raise PasswordRequired()
    return Account(row.id, row.password_hash)


def confirm_session(uow: UnitOfWork, session_id: str) -> Opened:
    """The person was recognised again, by password: the session becomes recent and its token changes.

    Its id stays, so that other open pages of the same browser go on. Raises SessionEnded.
    """
    row = _locked_session(uow, session_id)
    token = secrets.token_urlsafe(32)
    row.token_hash = _digest(token)
    row.authenticated_at = now()
    row.method = Method.PASSWORD
    enter_tables(uow, row.person_id)
    return Opened(token, row.id, row.person_id, row.expires_at)


def set_first_password(uow: UnitOfWork, session_id: str, password_hash: str) -> Opened:
    """Keep the account's first password (see `hash_of`), and confirm the session with it.

    Raises SessionEnded; NotAllowed when there is a password already.
    """
    row = _locked_session(uow, session_id)
    without = (col(Person.id) == row.person_id, col(Person.password_hash).is_(None))
    changed = uow.session.execute(update(Person).where(*without).values(password_hash=password_hash))
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise NotAllowed()
    return confirm_session(uow, session_id)


def read_session(connection: Connection, token: str) -> SignedIn | None:
    """Who holds this token, when their session is open."""
    return _signed_in(connection, _BY_TOKEN, _digest(token))


def read_session_by_id(connection: Connection, session_id: str) -> SignedIn | None:
    """Whose session this is, when it is open: for a socket, which outlives a change of token."""
    return _signed_in(connection, _BY_ID, session_id)


def still_open(session: Session, session_ids: Iterable[str]) -> frozenset[str]:
    """Those of the sessions that are open."""
    query = select(col(SigninSession.id)).where(col(SigninSession.id).in_(list(session_ids)), *_is_open())
    return frozenset(session.execute(query).scalars())


def sign_out(uow: UnitOfWork, session_id: str) -> None:
    """End the session. Ending it twice changes nothing."""
    open_one = (col(SigninSession.id) == session_id, col(SigninSession.ended_at).is_(None))
    uow.session.execute(update(SigninSession).where(*open_one).values(ended_at=now()))


def _signed_in(connection: Connection, question: Question, named: str) -> SignedIn | None:
    found = question.ask(connection, {"named": named, "now": now()})
    if not found:
        return None
    row = found[0]
    return SignedIn(row.person_id, row.email, Authentication(row.method, row.authenticated_at), row.id)


# They run at every request and every event of a socket.
_OPEN_SESSIONS = (
    select(
        col(SigninSession.id),
        col(SigninSession.person_id),
        col(SigninSession.method),
        col(SigninSession.authenticated_at),
        col(Person.email),
    )
    .join(Person, col(Person.id) == col(SigninSession.person_id))
    .where(col(SigninSession.ended_at).is_(None), col(SigninSession.expires_at) > bindparam("now"))
)
_BY_TOKEN = Question(_OPEN_SESSIONS.where(col(SigninSession.token_hash) == bindparam("named")))
_BY_ID = Question(_OPEN_SESSIONS.where(col(SigninSession.id) == bindparam("named")))


def _open_link(token: str) -> Select[SigninLink]:
    return _unused(token).where(_seat_awaits(), *_nobody_entered()) if token.startswith(CARRIED) else _unused(token)


def _unused(token: str) -> Select[SigninLink]:
    return select(SigninLink).where(
        col(SigninLink.token_hash) == _digest(token),
        col(SigninLink.used_at).is_(None),
        col(SigninLink.expires_at) > now(),
    )


def _seat_awaits() -> ColumnElement[bool]:
    """The seat of the link is still that person's, and nobody took it."""
    seat = select(col(Member.id)).where(
        col(Member.id) == col(SigninLink.member_id),
        col(Member.person_id) == col(SigninLink.person_id),
        col(Member.joined_at).is_(None),
        col(Member.left_at).is_(None),
    )
    return seat.exists()


def _nobody_entered() -> tuple[ColumnElement[bool], ...]:
    """The account of the link has no password, never had a session, and sits at one table at most."""
    person_id = col(SigninLink.person_id)
    password = select(col(Person.password_hash)).where(col(Person.id) == person_id).scalar_subquery()
    sessions = select(col(SigninSession.id)).where(col(SigninSession.person_id) == person_id)
    seats = select(func.count()).select_from(Member).where(col(Member.person_id) == person_id).scalar_subquery()
    return password.is_(None), ~sessions.exists(), seats <= 1


def _is_open() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(SigninSession.ended_at).is_(None), col(SigninSession.expires_at) > now()


def _locked_session(uow: UnitOfWork, session_id: str) -> SigninSession:
    query = select(SigninSession).where(col(SigninSession.id) == session_id, *_is_open()).with_for_update()
    row: SigninSession | None = uow.session.execute(query).scalar_one_or_none()
    if row is None:
        raise SessionEnded()
    return row


def _address(email: str) -> str:
    return email.strip().lower()


def _spelled(password: str) -> str:
    """One spelling, whatever keyboard wrote the accents."""
    return unicodedata.normalize("NFC", password)


def _digest(token: str) -> str:
    """Tokens are random and long: a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _nobodys_hash() -> str:
    """A hash that no password matches, checked so that an unknown address takes as long as a known one."""
    return _HASHER.hash(secrets.token_urlsafe(32))
