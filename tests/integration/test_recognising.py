"""A sealed contract dropped on « Vérifier »: what it is, and each thing that may have been done to it, by its name."""

from pathlib import Path

import pytest
from flask import Flask

from negotiation.documents.pdf_attachments import fingerprints_within
from negotiation.documents.pdf_print import fingerprint_of, print_contract
from negotiation.services.recognising import (
    AFTER_KNOWN,
    AFTER_LOCK,
    ALTERED,
    LAST_LOST,
    PROJECT,
    RENDERED_AGAIN,
    SIGNED_BY_OTHERS,
    TRAILING,
    look_at,
    report_of,
)
from negotiation.store import Store
from negotiation.verifier import Report
from tests.builders import Table
from tests.closing_table import an_agreed_table
from tests.sealing_table import a_certificate, click_signature, gel_by_clicks, sign_elsewhere, sits, the_version
from tests.unit.contract_samples import contract_content

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def test_each_alteration_of_a_signed_contract_is_named(app: Flask, tmp_path: Path) -> None:
    store: Store = app.extensions["store"]
    table = an_agreed_table(store)
    gel_by_clicks(app, table)
    frozen = the_version(table)

    def said_of(data: bytes) -> Report:
        with store.reading() as session:
            return report_of(session, look_at(data), fingerprints_within(data))[0]

    def fault(data: bytes) -> str:
        report = said_of(data)
        assert not report.ok
        return report.checks[0].detail

    assert said_of(frozen.pdf).ok
    click_signature(app, table.og.sign)
    one = taken(app, table)
    assert said_of(one).ok
    assert "avec 1 signature" in said_of(one).proves[0]
    person, _ = a_certificate(tmp_path)
    assert fault(sign_elsewhere(one, person, field="Signature 2 (ars)")) == AFTER_KNOWN
    assert fault(altered(one, at=len(frozen.pdf) + 40)) == AFTER_KNOWN
    for each in (table.ars.sign, table.cd.vp):
        click_signature(app, each)
    whole = taken(app, table)
    assert "avec 3 signatures, verrouillée" in said_of(whole).proves[0]
    assert said_of(frozen.pdf).ok
    assert fault(one) == LAST_LOST
    assert fault(sign_elsewhere(whole, person)) == AFTER_LOCK
    assert fault(whole + b"\nune note") == TRAILING
    assert fault(whole[:-400]) == TRAILING
    for at in (900, len(frozen.pdf) // 2, len(frozen.pdf) - 9_000):
        assert fault(altered(whole, at=at)) == ALTERED
    printed = frozen.pdf[: frozen.seal["printed_size"]]
    assert fault(printed + b"\n") == RENDERED_AGAIN
    other = contract_content("handicap")
    foreign = print_contract(other, fingerprint=fingerprint_of(other), label="v1.0", kind="frozen")
    assert fault(sign_elsewhere(foreign, person)) == SIGNED_BY_OTHERS
    assert fault(foreign) == PROJECT


def taken(app: Flask, table: Table) -> bytes:
    return (
        sits(app, table.asso.dg.email).get(f"/negociations/{table.id}/versions/{the_version(table).id}/signe.pdf").data
    )


def altered(pdf: bytes, *, at: int) -> bytes:
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]
