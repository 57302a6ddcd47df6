"""Signing what was frozen: here, with a certificate of one's own, or on paper. The page itself is in `closing`."""

import json
from contextlib import suppress
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.limits import gestures
from app.locking import lock
from app.offloading import off_the_loop
from app.pages.closing import field, file_to_keep, keep_what_was_typed
from app.pages.frame import frame_of, reader_in
from app.platform import current_platform
from app.security import serves, takes_up_to
from negotiation.documents.scans import ENDINGS, LARGEST
from negotiation.errors import InvalidInput, Refusal, SealFailed, SignedMeanwhile
from negotiation.rules.networks import network_class
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.sealing import signed_file
from negotiation.services.signing import Mandate, Signed, fill_own_field, own_field, sign
from negotiation.services.signing_acts import join_act
from negotiation.services.signing_elsewhere import examine_brought, file_to_sign, keep_brought
from negotiation.services.signing_on_paper import bring_paper, confirm_paper, opened_scan
from negotiation.services.signing_terms import decline, delegate, remind, set_terms
from negotiation.store.queries.signatures import act_data, paper_data, rows_of, version_of
from negotiation.verifier import MAX_BYTES

signing = Blueprint("signing", __name__)
signing.register_error_handler(Refusal, keep_what_was_typed)

FORM_ROOM = 100_000
"""Bytes of a request around its file."""
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
    """What every way of signing ends with: the count, and the lock once all have signed; the background tries again
    when that fails, since the signature itself is kept."""
    if signed.is_complete:
        with suppress(SealFailed, SignedMeanwhile):
            lock(negotiation_id)
    done = "toutes les parties ont signé." if signed.is_complete else f"signé par {signed.parties} sur {signed.of}."
    flash(f"La signature est enregistrée : {done}", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


def _sign(negotiation_id: str) -> Signed:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        found = own_field(session, actor, version_id=field("version_id"), signer=field("signer"))
    added = off_the_loop(fill_own_field, found, platform=current_platform()) if found else None
    with current_store().unit_of_work() as uow:
        return sign(
            uow,
            reader_in(uow.session, negotiation_id),
            version_id=field("version_id"),
            seen_hash=field("content_hash"),
            signer=field("signer"),
            mandate=Mandate(field("mandate"), field("mandate_on")),
            consent=field("consent"),
            added=added,
            network=_network(),
        )


# ---------------------------------------------------------------------- signed elsewhere, and on paper


@signing.post("/negociations/<negotiation_id>/signature/fichier")
@takes_up_to(MAX_BYTES + FORM_ROOM)
@gestures
@serves(Action.REQUEST_FREEZE)
def post_signed_file(negotiation_id: str) -> ResponseReturnValue:
    """The current file, brought back with a signature made by another tool."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        file, sealed_by, frozen_size = file_to_sign(session, actor, version_id=field("version_id"))
    brought = off_the_loop(
        examine_brought,
        file,
        _file("file", most=MAX_BYTES),
        sealed_by=sealed_by,
        frozen_size=frozen_size,
        platform=current_platform(),
    )
    with current_store().unit_of_work() as uow:
        signed = keep_brought(uow, reader_in(uow.session, negotiation_id), brought=brought, **_place())
    return signed_answer(negotiation_id, signed)


@signing.post("/negociations/<negotiation_id>/signature/papier")
@takes_up_to(LARGEST + FORM_ROOM)
@gestures
@serves(Action.REQUEST_FREEZE)
def post_paper(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        require(reader_in(session, negotiation_id), Action.REQUEST_FREEZE)
    scan = off_the_loop(opened_scan, _file("scan", most=LARGEST), content_hash=field("content_hash"))
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        bring_paper(uow, actor, scan=scan, signer=field("signed_by"), **_place())
    flash("Le fichier est reçu. La signature comptera quand chaque autre partie l’aura confirmée.", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


@signing.post("/negociations/<negotiation_id>/signature/papier/<paper_id>")
@gestures
@serves(Action.REQUEST_FREEZE)
def post_paper_confirmed(negotiation_id: str, paper_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        signed = confirm_paper(uow, reader_in(uow.session, negotiation_id), paper_id, network=_network())
    if signed is not None:
        return signed_answer(negotiation_id, signed)
    flash("Votre partie confirme cette signature sur papier.", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


@signing.get("/negociations/<negotiation_id>/papiers/<paper_id>")
@serves(Action.READ_TABLE)
def paper(negotiation_id: str, paper_id: str) -> ResponseReturnValue:
    """The scan as it came, to keep and never to be shown in a page."""
    with current_store().reading() as session:
        require(reader_in(session, negotiation_id), Action.READ_TABLE)
        data, media_type = paper_data(session, negotiation_id, paper_id)
    return file_to_keep(data, kind=media_type, name=f"signature-papier.{ENDINGS[media_type]}")


@signing.post("/negociations/<negotiation_id>/signature/acte")
@takes_up_to(LARGEST + FORM_ROOM)
@gestures
@serves(Action.REQUEST_FREEZE)
def post_act(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        require(reader_in(session, negotiation_id), Action.REQUEST_FREEZE)
    scan = off_the_loop(opened_scan, _file("scan", most=LARGEST))
    with current_store().unit_of_work() as uow:
        join_act(
            uow,
            reader_in(uow.session, negotiation_id),
            version_id=field("version_id"),
            seen_hash=field("content_hash"),
            signature_id=field("signature_id"),
            scan=scan,
        )
    flash("L’acte est joint : la preuve de cette signature portera son empreinte.", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


@signing.get("/negociations/<negotiation_id>/actes/<act_id>")
@serves(Action.READ_TABLE)
def act(negotiation_id: str, act_id: str) -> ResponseReturnValue:
    """The act that authorises a signatory, as it came."""
    with current_store().reading() as session:
        require(reader_in(session, negotiation_id), Action.READ_TABLE)
        data, media_type = act_data(session, negotiation_id, act_id)
    return file_to_keep(data, kind=media_type, name=f"acte-de-signature.{ENDINGS[media_type]}")


@signing.get("/negociations/<negotiation_id>/versions/<version_id>/preuves.json")
@serves(Action.READ_TABLE)
def evidence_file(negotiation_id: str, version_id: str) -> ResponseReturnValue:
    """The evidence of every signature given, as the shared history sealed it."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        version = version_of(session, negotiation_id, version_id)
        given = [row.evidence for row in rows_of(session, version_id) if row.signed_on is not None]
        reference = frame_of(session, actor).negotiation.reference
    data = json.dumps({"signatures": given}, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return file_to_keep(data, kind="application/json", name=f"{reference}-{version.number}-preuves.json")


# ---------------------------------------------------------------------- around the signatures


@signing.post("/negociations/<negotiation_id>/signature/refus")
@gestures
@serves(Action.SIGN)
def post_declined(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        decline(uow, reader_in(uow.session, negotiation_id), version_id=field("version_id"), reason=field("reason"))
    flash("Votre refus est enregistré, avec son motif. Toutes les parties le voient.", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


@signing.post("/negociations/<negotiation_id>/signature/delegation")
@gestures
@serves(Action.SIGN)
def post_delegated(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        delegate(
            uow,
            reader_in(uow.session, negotiation_id),
            version_id=field("version_id"),
            to_member_id=field("to"),
            act=field("act"),
        )
    flash("Votre place de signataire est confiée. Toutes les parties le voient.", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


@signing.post("/negociations/<negotiation_id>/signature/rappel")
@gestures
@serves(Action.COMMENT)
def post_reminder(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        remind(uow, reader_in(uow.session, negotiation_id), version_id=field("version_id"))
    flash("Le rappel est fait : les personnes attendues le reçoivent.", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


@signing.post("/negociations/<negotiation_id>/signature/ordre")
@gestures
@serves(Action.REQUEST_FREEZE)
def post_terms(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        set_terms(uow, actor, order=field("order"), every=request.form.getlist("every"))
    flash("La façon de signer est enregistrée : toutes les parties la voient.", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


def _place() -> dict[str, Any]:
    """What the forms that bring a file say of whose signature it is."""
    return {
        "version_id": field("version_id"),
        "seen_hash": field("content_hash"),
        "signature_id": field("signature_id"),
        "mandate": Mandate(field("mandate"), field("mandate_on")),
        "network": _network(),
    }


def _network() -> str:
    return network_class(request.remote_addr)


def _file(name: str, *, most: int) -> bytes:
    """At most a byte more than `most`: what is longer is refused for that. Raises InvalidInput."""
    given = request.files.get(name)
    if given is None or not given.filename:
        raise InvalidInput(field=name)
    data: bytes = given.stream.read(most + 1)
    if len(data) > most:
        raise InvalidInput(field="scan_size" if name == "scan" else name)
    return data
