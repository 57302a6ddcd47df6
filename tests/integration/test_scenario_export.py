"""A negotiation leaves as a scenario file too: imported into an empty instance, it is the same."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from negotiation.documents.archive import read_archive
from negotiation.documents.scenario_file import scenario_of
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.services.importing import import_bytes
from negotiation.store import Announcing, Store
from negotiation.store.queries.carried import carried_rows
from tests.builders import a_table
from tests.imported_once import imported_once
from tests.integration.test_opening import an_opening, opened
from tests.membership import reader
from tests.scenarios import EHPAD, HANDICAP

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
Json = dict[str, Any]
LISTS = ("parties", "calendar", "strategic_objectives", "fiches_action", "indicators", "financial_lines", "sessions")
REST = ("negotiation", "cadrage", "diagnostic", "financial_framework", "signature", "follow_up", "essms")
TOLD = ("type", "at", "member_id", "text", "rationale", "value", "accepts", "reply_to")


def told(store: Store, negotiation_id: str, email: str) -> Json:
    actor = reader(store, negotiation_id, email)
    with store.reading() as session:
        return dict(scenario_of(carried_rows(session, actor)).content)


def brought(store: Store, content: Json | bytes, until: date | None = None) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    with store.unit_of_work(Announcing.SILENT) as uow:
        return import_bytes(uow, data, until=until).negotiation_id


def by_id(content: Json, name: str) -> Json:
    return {each["id"]: each for each in content[name]}


def moves(content: Json) -> Json:
    """What all parties read of each thread."""
    return {
        engagement["id"]: [{name: move[name] for name in TOLD} for move in engagement["moves"] if is_shared(move)]
        for engagement in content["engagements"]
    }


def is_shared(move: Json) -> bool:
    return bool(move["visibility"] == "shared")


@pytest.mark.parametrize(("scenario", "member"), [(EHPAD, "cd.tarif"), (HANDICAP, "og.dg")])
def test_a_scenario_that_leaves_and_comes_back_is_the_same(
    store: Store,
    elsewhere: Store,
    scenario: Path,
    member: str,
) -> None:
    file, email = json.loads(scenario.read_text(encoding="utf-8")), f"{member}@{scenario.stem}.example"
    left = told(store, imported_once(store, file), email)
    assert {name: by_id(left, name) for name in LISTS} == {name: by_id(file, name) for name in LISTS}
    assert {name: left[name] for name in REST} == {name: file[name] for name in REST}
    assert moves(left) == moves(file)
    inside = {move["party_id"] for each in left["engagements"] for move in each["moves"] if not is_shared(move)}
    assert inside <= ({"og"} if member.startswith("og") else {"ars", "cd"})
    assert told(elsewhere, brought(elsewhere, left), email) == left


def test_a_negotiation_opened_here_leaves_as_a_file_that_is_imported(store: Store, elsewhere: Store) -> None:
    opened_here = opened(store, an_opening()).negotiation_id
    left = told(store, opened_here, "moi@orlinde.example")
    parts = [[each["title"] for each in left[name]] for name in ("clauses", "strategic_objectives", "indicators")]
    assert parts[0] and parts[2]
    again = told(elsewhere, brought(elsewhere, left), f"{left['parties'][0]['members'][0]['id']}@{left['key']}.example")
    assert parts == [
        [each["title"] for each in again[name]] for name in ("clauses", "strategic_objectives", "indicators")
    ]


def test_what_is_still_negotiated_leaves_too_and_says_what_the_format_cannot_hold(
    store: Store,
    elsewhere: Store,
) -> None:
    table = a_table(store, parties=["og", "ars", "cd", "asso"])
    table.agree("k01.markdown", "Texte accordé")
    table.og.dg.reopen("k01.markdown")
    table.ars.dg.consent("k01.markdown")
    table.cd.dg.consent("k01.markdown")
    actor = reader(store, table.id, table.ars.dg.email)
    with store.unit_of_work() as uow:
        members = read_archive(pack_archive(collect_archive(uow, actor)).data)
    left = json.loads(members["scenario/negociation.json"])
    threads = [each["moves"] for each in left["engagements"] if each["target"] == {"type": "clause", "id": "k01"}]
    assert [{move["type"] for move in moves} for moves in threads if moves] == [{"proposal", "comment"}]
    assert "une négociation neuve" in members["scenario/LISEZMOI.txt"].decode().replace("\n", " ")
    again = told(elsewhere, brought(elsewhere, left), table.ars.dg.email)
    assert by_id(again, "clauses")["k01"] == by_id(left, "clauses")["k01"]
    open_one = told(store, brought(store, HANDICAP.read_bytes(), date(2026, 7, 10)), "og.dg@handicap.example")
    assert brought(elsewhere, open_one)
    assert open_one["negotiation"]["status"] == "in_negotiation"
