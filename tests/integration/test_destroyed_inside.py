"""What a party chose to have destroyed: announced, then gone with every row of its inside, and with its bytes; every
chain still verifies, and nobody else can tell."""

import base64
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from app.destroying import destroy_insides
from negotiation.documents.archive import write_archive
from negotiation.errors import AlreadyDone, InvalidInput
from negotiation.services import destroying
from negotiation.services.destroying import DELETED, KEPT, announce, destroy
from negotiation.services.exporting import collect_archive
from negotiation.services.private_history import choose_fate
from negotiation.store import Store
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.exchange import Draft, DraftUpdate, MoveRow
from negotiation.store.inside import InsideFate
from negotiation.store.metadata import METADATA
from negotiation.store.queries.private_history import Fate, fate_of
from negotiation.store.record import HistoryEntry
from negotiation.verifier import verify_archive
from tests.builders import Person, Table, a_table
from tests.secrets_table import SecretsTable, reader_of, secrets_of
from tests.visitors import asks

SIGNED = date(2020, 1, 31)
FIVE_YEARS_LATER = datetime(2025, 1, 31, 12, tzinfo=UTC)
ARCHIVED = "2026-01-01T00:00:00Z"


def a_signed_table(app: Flask) -> SecretsTable:
    """Frozen and signed long ago, with everything that people wrote inside."""
    found = secrets_of(app)
    signed = update(Negotiation).where(col(Negotiation.id) == found.table.id)
    with found.table.store.engine.begin() as connection:
        connection.execute(signed.values(frozen_at=datetime(2020, 1, 30, tzinfo=UTC), signed_on=SIGNED))
    return found


def choose(person: Person, fate: str = "destroyed", years: str = "5") -> str:
    """The id of the choice."""
    with person.table.store.unit_of_work() as uow:
        choose_fate(uow, person.actor, fate, years=years)
        query = select(col(InsideFate.id)).where(col(InsideFate.party_id) == person.member.party_id)
        return str(uow.session.execute(query).scalar_one())


def step(store: Store, what: Any, fate_id: str, moment: datetime) -> bool:
    with store.unit_of_work() as uow:
        return bool(what(uow, fate_id, moment))


def fate(person: Person) -> Fate:
    with person.table.store.reading() as session:
        return fate_of(session, person.actor)


def archive_of(person: Person) -> bytes:
    with person.table.store.unit_of_work() as uow:
        content = collect_archive(uow, person.actor)
    return write_archive(replace(content, exported_at=ARCHIVED))


def everything(store: Store, but: frozenset[str] = frozenset()) -> str:
    with store.reading() as session:
        return "\n".join(
            repr(tuple(row))
            for table in METADATA.sorted_tables
            if table.name not in but
            for row in session.execute(select(table))
        )


def test_every_row_that_is_somebodys_inside_has_its_end_written() -> None:
    """A row class that has a circle, or hangs from one that has, says here what becomes of it."""
    inside = {name for name, table in METADATA.tables.items() if "circle" in table.columns}
    while more := {
        name
        for name, table in METADATA.tables.items()
        if name not in inside and any(key.column.table.name in inside for key in table.foreign_keys)
    }:
        inside |= more
    said = {str(each.row.__tablename__) for each in DELETED}
    assert said & set(KEPT) == set()
    assert inside - said - set(KEPT) == set(), "say in services/destroying.py what is done with these rows"
    assert set(KEPT) - inside == set()


def test_what_a_party_destroys_is_gone_and_every_chain_still_verifies(app: Flask) -> None:
    found = a_signed_table(app)
    table, store = found.table, found.table.store
    chosen = choose(table.og.dg)
    assert step(store, announce, chosen, FIVE_YEARS_LATER)
    others = [archive_of(person) for person in (table.ars.dg, table.cd.dg, table.asso.com)]
    own = archive_of(table.og.dg)

    assert not step(store, destroy, chosen, FIVE_YEARS_LATER + timedelta(days=29))
    assert step(store, destroy, chosen, FIVE_YEARS_LATER + timedelta(days=30))
    assert not step(store, destroy, chosen, FIVE_YEARS_LATER + timedelta(days=31)), "once"

    assert [archive_of(person) for person in (table.ars.dg, table.cd.dg, table.asso.com)] == others
    after, before = verify_archive(archive_of(table.og.dg)), verify_archive(own)
    assert before.ok and after.ok
    assert any("détruit comme sa partie l’avait choisi" in said for said in after.does_not_prove)
    circle = str(table.og.inside)
    with store.reading() as session:
        entries = session.execute(
            select(HistoryEntry).where(col(HistoryEntry.circle) == circle).order_by(col(HistoryEntry.sequence))
        ).scalars()
        *emptied, last = entries
    assert before.heads[circle] == emptied[-1].header_hash and before.heads["shared"] == after.heads["shared"]
    assert {(entry.payload, entry.salt, entry.clause_id) for entry in emptied} == {(None, "", None)}
    assert last.kind == "inside.destroyed" and '"messages":2' in str(last.payload)
    assert fate(table.og.dg).destroyed_at and fate(table.og.dg).through == emptied[-1].sequence

    assert store.wipe()
    rows = everything(store)
    told = {
        word.replace(",", "."): (inside, thing)  # numbers as rows hold them
        for word, (inside, thing) in found.words.told.items()
        if thing != "id of an imported remark"  # what the file says in a séance, to all, names every move
    }
    for word, (inside, thing) in told.items():
        assert (word in rows) is (inside != "og"), thing
    if store.on_sqlite:
        file = Path(str(store.engine.url.database))
        left = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
        for word, (inside, thing) in told.items():
            assert (word.encode() in left) is (inside != "og"), thing
    assert reader_of(app, found, "og").get(f"/negociations/{table.id}/historique?cercle=ours").status_code == 200


def test_the_database_lets_go_of_what_is_destroyed_and_of_nothing_else(app: Flask) -> None:
    found = a_signed_table(app)
    table, store = found.table, found.table.store
    choose(table.og.dg)

    def refused() -> list[str]:
        def of(row: Any, party: str) -> Any:
            return (col(row.negotiation_id) == table.id) & (col(row.circle) == str(getattr(table, party).inside))

        drafts = {party: select(col(Draft.id)).where(of(Draft, party)) for party in ("og", "ars")}
        kept = []
        for party in ("og", "ars"):
            for order in (
                update(HistoryEntry).where(of(HistoryEntry, party)).values(payload=None, salt="", clause_id=None),
                update(HistoryEntry).where(of(HistoryEntry, party)).values(payload="{}", salt=""),
                update(HistoryEntry).where(of(HistoryEntry, party)).values(payload=None, salt="", actor="x"),
                delete(HistoryEntry).where(of(HistoryEntry, party)),
                delete(MoveRow).where(of(MoveRow, party)),
                delete(DraftUpdate).where(col(DraftUpdate.draft_id).in_(drafts[party])),
                delete(Clause).where(of(Clause, party)),
                delete(Part).where(of(Part, party)),
            ):
                try:
                    with store.engine.connect() as connection:  # nothing is committed
                        connection.execute(order)
                except DBAPIError as error:
                    assert "immutable" in str(error) or "frozen" in str(error)
                    kept.append(party)
        return kept

    assert refused() == ["og"] * 8 + ["ars"] * 8
    with store.engine.begin() as connection:
        connection.execute(
            text("UPDATE inside_fate SET destroyed_at = :at, through = 10000"), {"at": "2025-02-01 00:00:00"}
        )
    assert refused() == ["og"] * 3 + ["ars"] * 8, "headers never change, and no fact ever leaves its chain"


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_the_round_of_the_server_warns_thirty_days_before_and_a_change_of_mind_stops_it(app: Flask) -> None:
    found = a_signed_table(app)
    table, store = found.table, found.table.store
    choose(table.og.dg, years="30")
    with app.app_context():
        destroy_insides()
        assert fate(table.og.dg).announced_on is None and fate(table.og.dg).on == date(2050, 1, 31)
        choose(table.og.dg, years="1")
        destroy_insides()
        warned = fate(table.og.dg)
        assert warned.announced_on and warned.on == warned.announced_on + timedelta(days=30)
        choose(table.og.dg, "kept")
        destroy_insides()
        assert fate(table.og.dg).on is None

        choose(table.og.dg, years="1")
        long_ago = date(2021, 3, 1)
        destroy_insides()
        with store.engine.begin() as connection:
            connection.execute(update(InsideFate).values(announced_on=long_ago))
        destroy_insides()
    assert fate(table.og.dg).destroyed_at
    with store.reading() as session:
        assert session.execute(select(col(InsideFate.wiped_at))).scalar_one()
    with pytest.raises(AlreadyDone):
        choose(table.og.dg, "kept")


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_choice_is_a_number_of_years_and_a_fact_of_the_party_alone(store: Store) -> None:
    table: Table = a_table(store)
    before = [archive_of(person) for person in (table.ars.dg,)]
    for years in ("0", "31", "", "x", "5,5", "²"):
        with pytest.raises(InvalidInput):
            choose(table.og.dg, years=years)
    with pytest.raises(InvalidInput):
        choose(table.og.dg, "autre")
    choose(table.og.sign)
    choose(table.og.sign)
    assert fate(table.og.dg).years == 5 and fate(table.og.dg).on is None
    assert fate(table.ars.dg) == Fate()
    assert [archive_of(person) for person in (table.ars.dg,)] == before
    with store.reading() as session:
        told = (
            session.execute(select(HistoryEntry).where(col(HistoryEntry.kind) == "inside.fate_chosen")).scalars().all()
        )
    assert [(entry.circle, entry.payload) for entry in told] == [
        (str(table.og.inside), '{"fate":"destroyed","years":5}')
    ]


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_page_that_has_a_destroyed_draft_open_finds_nothing_and_brings_nothing_back(app: Flask) -> None:
    found = a_signed_table(app)
    table, store, typist = found.table, found.table.store, found.typists["og"]
    chosen = choose(table.og.dg)
    assert step(store, announce, chosen, FIVE_YEARS_LATER)
    assert step(store, destroy, chosen, FIVE_YEARS_LATER + timedelta(days=30))
    update = base64.b64encode(typist.document.get_update()).decode()
    pushed = asks(typist.socket, "push_update", {**typist.draft, "op": new_id(), "update": update})
    assert not pushed["ok"] and pushed["error"]["code"] == "not_found"
    rooms = app.extensions["live_drafts"].rooms
    rooms.clock = lambda: time.monotonic() + 3600
    with app.app_context():
        rooms.drop_idle()
    assert len(rooms) == 0
    with store.reading() as session:
        kept = session.execute(select(Draft).where(col(Draft.circle) == str(table.og.inside))).scalars().all()
    assert kept == []


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_destruction_that_stops_in_the_middle_has_destroyed_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = a_signed_table(app)
    table, store = found.table, found.table.store
    chosen = choose(table.og.dg)
    assert step(store, announce, chosen, FIVE_YEARS_LATER)
    before = everything(store)

    def stops(*_: Any) -> int:
        raise RuntimeError("the lights went out")

    with monkeypatch.context() as broken:
        broken.setattr(destroying, "_empty_history", stops)
        with pytest.raises(RuntimeError):
            step(store, destroy, chosen, FIVE_YEARS_LATER + timedelta(days=30))
    assert everything(store) == before
    assert step(store, destroy, chosen, FIVE_YEARS_LATER + timedelta(days=30))
