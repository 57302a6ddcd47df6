"""The form of what is said, whatever it is said on: whom it names, what it was shown for, whether it is confirmed."""

from flask import request

from negotiation.errors import IllegalMove, NotAllowed, NotFound, RecentSigninRequired, Refusal, SigninRequired
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


def clause_to_choose_again(refusal: Refusal) -> str | None:
    """The clause whose form of choices comes back with the refusal, on the texts that stand now; None where the refusal
    is said on a page of its own: the form would be refused too, or was not sent."""
    said_elsewhere = NotFound | NotAllowed | IllegalMove | SigninRequired | RecentSigninRequired
    if request.method == "GET" or isinstance(refusal, said_elsewhere):
        return None
    return (request.view_args or {}).get("clause_id")


def sent_key() -> str | None:
    """What makes a form sent twice one request (trust T13), drawn when it was shown; anything else there is no key."""
    given = request.form.get("request_key", "")
    return given if len(given) == KEY_LENGTH else None
