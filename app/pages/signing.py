"""Signing what was frozen: here, with a certificate of one's own, or on paper. The page itself is in `closing`."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.limits import gestures
from app.offloading import off_the_loop
from app.pages.closing import field, file_to_keep, keep_what_was_typed
from app.pages.frame import frame_of, reader_in
from app.platform import current_platform
from app.security import serves
from negotiation.errors import Refusal, SignedMeanwhile
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.sealing import keep_lock, locked, signed_file
from negotiation.services.signing import Mandate, Signed, fill_own_field, own_field, sign
from negotiation.store.queries.signatures import version_of, version_to_lock

signing = Blueprint("signing", __name__)
signing.register_error_handler(Refusal, keep_what_was_typed)

TRIES = 3
"""How many times a signature is put again when others signed at the same moment."""


@signing.post("/negociations/<negotiation_id>/signature")
@gestures
@serves(Action.SIGN)
def post_signature(negotiation_id: str) -> ResponseReturnValue:
    for attempt in range(1, TRIES + 1):
        try:
            signed = _sign(negotiation_id)
            break
        except SignedMeanwhile:  # what he agreed to is the text, not the signatures of the others
            if attempt == TRIES:
                raise
    return signed_answer(negotiation_id, signed)


@signing.get("/negociations/<negotiation_id>/versions/<version_id>/signe.pdf")
@serves(Action.READ_TABLE)
def signed_pdf(negotiation_id: str, version_id: str) -> ResponseReturnValue:
    """The sealed file with the signatures put so far: the one to sign next."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        version = version_of(session, negotiation_id, version_id)
        file = signed_file(session, version)
        reference = frame_of(session, actor).negotiation.reference
    return file_to_keep(file.data, kind="application/pdf", name=f"{reference}-{version.number}-signe.pdf")


def signed_answer(negotiation_id: str, signed: Signed) -> ResponseReturnValue:
    """What every way of signing ends with: the count, and the lock once all have signed."""
    if signed.is_complete:
        lock(negotiation_id)
    done = "toutes les parties ont signé." if signed.is_complete else f"signé par {signed.parties} sur {signed.of}."
    flash(f"La signature est enregistrée : {done}", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


def lock(negotiation_id: str) -> None:
    """Close the file that all signed, if it isn't yet."""
    with current_store().reading() as session:
        version = version_to_lock(session, negotiation_id)
        file = signed_file(session, version) if version else None
    if version is None or file is None:
        return
    platform = current_platform()
    added = off_the_loop(locked, file, platform=platform)
    with current_store().unit_of_work() as uow:
        keep_lock(uow, added, platform=platform)


def _sign(negotiation_id: str) -> Signed:
    with current_store().reading() as session:
        found = own_field(session, reader_in(session, negotiation_id), version_id=field("version_id"))
    added = off_the_loop(fill_own_field, found, platform=current_platform()) if found else None
    with current_store().unit_of_work() as uow:
        return sign(
            uow,
            reader_in(uow.session, negotiation_id),
            version_id=field("version_id"),
            seen_hash=field("content_hash"),
            mandate=Mandate(field("mandate"), field("mandate_on")),
            consent=field("consent"),
            added=added,
        )
