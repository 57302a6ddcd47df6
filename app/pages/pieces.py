"""The pieces that an open page asks for again after a change, in one request: the reader is asked for once.

Each is what its own address answers, by the very view behind it, with its own rights: nothing is served here that isn't
served there. Sixty pages of four pieces are sixty requests; measured by `python -m bench live`.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from flask import Blueprint, current_app, g, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from app.security import serves
from negotiation.errors import InvalidInput, Refusal
from negotiation.rules.vocabulary import Action

pieces = Blueprint("pieces", __name__)

MOST = 12
"""Pieces in one request; a page has five."""

View = TypeVar("View", bound=Callable[..., Any])


def piece(view: View) -> View:
    """Mark a view whose answer is a piece of a page, which may be asked for with others. Goes above `serves`."""
    view.navette_piece = True  # type: ignore[attr-defined]
    return view


@pieces.get("/morceaux")
@serves(Action.LIST_OWN_NEGOTIATIONS)
def several() -> ResponseReturnValue:
    """Each `de` of the address is the address of a piece: for each in order a `template`, with its status and HTML."""
    asked = request.args.getlist("de")
    if len(asked) > MOST:
        raise InvalidInput(field="de")
    g.together = {}
    return Markup("\n").join(_piece(address) for address in asked)


def _piece(address: str) -> Markup:
    """What that address answers, as if it had been asked for alone: the view's rights and its refusals are its own."""
    path, _, query = address.partition("?")
    environ = {key: value for key, value in request.environ.items() if not key.startswith("werkzeug.")}
    # As WSGI spells bytes (PEP 3333).
    environ |= {
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"),
        "REQUEST_METHOD": "GET",
    }
    with current_app.request_context(environ):
        answer = current_app.make_response(_answered())
        if answer.status_code >= 400:
            current_app.process_response(answer)  # who was denied what is told to the operator, here as elsewhere
        html = Markup(answer.get_data(as_text=True))  # HTML already: what the view answers alone
        return Markup('<template data-status="{}">{}</template>').format(answer.status_code, html)


def _answered() -> ResponseReturnValue:
    try:
        refused = current_app.preprocess_request()
        view = current_app.view_functions.get(request.endpoint or "")
        if refused is not None:
            return refused
        if not hasattr(view, "navette_piece"):
            return "", 404
        return current_app.dispatch_request()
    except (HTTPException, Refusal) as refusal:
        return current_app.handle_user_exception(refusal)
