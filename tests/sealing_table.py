"""A contract frozen and signed by clicks, as its seal wants it: the page seals, the services alone don't."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.crl import CertificateList
from asn1crypto.pdf import RevocationInfoArchival
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from flask import Flask
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.general import simple_cms_attribute
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from sqlalchemy import select
from sqlmodel import col

from negotiation.services.signing import consent_text
from negotiation.store.people import Party
from negotiation.store.record import FrozenVersion
from tests.builders import Person, Table
from tests.closing_table import MANDATE, SIGNER
from tests.visitors import Visitor


def sits(app: Flask, email: str) -> Visitor:
    """Signed in."""
    return Visitor(app).enter(email)


def gel_by_clicks(app: Flask, table: Table) -> None:
    for person in (table.og.dg, table.ars.dg, table.cd.sign):
        visitor = sits(app, person.email).choose_password()
        page = visitor.get(f"/negociations/{table.id}/versions").text
        seen = re.search(r'name="content_hash" value="(\w{64})"', page)
        assert seen, page
        sent = visitor.post(f"/negociations/{table.id}/gel", {"act": "request", "content_hash": seen[1]})
        assert sent.status_code == 302, sent.text


def the_version(table: Table) -> FrozenVersion:
    with table.store.reading() as session:
        query = select(FrozenVersion).where(col(FrozenVersion.negotiation_id) == table.id)
        version: FrozenVersion = session.execute(query).scalar_one()
        return version


def signature_fields(table: Table, person: Person, **more: Any) -> dict[str, Any]:
    version = the_version(table)
    with table.store.reading() as session:
        name = session.get_one(Party, person.member.party_id).name
    return {
        "version_id": version.id,
        "content_hash": version.content_hash,
        "signer": SIGNER,
        "mandate": MANDATE.reference,
        "mandate_on": MANDATE.on,
        "consent": consent_text(name, version.content_hash),
        **more,
    }


def click_signature(app: Flask, person: Person) -> str:
    """The page that follows the first signature of somebody who has no password yet."""
    table = person.table
    visitor = sits(app, person.email)
    visitor = (
        visitor if "choisir" not in visitor.get("/connexion/confirmer").text.lower() else visitor.choose_password()
    )
    sent = visitor.post(f"/negociations/{table.id}/signature", signature_fields(table, person))
    assert sent.status_code == 302, sent.text
    return visitor.get(sent.headers["Location"]).text


class _WithRevocations(SimpleSigner):
    """A signer that puts his authority's list of revoked certificates beside his signature."""

    crl: CertificateList

    async def signed_attrs(self, *given: Any, **more: Any) -> Any:
        attributes = await super().signed_attrs(*given, **more)
        held = RevocationInfoArchival({"crl": [self.crl]})
        attributes.append(simple_cms_attribute("adobe_revocation_info_archival", held))
        return attributes


def sign_elsewhere(pdf: bytes, key: Path, *, field: str | None = None, crl: bytes = b"") -> bytes:
    """The file, signed by another tool with somebody's own certificate (PEM: key, certificate). `crl`: DER."""
    signer: Any = SimpleSigner.load(str(key), str(key))
    if crl:
        signer = _WithRevocations(signer.signing_cert, signer.signing_key, signer.cert_registry)
        signer.crl = CertificateList.load(crl)
    told = PdfSignatureMetadata(field_name=field or "Autre champ", md_algorithm="sha256")
    update = IncrementalPdfFileWriter(io.BytesIO(pdf))
    signed = PdfSigner(told, signer=signer).sign_pdf(update, existing_fields_only=field is not None)
    return bytes(signed.getvalue())


def a_certificate(folder: Path, name: str = "Directrice générale", *, days: int = 30) -> tuple[Path, Path]:
    """A test authority, and the key and certificate of somebody that it certified: (person, authority) in PEM.

    The person's holds for these days more; beside them `revoked.crl` is the list where the authority revokes it."""
    now, keys = datetime.now(UTC), [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("Autorité d’essai", name)]
    files = []
    for rank, (key, subject) in enumerate(zip(keys, names, strict=True)):
        uses = dict.fromkeys(
            ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
        )
        usage = x509.KeyUsage(
            digital_signature=rank == 1,
            content_commitment=rank == 1,
            key_cert_sign=rank == 0,
            crl_sign=rank == 0,
            **uses,
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(names[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=days if rank else 30))
            .add_extension(x509.BasicConstraints(ca=rank == 0, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(keys[0], hashes.SHA256())
        )
        file = folder / f"{rank}.pem"
        pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        held = key.private_bytes(pem, private, serialization.NoEncryption()) if rank else b""
        file.write_bytes(held + certificate.public_bytes(pem))
        files.append(file)
    revoked = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
    crl = x509.CertificateRevocationListBuilder().issuer_name(names[0])
    crl = crl.last_update(now - timedelta(days=2)).next_update(now + timedelta(days=20))
    crl = crl.add_revoked_certificate(revoked.revocation_date(now - timedelta(days=3)).build())
    (folder / "revoked.crl").write_bytes(crl.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    return files[1], files[0]


@contextmanager
def a_timestamp_authority() -> Iterator[tuple[str, str]]:
    """An authority of RFC 3161 on this machine: its address, and one where nothing answers as it should."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Horodatage d’essai")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    held = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    stamper = DummyTimeStamper(held, asn1_keys.PrivateKeyInfo.load(private))

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            known = self.path == "/tsa"
            answer = stamper.request_tsa_response(asked).dump() if known else b"?"
            self.send_response(200 if known else 500)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *said: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa", f"http://127.0.0.1:{server.server_port}/muette"
    finally:
        server.shutdown()
        server.server_close()
