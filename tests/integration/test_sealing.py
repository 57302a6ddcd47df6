"""The seal: put at the gel, kept by every signature, closed by the last one, and read alike by others than us."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from app.platform import platform_of
from negotiation.documents.pdf_attachments import fingerprints_within
from negotiation.documents.pdf_signatures import examine
from negotiation.rules.vocabulary import NegotiationStatus
from negotiation.store import Store
from negotiation.store.record import FrozenVersion
from tests.builders import Table
from tests.closing_table import an_agreed_table
from tests.sealing_table import click_signature, gel_by_clicks, sits, the_version

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def store(app: Flask) -> Store:
    opened: Store = app.extensions["store"]
    return opened


@pytest.fixture
def sealed(app: Flask, store: Store) -> tuple[Table, FrozenVersion]:
    table = an_agreed_table(store)
    gel_by_clicks(app, table)
    return table, the_version(table)


def test_a_contract_is_sealed_signed_by_all_and_locked(
    app: Flask, sealed: tuple[Table, FrozenVersion], tmp_path: Path
) -> None:
    """One story, since each step takes a process of its own."""
    table, version = sealed
    [seal] = examine(version.pdf)
    assert (seal.field, seal.covers, seal.is_sound) == ("Cachet", "file", True)
    assert (
        seal.certificate_hash == version.seal["certificate"] == platform_of(app.extensions["settings"]).keys.fingerprint
    )
    assert "sans horodatage tiers" in version.seal["timestamp"]["none"]
    assert hashlib.sha256(version.pdf[: version.seal["printed_size"]]).hexdigest() == version.seal["printed_hash"]
    assert version.content_hash in fingerprints_within(version.pdf)
    assert b"pdfaid:part>3<" in version.pdf
    openssl_agrees(version.pdf, seal.cms, app, tmp_path)

    for person in (table.og.sign, table.ars.sign, table.cd.vp):
        page = click_signature(app, person)
    assert "toutes les parties ont signé" in page
    assert table.negotiation().status is NegotiationStatus.SIGNED
    signed = sits(app, table.asso.dg.email).get(f"/negociations/{table.id}/versions/{version.id}/signe.pdf").data
    assert signed.startswith(version.pdf)
    found = examine(signed)
    assert [each.field.split(" ")[0] for each in found] == ["Cachet", "Signature", "Signature", "Signature", "Verrou"]
    assert all(each.is_sound for each in found)
    assert found[-1].covers == "file"
    assert b"qualifi" not in signed[len(version.pdf) :]


def openssl_agrees(pdf: bytes, cms: bytes, app: Flask, folder: Path) -> None:
    """Another program, on the very bytes that the seal says it covers."""
    first, length, second, rest = map(int, re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", pdf).groups())  # type: ignore[union-attr]
    (folder / "signed").write_bytes(pdf[first : first + length] + pdf[second : second + rest])
    (folder / "cms").write_bytes(cms)
    (folder / "ca.pem").write_text(platform_of(app.extensions["settings"]).keys.certificate)
    command = (
        "openssl cms -verify -binary -inform DER -in cms -content signed -CAfile ca.pem -purpose any -out /dev/null"
    )
    run = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
