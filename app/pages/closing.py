"""Versions et signature: what is still open, who asks for the gel, what was frozen, who signs."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import by_person, gestures, limiter
from app.offloading import off_the_loop
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.pieces import piece
from app.pages.private_history_view import inside_of
from app.pages.signing_view import may, signing_context, terms_context, voided_versions
from app.platform import current_platform
from app.security import serves
from negotiation.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    PasswordRequired,
    RecentSigninRequired,
    Refusal,
    SigninRequired,
    VersionVoided,
    WrongValue,
)
from negotiation.rules.gate import OpenReason
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.exporting import Held, collect_archive, pack_archive, record_export
from negotiation.services.freezing import (
    LastAfterAll,
    Rendered,
    cancel_freeze,
    parties_awaited,
    render_contract,
    request_freeze,
    with_seal,
)
from negotiation.services.sealing import seal_head
from negotiation.services.unfreezing import (
    agree_to_reopen,
    ask_reopening,
    decline_reopening,
    take_back_reopening,
)
from negotiation.store.queries.amendments import AmendmentState, AmendmentView, amendments_to
from negotiation.store.queries.closing import (
    RequestView,
    freeze_requests,
    frozen_pdf,
    frozen_versions,
    in_force,
    reading_copy,
)
from negotiation.store.queries.gate import Gate, OpenPoint, Place, gate_of
from negotiation.store.queries.people import PartyView
from negotiation.store.unit_of_work import UnitOfWork

closing = Blueprint("closing", __name__)

KEPT = ("signer", "mandate", "mandate_on", "consent", "motive", "reopening_reason")
WRONG_FIELDS = {
    "signer": "Donnez le nom et le prénom de la personne qui signe, en 120 caractères au plus.",
    "mandate": "Nommez l’acte qui vous habilite, en 300 caractères au plus.",
    "mandate_on": "Donnez la date de cet acte : elle ne peut pas être à venir.",
    "consent": "Cochez cette phrase : sans elle, il n’y a pas de signature.",
}
WRONG_ELSEWHERE = {
    "signature_id": "Choisissez la personne de votre partie qui a signé.",
    "scan": "Ce fichier n’est ni un PDF, ni une image JPEG ou PNG.",
    "scan_size": "Ce fichier dépasse 20 Mo.",
    "file": "Choisissez le fichier PDF signé.",
    "reason": "Dites pourquoi, en 1 000 caractères au plus : toutes les parties le liront.",
    "to": "Choisissez une personne de votre partie qui a le rôle de signataire.",
    "motive": "Dites pourquoi rouvrir, en 1 000 caractères au plus : toutes les parties le liront.",
    "reopening_reason": "Dites pourquoi ne pas rouvrir, en 1 000 caractères au plus : toutes les parties le liront.",
    "act": "Nommez l’acte de délégation, en 300 caractères au plus.",
    "order": "L’ordre ne change plus dès qu’une partie a demandé le gel : qu’elle retire d’abord sa demande.",
}
"""Of the forms that are not kept: said at the top of the page."""


@dataclass(frozen=True)
class PartPoints:
    """The texts that are not agreed in one part."""

    place: Place | None
    points: tuple[OpenPoint, ...]


@dataclass(frozen=True)
class RequestLine:
    """Where a party stands. `is_current`: its request speaks of the text that stands now."""

    party: PartyView
    request: RequestView | None
    is_current: bool


@closing.get("/negociations/<negotiation_id>/versions")
@serves(Action.READ_TABLE)
def show_versions(negotiation_id: str) -> ResponseReturnValue:
    return rendered("versions/versions.html", negotiation_id)


@closing.get("/negociations/<negotiation_id>/versions/fragment")
@piece
@serves(Action.READ_TABLE)
def versions_fragment(negotiation_id: str) -> ResponseReturnValue:
    """The sheet alone, for a page that learns of a change."""
    return rendered("versions/_sheet.html", negotiation_id)


@closing.post("/negociations/<negotiation_id>/gel")
@gestures
@serves(Action.REQUEST_FREEZE)
def post_freeze(negotiation_id: str) -> ResponseReturnValue:
    """Ask for the gel, or take the request back. The PDF is made before the writing transaction."""
    match request.form.get("act"):
        case "request":
            frozen = _request(negotiation_id)
            flash("Le contrat est figé. Plus un mot ne change, sauf par avenant." if frozen else ASKED, "done")
        case "cancel":
            with current_store().unit_of_work() as uow:
                cancel_freeze(uow, reader_in(uow.session, negotiation_id))
            flash("Votre demande de gel est retirée.", "done")
        case _:
            with current_store().reading() as session:
                require(reader_in(session, negotiation_id), Action.REQUEST_FREEZE)
            raise InvalidInput(field="act")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


@closing.post("/negociations/<negotiation_id>/rouvrir")
@gestures
@serves(Action.REQUEST_FREEZE)
def post_reopening(negotiation_id: str) -> ResponseReturnValue:
    """Ask for a frozen version that nobody signed to be reopened, or answer who asks."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        flash(_reopen(uow, actor, field("version_id")), "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id))


def _reopen(uow: UnitOfWork, actor: Actor, version_id: str) -> str:
    """What was done, in words."""
    match request.form.get("act"):
        case "ask":
            is_open = ask_reopening(uow, actor, version_id=version_id, motive=field("motive"))
            return _reopened(uow, actor) if is_open else REOPENING_ASKED
        case "agree":
            is_open = agree_to_reopen(uow, actor, version_id=version_id)
            return _reopened(uow, actor) if is_open else CONSENTED
        case "decline":
            decline_reopening(uow, actor, version_id=version_id, reason=field("reopening_reason"))
            return "Votre refus est enregistré, avec son motif. La version reste figée."
        case "withdraw":
            take_back_reopening(uow, actor, version_id=version_id)
            return "C’est retiré. La version reste figée."
        case _:
            require(actor, Action.REQUEST_FREEZE)
            raise InvalidInput(field="act")


def _reopened(uow: UnitOfWork, actor: Actor) -> str:
    """The head that says so is vouched for, as at the gel."""
    seal_head(uow, actor.negotiation_id, platform=current_platform())
    return REOPENED


REOPENED = "La version est annulée et la négociation rouverte : tout s’écrit de nouveau. Son PDF reste lisible ici."
CONSENTED = "Votre partie consent à rouvrir. Une autre doit encore répondre."
REOPENING_ASKED = "Votre demande de rouvrir est enregistrée. Chaque autre partie doit y consentir."
ASKED = "Votre demande de gel est enregistrée. Le contrat sera figé quand chaque partie l’aura demandé."


@closing.get("/negociations/<negotiation_id>/versions/<version_id>/contrat.pdf")
@serves(Action.READ_TABLE)
def contract_pdf(negotiation_id: str, version_id: str) -> ResponseReturnValue:
    """The very bytes that were frozen."""
    return _frozen_file(negotiation_id, version_id, frozen_pdf, name="")


@closing.get("/negociations/<negotiation_id>/versions/<version_id>/lecture.pdf")
@serves(Action.READ_TABLE)
def reading_pdf(negotiation_id: str, version_id: str) -> ResponseReturnValue:
    """The same text, tagged, as it was before its seal: to be read, and no proof."""
    return _frozen_file(negotiation_id, version_id, reading_copy, name="-lecture")


def _frozen_file(
    negotiation_id: str, version_id: str, read: Callable[[Session, str, str], bytes], *, name: str
) -> Response:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        pdf = read(session, negotiation_id, version_id)
        frame = frame_of(session, actor)
        number = next(it.number for it in frozen_versions(session, negotiation_id) if it.id == version_id)
    return file_to_keep(pdf, kind="application/pdf", name=f"{frame.negotiation.reference}-{number}{name}.pdf")


@closing.post("/negociations/<negotiation_id>/archive")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def post_archive(negotiation_id: str) -> ResponseReturnValue:
    """The archive of proof, as this reader may see it, or as every party may. That it was made is recorded inside the
    reader's party."""
    held = Held.SHARED if request.form.get("held") == Held.SHARED else Held.ALL
    with current_store().unit_of_work() as uow:
        content = collect_archive(uow, reader_in(uow.session, negotiation_id), held=held)
    archive = off_the_loop(pack_archive, content, current_platform().keys)
    with current_store().unit_of_work() as uow:
        record_export(uow, reader_in(uow.session, negotiation_id), archive)
    reference = content.negotiation["reference"]
    name = f"{reference}-preuve{'-partagee' if held is Held.SHARED else ''}.zip"
    return file_to_keep(archive.data, kind="application/zip", name=name)


@closing.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason and every typed word."""
    elsewhere = NotFound | NotAllowed | SigninRequired | RecentSigninRequired | PasswordRequired
    if request.method == "GET" or isinstance(refusal, elsewhere):
        return answer(refusal)
    errors = _errors(refusal) if request.endpoint == "signing.post_signature" else {}
    named = str(refusal.detail.get("field", "")) if isinstance(refusal, InvalidInput) else ""
    page = rendered(
        "versions/versions.html",
        (request.view_args or {})["negotiation_id"],
        kept={name: field(name) for name in KEPT},
        errors=errors,
        refusal=None if errors else {**WRONG_FIELDS, **WRONG_ELSEWHERE}.get(named) or _sentence(refusal),
    )
    return page, status_of(refusal)


def _request(negotiation_id: str) -> bool:
    """Whether the contract was frozen by this request: the last one awaited is sealed, the others are printed only."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        rendered = render_contract(session, actor, platform=current_platform())
        awaited = parties_awaited(session, negotiation_id, content_hash=rendered.contract.content_hash)
    if awaited - {actor.party_id}:
        with suppress(LastAfterAll):
            return _ask(negotiation_id, replace(rendered, awaits_others=True))
    return _ask(negotiation_id, off_the_loop(with_seal, rendered, current_platform()))


def _ask(negotiation_id: str, rendered: Rendered) -> bool:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        asked = request_freeze(uow, actor, seen_hash=field("content_hash"), rendered=rendered)
    return asked.frozen_version_id is not None


def rendered(template: str, negotiation_id: str, **more: Any) -> str:
    """The page or its sheet; `more`: what a refused form leaves to be said."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        found = {"kept": {}, "errors": {}, "refusal": None} | _closing(session, frame) | more
        return render_template(template, **frame.context("versions", **found))


def _closing(session: Session, frame: Frame) -> dict[str, Any]:
    gate = gate_of(session, frame.negotiation.id)
    every = frozen_versions(session, frame.negotiation.id)
    version = in_force(every)
    texts = [point for point in gate.points if point.reason is OpenReason.TEXT_NOT_AGREED]
    return {
        "gate": gate,
        "open_points": sorted(
            (point for point in gate.points if point.reason is not OpenReason.TEXT_NOT_AGREED),
            key=lambda point: (len(point.code), point.code),
        ),
        "open_texts": _by_part(texts),
        "texts_count": len(texts),
        "version": version,
        "voided": voided_versions(session, frame, every),
        "inside": inside_of(session, frame),
        "may_ask": version is None and may(frame.actor, Action.REQUEST_FREEZE),
        "consolidated": _last_amendment(session, frame) if version else None,
    } | (signing_context(session, frame, version) if version else _asking(session, frame, gate))


def _last_amendment(session: Session, frame: Frame) -> AmendmentView | None:
    """The avenant whose state the contract is at, when the reader sits at its table."""
    signed = [each for each in amendments_to(session, frame.actor) if each.state is AmendmentState.SIGNED]
    return signed[-1] if signed and signed[-1].is_mine else None


def _asking(session: Session, frame: Frame, gate: Gate) -> dict[str, Any]:
    """Before the gel. The fingerprint is that of the contract on the screen, once nothing is open in it."""
    stands = contract_as_it_stands(session, frame.negotiation.id).content_hash if gate.is_open else ""
    made = freeze_requests(session, frame.negotiation.id)
    deciding = [party for party in frame.parties.values() if party.side != "associe"]
    lines = [
        RequestLine(party, found := made.get(party.id), found is not None and found.content_hash == stands)
        for party in deciding
    ]
    mine = next((line for line in lines if line.party.id == frame.actor.party_id), None)
    others = [line for line in lines if line is not mine]
    return {
        "content_hash": stands,
        "requests": lines,
        "mine": mine,
        "is_last": mine is not None and not mine.is_current and all(line.is_current for line in others),
    } | terms_context(session, frame)


def _sentence(refusal: Refusal) -> str:
    """The form of a signatory is gone with a version that was voided: the act that he had named is given back."""
    named = field("mandate").strip() if isinstance(refusal, VersionVoided) else ""
    return sentence_of(refusal) + (f" L’acte que vous aviez nommé : « {named} »." if named else "")


def _by_part(points: Iterable[OpenPoint]) -> tuple[PartPoints, ...]:
    return tuple(PartPoints(place, tuple(found)) for place, found in groupby(points, key=lambda point: point.place))


def _errors(refusal: Refusal) -> dict[str, str]:
    match refusal:
        case InvalidInput() if str(refusal.detail.get("field")) in WRONG_FIELDS:
            field = str(refusal.detail["field"])
            return {field: WRONG_FIELDS[field]}
        case WrongValue():
            return {"mandate_on": sentence_of(refusal)}
        case _:
            return {}


def field(name: str) -> str:
    return request.form.get(name, "")


def file_to_keep(data: bytes, *, kind: str, name: str) -> Response:
    """A file to keep, never shown in the page's own place."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    response = make_response(data)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}"'
    return response
