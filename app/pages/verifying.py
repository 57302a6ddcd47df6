"""Vérifier: anybody, without an account, drops a frozen PDF, what all approved (a relevé, a dialogue, an evaluation)
or an archive, or several that are then compared; none is kept."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address

from app.database import current_store
from app.errors import sentence_of, status_of
from app.limits import limiter
from app.offloading import off_the_loop
from app.platform import current_platform
from app.printing import printed
from app.security import serves, takes_up_to
from negotiation.documents.approved_print import NAMES, print_approved
from negotiation.documents.pdf_attachments import fingerprints_within
from negotiation.documents.pdf_print import print_consolidated
from negotiation.documents.verified_apart import said_apart, verify_apart
from negotiation.errors import InvalidInput, Refusal
from negotiation.rules.vocabulary import Action
from negotiation.services.recognising import consolidated_in, exactly, look_at, report_of
from negotiation.store.queries.amendments import Consolidated
from negotiation.store.queries.closing import (
    KnownApproved,
    approved_with_content,
    bound_since,
    is_recorded_head,
)
from negotiation.store.queries.signatures import State, head_keys
from negotiation.verifier import (
    LOOSE,
    MANIFEST,
    MAX_BYTES,
    NEVER_PROVED,
    Check,
    KeptHead,
    Report,
    read_members,
)

verifying = Blueprint("verifying", __name__)

FORM_ROOM = 100_000
"""Bytes of the request around the file."""
SHARED = "shared"
MOST_FILES = 6
NOT_COMPARED = "il n’a pas pu être comparé aux dossiers déposés avec lui"
LARGEST_SUMMARY = 1_000_000
"""Bytes of what an archive says of its negotiation: what is larger isn't read here, where others work."""
MOST_HEADS, LONGEST_HEADS = 20, 5000
_KEPT = re.compile(r"(?:(shared|authorities|party:[0-9a-f-]{36})=)?([0-9a-f]{64})")
WRONG = {
    "file": (
        "Choisissez un fichier : le PDF d’une version figée, d’un relevé, d’un dialogue ou d’une évaluation approuvés, "
        "ou un dossier de preuve (.zip)."
    ),
    "files": f"Déposez {MOST_FILES} fichiers au plus à la fois.",
    "kind": "Ce fichier n’est ni un PDF, ni un dossier de preuve (.zip), ni une page numérisée (JPEG ou PNG).",
    "damaged": "Ce fichier finit comme un PDF et ne commence pas comme un PDF : ses premiers octets ont changé.",
    "image": "Une page numérisée se compare au dossier de preuve qui la contient : déposez les deux ensemble.",
    "size": "Ces fichiers dépassent 50 Mo ensemble : déposez-en moins à la fois.",
    "one": "Des têtes conservées se comparent à un seul dossier de preuve à la fois.",
    "head": (
        "Une tête compte 64 chiffres ou lettres de a à f. Recopiez chacune en entier, une par ligne, ou laissez ce "
        "champ vide."
    ),
    "heads": f"Comparez {MOST_HEADS} têtes au plus à la fois.",
}


@dataclass(frozen=True)
class Head:
    """Where an archive says that its shared history stops."""

    negotiation_id: str
    sequence: int
    header_hash: str


@dataclass(frozen=True)
class Verdict:
    """What the page shows. `known`: the state of a frozen PDF that it is, or begins
    with; `approved`: the relevé, dialogue or
    evaluation whose approved content the PDF carries, even when the rest of the file was changed; `consolidated`: what
    it calls itself, with that content, though it is no contract, `is_exact` when printing it again gives these bytes;
    `beside`: what it is to the archives given with it, when nothing else is known of it; `recorded`: whether the
    history of the archive is one that this platform recorded, None when there is nothing to compare; `later`: what
    binds that it recorded since, in words."""

    name: str
    size: int
    is_pdf: bool
    report: Report
    known: State | None = None
    approved: KnownApproved | None = None
    consolidated: Consolidated | None = None
    is_exact: bool = False
    beside: str = ""
    recorded: bool | None = None
    later: tuple[str, ...] = ()


@verifying.get("/verifier")
@serves(Action.VERIFY)
def show_verifier() -> ResponseReturnValue:
    return _page()


@verifying.post("/verifier")
@takes_up_to(MAX_BYTES + FORM_ROOM)
@limiter.limit("30 per minute", key_func=get_remote_address)
@serves(Action.VERIFY)
def verify() -> ResponseReturnValue:
    """Each file by itself; of several, then what they say of one another."""
    files = _files()
    archives = [name for name, data in files.items() if not data.startswith(LOOSE)]
    kept = _kept_heads() if archives else []
    if kept and len(archives) > 1:
        raise InvalidInput(field="one")
    if len(files) == 1:
        [(name, data)] = files.items()
        return _page([_of_archive(name, data, kept) if archives else _of_pdf(name, data)])
    said = off_the_loop(said_apart, files, kept) if archives else []
    return _page([_of_one(name, data, kept, said) for name, data in files.items()], said)


@verifying.errorhandler(Refusal)
def say_what_is_wrong(refusal: Refusal) -> ResponseReturnValue:
    field = str(refusal.detail.get("field", "")) if isinstance(refusal, InvalidInput) else ""
    sentence = WRONG.get(field) or sentence_of(refusal)
    return _page(errors={"head" if field in ("head", "heads", "one") else "file": sentence}), status_of(refusal)


def _page(verdicts: Sequence[Verdict] = (), said: Sequence[Check] = (), errors: Mapping[str, str] | None = None) -> str:
    """`said`: what several files say of one another."""
    page = "verifying/verifier.html"
    told = {"verdicts": verdicts, "said": said, "errors": errors or {}, "keys": _own_keys()}
    return render_template(page, place="verify", head=_head(), **told)


def _own_keys() -> tuple[str, ...]:
    """Public keys that sign heads and archives here, those of before first; that in use last."""
    used = current_platform().keys.head_public
    with current_store().reading() as session:
        return (*(key for key in head_keys(session) if key != used), used)


def _files() -> dict[str, bytes]:
    """The files by their own names, which may be alike. Raises InvalidInput."""
    given = [each for each in request.files.getlist("file") if each.filename]
    if not given:
        raise InvalidInput(field="file")
    if len(given) > MOST_FILES:
        raise InvalidInput(field="files")
    files: dict[str, bytes] = {}
    left = MAX_BYTES
    for number, each in enumerate(given, start=1):
        data = each.stream.read(left + 1)
        left -= len(data)
        if left < 0:
            raise InvalidInput(field="size")
        if not data.startswith((*LOOSE, b"PK")):
            raise InvalidInput(field="damaged" if b"%%EOF" in data[-1024:] else "kind")
        name = str(each.filename)[:120]
        files[f"{name} ({number})" if name in files else name] = data
    if all(data.startswith(LOOSE) for data in files.values()) and any(
        data.startswith(LOOSE[1:]) for data in files.values()
    ):
        raise InvalidInput(field="image")
    return files


def _of_one(name: str, data: bytes, kept: Sequence[KeptHead], said: Sequence[Check]) -> Verdict:
    """One file among several. A PDF unknown here, or a scan, is what the archives given with it say."""
    if not data.startswith(LOOSE):
        return _of_archive(name, data, kept)
    beside = next((check for check in said if check.label == name), Check(name, False, NOT_COMPARED))
    verdict = _of_pdf(name, data) if data.startswith(b"%PDF-") else None
    if verdict and (verdict.known or verdict.approved or verdict.consolidated or not beside.ok):
        return verdict
    fingerprint = hashlib.sha256(data).hexdigest()
    told = Check("Fichier", beside.ok, beside.detail)
    proves = [f"Ce fichier est {beside.detail}."]
    whole = Report(beside.ok, [told], None if beside.ok else beside.detail, proves, [*NEVER_PROVED], fingerprint)
    return Verdict(name, len(data), is_pdf=True, report=whole, beside=beside.detail)


def _kept_heads() -> list[KeptHead]:
    """The heads that the person kept, if any; a fingerprint may be broken anywhere. Raises InvalidInput."""
    written = "".join(_head().lower().replace("--head", "").split())
    found, at = [], 0
    while at < len(written):
        kept = _KEPT.match(written, at)
        if kept is None:
            raise InvalidInput(field="head")
        found.append((kept[1] or "", kept[2]))
        at = kept.end()
    if len(found) > MOST_HEADS:
        raise InvalidInput(field="heads")
    return found


def _head() -> str:
    return request.form.get("head", "")[:LONGEST_HEADS]


def _of_pdf(name: str, data: bytes) -> Verdict:
    """A known state of a contract; else what was approved and is printed again; else what was done to it."""
    look, within = off_the_loop(look_at, data), off_the_loop(fingerprints_within, data)
    with current_store().reading() as session:
        report, state = report_of(session, look, within)
        approved = None if state else approved_with_content(session, within)
        amended = None if state else consolidated_in(session, look, within)
    if approved is not None:
        return _of_approved(name, data, approved)
    is_exact = amended is not None and _consolidated(amended) == data
    return Verdict(name, len(data), is_pdf=True, report=report, known=state, consolidated=amended, is_exact=is_exact)


def _consolidated(told: Consolidated) -> bytes:
    """It isn't kept either: printed again, it has the same bytes."""
    around = {"date": told.frozen_on.isoformat()}
    content, fingerprint = json.loads(told.content), told.content_hash
    return printed(
        lambda: print_consolidated(content, fingerprint=fingerprint, label=told.label, kind="frozen", around=around)
    )


def _of_approved(name: str, data: bytes, approved: KnownApproved) -> Verdict:
    """The PDF of a relevé, of a dialogue or of an evaluation isn't kept: printed again from what was approved, it has
    the same bytes."""
    pdf = printed(partial(print_approved, approved.kind, approved.content, fingerprint=approved.content_hash))
    labels = {hashlib.sha256(pdf).hexdigest(): f"{NAMES[approved.kind]} « {approved.content['title']} »"}
    return Verdict(name, len(data), is_pdf=True, report=exactly(data, labels), approved=approved)


def _of_archive(name: str, data: bytes, kept: Sequence[KeptHead]) -> Verdict:
    report, head = off_the_loop(_examined, data, kept)
    if head is None:
        return Verdict(name, len(data), is_pdf=False, report=report)
    with current_store().reading() as session:
        recorded = is_recorded_head(session, head.negotiation_id, sequence=head.sequence, header_hash=head.header_hash)
        later = bound_since(session, head.negotiation_id, head.sequence) if recorded else ()
    return Verdict(name, len(data), is_pdf=False, report=report, recorded=recorded, later=later)


def _examined(data: bytes, kept: Sequence[KeptHead]) -> tuple[Report, Head | None]:
    """The verifier's own report, and where the shared history of a sound archive stops."""
    report = verify_apart(data, kept)
    if not report.ok:
        return report, None
    members = read_members(data)
    stop = json.loads(members[MANIFEST])["heads"].get(SHARED)
    if stop is None or len(members["negociation.json"]) > LARGEST_SUMMARY:
        return report, None
    return report, Head(json.loads(members["negociation.json"])["id"], stop["seq"], stop["hash"])
