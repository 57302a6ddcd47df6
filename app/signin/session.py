"""The person behind this request: a cookie holds a random token, everything else is in the database, read each time."""

from typing import Any

from flask import Flask, Response, current_app, g, request, session
from itsdangerous import BadSignature, URLSafeSerializer

from app.config import Settings
from app.database import current_store
from negotiation.errors import SigninRequired
from negotiation.services.signing_in import Opened, SignedIn, read_session

SOCKET_TOKEN = "socket-token"


def current_person() -> SignedIn:
    """Who is signed in. Raises SigninRequired."""
    person = person_or_none()
    if person is None:
        raise SigninRequired()
    return person


def person_or_none() -> SignedIn | None:
    """Who is signed in, if anybody: read once a request or socket event, never kept for the next."""
    if "signed_in" not in g:
        token = request.cookies.get(_cookie_name(), "")
        with current_store().asking() as connection:
            g.signed_in = read_session(connection, token) if token else None
    found: SignedIn | None = g.signed_in
    return found


def keep(response: Response, opened: Opened) -> Response:
    """Give the browser the token of a session just opened or confirmed."""
    settings = _settings()
    response.set_cookie(
        _cookie_name(),
        opened.token,
        expires=opened.expires_at,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def renew() -> None:
    """Void every older form token: what was planted or read before a sign-in is worth nothing after it."""
    session.clear()


def forget(response: Response) -> Response:
    """Take the token back, and what the browser kept of pages. Unsent words stay: the editor empties its own store."""
    response.delete_cookie(_cookie_name(), path="/", secure=_settings().is_https, httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def socket_token(session_id: str) -> str:
    """What a page shows to open a socket: another site can make a browser send its cookie, never this."""
    return str(_signer().dumps(session_id))


def session_of_socket_token(token: object) -> str | None:
    """The session the token was made for, when it was made here."""
    try:
        return str(_signer().loads(token)) if isinstance(token, str) else None
    except BadSignature:
        return None


def install(app: Flask) -> None:
    app.context_processor(_signed_in_context)


def _signed_in_context() -> dict[str, Any]:
    """What the layout shows of the reader where no page says more."""
    person = person_or_none()
    if person is None:
        return {"me": None, "socket_token": ""}
    me = {"id": person.person_id, "name": person.email, "email": person.email, "role": "", "party": None}
    return {"me": me, "socket_token": socket_token(person.session_id)}


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _cookie_name() -> str:
    return "__Host-navette" if _settings().is_https else "navette"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=SOCKET_TOKEN)
