"""Live drafts on a database: who may open what, what is kept, what an agreement and a gel close."""

import threading

import pytest
from pycrdt import Map
from sqlalchemy import func, select

from app.errors import sentence_of
from negotiation.drafting.updates import Batch, ClaimLapsed, LogMovedOn, NewUpdate, Stored, Unstorable, Writer
from negotiation.drafting.wire import Reason
from negotiation.errors import EpochChanged, Frozen, NotAllowed, NotFound, UpdateRefused
from negotiation.rules.policy import Method
from negotiation.rules.vocabulary import ClauseState
from negotiation.services.draft_seats import push_from_seat, seat_in_draft
from negotiation.services.drafting import (
    PLATFORM_CLIENT,
    ClauseLock,
    LiveDrafts,
    check_draft,
    drafted_text,
    open_draft,
    pull_updates,
    push_update,
    snapshot_text,
)
from negotiation.services.signing_in import open_session, sign_out
from negotiation.store import Store, connect_store
from negotiation.store.contract import Clause
from negotiation.store.draft_states import DraftState
from negotiation.store.exchange import DraftUpdate
from tests.drafting_table import START, Browser, DraftingTable, set_table

UNKNOWN = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def table(store: Store) -> DraftingTable:
    return set_table(store)


def stored_updates(table: DraftingTable) -> int:
    with table.table.store.reading() as session:
        return session.execute(select(func.count()).select_from(DraftUpdate)).scalar_one()


def answers_about(table: DraftingTable, name: str, draft_id: str) -> list[dict[str, object]]:
    """What the refusal of each question about a draft says."""
    actor, live = table.person(name).actor, table.live
    questions = (
        lambda: push_update(live, actor, draft_id=draft_id, epoch=1, op_id="x", update=b"\x00\x00"),
        lambda: pull_updates(live, actor, draft_id=draft_id, epoch=1, after=0),
        lambda: check_draft(live, actor, draft_id=draft_id, epoch=1, sequence=1, text_hash=""),
    )
    answers = []
    for question in questions:
        with pytest.raises(NotFound) as refusal:
            question()
        answers.append(refusal.value.detail)
    return answers


def test_a_draft_starts_from_the_current_texts_and_values(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    assert alice.text() == START
    indicator = Browser(table, "og.dg", part="i01")
    values = indicator.document.get("values", type=Map).to_py()
    assert values[table.table.clause_id("i01.targets.2027")] == "93"
    assert values[table.table.clause_id("i01.baseline.value")] == "91,8"
    assert set(alice.opened.clauses.values()) == {ClauseLock.OPEN}


def test_everybody_at_the_table_writes_one_text(table: DraftingTable) -> None:
    alice, bruno = Browser(table, "og.dg"), Browser(table, "ars.dg")
    alice.push(alice.type("du gestionnaire"))
    bruno.push(bruno.type("de l’ARS"))
    alice.open()
    bruno.open()
    assert alice.text() == bruno.text()
    assert {"du gestionnaire", "de l’ARS"} <= set(alice.text().split("\n\n"))
    assert alice.hash() == bruno.hash()


def test_two_people_opening_at_once_find_one_draft(table: DraftingTable) -> None:
    opened: list[str] = []
    together = threading.Barrier(2)

    def open_it(name: str) -> None:
        together.wait()
        opened.append(Browser(table, name).opened.draft_id)

    people = [threading.Thread(target=open_it, args=(name,)) for name in ("og.dg", "ars.dg")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(opened) == 2
    assert len(set(opened)) == 1


def test_the_other_side_of_a_private_draft_does_not_exist(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg", side="ours")
    alice.push(alice.type("confidentiel"))
    for name in ("ars.dg", "cd.dg", "asso.com"):
        assert [answers_about(table, name, draft_id) for draft_id in (alice.opened.draft_id, UNKNOWN)] == [[{}] * 3] * 2


def test_each_party_opens_its_own_draft_under_the_same_word(table: DraftingTable) -> None:
    alice, amina = Browser(table, "og.dg", side="ours"), Browser(table, "og.redac", side="ours")
    alice.push(alice.type("confidentiel"))
    amina.open()
    assert "confidentiel" in amina.text()
    bruno = Browser(table, "ars.dg", side="ours")
    assert bruno.opened.draft_id != alice.opened.draft_id
    assert bruno.text() == START
    with table.table.store.reading() as session:
        assert drafted_text(session, table.person("ars.dg").actor, table.clause_id, side="ours") == START


def test_the_authorities_draft_is_closed_to_the_gestionnaire(table: DraftingTable) -> None:
    bruno, carole = Browser(table, "ars.dg", side="authorities"), Browser(table, "cd.dg", side="authorities")
    assert bruno.opened.draft_id == carole.opened.draft_id
    with pytest.raises(NotFound):
        Browser(table, "og.dg", side="authorities")


def test_a_part_of_another_negotiation_does_not_exist(table: DraftingTable) -> None:
    elsewhere = set_table(table.table.store)
    for part_id in (elsewhere.part_id, UNKNOWN):
        with pytest.raises(NotFound):
            open_draft(table.live, table.person("og.dg").actor, part_id=part_id, side="commune")


def test_a_reader_reads_and_does_not_write(table: DraftingTable) -> None:
    for name in ("og.lect", "asso.com"):
        reader = Browser(table, name)
        assert reader.text() == START
        with pytest.raises(NotAllowed):
            reader.push(reader.type("en douce"))


def test_the_same_op_is_stored_once_whatever_happened_since(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    update = alice.type("une fois")
    first = alice.push(update, op_id="op-1")
    count = stored_updates(table)
    assert alice.push(update, op_id="op-1") == first
    table.agree()
    assert alice.push(update, op_id="op-1") == first
    table.freeze()
    assert alice.push(update, op_id="op-1") == first
    assert stored_updates(table) == count


def test_an_op_id_names_one_update_of_one_person(table: DraftingTable) -> None:
    alice, bruno = Browser(table, "og.dg"), Browser(table, "ars.dg")
    update = alice.type("à moi")
    alice.push(update, op_id="op-1")
    for browser, other in ((alice, alice.type("autre")), (bruno, update)):
        with pytest.raises(UpdateRefused) as refusal:
            browser.push(other, op_id="op-1")
        assert refusal.value.detail["reason"] is Reason.OP_USED_TWICE


def test_nobody_writes_under_the_client_of_another(table: DraftingTable) -> None:
    alice, mallory = Browser(table, "og.dg", client=1000), Browser(table, "ars.dg", client=1000)
    alice.push(alice.type("Alice"))
    mallory.open()
    forged = mallory.type("sous le nom d’Alice")
    with pytest.raises(UpdateRefused) as refusal:
        mallory.push(forged)
    assert refusal.value.detail["reason"] is Reason.SOMEBODY_ELSES_CLIENT
    alice.push(alice.type("et elle continue"))
    assert "et elle continue" in Browser(table, "ars.dg").text()


def test_nobody_writes_as_the_platform(table: DraftingTable) -> None:
    mallory = Browser(table, "ars.dg", client=PLATFORM_CLIENT)
    with pytest.raises(UpdateRefused) as refusal:
        mallory.push(mallory.type("officiel"))
    assert refusal.value.detail["reason"] is Reason.SOMEBODY_ELSES_CLIENT


def test_an_agreed_clause_is_locked_while_the_part_goes_on(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    table.agree()
    late = alice.type("trop tard")
    with pytest.raises(Frozen) as refusal:
        alice.push(late)
    assert refusal.value.detail == {"reason": "locked_clause", "clauses": [table.clause_id]}
    fresh = Browser(table, "og.dg")
    assert fresh.opened.clauses == {table.clause_id: ClauseLock.LOCKED, table.other_clause_id: ClauseLock.OPEN}
    fresh.push(fresh.type("ailleurs", table.other_clause_id))
    bruno = Browser(table, "ars.dg")
    assert "trop tard" not in bruno.text()
    assert "ailleurs" in bruno.text(table.other_clause_id)


def test_a_withdrawn_clause_is_not_said_to_be_agreed(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    table.table.og.dg.abandon("k01.markdown")
    for authority in (table.table.ars, table.table.cd):
        authority.dg.consent_to_abandon("k01.markdown")
    with pytest.raises(Frozen) as refusal:
        alice.push(alice.type("trop tard"))
    assert sentence_of(refusal.value) == "Cette clause a été retirée\u00a0: elle ne s’écrit plus."


def test_a_locked_value_does_not_move_either(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    table.agree()
    with pytest.raises(Frozen):
        alice.push(alice.value(""))


def test_a_reopening_starts_from_the_agreed_text_in_a_new_epoch(table: DraftingTable) -> None:
    alice, private = Browser(table, "og.dg"), Browser(table, "og.dg", side="ours")
    alice.push(alice.type("jamais proposé"))
    alice.push(alice.type("gardé", table.other_clause_id))
    private.push(private.type("mes mots"))
    table.agree("Texte accordé")
    table.reopen()
    with pytest.raises(EpochChanged):
        alice.push(alice.type("d’avant"))
    with pytest.raises(EpochChanged):
        pull_updates(table.live, table.person("og.dg").actor, draft_id=alice.opened.draft_id, epoch=1, after=0)
    again = Browser(table, "ars.dg")
    assert again.opened.draft_id == alice.opened.draft_id
    assert again.opened.epoch == 2
    assert again.text() == "Texte accordé"
    assert "gardé" in again.text(table.other_clause_id)
    again.push(again.type("rouvert"))
    assert "mes mots" in Browser(table, "og.dg", side="ours").text()


def test_nothing_is_written_after_a_gel(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    update = alice.type("trop tard")
    table.freeze()
    with pytest.raises(Frozen):
        alice.push(update)
    with pytest.raises(Frozen):
        Browser(table, "ars.dg")


def test_no_write_slips_in_behind_a_gel(table: DraftingTable) -> None:
    writers = [Browser(table, "og.dg"), Browser(table, "ars.dg")]
    refused: list[str] = []
    started = threading.Barrier(3)

    def write(browser: Browser) -> None:
        started.wait()
        for number in range(30):
            try:
                browser.push(browser.type(str(number)))
            except Frozen:
                refused.append(browser.name)
                return

    threads = [threading.Thread(target=write, args=(browser,)) for browser in writers]
    for thread in threads:
        thread.start()
    started.wait()
    table.freeze()
    count = stored_updates(table)
    for thread in threads:
        thread.join()
    assert stored_updates(table) == count
    assert len(refused) == 2 or count == 61


def test_a_process_that_starts_again_says_the_same(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    for number in range(20):
        sequence = alice.push(alice.type(f"ligne {number}"))
    table.start_again()
    checked = check_draft(
        table.live,
        table.person("og.dg").actor,
        draft_id=alice.opened.draft_id,
        epoch=1,
        sequence=sequence,
        text_hash=alice.hash(),
    )
    assert (checked.same, checked.sequence) == (True, 21)
    assert Browser(table, "ars.dg").hash() == alice.hash()


def test_a_long_draft_opens_from_its_kept_state_and_from_no_state_of_a_former_epoch(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    for _ in range(200):
        alice.push(alice.type("mot"))
    alice.open()
    table.live.rooms.idle_seconds = 0
    table.live.rooms.drop_idle()
    with table.table.store.reading() as session:
        kept = session.execute(select(DraftState)).scalar_one()
    assert kept.sequence >= 200
    table.start_again()
    assert Browser(table, "ars.dg").text() == alice.text()
    with table.table.store.reading() as session:
        assert drafted_text(session, alice.actor, table.clause_id, side="commune") == alice.text()
    table.agree()
    table.reopen()
    table.start_again()
    assert Browser(table, "ars.dg").text() == "Texte accordé"


def test_another_text_at_the_same_sequence_is_noticed(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg")
    actor, draft_id = table.person("og.dg").actor, alice.opened.draft_id
    at = alice.opened.sequence
    wrong = check_draft(table.live, actor, draft_id=draft_id, epoch=1, sequence=at, text_hash="0" * 64)
    assert not wrong.same
    behind = check_draft(table.live, actor, draft_id=draft_id, epoch=1, sequence=0, text_hash="0" * 64)
    assert (behind.same, behind.sequence) == (True, at)


def test_what_was_missed_is_pulled_in_order(table: DraftingTable) -> None:
    alice, bruno = Browser(table, "og.dg"), Browser(table, "ars.dg")
    updates = [alice.type("un"), alice.type("deux")]
    for update in updates:
        alice.push(update)
    pulled = pull_updates(table.live, table.person("ars.dg").actor, draft_id=bruno.opened.draft_id, epoch=1, after=1)
    assert [(each.sequence, each.update) for each in pulled.updates] == [(2, updates[0]), (3, updates[1])]
    assert pulled.sequence == 3


def test_what_the_database_chokes_on_holds_up_nobody_else(table: DraftingTable) -> None:
    alice, bruno = Browser(table, "og.dg"), Browser(table, "ars.dg", side="ours")
    writer = Writer(alice.actor.person_id, alice.actor.party_id)

    def batch(browser: Browser, *op_ids: str) -> Batch:
        updates = tuple(NewUpdate(op_id, b"", writer, frozenset(), frozenset()) for op_id in op_ids)
        return Batch(browser.opened.draft_id, browser.opened.epoch, browser.opened.sequence, updates)

    log = table.live.rooms.log
    found = log.append([batch(alice, "before", "\ud800", "behind"), batch(bruno, "beside")])
    assert [[type(answer) for answer in answers] for answers in found] == [[Stored, Unstorable, LogMovedOn], [Stored]]
    ((again,),) = log.append([batch(alice, "before")])
    assert again == Stored(2, repeated=True)


@pytest.mark.parametrize("elsewhere", ["here", "in another process"])
def test_what_changed_since_the_last_keystroke_counts_for_the_next(
    table: DraftingTable, database_url: str, elsewhere: str
) -> None:
    """What a transaction read is remembered for the next, unless somebody wrote between."""
    other = connect_store(database_url) if elsewhere != "here" else table.table.store
    alice = Browser(table, "og.dg")
    with other.unit_of_work() as uow:
        open_one = open_session(uow, alice.actor.person_id, method=Method.LINK)
    with other.reading() as session:
        seat = seat_in_draft(
            session, alice.actor, draft_id=alice.opened.draft_id, session_id=open_one.session_id, origin="page"
        )
    assert seat is not None
    for words in ("un", "deux"):
        push_from_seat(table.live, seat, op_id=words, update=alice.type(words))
    with other.unit_of_work() as uow:
        uow.session.get_one(Clause, table.clause_id).state = ClauseState.AGREED
    third = alice.type("trois")
    with pytest.raises(Frozen):
        push_from_seat(table.live, seat, op_id="locked", update=third)
    with other.unit_of_work() as uow:
        uow.session.get_one(Clause, table.clause_id).state = ClauseState.PROPOSED
        sign_out(uow, open_one.session_id)
    with pytest.raises(ClaimLapsed):
        push_from_seat(table.live, seat, op_id="signed out", update=third)
    other.engine.dispose()


def test_two_workers_take_turns_on_one_draft(table: DraftingTable) -> None:
    here, there = Browser(table, "og.dg"), Browser(table, "ars.dg")
    other_worker = LiveDrafts.of(table.table.store)
    for number in range(5):
        here.push(here.type(f"ici {number}"))
        mine, table.live = table.live, other_worker
        there.push(there.type(f"là {number}"))
        other_worker, table.live = table.live, mine
    here.open()
    there.open()
    assert here.hash() == there.hash()
    assert stored_updates(table) == 11


def test_a_proposal_takes_the_words_of_the_draft(table: DraftingTable) -> None:
    alice = Browser(table, "og.dg", side="ours")
    alice.push(alice.type("à proposer"))
    with table.table.store.unit_of_work() as uow:
        text = snapshot_text(uow, table.person("og.dg").actor, table.clause_id, side="ours")
        assert text == f"{START}\n\nà proposer"
        assert snapshot_text(uow, table.person("og.dg").actor, table.clause_id, side="commune") == START
        with pytest.raises(NotFound):
            snapshot_text(uow, table.person("og.dg").actor, UNKNOWN, side="ours")
        with pytest.raises(NotFound):
            snapshot_text(uow, table.person("og.dg").actor, table.clause_id, side="authorities")
