"""What a PDF carries, against the archive beside it: its text, the head that the history had, what it calls itself."""

import json
import zlib
from dataclasses import replace

import pytest

from negotiation import verifier
from negotiation.documents.archive import ArchivedChain, write_archive
from negotiation.documents.contract_attachments import head_file
from tests.unit.proof_samples import NEGOTIATION, V1, Fact, chained, sample_content, shared_facts
from tests.unit.test_verifier import run_alone

SCAN = b"\x89PNG\r\n\x1a\n une page"
BEFORE = shared_facts()[:4]


def a_pdf(**carried: bytes) -> bytes:
    """Laid out as typesetting does."""
    names = {"content": "contrat.json", "head": "historique-tete.json", "consolidated": "version-consolidee.md"}
    written = b"%PDF-1.7\n"
    for number, (which, data) in enumerate(carried.items(), start=1):
        name = names[which].encode()
        written += b"<</Type/Filespec/F(%s)/UF(%s)/EF<</F %d 0 R/UF %d 0 R>>>>" % (name, name, number, number)
        written += b"\n%d 0 obj\n<</Filter/FlateDecode>>\nstream\n%s\nendstream" % (number, zlib.compress(data))
    return written + b"%%EOF"


def a_head(facts: list[Fact] = BEFORE, negotiation: str = NEGOTIATION) -> bytes:
    links, _ = chained("shared", facts, negotiation=negotiation)
    return head_file(f"{negotiation}/shared", {"seq": len(facts), "hash": links[-1].hash}).encode()


FROZEN = a_pdf(content=V1.content, head=a_head())


def an_archive(pdf: bytes = FROZEN, *, before: list[Fact] = BEFORE, scan: bytes = SCAN) -> bytes:
    version = replace(V1, pdf=pdf, scans=(("png", scan),))
    told = {"label": version.label, "content_hash": version.content_hash, "pdf_hash": version.pdf_hash}
    brought = {"content_hash": version.content_hash, "data_hash": verifier.sha256(scan)}
    after: list[Fact] = [("platform", "version.frozen", told), ("og.dg", "signature.paper_brought", brought)]
    links, openings = chained("shared", [*before, *after])
    shared = ArchivedChain("Toutes les parties", "shared", links, openings)
    return write_archive(replace(sample_content(), contract=version.content, chains=(shared,), versions=(version,)))


def rewritten() -> list[Fact]:
    """Another story from its second fact on, every link made again."""
    return [BEFORE[0], ("cd.chef", "clause.proposed", {"clause": "en01", "text": "90 %", "version": 1}), *BEFORE[2:]]


def said(archive: bytes, pdf: bytes) -> str:
    return str(verifier.verify_together({"dossier.zip": archive, "recu.pdf": pdf}).first_problem)


def test_a_history_made_again_under_a_frozen_pdf_lacks_the_head_that_it_carries():
    assert verifier.verify_archive(an_archive()).ok
    report = verifier.verify_archive(an_archive(before=rewritten()))
    assert "la tête que porte le PDF (fait 4) ne figure pas dans l’historique" in str(report.first_problem)
    assert str(report.first_problem).startswith("Version figée, versions/01")


@pytest.mark.parametrize(
    ("pdf", "problem"),
    [
        (a_pdf(content=b"{}", head=a_head()), "le contenu joint au PDF n’est pas le texte figé"),
        (a_pdf(content=V1.content, head=a_head(negotiation="7d1f2a3c-0000-4000-8000-000000000002")), "ne figure pas"),
        (a_pdf(head=a_head().replace(b'"seq":4', b'"seq":3')), "ne figure pas dans l’historique"),
        (a_pdf(head=a_head().replace(b'"seq":4', b'"seq":"4"')), "n’a pas la forme attendue"),
        (a_pdf(head=a_head().replace(b'"seals":[]', b'"seals":[7]')), "n’a pas la forme attendue"),
        (a_pdf(head=b"[" * 90_000), "n’est pas lisible"),
    ],
    ids=["another text", "another negotiation", "another place", "no number", "no seal", "no file"],
)
def test_whatever_the_frozen_pdf_carries_wrongly_is_named(pdf, problem):
    assert problem in str(verifier.verify_archive(an_archive(pdf)).first_problem)


def test_a_pdf_kept_elsewhere_shows_that_the_history_was_not_made_again():
    report = verifier.verify_together({"dossier.zip": an_archive(), "recu.pdf": FROZEN})
    assert report.ok, report.first_problem
    assert report.checks[-1] == ("recu.pdf", True, "exactement versions/01/contrat.pdf de dossier.zip")
    assert any("rien n’a été réécrit ni coupé" in each for each in report.proves)
    assert not any("--head shared" in each for each in report.does_not_prove)
    other = an_archive(a_pdf(content=V1.content), before=rewritten())
    assert verifier.verify_archive(other).ok
    assert said(other, FROZEN).startswith("recu.pdf : la tête que vous avez conservée n’y figure pas")


def test_what_is_given_with_an_archive_is_one_of_its_files_or_said_not_to_be():
    scanned = verifier.verify_together({"dossier.zip": an_archive(), "page.png": SCAN})
    assert scanned.checks[-1].detail == "exactement versions/01/papier-01.png de dossier.zip"
    assert "le texte de versions/01, dans un autre fichier" in said(an_archive(), FROZEN + b"\n")
    assert "il n’est dans aucun des dossiers" in said(an_archive(), a_pdf(content=b"{}"))
    assert "il n’est dans aucun des dossiers" in said(an_archive(), SCAN + b"\n")
    assert "il n’est dans aucun des dossiers" in str(
        verifier.verify_together({"a.pdf": FROZEN, "b.png": SCAN}).first_problem
    )
    unreadable = verifier.verify_together({"dossier.zip": b"PK", "recu.pdf": FROZEN})
    assert (unreadable.ok, unreadable.readable) == (False, False)


def test_a_consolidated_print_is_named_and_a_sealed_file_that_calls_itself_so_is_not():
    printed = a_pdf(content=V1.content, consolidated=b"# Contrat")
    assert "version consolidée, imprimée depuis versions/01 : elle n’est pas le contrat signé" in said(
        an_archive(), printed
    )
    assert "dans un autre fichier" in said(an_archive(), printed + b"/ByteRange [0 1 2 3]")


def test_the_program_alone_takes_the_pdf_beside_the_archive(tmp_path):
    (tmp_path / "dossier.zip").write_bytes(an_archive())
    (tmp_path / "recu.pdf").write_bytes(FROZEN)
    run = run_alone(tmp_path, "dossier.zip", "recu.pdf", "--json")
    assert (run.returncode, json.loads(run.stdout)["ok"]) == (0, True)
