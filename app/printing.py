"""PDFs are typeset beside the event loop; what can't be printed is refused in words."""

from collections.abc import Callable

from app.offloading import off_the_loop
from negotiation.documents.pdf_print import PrintFailure, UnprintableText
from negotiation.errors import PrintFailed, Unprintable


def printed(typeset: Callable[[], bytes]) -> bytes:
    """The bytes of a pure function of `negotiation.documents`. Raises Unprintable, PrintFailed."""
    try:
        return off_the_loop(typeset)
    except UnprintableText as refusal:
        raise Unprintable(character=refusal.character, where=refusal.where) from refusal
    except PrintFailure as failure:
        raise PrintFailed() from failure
