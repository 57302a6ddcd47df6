"""The table at a date: as a recount of the file tells it, as the chain recorded it, and never with today's words."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlmodel import col

import negotiation
from negotiation.events import Kind
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.paris import PARIS, paris_day
from negotiation.rules.vocabulary import ClauseState, Move, PartKind
from negotiation.services.adding import NewPart, add_part
from negotiation.services.shaping import drop_part, rename_part
from negotiation.services.splitting import split_clause
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow
from negotiation.store.queries.at_date import ClauseAt, Source, clause_ids_at, clauses_at
from negotiation.store.queries.shape_at import shape_at
from negotiation.store.record import HistoryEntry
from tests.builders import Table, a_table
from tests.clause_model import TEXTS, ClauseModel
from tests.imported_once import imported_once
from tests.scenarios import engagement
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

FILES = Path(negotiation.__file__).parent / "scenarios"
DAYS = {"ehpad": date(2023, 10, 12), "handicap": date(2026, 10, 30)}
"""To which each file is imported: nothing is signed yet."""
CANARY = "canari-interne-c41d"


def at(table: Table, moment: datetime) -> dict[str, ClauseAt]:
    with table.store.reading() as session:
        shape = shape_at(session, table.id, moment)
        ids = clause_ids_at(session, table.og.dg.actor, shape)
        return clauses_at(session, table.og.dg.actor, moment, shape=shape, only=ids)


# ---------------------------------------------------------------------- the scenario files


def recounted(file: dict[str, Any], thread: dict[str, Any], day: str) -> ClauseModel:
    """An engagement at the end of that day, by the moves of the file alone."""
    model = ClauseModel(frozenset(thread["party_ids"]), is_engagement=True)
    for move in thread["moves"]:
        if move["visibility"] != "shared" or move["at"][:10] > day:
            continue
        if Move(move["type"]) in TEXTS:
            model.table(move["party_id"], move["id"])
        else:
            model.make(Move(move["type"]), move["party_id"])
    return model


@pytest.mark.parametrize("name", DAYS)
def test_any_day_is_what_the_file_says_of_it(store: Store, name: str) -> None:
    file = json.loads((FILES / f"{name}.json").read_text(encoding="utf-8"))
    content = file | {"key": name}
    table = Table(store, imported_once(store, content, DAYS[name]))
    keys = {table.party_id(party["id"]): party["id"] for party in file["parties"]}
    made = {move["at"][:10] for thread in file["engagements"] for move in thread["moves"]}
    moved = sorted(day for day in made if day <= DAYS[name].isoformat())
    for day in (moved[0], moved[len(moved) // 3], moved[2 * len(moved) // 3], DAYS[name].isoformat()):
        found = at(table, datetime.combine(date.fromisoformat(day), time(23, 59), PARIS))
        for thread in file["engagements"]:
            model, clause = recounted(file, thread, day), found[table.clause_id(thread["id"])]
            texts = {move["id"]: move["text"] for move in thread["moves"]}
            assert clause.state is model.state, (day, thread["id"])
            assert {keys[party] for party in clause.situation.behind} == model.behind
            assert {keys[party] for party in clause.situation.open_reserves} == model.reserves
            assert (clause.version.number if clause.version else 0) == model.current
            if model.current:
                assert plain(clause.text) == plain(texts[model.texts[model.current - 1][1]])
            elif day < DAYS[name].isoformat() and clause.state is ClauseState.TO_WRITE:
                assert clause.source is Source.UNKNOWN and not clause.text


def plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip()


# ---------------------------------------------------------------------- what happened here


@pytest.fixture
def table(app: Flask) -> Table:
    """Three engagements on which nothing happened; imported yesterday."""
    target = {"type": "clause", "id": "k01"}
    written = [engagement(key, target, ["og", "ars", "cd"]) for key in ("en01", "en02", "en03")]
    return a_table(app.extensions["store"], engagements=written)


def day_by_day(table: Table, *steps: Callable[[], object]) -> list[datetime]:
    """Each step a day after the one before, the last today; the end of each day."""
    today = paris_day(datetime.now(UTC))
    ends = []
    for number, step in enumerate(steps):
        step()
        moment = datetime.combine(today - timedelta(days=len(steps) - 1 - number), time(12), PARIS)
        with table.store.engine.begin() as connection:
            connection.execute(update(MoveRow).where(col(MoveRow.at) > moment).values(at=moment))
        ends.append(moment)
    return ends


def test_a_clause_is_read_as_it_stood_with_its_reserves_and_whose_turn_it_was(table: Table) -> None:
    proposed, answered, reserved = day_by_day(
        table,
        lambda: table.og.dg.propose("en01", "Le premier texte."),
        lambda: (table.ars.dg.counter("en01", "Le second texte."), table.cd.dg.accept("en01")),
        lambda: table.og.dg.reserve("en01", "Sous réserve du budget."),
    )
    clause = table.clause_id("en01")
    before, first, second, third = (
        at(table, moment)[clause] for moment in (proposed - timedelta(hours=1), proposed, answered, reserved)
    )
    assert before.source is Source.UNKNOWN and not before.text
    assert (first.text, first.state, first.situation.waiting_for()) == (
        "Le premier texte.",
        ClauseState.PROPOSED,
        {table.ars.id, table.cd.id},
    )
    assert (second.state, second.situation.behind) == (ClauseState.PARTIALLY_AGREED, {table.ars.id, table.cd.id})
    assert not second.reserves
    assert [reserve.text for reserve in third.reserves] == ["Sous réserve du budget."]


def test_what_was_added_renamed_and_dropped_since_is_undone(table: Table) -> None:
    def shape(act: Callable[[Any], object]) -> None:
        with table.store.unit_of_work(Announcing.SILENT) as uow:
            act(uow)

    before, actor = datetime.now(UTC), table.og.dg.actor
    title = "Le titre d’avant"
    shape(lambda uow: rename_part(uow, actor, table.part_id("k01"), title))
    _in_the_past(table, before)
    then = datetime.now(UTC) - timedelta(days=1)
    with table.store.reading() as session:
        known = shape_at(session, table.id, then)
    shape(lambda uow: rename_part(uow, actor, table.part_id("k01"), "Le titre d’après"))
    shape(lambda uow: add_part(uow, actor, NewPart(PartKind.ARTICLE, "Venu depuis")))
    shape(lambda uow: drop_part(uow, actor, table.part_id("fa01")))
    with table.store.reading() as session:
        again, now = shape_at(session, table.id, then), shape_at(session, table.id, datetime.now(UTC))
    assert again.parts == known.parts
    assert title in [part.title for part in again.parts]
    assert (again.later_parts, again.dropped, now.later_parts) == (1, 0, 0)
    assert now.dropped and table.part_id("fa01") not in {part.id for part in now.parts}


@pytest.mark.parametrize("text", ["Un.\n\nDeux.\n\nTrois.", "- Un ;\n- deux ;\n- trois."], ids=["paragraphs", "list"])
def test_a_clause_cut_in_two_is_read_whole_before(table: Table, text: str) -> None:
    """Cut twice, the second time in what the first had left."""
    clause_id, actor = table.clause_id("k01.markdown"), table.og.dg.actor
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Clause, clause_id).working_text = canonical_markdown(text)
    then = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    for after in (2, 1):
        with table.store.unit_of_work(Announcing.SILENT) as uow:
            split_clause(uow, actor, clause_id, after=after)
    _in_the_past(table, then - timedelta(seconds=2), by=-timedelta(days=1), kind=Kind.CLAUSE_SPLIT)
    stood = at(table, then)
    assert (stood[clause_id].text, stood[clause_id].source) == (canonical_markdown(text), Source.WORKING)
    assert "deux" not in at(table, datetime.now(UTC) + timedelta(days=2))[clause_id].text.lower()
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Clause, clause_id).working_text = "Ce que personne n’avait coupé."
    assert at(table, then)[clause_id].source is Source.UNKNOWN, "never what isn't proved"


def _in_the_past(
    table: Table, moment: datetime, *, by: timedelta = timedelta(days=3), kind: Kind | None = None
) -> None:
    """Whatever was recorded since that moment was so three days ago; the guards of the chain look away."""
    with table.store.engine.begin() as connection:
        guards = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'history_entry'"
        ).all()
        for name, _ in guards:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        since = moment.replace(microsecond=0)
        connection.execute(
            update(HistoryEntry)
            .where(col(HistoryEntry.recorded_at) >= since, *([col(HistoryEntry.kind) == kind] if kind else []))
            .values(recorded_at=since - by)
        )
        for _, sql in guards:
            connection.exec_driver_sql(sql)


# ---------------------------------------------------------------------- the page


def test_a_date_that_says_nothing_gets_a_sentence(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.dg.email)
    for when, said in (
        ("1789-07-14", "Cette date ne se lit pas"),
        ("1999-01-01", "n’était pas ouverte à cette date"),
        ("2150-01-01", "est à venir"),
        ("2026-02-31", "Cette date ne se lit pas"),
        ("jamais", "Cette date ne se lit pas"),
    ):
        page = reader.get(f"/negociations/{table.id}/au/{when}")
        assert page.status_code == (404 if "ne se lit pas" in said else 200)
        assert said in page.text, when
    assert reader.get(f"/negociations/{table.id}/au").status_code == 302


def test_nothing_inside_shows_at_any_date(app: Flask, table: Table) -> None:
    reader, today = Visitor(app).enter(table.cd.dg.email), paris_day(datetime.now(UTC))
    table.og.dg.propose("en01", "Un texte.")

    def read() -> str:
        page = reader.get(f"/negociations/{table.id}/au/{today}").text
        return re.sub(r'"reached" content="[^"]*"|"[\w-]{20,}\.[\w-]{6}\.[\w-]{20,}"', "", page)

    before = read()
    table.og.dg.note("en01", CANARY)
    table.ars.dg.tell_authorities("en02", "Entre autorités.")
    assert read() == before
