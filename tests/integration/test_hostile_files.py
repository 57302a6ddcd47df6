"""Each door that takes a PDF, a scan or an archive, and files that nobody honest sends: refused in words, nothing kept.

What Word and OpenDocument files may hide is in `tests/word_corpus`.
"""

import io
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlmodel import SQLModel

from app.pages import verifying
from negotiation.documents import verified_apart
from negotiation.documents.pdf_print import fingerprint_of, print_contract
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.signing_elsewhere import NOT_OURS
from negotiation.store import Store
from negotiation.verifier import verify_archive
from tests import hostile_files
from tests.closing_table import an_agreed_table
from tests.integration.test_signing_ways import place_of
from tests.integration.test_verifying_page import drop
from tests.sealing_table import a_certificate, gel_by_clicks, sign_elsewhere, signature_fields, sits, the_version
from tests.unit.contract_samples import contract_content
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
BEHIND_OURS = {
    "xref that turns in a circle", "xref before the beginning", "dictionaries nested behind the seal", "script added",
    "program launched", "file embedded", "bytes after its end", "web page after its end", "archive after its end",
}  # fmt: skip
"""They begin with the sealed bytes: a process apart reads them."""


def test_json_that_unfolds_without_end_costs_the_server_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified_apart, "MEMORY_TO_VERIFY", 64 * 1024**2)
    bomb = hostile_files.a_zip({"historique/commun.json": hostile_files.unfolding_json()})
    assert verified_apart.TOO_HEAVY in drop(Visitor(app), bomb, "dossier").text


def test_no_door_keeps_a_hostile_file_nor_dies_of_it(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One table for all, since a gel takes seconds."""
    store: Store = app.extensions["store"]
    table = an_agreed_table(store)
    gel_by_clicks(app, table)
    version, (person, _) = the_version(table), a_certificate(tmp_path)
    other = {**contract_content("handicap"), "parts": contract_content("handicap")["parts"][:1], "tables": {}}
    foreign = print_contract(other, fingerprint=fingerprint_of(other), label="v1.0", kind="frozen")
    printed = version.pdf[: version.seal["printed_size"]]
    pdfs = hostile_files.pdfs(version.pdf, printed, sign_elsewhere(foreign, person))
    with store.unit_of_work() as uow:
        sound = pack_archive(collect_archive(uow, table.og.dg.actor)).data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the same name twice, which is the point
        archives = hostile_files.archives(sound)
    visitor, passer_by = sits(app, table.ars.sign.email).choose_password(), Visitor(app)
    fields = signature_fields(table, table.ars.sign, signature_id=place_of(table, table.ars.sign))

    def brought(data: bytes) -> tuple[int, str]:
        sent = visitor.post(
            f"/negociations/{table.id}/signature/fichier", fields | {"file": (io.BytesIO(data), "../../c.pdf")}
        )
        return sent.status_code, sent.text

    def scanned(data: bytes) -> tuple[int, str]:
        sent = visitor.post(
            f"/negociations/{table.id}/signature/papier", fields | {"scan": (io.BytesIO(data), "../../c.pdf")}
        )
        return sent.status_code, sent.text

    def verified(data: bytes) -> tuple[int, str]:
        sent = drop(passer_by, data, "../../fichier")
        return sent.status_code, sent.text

    # Here at once: that the process apart says the same is told in tests/unit/test_archive.py.
    monkeypatch.setattr(verifying, "verify_apart", verify_archive)
    before, wrong = rows(store), list[str]()

    def refuse(door: Callable[[bytes], tuple[int, str]], name: str, data: bytes, *, code: int, said: str) -> None:
        status, page = door(data)
        if status != code or said not in page.replace("\u00a0", " ") or "Ce que cela prouve" in page:
            wrong.append(f"{door.__name__}, {name}: {status}")

    for name, data in pdfs.items():
        if name not in BEHIND_OURS:
            refuse(brought, name, data, code=422, said=NOT_OURS[:25])
        is_pdf = data.startswith(b"%PDF-")
        refuse(verified, name, data, code=200 if is_pdf else 422, said="Fichier" if is_pdf else "premiers octets")
    for name in ("xref that turns in a circle", "script added", "web page after its end"):
        refuse(brought, name, pdfs[name], code=422, said="")
    for name, data in hostile_files.scans(version.pdf).items():
        refuse(scanned, name, data, code=422, said="")
    for name, data in archives.items():
        refuse(verified, name, data, code=200, said="Ce dossier")
    assert wrong == []
    assert rows(store) == before
    assert visitor.get(f"/negociations/{table.id}/versions").status_code == 200


def rows(store: Store) -> dict[str, int]:
    with store.reading() as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }
