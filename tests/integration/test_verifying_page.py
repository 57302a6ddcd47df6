"""The public page: anybody drops a file and reads a verdict; nothing of it is kept, nothing of a table is told."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlmodel import SQLModel
from werkzeug.test import TestResponse

from app.config import Settings
from app.platform import current_platform
from negotiation.documents.dialogue_print import print_dialogue
from negotiation.documents.evaluation_print import print_evaluation
from negotiation.documents.platform_keys import draw_keys
from negotiation.rules.seances import DecisionKind
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.minutes import Printable, minutes_to_print, printed
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.record import FrozenVersion
from negotiation.verifier import MAX_BYTES, read_members, verify_archive
from tests.builders import Table, a_table
from tests.closing_table import an_agreed_table, freeze, put_signature
from tests.evaluation_table import an_evaluation
from tests.minutes_table import Relevé, a_relevé
from tests.reviews_table import Dialogue, a_dialogue, a_signed_table
from tests.seance_table import an_open_seance
from tests.unit.proof_samples import sample_archive, with_new_manifest
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@dataclass(frozen=True)
class Closed:
    """A contract frozen and signed by the gestionnaire, and an archive of it."""

    table: Table
    version: FrozenVersion
    archive: bytes


@pytest.fixture
def closed(app: Flask) -> Closed:
    store: Store = app.extensions["store"]
    table = an_agreed_table(store)
    version = freeze(table)
    put_signature(table.og.sign, version)
    with store.unit_of_work() as uow:
        return Closed(table, version, pack_archive(collect_archive(uow, table.og.dg.actor)).data)


def drop(visitor: Visitor, data: bytes, name: str = "fichier", **fields: str) -> TestResponse:
    visitor.get("/verifier")
    token = visitor.client.get("/connexion").text.split('name="csrf_token" value="')[1].split('"')[0]
    sent = {"csrf_token": token, "file": (io.BytesIO(data), name)} | fields
    return visitor.client.post("/verifier", data=sent, content_type="multipart/form-data")


def altered(archive: bytes, name: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        members = {entry: opened.read(entry) for entry in opened.namelist()}
    assert old in members[name]
    members[name] = members[name].replace(old, new, 1)
    return with_new_manifest(members)


def test_anybody_can_open_the_page(visitor: Visitor) -> None:
    page = visitor.get("/verifier")
    assert page.status_code == 200
    assert "il n’est pas conservé" in page.text
    assert "Se connecter" in page.text


def test_the_frozen_pdf_is_recognised_and_nothing_else_is_told(visitor: Visitor, closed: Closed) -> None:
    page = drop(visitor, bytes(closed.version.pdf), "contrat.pdf").text
    assert "exactement la version « v1.0 »" in page.replace("\u00a0", " ")
    assert "Ce que cela ne prouve pas" in page
    negotiation = closed.table.negotiation()
    for inside in (negotiation.title, negotiation.reference, negotiation.id, "Association Test"):
        assert inside not in page


def test_the_pdf_of_an_approved_relevé_is_recognised_and_an_altered_one_refused(app: Flask, visitor: Visitor) -> None:
    store: Store = app.extensions["store"]
    table = a_table(store, parties=3)
    meeting = an_open_seance(table, table.ars.dg, title="Co-rédaction 2")
    meeting.record(table.cd.dg, DecisionKind.TASK, text="Transmettre l’ERRD.")
    meeting.a_minute_passes()
    meeting.close(table.ars.dg)
    relevé = a_relevé(meeting, table.ars.dg)
    project = printed(_to_print(relevé))
    for seat in (table.og, table.ars, table.cd):
        relevé.approve(seat.dg)
    pdf = printed(_to_print(relevé))
    page = drop(visitor, pdf, "releve.pdf").text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "exactement le relevé « Co-rédaction 2 »" in page and "9 juillet 2026" in page
    assert table.negotiation().title in page
    assert all(each["by"] in page for each in json.loads(relevé.view.content)["approvals"])
    altered_page = drop(visitor, pdf + b"\n", "releve.pdf").text.replace("\u00a0", " ")
    assert "n’est pas le relevé « Co-rédaction 2 » tel qu’il s’imprime ici" in altered_page
    assert "ni aucun des relevés, dialogues et évaluations approuvés" in drop(visitor, project, "projet.pdf").text
    with store.unit_of_work() as uow:
        archive = pack_archive(collect_archive(uow, table.og.dg.actor)).data
    assert verify_archive(archive).ok
    assert "les mots que tous ont approuvés" in drop(visitor, archive, "dossier.zip").text
    forged = altered(archive, "approuves/01.json", b"Transmettre", b"Oublier")
    assert "n’a pas enregistré l’approbation" in str(verify_archive(forged).first_problem)
    assert "manque au dossier" in str(verify_archive(without(archive, "approuves/01.json")).first_problem)


@pytest.mark.parametrize(
    ("opened", "printing", "named"),
    [
        (a_dialogue, print_dialogue, "le dialogue « Dialogue de gestion de l’exercice 2024 »"),
        (an_evaluation, print_evaluation, "l’évaluation « Évaluation finale »"),
    ],
)
def test_the_pdf_of_an_approved_dialogue_or_evaluation_is_recognised_and_an_altered_one_refused(
    app: Flask,
    visitor: Visitor,
    opened: Callable[..., Dialogue],
    printing: Callable[..., bytes],
    named: str,
) -> None:
    table = a_signed_table(app.extensions["store"])
    review = opened(table, table.og.dg)
    review.say(table.og.dg, "conclusions", "Trajectoire tenue.")
    for person in (table.og.dg, table.ars.dg, table.cd.dg):
        review.approve(person)
    pdf = printing(review.content, fingerprint=review.view.content_hash)
    page = drop(visitor, pdf, "suivi.pdf").text.replace("\u00a0", " ")
    assert f"exactement {named}" in page and all(each["by"] in page for each in review.content["approvals"])
    altered_page = drop(visitor, pdf + b"\n", "suivi.pdf").text.replace("\u00a0", " ")
    assert f"n’est pas {named}" in altered_page and "le contenu approuvé" in altered_page
    forged = printing(review.content | {"title": "Autre", "approved_at": None}, fingerprint="")
    assert "ni aucun des relevés, dialogues et évaluations approuvés" in drop(visitor, forged, "faux.pdf").text


def _to_print(relevé: Relevé) -> Printable:
    with relevé.table.store.reading() as session:
        return minutes_to_print(session, relevé.table.og.dg.actor, relevé.seance_id)


def without(archive: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return with_new_manifest({entry: opened.read(entry) for entry in opened.namelist() if entry != name})


def test_one_byte_more_and_it_is_no_longer_the_frozen_file(visitor: Visitor, closed: Closed) -> None:
    page = drop(visitor, bytes(closed.version.pdf) + b"\n", "contrat.pdf").text
    assert "telle qu’elle a été signée ici" in page
    assert "exactement la version" not in page


def test_a_sound_archive_is_said_sound_and_recorded_here(visitor: Visitor, closed: Closed) -> None:
    page = drop(visitor, closed.archive, "dossier.zip").text
    assert "Ce dossier est juste" in page
    assert "est celui qu’elle a enregistré" in page
    assert "1 signature de ce texte" in page
    assert "Seule une tête conservée par vous-même" in page


def test_an_archive_that_stops_early_is_said_to_go_on_here(visitor: Visitor, closed: Closed) -> None:
    put_signature(closed.table.ars.sign, closed.version)
    page = drop(visitor, closed.archive, "dossier.zip").text.replace("\u00a0", " ")
    assert "Ce dossier est juste" in page and "est celui qu’elle a enregistré." not in page
    assert "Il continue ici, avec : signature." in page


def test_the_first_wrong_thing_of_an_archive_is_named(visitor: Visitor, closed: Closed) -> None:
    forged = altered(closed.archive, "historique/commun.json", b"42000", b"43000")
    page = drop(visitor, forged, "dossier.zip").text
    assert "Ce dossier a été changé" in page
    first = verify_archive(forged).first_problem
    assert first and first.split(" : ")[-1][:30].replace("’", "’") in page.replace("\u00a0", " ")
    assert "Ce que cela prouve" not in page


def test_a_sound_archive_of_elsewhere_is_said_unknown_here(visitor: Visitor) -> None:
    page = drop(visitor, sample_archive(), "dossier.zip").text
    assert "Ce dossier est juste" in page
    assert "cet historique n’y est pas connu" in page


def test_a_kept_head_shows_what_the_archive_alone_cannot(visitor: Visitor, closed: Closed) -> None:
    head = verify_archive(closed.archive).heads["shared"]
    spaced = " ".join(head[at : at + 4] for at in range(0, 64, 4))
    assert "rien n’a été réécrit ni coupé" in drop(visitor, closed.archive, head=spaced.upper()).text
    wrong = drop(visitor, closed.archive, head="0123" * 16)
    assert "la fin a été coupée ou l’histoire réécrite" in wrong.text
    assert "ligne, ou laissez ce champ vide" in drop(visitor, closed.archive, head=f"{head}\nabc").text
    assert "20 têtes au plus" in drop(visitor, closed.archive, head=f"{head}\n" * 21).text.replace("\u00a0", " ")


def test_each_of_several_kept_heads_is_said_found_or_not(visitor: Visitor, closed: Closed) -> None:
    heads = verify_archive(closed.archive).heads
    own = next(circle for circle in heads if circle.startswith("party:"))
    kept = f"--head shared={heads['shared']}\n{heads[own]}\n{own}={heads[own]}\n{'0123' * 16}"
    page = drop(visitor, closed.archive, head=kept).text.replace("\u00a0", " ").replace("\u202f", " ")
    assert page.count("présente dans « Les faits partagés par toutes les parties »") == 1
    assert page.count("présente dans « Les faits internes, ") == 2
    assert "<b>Tête conservée, 01230123…</b> : la tête que vous avez conservée n’y figure pas" in page


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "", "Choisissez un fichier"),
        (b"%QDF-1.7\n1 0 obj\n%%EOF\n", "contrat.pdf", "ses premiers octets ont changé"),
        (b"PNG rien", "image.png", "ni un PDF, ni un dossier de preuve"),
        (b"%PDF-" + b"x" * (MAX_BYTES + 1), "gros.pdf", "50"),
    ],
)
def test_what_is_no_such_file_is_refused_in_french(visitor: Visitor, data: bytes, name: str, sentence: str) -> None:
    answer = drop(visitor, data, name)
    assert answer.status_code in (413, 422)
    assert sentence in answer.text


def test_what_this_platform_never_froze_is_named_for_what_it_is(visitor: Visitor) -> None:
    table = an_agreed_table(visitor.app.extensions["store"])
    project = Visitor(visitor.app).enter(table.og.dg.email).get(f"/negociations/{table.id}/projet.pdf")
    assert "un projet de travail, qui ne prouve rien" in drop(visitor, project.data).text.replace("\u00a0", " ")
    assert "ne vient pas de cette plateforme" in drop(visitor, b"%PDF-1.7\nd'ailleurs\n%%EOF").text
    word = (Path(__file__).parents[1] / "word_corpus" / "files" / "values.docx").read_bytes()
    assert "un document de bureautique" in drop(visitor, word, "retour.docx").text


def test_a_zip_that_is_no_archive_is_said_unreadable(visitor: Visitor) -> None:
    answer = drop(visitor, b"PK\x03\x04 pas un zip", "dossier.zip")
    assert answer.status_code == 200
    assert "Ce dossier ne se lit pas" in answer.text


def test_a_head_that_is_no_head_keeps_what_was_typed(visitor: Visitor, closed: Closed) -> None:
    answer = drop(visitor, closed.archive, head="abc")
    assert answer.status_code == 422
    assert ">abc</textarea>" in answer.text


def drop_all(visitor: Visitor, files: dict[str, bytes], **fields: str) -> TestResponse:
    sent = {"file": [(io.BytesIO(data), name) for name, data in files.items()]} | fields
    return visitor.post("/verifier", sent, content_type="multipart/form-data")


def test_several_files_are_each_named_and_say_what_they_are_to_one_another(visitor: Visitor, closed: Closed) -> None:
    foreign, scan = sample_archive(), b"\x89PNG\r\n\x1a\n"
    known = read_members(foreign)["versions/01/contrat.pdf"]
    files = {"dossier.zip": closed.archive, "contrat.pdf": bytes(closed.version.pdf), "autre.zip": foreign}
    page = drop_all(visitor, files | {"ailleurs.pdf": known, "page.png": scan}).text.replace("\u00a0", " ")
    assert "5 fichiers comparés" in page
    assert page.count("Ce dossier est juste") == 2 and "exactement la version « v1.0 »" in page
    assert "<b>contrat.pdf</b> : exactement versions/01/contrat.pdf de dossier.zip" in page
    assert "Exactement versions/01/contrat.pdf de autre.zip" in page and "il vaut ce que vaut ce dossier" in page
    assert "<b>page.png</b> : il n’est dans aucun des dossiers de preuve donnés avec lui" in page
    forged = altered(closed.archive, "historique/commun.json", b"42000", b"43000")
    page = drop_all(visitor, {"dossier.zip": forged, "contrat.pdf": bytes(closed.version.pdf)}).text
    assert "Ce dossier a été changé" in page and "Ensemble, ces fichiers disent" in page


def test_what_cannot_be_compared_together_is_refused_in_french(visitor: Visitor) -> None:
    def said(*files: bytes, **fields: str) -> str:
        answer = drop_all(visitor, {f"{number}": data for number, data in enumerate(files)}, **fields)
        assert answer.status_code == 422
        return answer.text.replace("\u00a0", " ")

    assert "6 fichiers au plus" in said(*[b"%PDF-"] * 7)
    assert "dépassent 50 Mo ensemble" in said(b"%PDF-" + b"y" * 90, b"%PDF-" + b"x" * (MAX_BYTES - 10))
    assert "déposez les deux ensemble" in said(b"\xff\xd8\xff une page", b"%PDF-")
    assert "un seul dossier de preuve à la fois" in said(sample_archive(), sample_archive(), head="0123" * 16)


def test_nothing_of_the_file_is_kept(visitor: Visitor, closed: Closed, settings: Settings) -> None:
    def rows() -> dict[str, int]:
        with closed.table.store.reading() as session:
            tables = SQLModel.metadata.sorted_tables
            return {
                table.name: session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
            }

    def files() -> list[Path]:
        return sorted(settings.data_dir.rglob("*"))

    visitor.get("/verifier")  # the keys of a new instance are drawn when first asked for
    before = rows(), files()
    drop(visitor, closed.archive, "dossier.zip")
    drop(visitor, bytes(closed.version.pdf), "contrat.pdf")
    drop_all(visitor, {"dossier.zip": closed.archive, "contrat.pdf": bytes(closed.version.pdf)})
    assert (rows(), files()) == before


def test_the_page_publishes_the_key_that_seals_archives_and_says_whose_key_sealed_this_one(
    app: Flask, closed: Closed
) -> None:
    with app.app_context():
        keys = current_platform().keys
    with closed.table.store.unit_of_work() as uow:
        content = collect_archive(uow, closed.table.og.dg.actor)
    assert keys.head_public in "".join(re.findall(r"[0-9a-f]+", Visitor(app).get("/verifier").text))
    ours, theirs = (pack_archive(content, each).data for each in (keys, draw_keys(name="ailleurs", at=now())))
    assert "ce qui est signé dans ce dossier l’est par cette plateforme" in drop(Visitor(app), ours).text
    assert "une clé qui n’a jamais été celle de cette plateforme" in drop(Visitor(app), theirs).text
