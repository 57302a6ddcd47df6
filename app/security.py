"""What every answer carries and every request must show: headers, origin, policy action.

One layer around the whole application sets the headers, so that a page, a file, a socket's polling and an error all
have them (trust 3.4). Sources: trust T9, T17, T18, S1.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from secure import (
    CacheControl,
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)

from app.config import Settings
from app.signin.session import current_person
from negotiation.errors import InvalidInput, NotFound, Refusal
from negotiation.rules.policy import OPEN_TO, OpenTo
from negotiation.rules.vocabulary import Action

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

View = TypeVar("View", bound=Callable[..., Any])

LARGEST_REQUEST = 2_000_000
"""Bytes; a view that takes files says more with `takes_up_to`."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
ONE_YEAR = 365 * 24 * 3600


class ForeignOrigin(Refusal):
    """The request was written by another site's page."""

    code = "foreign_origin"


def serves(action: Action) -> Callable[[View], View]:
    """Mark a view with its policy action; whoever isn't signed in is sent to sign in, unless it is open to anybody.

    Rights in a negotiation are asked by the service or query that the view calls.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def served(*args: Any, **kwargs: Any) -> Any:
            if OPEN_TO.get(action) is not OpenTo.ANYBODY:
                current_person()
            return view(*args, **kwargs)

        served.navette_action = action  # type: ignore[attr-defined]
        return served  # type: ignore[return-value]

    return mark


def takes_up_to(size: int) -> Callable[[View], View]:
    """Let a view read a request of more than `LARGEST_REQUEST` bytes. Goes above `serves`."""

    def mark(view: View) -> View:
        view.navette_largest = size  # type: ignore[attr-defined]
        return view

    return mark


def origin_is_ours(environ: "WSGIEnvironment", settings: Settings) -> bool:
    """Whether a page of this instance sent this.

    A browser names the origin on everything but plain reading; where it doesn't, it says at least how far the request
    came from. What says neither isn't a browser's cross-site request.
    """
    origin = environ.get("HTTP_ORIGIN")
    near = environ.get("HTTP_SEC_FETCH_SITE")
    if origin is not None and origin != "null":
        return origin.lower() in settings.origins
    if near is not None:
        return near == "same-origin" or (near == "none" and origin is None)
    return origin is None


def install(app: Flask, settings: Settings) -> None:
    """Requests are checked before anything reads their form; answers get their headers last."""
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        TRUSTED_HOSTS=settings.hosts,
        SESSION_COOKIE_NAME=cookie_name("navette-form", settings),
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A token lasts as long as the session it is bound to; where forms come from is checked below, by origin.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.before_request(_refuse_foreign_writing)
    app.before_request(_allow_announced_size)
    app.before_request(_refuse_nul)


def cookie_name(name: str, settings: Settings) -> str:
    """`__Host-` binds a cookie to this host over HTTPS; browsers refuse the prefix over plain HTTP."""
    return f"__Host-{name}" if settings.is_https else name


class SecurityHeaders:
    """WSGI: sets on every answer the headers it doesn't have yet."""

    def __init__(self, application: "WSGIApplication", settings: Settings) -> None:
        self.application = application
        self.headers = dict(_headers(settings))

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            missing = [(name, value) for name, value in self.headers.items() if name.lower() not in present]
            return start_response(status, headers + missing, *failure)

        return self.application(environ, start)


def _headers(settings: Settings) -> Iterable[tuple[str, str]]:
    sockets = sorted(origin.replace("http", "ws", 1) for origin in settings.origins)
    policy = (
        ContentSecurityPolicy()
        .default_src("'self'")
        .script_src("'self'")
        .style_src("'self'")
        .img_src("'self'", "data:")
        .font_src("'self'")
        .connect_src("'self'", *sockets)
        .object_src("'none'")
        .base_uri("'none'")
        .frame_ancestors("'none'")
        .form_action("'self'")
    )
    nothing_of_the_machine = PermissionsPolicy()
    for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing_topics"):
        getattr(nothing_of_the_machine, feature)()
    secure = Secure(
        csp=policy,
        # Pages allow themselves `same-origin` in a <meta>, or their forms would name no origin; nobody else gets more.
        referrer=ReferrerPolicy().set("no-referrer"),
        cache=CacheControl().set("no-store"),
        coop=CrossOriginOpenerPolicy().set("same-origin"),
        corp=CrossOriginResourcePolicy().set("same-origin"),
        permissions=nothing_of_the_machine,
        xcto=XContentTypeOptions().set("nosniff"),
        xfo=XFrameOptions().set("DENY"),
        hsts=StrictTransportSecurity().set(f"max-age={ONE_YEAR}; includeSubDomains") if settings.is_https else None,
    )
    return [(header.header_name, header.header_value) for header in secure.headers_list]


def _refuse_foreign_writing() -> None:
    if request.method not in READING and not origin_is_ours(request.environ, current_app.extensions["settings"]):
        raise ForeignOrigin()


def _allow_announced_size() -> None:
    """Before anything reads the form: the CSRF check does."""
    view = current_app.view_functions.get(request.endpoint or "")
    largest = getattr(view, "navette_largest", None)
    if largest is not None:
        request.max_content_length = largest


def _refuse_nul() -> None:
    """A character that no keyboard types and that PostgreSQL doesn't keep: an id or an address that holds one is of
    nothing. Raises NotFound, InvalidInput."""
    if "\0" in request.path or any("\0" in value for value in request.args.values()):
        raise NotFound()
    for name, values in request.form.lists():
        if any("\0" in value for value in values):
            raise InvalidInput(field=name)


def local_path(wanted: str | None) -> str:
    """Where to go next when it is a page of ours, else the home page: a link may carry anything."""
    given = wanted or ""
    parts = urlsplit(given)
    is_path = given.startswith("/") and not given.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return given if is_path and given.isprintable() and "\\" not in given else "/"
