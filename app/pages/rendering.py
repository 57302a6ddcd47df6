"""A fragment that many ask for at the same moment is written once for those who read the same.

`remembering` keeps what was read; this keeps what was written from it, which costs as much. A writing is shared by the
readers of one party with the same roles, in the burst that follows a move, and only when it holds nothing of one
person: while it is written the reader is an `Anybody`, and whatever asks who reads (a recent message of one's own, a
visa that waits) makes it a writing for one. What forms need is put in when it is handed over: the token of the session,
the key of the request; one's own name is taken out of those whom one may name, and what an author alone may do
(`data-author`) is handed to that author alone. Never for what follows a live draft,
which no history tells of. Measured by `python -m bench live`.
"""

import re
import secrets
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from flask import Flask, render_template, request
from flask_wtf.csrf import generate_csrf

from app.pages.frame import Frame
from app.pages.reader import Anybody, MeAsAnybody, is_for_anybody, writing_for_anybody

_TOKEN = f"jeton-{secrets.token_hex(16)}"
_REQUEST_KEY = f"demande-{secrets.token_hex(16)}"
"""They stand in a shared writing where a form needs its own; nobody can type them, since nobody can guess them."""
_AUTHORS_OWN = re.compile(r'<div data-author="([^"]*)">.*?</div>', re.DOTALL)
"""What the author of recent words may do with them; it holds no other `div`."""


def install(app: Flask) -> None:
    """After Flask-WTF, whose function it stands before."""
    words: dict[str, Any] = {"csrf_token": _token, "request_key": _request_key}
    app.jinja_env.globals.update(words)
    app.context_processor(lambda: words)


def rendered(frame: Frame, template: str, *about: Hashable, context: Callable[[Frame], Mapping[str, Any]]) -> str:
    """The template for this reader, or what it gave a moment ago to a colleague who reads the same.

    `context` must depend on its frame, on the address of the request and on `about`, and on nothing else.
    """
    kept = frame.read("rendered", request.full_path, *about, read=lambda: _for_anybody(frame, template, context))
    if kept is None:
        return render_template(template, **context(frame))
    return _handed(kept, frame.reader_id)


def _for_anybody(frame: Frame, template: str, context: Callable[[Frame], Mapping[str, Any]]) -> str | None:
    """None when it holds something of one person."""
    with writing_for_anybody() as writing:
        anybody = replace(frame, actor=Anybody.like(frame.actor), me=MeAsAnybody.like(frame.me), reader_id="")
        html = render_template(template, **context(anybody))
    return None if writing.names_one else html


def _handed(html: str, reader_id: str) -> str:
    if _TOKEN in html:
        html = html.replace(_TOKEN, generate_csrf())
    first, *others = html.split(_REQUEST_KEY)
    html = first + "".join(f"{uuid4()}{piece}" for piece in others)
    html = _AUTHORS_OWN.sub(lambda own: own[0] if own[1] == reader_id else "", html)
    return re.sub(rf'<li data-reader="{re.escape(reader_id)}">.*?</li>', "", html, flags=re.DOTALL)


def _token() -> str:
    return _TOKEN if is_for_anybody() else generate_csrf()


def _request_key() -> str:
    """What makes a form sent twice one request (trust T13): drawn each time the form is shown."""
    return _REQUEST_KEY if is_for_anybody() else str(uuid4())
