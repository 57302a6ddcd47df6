"""The perimeter: whoever drafts changes it, every party reads that he did."""

import json
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import Frozen, InvalidInput, NotAllowed, NotFound, PartInUse, StaleClause
from negotiation.rules.opening import Structure, outside_authorisation
from negotiation.rules.vocabulary import Circle
from negotiation.services.perimeter import add_structure, change_structure, remove_structure
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation, Part
from negotiation.store.queries.opening import StructureView, perimeter_of
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table, a_table
from tests.visitors import Visitor

SAVS = Structure("SAVS du Pays", "SAVS", "990000206", "Vyre", 60, ("cd",), date(2040, 1, 1))


def structures(table: Table) -> tuple[StructureView, ...]:
    with table.store.reading() as session:
        return perimeter_of(session, table.id)


def add(person: Person, structure: Structure = SAVS) -> StructureView:
    with person.table.store.unit_of_work() as uow:
        key = add_structure(uow, person.actor, structure)
    return next(one for one in structures(person.table) if one.key == key)


def told(table: Table) -> list[dict[str, Any]]:
    query = select(HistoryEntry).where(col(HistoryEntry.kind) == "perimeter.changed")
    with table.store.reading() as session:
        entries = session.execute(query.order_by(col(HistoryEntry.sequence))).scalars().all()
    assert {entry.circle for entry in entries} <= {"shared"}
    return [json.loads(entry.payload or "") for entry in entries]


def test_a_structure_comes_changes_and_leaves_in_front_of_all(store: Store) -> None:
    table = a_table(store)
    before = len(structures(table))
    savs = add(table.og.redac)
    with store.unit_of_work() as uow:
        fewer = Structure("SAVS du Pays", "SAVS", "990000206", "Vyre", 45, ("cd",), None)
        change_structure(uow, table.cd.redac.actor, savs.id, fewer, seen=savs.fingerprint)
    changed = structures(table)[-1]
    assert (changed.places, changed.outside_authorisation) == (45, True)
    with store.unit_of_work() as uow:
        remove_structure(uow, table.ars.redac.actor, savs.id, seen=changed.fingerprint)
    assert len(structures(table)) == before
    assert [(fact["change"], fact["places"]) for fact in told(table)] == [
        ("added", 60),
        ("changed", 45),
        ("removed", 45),
    ]


def test_saving_what_stands_tells_nothing(store: Store) -> None:
    table = a_table(store)
    savs = add(table.og.redac)
    with store.unit_of_work() as uow:
        change_structure(uow, table.og.redac.actor, savs.id, SAVS, seen=savs.fingerprint)
    assert len(told(table)) == 1


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_what_changed_under_ones_eyes_is_not_overwritten(store: Store) -> None:
    table = a_table(store)
    savs = add(table.og.redac)
    fewer = Structure("SAVS du Pays", "SAVS", "990000206", "Vyre", 45, ("cd",), None)
    with store.unit_of_work() as uow:
        change_structure(uow, table.og.redac.actor, savs.id, fewer, seen=savs.fingerprint)
    with pytest.raises(StaleClause), store.unit_of_work() as uow:
        change_structure(uow, table.cd.redac.actor, savs.id, SAVS, seen=savs.fingerprint)
    with pytest.raises(StaleClause), store.unit_of_work() as uow:
        remove_structure(uow, table.cd.redac.actor, savs.id, seen=savs.fingerprint)


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_only_who_drafts_changes_it_and_only_at_his_own_table(store: Store) -> None:
    table, other = a_table(store, parties=["og", "ars", "cd", "asso"]), a_table(store)
    savs = add(table.og.redac)
    for reader in (table.og.lect, table.asso.dg):
        with pytest.raises(NotAllowed), store.unit_of_work() as uow:
            add_structure(uow, reader.actor, SAVS)
    with pytest.raises(NotFound), store.unit_of_work() as uow:
        remove_structure(uow, other.og.redac.actor, savs.id, seen=savs.fingerprint)


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_two_structures_never_share_a_number_and_only_authorities_pay(store: Store) -> None:
    table = a_table(store)
    add(table.og.redac)
    for wrong, field in (
        (SAVS, "finess"),
        (Structure("X", "", "12", "", 1, (), None), "finess"),
        (Structure("X", "", "990000299", "", 1, ("og",), None), "funders"),
    ):
        with pytest.raises(InvalidInput) as refused, store.unit_of_work() as uow:
            add_structure(uow, table.og.redac.actor, wrong)
        assert refused.value.detail["field"] == field


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_structure_that_a_fiche_names_stays_unless_the_fiche_is_inside_another_party(store: Store) -> None:
    """What is prepared inside the ARS refuses nothing to the gestionnaire: the refusal would tell."""
    table = a_table(store)
    savs = add(table.og.redac)
    with store.unit_of_work() as uow:
        part = uow.session.get_one(Part, table.part_id("fa01"))
        part.attributes = {**part.attributes, "essms_ids": [savs.key]}
    with pytest.raises(PartInUse), store.unit_of_work() as uow:
        remove_structure(uow, table.og.redac.actor, savs.id, seen=savs.fingerprint)
    with store.unit_of_work() as uow:
        uow.session.get_one(Part, table.part_id("fa01")).circle = str(Circle.inside(table.ars.id))
    with store.unit_of_work() as uow:
        remove_structure(uow, table.og.redac.actor, savs.id, seen=savs.fingerprint)


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_frozen_contract_keeps_its_perimeter(store: Store) -> None:
    table = a_table(store)
    with store.unit_of_work() as uow:
        uow.session.get_one(Negotiation, table.id).frozen_at = now()
    with pytest.raises(Frozen), store.unit_of_work() as uow:
        add_structure(uow, table.og.redac.actor, SAVS)


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_an_authorisation_covers_the_contract_to_its_last_day(store: Store) -> None:
    end = date(2031, 12, 31)
    assert outside_authorisation(None, end)
    assert outside_authorisation(date(2031, 12, 30), end)
    assert not outside_authorisation(end, end)


# ---------------------------------------------------------------------- pages


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_the_page_lists_adds_and_says_what_is_wrong_at_its_field(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    drafter = Visitor(app).enter(table.og.redac.email)
    here = f"/negociations/{table.id}/perimetre"
    typed = {
        "act": "save",
        "structure": "new",
        "name": "SAVS du Pays",
        "finess": "99 000 0206",
        "places": "60",
        "funder": "cd",
        "until": "2020-01-01",
    }
    refused = drafter.post(here, typed | {"finess": "12", "places": "soixante"})
    assert refused.status_code == 422
    assert "nombre entier" in refused.text
    assert 'value="soixante"' in refused.text
    again = drafter.post(here, typed | {"finess": "12"})
    assert "neuf chiffres" in again.text
    assert drafter.post(here, typed).status_code == 302
    page = drafter.get(here).text
    assert "Hors autorisation" in page
    structure = next(one for one in structures(table) if one.finess == "990000206")
    stale = drafter.post(here, typed | {"structure": structure.id, "seen": "autre"})
    assert stale.status_code == 409
    asked = {"act": "remove", "structure": structure.id, "seen": structure.fingerprint}
    assert drafter.post(here, asked).status_code == 302
    assert re.search(r"change le périmètre", drafter.get(f"/negociations/{table.id}/historique").text)
    reader = Visitor(app).enter(table.og.lect.email)
    assert "Ajouter une structure" not in reader.get(here).text
    assert reader.post(here, typed).status_code == 403
