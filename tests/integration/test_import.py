"""A scenario file becomes a table: nothing is dropped, moves are played, the rest is declared."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from negotiation.errors import AlreadyImported
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.history_chain import Opening, verify
from negotiation.rules.paris import PARIS
from negotiation.rules.values import decimal_text
from negotiation.rules.vocabulary import ClauseState, NegotiationStatus, Phase, ReserveState, ValueKind
from negotiation.services.importing import import_file
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause
from negotiation.store.exchange import Message, MoveRow, Reserve
from negotiation.store.people import Person
from negotiation.store.preparation import SupportDocument
from negotiation.store.record import HistoryEntry, Outbox
from negotiation.store.unit_of_work import as_link
from tests.builders import a_table
from tests.scenarios import EHPAD, HANDICAP, sample

SAMPLES = pytest.mark.parametrize("path", [EHPAD, HANDICAP], ids=["ehpad", "handicap"])


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    match value:
        case dict():
            for key, item in value.items():
                yield from leaves(item, f"{path}.{key}")
        case list():
            for index, item in enumerate(value):
                yield from leaves(item, f"{path}[{index}]")
        case _ if value is not None and value != "":
            yield path, value


def everything_in_rows(store: Store) -> set[str]:
    """Every leaf of every column of every row."""
    found: set[str] = set()
    with store.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            for row in session.execute(select(table)):
                for cell in row:
                    found |= {written(leaf) for _, leaf in leaves(cell)}
                    found |= set(cell) if isinstance(cell, dict) else set()
    return found


def written(leaf: Any) -> str:
    if isinstance(leaf, datetime):
        return leaf.astimezone(UTC).isoformat()
    return leaf.isoformat() if isinstance(leaf, date) else str(leaf)


def possible_forms(leaf: Any) -> set[str]:
    """How rows may write what a file says."""
    if isinstance(leaf, bool):
        return {"oui" if leaf else "non"}
    if isinstance(leaf, int | Decimal):
        return {decimal_text(Decimal(leaf)), str(int(Decimal(leaf) * 100))}
    forms = {leaf, canonical_markdown(leaf)}
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", leaf):
        local = datetime.fromisoformat(leaf).replace(tzinfo=PARIS)
        forms.add(local.astimezone(UTC).isoformat())
    return forms


@SAMPLES
def test_nothing_of_a_file_is_dropped(store: Store, path: Path) -> None:
    a_table(store, sample(path))
    rows = everything_in_rows(store)
    content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    told = [(where, leaf) for where, leaf in leaves(content) if not where.endswith((".format", ".visibility"))]
    assert [where for where, leaf in told if not possible_forms(leaf) & rows] == []


@SAMPLES
def test_each_sentence_of_a_file_has_a_place_of_its_own(store: Store, path: Path) -> None:
    """Were one sentence dropped, another that reads the same would hide it: so each gets a word of its own."""
    content, words = sample(path), iter(range(10_000, 99_999))
    marked: list[str] = []

    def mark(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: mark(item) for key, item in value.items()}
        if isinstance(value, list):
            return [mark(item) for item in value]
        if isinstance(value, str) and " " in value:
            marked.append(f"mot{next(words)}")
            return f"{value} {marked[-1]}"
        return value

    a_table(store, mark(content))
    rows = "\n".join(everything_in_rows(store))
    assert len(marked) > 400
    assert [word for word in marked if word not in rows] == []


def test_the_whole_ehpad_file_is_a_contract_in_force(store: Store) -> None:
    table = a_table(store, sample(EHPAD))
    negotiation = table.negotiation()
    assert (negotiation.status, negotiation.phase) == (NegotiationStatus.IN_FORCE, Phase.FOLLOW_UP)
    assert negotiation.frozen_at is not None
    assert negotiation.situation_on is None
    assert {table.state(f"en{number:02}") for number in range(1, 16)} == {ClauseState.AGREED}
    description = table.clause("fa03.description")
    assert description.state is ClauseState.AGREED
    assert description.attributes["declared"] is True


def test_an_agreed_engagement_is_the_very_cell_of_the_indicator(store: Store) -> None:
    table = a_table(store, sample(EHPAD))
    cell, engagement = table.clause("i01.targets.2028"), table.clause("en01")
    assert cell.follows_id == engagement.id
    assert cell.working_value is None
    assert cell.attributes["file_value"] == "95"
    agreed = table.current("en01")
    assert agreed is not None
    assert agreed.value == "95"
    assert table.clause("fa07.steps.3").follows_id == table.clause_id("en13")
    assert table.clause("m09.total").follows_id == table.clause_id("en09")
    amount = table.current("en09")
    assert amount is not None
    assert amount.value == 84_000_000


def test_an_engagement_on_every_year_is_each_year_that_costs_something(store: Store) -> None:
    table = a_table(store, sample(HANDICAP))
    bound = {year: table.clause(f"m07.amounts.{year}").follows_id for year in range(2027, 2032)}
    assert bound == {2027: None, **dict.fromkeys(range(2028, 2032), table.clause_id("en07"))}


def test_an_engagement_on_something_that_is_no_cell_holds_its_value_itself(store: Store) -> None:
    table = a_table(store, sample(EHPAD))
    engagement = table.clause("en08")
    assert (engagement.value_kind, engagement.unit) == (ValueKind.NUMBER, "%")
    tabled = table.current("en08")
    assert tabled is not None
    assert tabled.value == "3.9"


def test_a_withdrawn_engagement_binds_nothing_and_its_reserve_is_moot(store: Store) -> None:
    table = a_table(store, sample(HANDICAP))
    assert table.state("en15") is ClauseState.WITHDRAWN
    assert table.clause("en15").value_kind is ValueKind.NUMBER
    with store.reading() as session:
        query = select(col(Reserve.state)).where(col(Reserve.clause_id) == table.clause_id("en15"))
        assert set(session.execute(query).scalars()) == {ReserveState.MOOT}
        followed = select(col(Clause.id)).where(col(Clause.follows_id) == table.clause_id("en15"))
        assert session.execute(followed).all() == []


def test_a_declared_date_is_the_local_date_of_the_file(store: Store) -> None:
    table = a_table(store, sample(EHPAD))
    with store.reading() as session:
        move = session.execute(select(MoveRow).where(col(MoveRow.key) == "en03-m01")).scalar_one()
    assert move.at == datetime(2023, 6, 9, 16, 10, tzinfo=UTC)
    assert move.recorded_at.date() != move.at.date()
    assert table.clause("en03").moved_on == datetime(2023, 7, 6, 8, 0, tzinfo=UTC)


def test_what_is_inside_stays_in_its_circle(store: Store) -> None:
    table = a_table(store, sample(EHPAD))
    with store.reading() as session:
        moves = {move.key: move.circle for move in session.execute(select(MoveRow)).scalars()}
        papers = {paper.key: paper.circle for paper in session.execute(select(SupportDocument)).scalars()}
        messages = set(session.execute(select(col(Message.circle))).scalars())
    assert moves["en03-m03"] == f"party:{table.og.id}"
    assert moves["en01-m03"] == "authorities"
    assert moves["en03-m01"] == "shared"
    assert papers["d07"] == f"party:{table.og.id}"
    assert papers["d08"] == "authorities"
    assert messages == {"shared"}


@SAMPLES
def test_every_chain_holds_and_opens_with_the_import(store: Store, path: Path) -> None:
    table = a_table(store, sample(path))
    with store.reading() as session:
        entries = session.execute(select(HistoryEntry).order_by(col(HistoryEntry.sequence))).scalars().all()
    circles = {entry.circle for entry in entries}
    assert circles == {"shared", "authorities", *(f"party:{table.party_id(key)}" for key in ("og", "ars", "cd"))}
    for circle in circles:
        chain = [entry for entry in entries if entry.circle == circle]
        openings = [Opening(json.loads(entry.payload or ""), bytes.fromhex(entry.salt)) for entry in chain]
        assert verify([as_link(entry) for entry in chain], openings).ok
        assert (chain[0].kind, chain[0].actor) == ("negotiation.imported", "import")
        told = openings[0].payload["declared"]
        assert isinstance(told, dict)
        assert set(told) == {"moves", "documents"} or circle == "shared"


def test_a_party_chain_counts_its_own_inside_only(store: Store) -> None:
    table = a_table(store, sample(EHPAD))
    with store.reading() as session:
        query = select(HistoryEntry).where(col(HistoryEntry.kind) == "negotiation.imported")
        told = {entry.circle: json.loads(entry.payload or "") for entry in session.execute(query).scalars()}
    assert told[f"party:{table.cd.id}"]["declared"] == {"moves": 2, "documents": 0}
    assert told["authorities"]["declared"] == {"moves": 1, "documents": 1}
    assert told[f"party:{table.og.id}"]["declared"]["documents"] == 1
    assert told["shared"]["until"] is None


def test_members_get_accounts_without_password(store: Store) -> None:
    table = a_table(store, sample(EHPAD))
    assert table.og.dg.email == "og.dg@ehpad.example"
    with store.reading() as session:
        person = session.execute(select(Person).where(col(Person.email) == "og.dg@ehpad.example")).scalar_one()
    assert person.id == table.og.dg.person_id
    assert person.password_hash is None


def test_an_account_that_exists_is_used_again(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.session.add(Person(email="og.dg@ehpad.example", password_hash="kept"))
    table = a_table(store, sample(EHPAD))
    with store.reading() as session:
        assert session.get_one(Person, table.og.dg.person_id).password_hash == "kept"


def test_a_file_is_imported_once(store: Store) -> None:
    first = a_table(store, sample(EHPAD))
    with pytest.raises(AlreadyImported) as refused, store.unit_of_work() as uow:
        import_file(uow, EHPAD)
    assert refused.value.detail["negotiation"] == first.id
    copy = sample(EHPAD) | {"key": "ehpad-bis"}
    assert a_table(store, copy).id != first.id


def test_importing_tells_nobody_when_silent(store: Store) -> None:
    with store.unit_of_work(Announcing.SILENT) as uow:
        import_file(uow, HANDICAP)
    with store.reading() as session:
        assert session.execute(select(Outbox)).all() == []


def test_progress_counts_the_moves(store: Store) -> None:
    told: list[tuple[int, int]] = []
    with store.unit_of_work(Announcing.SILENT) as uow:
        imported = import_file(uow, HANDICAP, progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, imported.moves)
    assert told[-1] == (imported.moves, imported.moves)
