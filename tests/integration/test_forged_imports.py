"""Anybody can write the rows of an archive and a manifest that fits: what proves is what its history tells."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from negotiation.errors import InvalidArchive
from negotiation.rules.vocabulary import ClauseState
from negotiation.services.bringing_in import ArchiveToImport, bring_in, read_archive_to_import
from negotiation.services.carried_facts import told_by_history
from negotiation.services.carried_proofs import HELD, PROVES_NOTHING
from negotiation.services.recognising import look_at, report_of
from negotiation.store import Announcing, Store
from negotiation.store.amendment import Amendment
from negotiation.store.contract import Negotiation
from negotiation.store.queries.amendments import amendments_to, pending_of
from negotiation.store.queries.carried import TABLES, Carried, class_of
from tests.builders import a_table
from tests.closing_table import an_agreed_table, freeze, put_signature
from tests.integration.test_amendments import amend, wanted
from tests.integration.test_leaving import brought_in, carried_away, forged
from tests.scenarios import scenario
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
Json = dict[str, Any]


@cache
def _kept() -> dict[str, bytes]:
    return {}


@pytest.fixture
def signed(store: Store) -> bytes:
    """The archive of a contract that two parties signed, of three. Made once."""
    if "signed" not in _kept():
        table = an_agreed_table(store)
        version = freeze(table)
        for person in (table.og.sign, table.ars.sign):
            put_signature(person, version)
        _kept()["signed"] = carried_away(store, table.id, table.og.dg.email)
    return _kept()["signed"]


def refused(store: Store, archive: ArchiveToImport) -> str:
    with pytest.raises(InvalidArchive) as refusal, store.unit_of_work(Announcing.SILENT) as uow:
        bring_in(uow, archive, email="lecteur@ailleurs.example")
    return str(refusal.value.detail["problem"])


def with_rows(archive: ArchiveToImport, table: str, change: Callable[[list[Json]], Any]) -> ArchiveToImport:
    """As whoever forges it would write this table."""
    rows = [dict(row) for row in archive.rows.get(table, [])]
    change(rows)
    return replace(archive, rows={**archive.rows, table: rows})


def an_increment(archive: ArchiveToImport) -> Json:
    """« Anything behind the frozen bytes »: the attack that made an altered PDF a signed one."""
    [version] = archive.rows["frozen_version"]
    [(_, pdf)] = archive.versions.values()
    added = b"\nevery page replaced\nstartxref\n0\n%%EOF\n"
    return {
        "id": "c0ffee00-0000-4000-8000-000000000001",
        "negotiation_id": archive.negotiation_id,
        "frozen_version_id": version["id"],
        "signature_id": next(row["id"] for row in archive.rows["signature"] if row["signed_on"]),
        "number": 1,
        "data": base64.urlsafe_b64encode(added).decode(),
        "file_hash": hashlib.sha256((pdf or b"") + added).hexdigest(),
        "at": version["frozen_at"],
    }


def test_what_altered_a_signed_pdf_once_brings_nothing_in(signed: bytes, elsewhere: Store) -> None:
    president = forged(signed, "signature", lambda rows: rows[0].update(role="Président fantôme", mandate="Inventé"))
    with pytest.raises(InvalidArchive) as refusal:
        brought_in(elsewhere, president, "voleur@ailleurs.example")
    assert "signature.json ne dit pas ce que raconte l’historique" in str(refusal.value.detail["problem"])
    archive = read_archive_to_import(signed)
    more = with_rows(archive, "signed_increment", lambda rows: rows.append(an_increment(archive)))
    assert "signed_increment.json" in refused(elsewhere, more)


def test_what_came_by_import_is_said_never_seen_here(signed: bytes, app: Flask) -> None:
    archive, here = read_archive_to_import(signed), app.extensions["store"]
    brought_in(here, signed, "lecteur@ailleurs.example")
    [(_, pdf)] = archive.versions.values()
    with here.reading() as session:
        report, state = report_of(session, look_at(pdf or b""), frozenset())
    assert state and state.imported_at and report.ok
    assert "telle que la raconte un dossier importé le" in report.checks[0].detail
    assert "Que ce gel et ces signatures ont eu lieu : cette plateforme ne les a pas vus." in report.does_not_prove
    visitor = Visitor(app).enter("lecteur@ailleurs.example")
    page = visitor.get(f"/negociations/{archive.negotiation_id}/versions").text
    assert "Cette plateforme n’a vu ni ce gel ni les signatures d’avant." in page


FORGERIES: tuple[tuple[str, Callable[[list[Any]], Any]], ...] = (
    ("signature", lambda rows: sign_for_the_third(rows)),
    ("signature", lambda rows: changed(signature_of(rows), evidence={}, signed_on=None, signed_at=None, mandate="")),
    ("signature", lambda rows: changed(signature_of(rows), signed_on=date(2020, 1, 1))),
    ("signature", lambda rows: changed(signature_of(rows), evidence={**signature_of(rows).evidence, "role": "Roi"})),
    ("frozen_version", lambda rows: changed(rows[0], label="v2.0")),
    ("frozen_version", lambda rows: changed(rows[0], frozen_at=datetime(2020, 1, 1, tzinfo=UTC))),
    ("frozen_version", lambda rows: changed(rows[0], seal={"certificate": "0" * 64, "printed_size": 1})),
    ("frozen_version", lambda rows: rows.clear()),
    ("move", lambda rows: changed(accepted(rows), text="Sans réserve.")),
    ("move", lambda rows: changed(accepted(rows), party_id=rows[-1].party_id, member_id=rows[-1].member_id)),
    ("move", lambda rows: rows.remove(accepted(rows))),
    ("version", lambda rows: changed(rows[0], motive="Autre motif")),
    ("version", lambda rows: changed(rows[0], text="Un autre texte.")),
    ("freeze_request", lambda rows: changed(rows[0], content_hash="0" * 64)),
)


def changed(row: Any, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def signature_of(rows: list[Any], *, is_signed: bool = True) -> Any:
    return next(row for row in rows if (row.signed_on is not None) == is_signed)


def accepted(rows: list[Any]) -> Any:
    return next(row for row in rows if row.type == "acceptance" and row.party_id != rows[-1].party_id)


def sign_for_the_third(rows: list[Any]) -> None:
    given, awaited = signature_of(rows), signature_of(rows, is_signed=False)
    changed(awaited, **{name: getattr(given, name) for name in ("signed_on", "signed_at", "mandate", "evidence")})


def test_no_row_that_proves_says_what_its_history_does_not_tell(signed: bytes, elsewhere: Store) -> None:
    """Each rule by itself, on the rows as they were brought in, then as somebody would write them."""
    negotiation_id = brought_in(elsewhere, signed, "lecteur@ailleurs.example")
    with elsewhere.reading() as session:
        told = told_by_history(session, negotiation_id)
        for rule in HELD.values():
            rule(told)
        for number, (table, change) in enumerate(FORGERIES):
            kind = class_of(table)
            rows = [kind(**row.model_dump()) for row in told.rows(table)]
            change(rows)
            with pytest.raises(InvalidArchive):
                HELD[table](replace(told, read={**told.read, table: rows}))
                pytest.fail(f"{number}: {table}")


def test_a_clause_is_agreed_by_the_moves_of_its_parties_and_by_no_row(store: Store, elsewhere: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Un texte que personne n’a accepté.")
    archive = read_archive_to_import(carried_away(store, table.id, table.og.dg.email))

    def agree(rows: list[Json]) -> None:
        row = next(row for row in rows if row["id"] == table.clause_id("en02"))
        row.update(state=str(ClauseState.AGREED), agreed_version_id=row["current_version_id"])

    assert refused(elsewhere, with_rows(archive, "clause", agree)).startswith("donnees/clause.json")


def test_values_that_no_page_could_read_are_refused_with_the_archive(signed: bytes, elsewhere: Store) -> None:
    archive = read_archive_to_import(signed)
    framing = with_rows(archive, "document", lambda rows: rows[0].update(attributes={"date": "un jour"}))
    assert "une date ou une valeur ne s’y lit pas" in refused(elsewhere, framing)
    valued = with_rows(archive, "clause", lambda rows: rows[0].update(working_value={"a": "1"}))
    assert refused(elsewhere, valued).startswith("donnees/clause.json")


CONTRACT = scenario(status="signed") | {"key": "contrat-connu"}


@pytest.fixture
def avenant(store: Store) -> bytes:
    """The archive of an avenant to a contract that another instance may hold too, and know nothing of. Made once."""
    if "avenant" not in _kept():
        contract = a_table(store, CONTRACT)
        opened = amend(contract.og.dg, wanted(contract, "en01"))
        _kept()["avenant"] = carried_away(store, opened.id, contract.og.dg.email)
    return _kept()["avenant"]


def test_no_avenant_attaches_itself_to_a_contract_that_does_not_tell_it(avenant: bytes, elsewhere: Store) -> None:
    a_table(elsewhere, CONTRACT)
    assert "ne connaît pas cet avenant" in refused(elsewhere, read_archive_to_import(avenant))


def test_nor_to_a_contract_that_comes_later(avenant: bytes, elsewhere: Store) -> None:
    brought_in(elsewhere, avenant, "voleur@ailleurs.example")
    late = a_table(elsewhere, CONTRACT)
    with elsewhere.reading() as session:
        row = session.execute(select(Amendment)).scalar_one()
        root = session.get_one(Negotiation, late.id)
        assert row.root_key == root.key
        assert (amendments_to(session, late.og.dg.actor), pending_of(session, root.key)) == ((), None)


def test_every_carried_table_says_how_it_is_held(store: Store) -> None:
    carried = {name for name, how in TABLES.items() if how not in (Carried.LEFT, Carried.APART)}
    assert carried == set(HELD) | PROVES_NOTHING
    assert not set(HELD) & PROVES_NOTHING
