"""The form of what is said, whatever it is said on: whom it names, what it was shown for, whether it is confirmed."""

from flask import request

from negotiation.services.discussing import Writing
from negotiation.services.widening import Sending

KEY_LENGTH = 36
"""Characters of a request key."""


def sending_asked() -> Sending:
    """Whether the person confirmed that more people read this than what was written before."""
    return Sending.KNOWINGLY if request.form.get("confirmed") == "yes" else Sending.AS_BEFORE


def writing_asked(sending: Sending) -> Writing:
    """Whatever is sent as a request key and isn't one counts for none."""
    return Writing(
        mentions=frozenset(request.form.getlist("mention")),
        request_key=sent_key(),
        sending=sending,
    )


def sent_key() -> str | None:
    """What makes a form sent twice one request (trust T13), drawn when it was shown; anything else there is no key."""
    given = request.form.get("request_key", "")
    return given if len(given) == KEY_LENGTH else None
