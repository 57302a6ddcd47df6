"""From keys typed in the table commune to a proposal that says who wrote which words."""

import json
import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.lifecycle import Origin
from negotiation.rules.vocabulary import Gesture, Move, Role
from negotiation.services.crediting import Crediting
from negotiation.services.moves import Order, play
from negotiation.services.snapshots import Snapshot, snapshot
from negotiation.services.visa_rules import set_visa_rule
from negotiation.services.visas import give_visa, submit
from negotiation.store import Announcing, Store
from negotiation.store.columns import new_id
from negotiation.store.exchange import DraftCredit, MoveRow
from negotiation.store.record import HistoryEntry
from tests.drafting_table import Browser, DraftingTable, set_table
from tests.visitors import Visitor


@pytest.fixture
def table(store: Store) -> DraftingTable:
    return set_table(store)


def both_type(table: DraftingTable, *, side: str = "commune") -> None:
    """Two words were there; five by the gestionnaire, two by the ARS."""
    alice = Browser(table, "og.dg", side=side)
    alice.push(alice.type("Cinq mots du gestionnaire ici."))
    bruno = Browser(table, "ars.dg")
    bruno.push(bruno.type("Deux autres."))


def taken(table: DraftingTable, name: str = "og.dg", *, side: str = "commune") -> Snapshot:
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        return snapshot(uow, table.person(name).actor, table.clause_id, side=side)


def words_of(table: DraftingTable, found: Snapshot) -> list[tuple[str | None, int]]:
    names = {table.table.party_id(key): key for key in ("og", "ars", "cd")}
    return [(names.get(party_id or ""), words) for party_id, words in found.written]


def test_a_snapshot_of_the_table_commune_says_who_wrote_which_words(table: DraftingTable) -> None:
    both_type(table)
    assert words_of(table, taken(table)) == [(None, 2), ("og", 5), ("ars", 2)]


def test_a_private_draft_says_nothing_of_its_writers(table: DraftingTable) -> None:
    both_type(table, side="ours")
    assert taken(table, side="ours").written == ()
    assert words_of(table, taken(table)) == [(None, 2), ("ars", 2)]


def test_a_text_that_nobody_wrote_in_has_no_authors(table: DraftingTable) -> None:
    Browser(table, "og.dg")
    assert taken(table).written == ()


def test_following_the_log_and_reading_it_at_once_say_the_same(table: DraftingTable) -> None:
    both_type(table)
    following = Crediting(table.table.store)
    carla = Browser(table, "cd.dg")
    following.follow([carla.opened.draft_id])
    carla.push(carla.type("Quatre mots du département."))
    following.follow([carla.opened.draft_id])
    assert words_of(table, taken(table)) == [(None, 2), ("og", 5), ("ars", 2), ("cd", 4)]
    with table.table.store.reading() as session:
        assert session.execute(select(DraftCredit)).first() is not None
    assert words_of(table, taken(table)) == [(None, 2), ("og", 5), ("ars", 2), ("cd", 4)]


def test_a_process_that_begins_again_reads_on_from_what_was_kept(table: DraftingTable) -> None:
    both_type(table)
    taken(table)
    table.live.rooms.drop_idle()
    table.start_again()
    carla = Browser(table, "cd.dg")
    carla.push(carla.type("Quatre mots du département."))
    anew = Crediting(table.table.store)
    anew.follow([carla.opened.draft_id])
    assert words_of(table, taken(table)) == [(None, 2), ("og", 5), ("ars", 2), ("cd", 4)]


def test_what_each_wrote_survives_a_reopening_that_starts_the_draft_again(table: DraftingTable) -> None:
    browser = Browser(table, "og.dg")
    browser.push(browser.type("Du gestionnaire, pour l’engagement.", table.other_clause_id))
    table.agree()
    table.reopen()
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        found = snapshot(uow, table.person("og.dg").actor, table.other_clause_id, side="commune")
    assert words_of(table, found) == [("og", 5)]
    assert taken(table).written == ()


def propose(table: DraftingTable, found: Snapshot) -> str:
    actor = table.person("og.dg").actor
    order = Order(Move.PROPOSAL, text=found.text, origin=Origin.TABLE_COMMUNE, written=found.written)
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        return play(uow, actor, table.clause_id, order).move_id


def test_the_move_and_the_history_keep_who_wrote_what(table: DraftingTable) -> None:
    both_type(table)
    found = taken(table)
    move_id = propose(table, found)
    with table.table.store.reading() as session:
        move = session.get_one(MoveRow, move_id)
        assert [tuple(run) for run in move.attributes["written"]] == list(found.written)
        query = select(HistoryEntry).where(col(HistoryEntry.clause_id) == table.clause_id)
        last = session.execute(query.order_by(col(HistoryEntry.sequence).desc()).limit(1)).scalar_one()
        assert json.loads(last.payload or "")["written"] == [[None, 2], ["og", 5], ["ars", 2]]


def test_a_visa_between_the_snapshot_and_the_table_changes_nothing_of_it(table: DraftingTable) -> None:
    both_type(table)
    og = table.person("og.dg").actor
    order = Order(Move.PROPOSAL, text=taken(table).text, origin=Origin.TABLE_COMMUNE, written=taken(table).written)
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, table.person("og.dg").actor, Gesture.PROPOSAL, Role.SIGNATORY)
        waiting = submit(uow, og, table.clause_id, order).request_id
    both_type(table)
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        played = give_visa(uow, table.person("og.sign").actor, waiting or "")
        move = uow.session.get_one(MoveRow, played.move_id)
        assert [words for _, words in move.attributes["written"]] == [2, 5, 2]


def test_the_proposal_and_the_navette_show_each_partys_share_and_sign(app: Flask) -> None:
    table = set_table(app.extensions["store"])
    both_type(table)
    reader = Visitor(app).enter(table.person("cd.lect").email)
    address = f"/clauses/{table.clause_id}/proposition"
    sent = Visitor(app).enter(table.person("og.dg").email)
    fields = {"move": "proposal", "draft": "commune", "origin": "table_commune", "request_key": new_id()}
    assert sent.post(f"/clauses/{table.clause_id}/moves", fields).status_code == 302
    for page in (reader.get(address).text, reader.get(f"/clauses/{table.clause_id}/navette").text):
        summary = re.search(r'class="authorship"><summary>(.*?)</summary>', page, re.DOTALL)
        assert summary is not None
        assert re.findall(r"(\d+)\s%", summary[1]) == ["71", "29"]
        assert "Rédigé par" in summary[1]
        assert '<span class="wrote" data-party="g">Cinq mots du gestionnaire ici</span><b class="by"' in page
        assert "écrit par l’ARS : " in page
