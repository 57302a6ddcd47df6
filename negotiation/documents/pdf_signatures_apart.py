"""What `pdf_signatures` runs apart: one job on standard input, one answer on standard output, then the end.

Any exception while a file is examined makes its signatures invalid: what pyHanko couldn't follow is never called sound.
"""

import base64
import io
import json
import sys
from collections.abc import Iterator
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import (
    MultivaluedAttributeError,
    NonexistentAttributeError,
    find_cms_attribute_iter,
    find_unique_cms_attribute,
)
from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko.stamp import NoOpStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from negotiation.documents.pdf_signatures import LOCK_FIELD, SEAL_FIELD
from negotiation.documents.pdf_stamps import places_of, stamp_field, unclaim_reading

Job = dict[str, Any]
SILENT_AUTHORITY = "sans horodatage tiers : l’autorité d’horodatage n’a pas répondu"
MOST_SIGNATURES = 40
COVERS: dict[SignatureCoverageLevel | None, str] = {
    SignatureCoverageLevel.ENTIRE_FILE: "file",
    SignatureCoverageLevel.ENTIRE_REVISION: "revision",
}
CHANGES: dict[ModificationLevel | None, str] = {
    ModificationLevel.NONE: "none",
    ModificationLevel.LTA_UPDATES: "allowed",
}


class _Update(IncrementalPdfFileWriter):
    """An update that adds its signature and nothing else."""

    def _update_meta(self) -> None:
        """What the file says of itself stays as it was printed: that is what makes it PDF/A."""

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """A signature of the kind that PDF 2.0 describes stands in a file of PDF 1.7, which PDF/A-3 asks for."""


def main() -> None:
    job: Job = json.load(sys.stdin)
    pdf = base64.b64decode(job["pdf"])
    match job["do"]:
        case "seal":
            answer = _put(pdf, job, _seal)
        case "fill":
            answer = _put(pdf, job, _fill)
        case _:
            answer = _examined(pdf, job)
    json.dump(answer, sys.stdout)


# ---------------------------------------------------------------------- putting


def _put(pdf: bytes, job: Job, how: Any) -> Job:
    """Signed, with a timestamp when the authority answers, and without when it doesn't."""
    said: Job = {}
    if job["tsa_url"]:
        try:
            signed = how(pdf, job, _authority(job))
            said = _timestamp_of(signed)
        except Exception:  # refused, silent, late, malformed: an authority fails in its own ways
            signed, said = how(pdf, job, None), {"refusal": SILENT_AUTHORITY}
    else:
        signed = how(pdf, job, None)
    if not signed.startswith(pdf):
        return {"refused": "La mise à jour a changé le fichier : rien n’a été gardé."}
    return {"increment": _packed(signed[len(pdf) :]), "timestamp": said}


def _authority(job: Job) -> Any:
    untyped: Any = RequestsHTTPTimeStamper
    return untyped(job["tsa_url"], timeout=job["tsa_seconds"])


def _seal(pdf: bytes, job: Job, timestamper: Any) -> bytes:
    """The lock's own field forbids every change once it is signed."""
    update = _Update(io.BytesIO(pdf))
    fields.append_signature_field(update, fields.SigFieldSpec(SEAL_FIELD))
    places = places_of(update, job["blocks"])
    if places:
        unclaim_reading(update)
    for name in job["fields"]:
        page, box = places.get(name, (0, None))
        seen_as = fields.SigFieldSpec(name, page, box, readable_field_name=name)
        fields.append_signature_field(update, seen_as)
    everything = fields.FieldMDPSpec(fields.FieldMDPAction.ALL)
    lock = fields.SigFieldSpec(LOCK_FIELD, field_mdp_spec=everything, doc_mdp_update_value=fields.MDPPerm.NO_CHANGES)
    fields.append_signature_field(update, lock)
    about = {"certify": True, "docmdp_permissions": fields.MDPPerm.FILL_FORMS}
    return _signed(update, job, timestamper, field=SEAL_FIELD, about=about)


def _fill(pdf: bytes, job: Job, timestamper: Any) -> bytes:
    update, about = _Update(io.BytesIO(pdf)), {"name": job["name"]}
    if job["stamp"]:
        stamp_field(update, job["field"], job["stamp"])
    return _signed(update, job, timestamper, field=job["field"], about=about)


def _signed(update: _Update, job: Job, timestamper: Any, *, field: str, about: Job) -> bytes:
    certificate = _certificate(job["certificate"])
    key = asn1_keys.PrivateKeyInfo.load(pem.unarmor(job["key"].encode())[2])
    untyped: Any = SimpleCertificateStore
    registry = untyped()
    registry.register(certificate)
    signer = signers.SimpleSigner(certificate, key, registry)
    told = signers.PdfSignatureMetadata(
        field_name=field,
        reason=job["reason"],
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        **about,
    )
    drawn = NoOpStampStyle()  # what is seen is drawn before
    pdf_signer = signers.PdfSigner(told, signer=signer, timestamper=timestamper, stamp_style=drawn)
    made = pdf_signer.sign_pdf(update, existing_fields_only=True)
    return bytes(made.getvalue())


def _timestamp_of(signed: bytes) -> Job:
    """What the token in the last signature says (RFC 3161): when, and by whom."""
    *_, last = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    token = next(find_cms_attribute_iter(last.signer_info["unsigned_attrs"], "signature_time_stamp_token"))["content"]
    info = token["encap_content_info"]["content"].parsed
    names = [held.chosen.subject.native.get("common_name", "") for held in token["certificates"]]
    return {"at": info["gen_time"].native.isoformat(), "authority": str(names[0]) if names else ""}


# ---------------------------------------------------------------------- examining


def _examined(pdf: bytes, job: Job) -> Job:
    try:
        found = list(PdfFileReader(io.BytesIO(pdf)).embedded_signatures)
    except Exception:  # a hostile file raises nearly anything
        return {"refused": "Ce PDF ne se lit pas."}
    if len(found) > MOST_SIGNATURES:
        return {"refused": "Ce PDF porte plus de signatures qu’aucun contrat."}
    roots = [_certificate(each) for each in job["authorities"]]
    return {"signatures": list(_each(found, roots))}


def _each(found: list[Any], roots: list[x509.Certificate]) -> Iterator[Job]:
    for embedded in found:
        certificate = None
        try:
            certificate = embedded.signer_cert
            yield {**_told(embedded, certificate), **_judged(embedded, certificate, roots)}
        except Exception as error:
            yield {
                **_told(embedded, certificate),
                **_INVALID,
                "fault": f"elle ne se vérifie pas ({type(error).__name__})",
            }


_INVALID: Job = {
    "is_intact": False,
    "is_known": False,
    "is_revoked": False,
    "covers": "other",
    "changes": "forbidden",
    "at": "",
    "timestamp": "",
}


def _told(embedded: Any, certificate: x509.Certificate | None) -> Job:
    """What the signature says of itself, before anything is believed."""
    return {
        "field": str(embedded.field_name)[:200],
        "signer": _named(certificate.subject) if certificate else "",
        "issuer": _named(certificate.issuer) if certificate else "",
        "serial": format(certificate.serial_number, "x") if certificate else "",
        "certificate_hash": certificate.sha256.hex() if certificate else "",
        "valid_from": certificate.not_valid_before.isoformat() if certificate else "",
        "valid_until": certificate.not_valid_after.isoformat() if certificate else "",
        "cms": _packed(bytes(embedded.pkcs7_content)),
        "fault": "",
    }


def _named(name: x509.Name) -> str:
    """A person or an authority as people name it; the whole name when it has neither."""
    known = name.native
    said = [str(known[part]) for part in ("common_name", "organization_name") if known.get(part)]
    return (", ".join(said) or name.human_friendly)[:300]


def _judged(embedded: Any, certificate: x509.Certificate, roots: list[x509.Certificate]) -> Job:
    """Integrity and coverage by pyHanko; trust only up to the authorities that were given, and nothing is fetched."""
    held = _revocations(embedded)
    status = _validated(embedded, roots, held, mode="soft-fail")
    timestamp = status.timestamp_validity
    level = status.modification_level
    return {
        "is_intact": bool(status.intact and status.valid and status.docmdp_ok is not False),
        "is_known": bool(status.trusted),
        "is_revoked": bool(status.revoked or (held and _validated(embedded, roots, held, mode="require").revoked)),
        "covers": COVERS.get(status.coverage, "other"),
        "changes": CHANGES.get(level, "allowed" if status.docmdp_ok else "forbidden"),
        "at": status.signer_reported_dt.isoformat() if status.signer_reported_dt else "",
        "timestamp": timestamp.timestamp.isoformat() if timestamp and timestamp.intact and timestamp.valid else "",
        "fault": "" if status.seed_value_ok else "elle ne respecte pas ce que son champ demande",
    }


def _validated(embedded: Any, roots: list[x509.Certificate], held: Job, *, mode: str) -> Any:
    """`mode`: whether what is held of revocations must be looked at even when the certificate names no list."""
    return validate_pdf_signature(
        embedded,
        signer_validation_context=ValidationContext(
            trust_roots=[*roots], allow_fetching=False, revocation_mode=mode, **held
        ),
        ts_validation_context=ValidationContext(trust_roots=[], allow_fetching=False),
        key_usage_settings=KeyUsageConstraints(match_all_key_usages=False),
    )


def _revocations(embedded: Any) -> Job:
    """What the signing tool put beside the signature of what the authority had revoked; nobody is asked."""
    try:
        held = find_unique_cms_attribute(embedded.signer_info["signed_attrs"], "adobe_revocation_info_archival")
    except (NonexistentAttributeError, MultivaluedAttributeError):
        return {}
    return {"crls": list(held["crl"] or ()), "ocsps": list(held["ocsp"] or ())}


def _certificate(text: str) -> x509.Certificate:
    data = text.encode()
    return x509.Certificate.load(pem.unarmor(data)[2] if pem.detect(data) else data)


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    main()
