"""A file that takes long: its asker sees how far it is, alone; it can be stopped, it can fail, and it doesn't stay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlmodel import col

from app.background import Task, do_round
from app.preparing import forget_prepared_files, prepare_archive, steps_of_archive
from negotiation.services.exporting import collect_archive
from negotiation.services.preparing import begin, note_step
from negotiation.store.columns import now
from negotiation.store.prepared_files import PreparedFile, PreparedKind
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
