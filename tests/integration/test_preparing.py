"""A file that takes long: its asker sees how far it is, alone; it can be stopped, it can fail, and it doesn't stay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlmodel import col

from app.background import Task, do_round
from app.pages import long_prints, project_file
from app.preparing import forget_prepared_files, prepare_archive, steps_of_archive
from negotiation.documents.pdf_print import UnprintableText
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.exporting import collect_archive
from negotiation.services.preparing import begin, note_step
from negotiation.store.columns import now
from negotiation.store.prepared_files import PreparedFile, PreparedKind
from negotiation.store.queries.contract_size import contract_size
from negotiation.store.record import HistoryEntry
from tests.builders import Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
WORD, ODT = "documents/contrat.docx", "documents/contrat.odt"


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"])


@pytest.fixture
def director(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.og.dg.email)


def make(app: Flask, table: Table, makers: dict[str, Callable[[], bytes]]) -> None:
    """What a click makes, with these documents."""
    with table.store.unit_of_work() as uow:
        content = replace(collect_archive(uow, table.og.dg.actor), makers=makers)
        steps = steps_of_archive(content)
        file_id = begin(uow, table.og.dg.actor, PreparedKind.EXPORT, steps=steps, file_name="CPOM-tout.zip")
    with app.app_context():
        prepare_archive(table.og.dg.actor, file_id, content)


def exports_told(table: Table) -> int:
    with table.store.reading() as session:
        told = select(func.count()).where(col(HistoryEntry.kind) == "archive.exported")
        return session.execute(told).scalar_one()


def wait(table: Table, time: timedelta) -> None:
    with table.store.unit_of_work() as uow:
        uow.session.execute(update(PreparedFile).values(step_at=now() - time))


def test_the_page_tells_what_is_being_made_and_who_cancels_stops_it(
    app: Flask, table: Table, director: Visitor
) -> None:
    address, seen = f"/negociations/{table.id}/partir", []

    def word() -> bytes:
        director.post(address)  # joins: were the file begun anew, this one would stop
        seen.append(director.get(f"{address}/avancement?vu=9").text)
        assert director.get(f"{address}/avancement?vu=0").status_code == 204, "nothing new to say"
        return b"w"

    def odt() -> bytes:
        seen.append(director.get(address).text)
        director.post(f"{address}/effacer")
        return b"o"

    make(app, table, {WORD: word, ODT: odt, "documents/contrat-suivi.docx": lambda: pytest.fail("nobody waits")})
    assert "Étape 1 sur 4" in seen[0]
    assert "le contrat pour Word" in seen[0]
    assert "Étape 2 sur 4" in seen[1]
    assert "le contrat pour LibreOffice" in seen[1]
    assert '<progress max="4" value="1"' in seen[1]
    assert "Préparer le dossier" in director.get(address).text
    assert exports_told(table) == 0, "nothing left"


def test_a_file_is_its_askers_alone_and_gone_within_the_hour(app: Flask, table: Table, director: Visitor) -> None:
    make(app, table, {})
    address = f"/negociations/{table.id}/partir"
    colleague = Visitor(app).enter(table.og.redac.email)
    assert "Préparer le dossier" in colleague.get(address).text
    assert colleague.get(f"{address}/dossier.zip").status_code == 404
    assert director.get(f"{address}/dossier.zip").data.startswith(b"PK")
    assert exports_told(table) == 1
    wait(table, timedelta(hours=1))
    do_round(app, (Task(forget_prepared_files),))
    assert director.get(f"{address}/dossier.zip").status_code == 404
    with table.store.reading() as session:
        assert session.execute(select(func.count()).select_from(PreparedFile)).scalar_one() == 0


def test_what_fails_or_falls_silent_says_where_and_is_begun_again(app: Flask, table: Table, director: Visitor) -> None:
    def fail() -> bytes:
        raise OSError("no room left")

    address = f"/negociations/{table.id}/partir"
    make(app, table, {WORD: fail})
    failed = director.get(address).text
    assert "n’a pas pu être fait" in failed
    assert "le contrat pour Word" in failed
    with table.store.unit_of_work() as uow:
        steps = ("le contrat pour Word", "le dossier")
        file_id = begin(uow, table.og.dg.actor, PreparedKind.EXPORT, steps=steps, file_name="CPOM-tout.zip")
        assert note_step(uow, file_id, steps[1], done=1)
    wait(table, timedelta(minutes=3))
    assert "Interrompu" in director.get(address).text
    make(app, table, {})
    assert "Votre dossier est prêt" in director.get(address).text


# ---------------------------------------------------------------------- long prints


@pytest.fixture
def long(table: Table, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a contract that counts as long: where the print of its project is waited for."""
    monkeypatch.setattr(long_prints, "LONG", 1)
    return f"/negociations/{table.id}/mise-en-page/projet"


def typeset_by(monkeypatch: pytest.MonkeyPatch, print_contract: Callable[[], bytes]) -> None:
    monkeypatch.setattr(project_file, "print_contract", lambda *_, **__: print_contract())


def test_a_long_contract_is_waited_for_on_a_page_that_says_each_step(
    app: Flask, table: Table, director: Visitor, long: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, seen = f"/negociations/{table.id}/projet.pdf", []

    def typeset() -> bytes:
        assert director.get(asked).location == long, "joins: were it begun anew, this one would stop"
        seen.append(director.get(long).text)
        assert director.get(f"{long}/avancement?vu=1").status_code == 204, "nothing new to say"
        assert director.get(f"{long}/fichier.pdf").status_code == 404
        return b"%PDF-1.7 /Type /Page /Type /Page /Type /Pages"

    typeset_by(monkeypatch, typeset)
    assert director.get(asked).location == long
    assert "Étape 2 sur 2" in seen[0]
    assert "Lire le contrat\N{NO-BREAK SPACE}: fait" in seen[0]
    ready = director.get(long).text
    assert "Le PDF est prêt" in ready
    assert "2 pages" in ready
    assert director.get(f"{long}/fichier.pdf").data.startswith(b"%PDF-")
    colleague = Visitor(app).enter(table.og.redac.email)
    assert "Rien n’est en cours" in colleague.get(long).text
    assert colleague.get(f"{long}/fichier.pdf").status_code == 404
    director.post(f"{long}/effacer")
    assert director.get(f"{long}/fichier.pdf").status_code == 404


def test_a_print_that_is_cancelled_or_fails_keeps_nothing_and_says_why(
    table: Table, director: Visitor, long: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = f"/negociations/{table.id}/projet.pdf"

    def fail() -> bytes:
        raise UnprintableText("☃", "un bonhomme ☃ de neige")

    def cancelled() -> bytes:
        director.post(f"{long}/effacer")
        return b"%PDF-1.7"

    typeset_by(monkeypatch, fail)
    director.get(asked)
    failed = director.get(long).text
    assert "n’a pas pu être fait" in failed
    assert "bonhomme ☃ de neige" in failed
    assert "Rien n’en est gardé" in failed
    typeset_by(monkeypatch, cancelled)
    director.get(asked)
    assert "Rien n’est en cours" in director.get(long).text


def test_the_size_of_a_contract_is_known_without_reading_it(table: Table) -> None:
    with table.store.reading() as session:
        size = contract_size(session, table.id)
        read = len(contract_as_it_stands(session, table.id).canonical)
    assert read * 0.7 < size < read * 1.3
    assert size < long_prints.LONG, "opened at once"
