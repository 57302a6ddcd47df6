"""The gel: refused while anything is open, asked by every party on the same text, and final in the database itself."""

import hashlib
import json
from collections.abc import Callable
from threading import Thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from negotiation.documents.pdf_print import fingerprint_of
from negotiation.errors import (
    AlreadyDone,
    Frozen,
    NotAllowed,
    NotFound,
    NotReadyToFreeze,
    RecentSigninRequired,
    Refusal,
    StaleClause,
)
from negotiation.events import Kind
from negotiation.rules.gate import OpenReason
from negotiation.rules.vocabulary import Phase
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.freezing import cancel_freeze, render_contract, request_freeze
from negotiation.store import Store
from negotiation.store.queries.closing import (
    deciding_parties,
    freeze_requests,
    frozen_pdf,
    frozen_versions,
    signatories_of,
)
from negotiation.store.queries.gate import open_points
from negotiation.store.queries.signatures import state_with_hash
from negotiation.store.record import FrozenVersion, HistoryEntry
from tests.builders import Person, Table
from tests.closing_table import DECIDING, a_closing_table, agree_everything, an_agreed_table, ask, freeze


@pytest.fixture
def table(store: Store) -> Table:
    return a_closing_table(store)


@pytest.fixture
def agreed(store: Store) -> Table:
    return an_agreed_table(store)


def open_reasons(table: Table) -> dict[str, list[OpenReason]]:
    names = {clause_id: name for name, clause_id in table._clauses.items()}
    found: dict[str, list[OpenReason]] = {}
    with table.store.reading() as session:
        for point in open_points(session, table.id):
            found.setdefault(names.get(point.clause_id, ""), []).append(point.reason)
    return found


def history(table: Table, kind: Kind) -> list[dict[str, object]]:
    query = (
        select(col(HistoryEntry.payload))
        .where(col(HistoryEntry.negotiation_id) == table.id, col(HistoryEntry.kind) == str(kind))
        .order_by(col(HistoryEntry.sequence))
    )
    with table.store.reading() as session:
        return [json.loads(payload) for payload in session.execute(query).scalars()]


def current_hash(table: Table) -> str:
    with table.store.reading() as session:
        return contract_as_it_stands(session, table.id).content_hash


# ---------------------------------------------------------------------- the gate


def test_the_gate_names_what_is_open_and_lets_empty_texts_be(table: Table) -> None:
    found = open_reasons(table)
    assert found["en01"] == [OpenReason.ENGAGEMENT_NOT_AGREED]
    assert found["k01.markdown"] == [OpenReason.TEXT_NOT_AGREED]
    assert "fa01.material_means" not in found  # nobody wrote anything there
    assert "i01.targets.2028" not in found  # it is settled with the engagement that it follows


def test_nothing_is_open_once_every_party_stands_behind_everything(agreed: Table) -> None:
    assert open_reasons(agreed) == {}


def test_an_open_reserve_keeps_the_contract_open_until_its_author_settles_it(table: Table) -> None:
    table.cd.dg.reserve("en01", "Sous réserve du vote du budget.")
    agree_everything(table)
    assert open_reasons(table) == {"en01": [OpenReason.RESERVE_OPEN]}
    table.cd.dg.maintain("en01", "Le vote a lieu en décembre.")
    assert open_reasons(table) == {}


def test_a_withdrawn_engagement_and_its_reserve_block_nothing(table: Table) -> None:
    table.cd.dg.reserve("en01", "Sous réserve.")
    table.og.dg.propose("en01", "94 % en 2028", value="94")
    table.og.dg.withdraw("en01")
    assert "en01" not in open_reasons(table)


def test_a_reopening_that_waits_for_an_answer_blocks(agreed: Table) -> None:
    agreed.ars.dg.reopen("en01", "Le décret a changé.")
    assert open_reasons(agreed) == {"en01": [OpenReason.REQUEST_PENDING]}


def test_a_party_without_signatory_could_never_sign_so_it_blocks(agreed: Table) -> None:
    with agreed.store.unit_of_work() as uow:
        uow.session.execute(text("UPDATE member SET rights = '[\"valideur\"]' WHERE key = 'og.sign'"))
    assert open_reasons(agreed) == {"": [OpenReason.NO_SIGNATORY]}


def test_a_request_on_an_open_contract_is_refused_with_the_list_and_leaves_nothing(table: Table) -> None:
    with table.store.reading() as session, pytest.raises(NotReadyToFreeze) as refusal:
        render_contract(session, table.og.dg.actor)
    assert (table.clause_id("en01"), OpenReason.ENGAGEMENT_NOT_AGREED) in refusal.value.detail["open"]  # type: ignore[operator]
    assert history(table, Kind.FREEZE_REQUESTED) == []


# ---------------------------------------------------------------------- asking


def test_an_associate_asks_for_nothing_and_a_reader_neither(agreed: Table) -> None:
    for person in (agreed.asso.dg, agreed.asso.sign, agreed.og.lect, agreed.og.redac):
        with pytest.raises(NotAllowed):
            ask(person)
    with agreed.store.reading() as session:
        assert [party.key for party in deciding_parties(session, agreed.id)] == list(DECIDING)


def test_asking_for_the_gel_wants_the_person_to_be_recognised_at_that_moment(agreed: Table) -> None:
    with agreed.store.reading() as session, pytest.raises(RecentSigninRequired):
        render_contract(session, agreed.og.dg.long_ago().actor)


def test_somebody_of_another_negotiation_finds_nothing(agreed: Table) -> None:
    stranger = a_closing_table(agreed.store)
    version = freeze(agreed)
    with agreed.store.reading() as session, pytest.raises(NotFound):
        frozen_pdf(session, stranger.id, version.id)


def test_the_gel_waits_for_the_last_party(agreed: Table) -> None:
    first = ask(agreed.og.dg)
    assert first.frozen_version_id is None
    assert first.waits_for == {agreed.ars.id, agreed.cd.id}
    assert agreed.negotiation().frozen_at is None
    ask(agreed.ars.dg)
    assert ask(agreed.cd.dg).frozen_version_id is not None
    assert agreed.negotiation().frozen_at is not None


def test_a_party_asks_once_for_one_text(agreed: Table) -> None:
    ask(agreed.og.dg)
    with pytest.raises(AlreadyDone):
        ask(agreed.og.sign)
    assert len(history(agreed, Kind.FREEZE_REQUESTED)) == 1


def test_a_request_for_a_text_that_changed_counts_for_nothing(agreed: Table) -> None:
    ask(agreed.og.dg)
    agreed.ars.dg.reopen("en01", "Le décret a changé.")
    agreed.og.dg.consent("en01")
    agreed.cd.dg.consent("en01")
    agreed.agree("en01", "Le taux atteint 94 % en 2028.", "94")
    ask(agreed.ars.dg)
    asked = ask(agreed.cd.dg)
    assert asked.waits_for == {agreed.og.id}
    with agreed.store.reading() as session:
        requests = freeze_requests(session, agreed.id)
    assert requests[agreed.og.id].content_hash != current_hash(agreed)
    assert ask(agreed.og.dg).frozen_version_id is not None


def test_nobody_asks_for_a_text_that_was_not_on_the_screen(agreed: Table) -> None:
    actor = agreed.og.dg.actor
    with agreed.store.reading() as session:
        rendered = render_contract(session, actor)
    agreed.agree("fa01.material_means", "Un véhicule, ajouté entre-temps.")
    with pytest.raises(StaleClause), agreed.store.unit_of_work() as uow:
        request_freeze(uow, actor, seen_hash=rendered.contract.content_hash, rendered=rendered)


def test_a_request_can_be_taken_back_without_confirming_who_one_is(agreed: Table) -> None:
    ask(agreed.og.dg)
    with agreed.store.unit_of_work() as uow:
        cancel_freeze(uow, agreed.og.dg.long_ago().actor)
    ask(agreed.ars.dg)
    assert ask(agreed.cd.dg).waits_for == {agreed.og.id}
    assert len(history(agreed, Kind.FREEZE_CANCELLED)) == 1
    with pytest.raises(AlreadyDone), agreed.store.unit_of_work() as uow:
        cancel_freeze(uow, agreed.og.dg.actor)
    with pytest.raises(NotAllowed), agreed.store.unit_of_work() as uow:
        cancel_freeze(uow, agreed.asso.dg.actor)


# ---------------------------------------------------------------------- what is frozen


def test_what_is_frozen_is_what_everybody_asked_for(agreed: Table) -> None:
    asked_for = current_hash(agreed)
    version = freeze(agreed)
    assert version.content_hash == asked_for == hashlib.sha256(version.content.encode()).hexdigest()
    assert fingerprint_of(json.loads(version.content)) == version.content_hash
    assert hashlib.sha256(version.pdf).hexdigest() == version.pdf_hash
    assert bytes(version.pdf).startswith(b"%PDF-")
    [told] = history(agreed, Kind.VERSION_FROZEN)
    assert (told["content_hash"], told["pdf_hash"], told["label"]) == (asked_for, version.pdf_hash, "v1.0")
    assert set(told["heads"]) == {"shared"}  # type: ignore[call-overload]
    assert agreed.negotiation().phase is Phase.SIGNATURE


def test_the_pages_and_the_public_find_the_frozen_version(agreed: Table) -> None:
    version = freeze(agreed)
    with agreed.store.reading() as session:
        [seen] = frozen_versions(session, agreed.id)
        assert (seen.id, seen.pdf_size, seen.is_declared) == (version.id, len(version.pdf), False)
        assert frozen_pdf(session, agreed.id, version.id) == version.pdf
        known = state_with_hash(session, [version.pdf_hash])
        assert known is not None and known.label == "v1.0"
        assert state_with_hash(session, ["0" * 64]) is None


def test_each_signatory_of_each_party_that_decides_is_expected(agreed: Table) -> None:
    version = freeze(agreed)
    with agreed.store.reading() as session:
        expected = signatories_of(session, agreed.id, version.id)
    assert [(it.party.key, len(it.signatures), it.signed) for it in expected] == [
        ("og", 1, None),
        ("ars", 1, None),
        ("cd", 2, None),
    ]


def test_after_the_gel_no_service_writes_to_the_contract(agreed: Table) -> None:
    freeze(agreed)
    gestures: list[Callable[[], object]] = [
        lambda: agreed.og.dg.propose("fa01.material_means", "Trop tard"),
        lambda: agreed.og.dg.comment("en01", "Trop tard"),
        lambda: agreed.og.dg.note("en01", "Trop tard, même en interne"),
        lambda: agreed.og.dg.reopen("en01", "Trop tard"),
        lambda: ask(agreed.og.dg),
    ]
    for gesture in gestures:
        with pytest.raises(Frozen):
            gesture()
    with pytest.raises(Frozen), agreed.store.unit_of_work() as uow:
        cancel_freeze(uow, agreed.og.dg.actor)


FORBIDDEN = (
    "UPDATE clause SET working_text = 'autre'",
    "UPDATE clause SET state = 'to_write'",
    "DELETE FROM clause_party",
    "DELETE FROM clause WHERE field = 'material_means'",
    "UPDATE part SET title = 'autre'",
    "UPDATE document SET title = 'autre'",
    "UPDATE version SET text = 'autre'",
    "DELETE FROM version",
    "UPDATE move SET text = 'autre'",
    "DELETE FROM move",
    "UPDATE frozen_version SET content = '{}'",
    "UPDATE frozen_version SET pdf_hash = content_hash",
    "DELETE FROM frozen_version",
    "UPDATE history_entry SET payload = '{}'",
    "DELETE FROM history_entry",
)


def test_after_the_gel_the_database_itself_refuses(agreed: Table) -> None:
    freeze(agreed)
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match=r"frozen|immutable"), agreed.store.engine.begin() as connection:
            connection.execute(text(statement))


def test_before_the_gel_the_same_writes_to_clauses_pass(agreed: Table) -> None:
    with agreed.store.engine.begin() as connection:
        connection.execute(text("UPDATE clause SET working_text = 'autre' WHERE field = 'material_means'"))


def test_writers_in_a_hurry_never_write_after_the_gel(agreed: Table) -> None:
    """T10: what others say while the gel happens comes before it, or is refused."""
    refused: list[str] = []

    def talk(person: Person) -> None:
        for n in range(12):
            try:
                person.comment("en01", f"Mot {n}")
            except Refusal as refusal:
                refused.append(refusal.code)

    writers = [Thread(target=talk, args=(person,)) for person in (agreed.og.dg, agreed.ars.dg, agreed.cd.dg)]
    for writer in writers:
        writer.start()
    freeze(agreed)
    for writer in writers:
        writer.join()
    with agreed.store.reading() as session:
        entries = list(
            session.execute(
                select(HistoryEntry)
                .where(col(HistoryEntry.circle) == "shared", col(HistoryEntry.negotiation_id) == agreed.id)
                .order_by(col(HistoryEntry.sequence))
            ).scalars()
        )
    assert entries[-1].kind == Kind.VERSION_FROZEN
    assert set(refused) <= {"frozen"}


def test_comments_leave_the_requests_alone(agreed: Table) -> None:
    """Only the text counts: what is said beside it, between two requests, voids nothing."""
    ask(agreed.og.dg)
    agreed.cd.dg.comment("en01", "Parfait.")
    ask(agreed.ars.dg)
    assert ask(agreed.cd.dg).frozen_version_id is not None


def test_two_parties_that_ask_at_once_make_one_gel(agreed: Table) -> None:
    ask(agreed.og.dg)
    askers = [Thread(target=ask, args=(person,)) for person in (agreed.ars.dg, agreed.cd.dg)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    with agreed.store.reading() as session:
        assert len(list(session.execute(select(FrozenVersion)).scalars())) == 1
