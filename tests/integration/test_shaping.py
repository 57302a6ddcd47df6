"""The shape of the contract: what is added, where it stands, in which order, what is left out and taken back."""

import json

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import CannotShape, Frozen, NotAllowed, NotFound, PartInUse
from negotiation.rules.vocabulary import SHARED, Circle, ClauseKind, ClauseState, Move, PartKind, ValueKind
from negotiation.services.adding import NewClause, NewPart, add_clause, add_part, add_step
from negotiation.services.shaping import Step, drop_part, move_clause, move_part, rename_part, restore_part
from negotiation.services.splitting import split_clause
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.contract import Clause, ClauseParty, Negotiation, Part
from negotiation.store.queries.clauses import cards_on_the_table, engagement_cards
from negotiation.store.queries.negotiations import plan_of
from negotiation.store.queries.parts import part_view
from negotiation.store.queries.shape import dropped_parts
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table, a_table

FICHE = "fa01"


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=3)


def doing(table: Table, person: Person, verb, *given, **named):  # type: ignore[no-untyped-def]
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        return verb(uow, person.actor, *given, **named)


def adds(table: Table, person: Person, kind: PartKind, title: str = "Nouvelle", **rest: object) -> str:
    part_id: str = doing(table, person, add_part, NewPart(kind=kind, title=title, **rest))  # type: ignore[arg-type]
    return part_id


def part_of(table: Table, part_id: str) -> Part:
    with table.store.reading() as session:
        return session.get_one(Part, part_id)


def clauses_of(table: Table, part_id: str) -> list[Clause]:
    with table.store.reading() as session:
        query = select(Clause).where(col(Clause.part_id) == part_id).order_by(col(Clause.position))
        return list(session.execute(query).scalars())


def concerned(table: Table, clause_id: str) -> set[str]:
    with table.store.reading() as session:
        query = select(ClauseParty).where(col(ClauseParty.clause_id) == clause_id)
        return {row.party_id for row in session.execute(query).scalars()}


def facts(table: Table, kind: str, circle: Circle = SHARED) -> list[dict[str, object]]:
    with table.store.reading() as session:
        query = select(HistoryEntry).where(
            col(HistoryEntry.negotiation_id) == table.id,
            col(HistoryEntry.kind) == kind,
            col(HistoryEntry.circle) == str(circle),
        )
        return [json.loads(row.payload or "{}") for row in session.execute(query).scalars()]


def test_a_whole_branch_is_added_each_kind_under_its_own(table: Table) -> None:
    og = table.og.redac
    objective = adds(table, og, PartKind.STRATEGIC_OBJECTIVE, "Ouvrir le week-end")
    operational = adds(table, og, PartKind.OPERATIONAL_OBJECTIVE, parent_id=objective)
    fiche = adds(table, og, PartKind.FICHE_ACTION, parent_id=operational)
    indicator = adds(table, og, PartKind.INDICATOR, parent_id=fiche)
    line = adds(table, og, PartKind.FUNDING_LINE, parent_id=fiche, funder="ars")
    codes = [part_of(table, each).code for each in (objective, operational, fiche, indicator, line)]
    assert codes[1] == f"{codes[0]}.1"
    assert [code.rstrip("0123456789") for code in codes[2:]] == ["FA", "I", "M"]
    years = {clause.field for clause in clauses_of(table, indicator) if clause.field.startswith("targets.")}
    negotiation = table.negotiation()
    assert len(years) == negotiation.contract_end.year - negotiation.contract_start.year + 1
    assert concerned(table, clauses_of(table, line)[0].id) == {table.party_id("og"), table.party_id("ars")}
    with pytest.raises(CannotShape):
        adds(table, og, PartKind.FICHE_ACTION, parent_id=objective)
    positions = [entry.id for entry in _plan(table, og)]
    assert positions.index(objective) < positions.index(operational) < positions.index(fiche)


def _plan(table: Table, person: Person):  # type: ignore[no-untyped-def]
    with table.store.reading() as session:
        return plan_of(session, person.actor)


def test_an_engagement_gets_the_next_code_and_gives_its_value_to_its_cell(table: Table) -> None:
    indicator = adds(table, table.ars.dg, PartKind.INDICATOR, parent_id=table.part_id(FICHE))
    cell = next(clause for clause in clauses_of(table, indicator) if clause.value_kind is ValueKind.NUMBER)
    new = NewClause("Atteindre 95 %", debtor_id=table.party_id("og"), cell=cell.id)
    clause_id = doing(table, table.ars.dg, add_clause, indicator, new)
    by_id = {clause.id: clause for clause in clauses_of(table, indicator)}
    assert by_id[clause_id].code.startswith("EN") and by_id[clause_id].kind is ClauseKind.ENGAGEMENT
    assert by_id[cell.id].follows_id == clause_id
    with pytest.raises(CannotShape):
        other = NewClause("Seule", debtor_id=table.party_id("og"), parties=frozenset({table.party_id("ars")}))
        doing(table, table.ars.dg, add_clause, indicator, other)


def test_a_step_comes_right_after_the_last_one(table: Table) -> None:
    fiche = table.part_id(FICHE)
    before = [clause.field for clause in clauses_of(table, fiche)]
    doing(table, table.og.dg, add_step, fiche)
    after = [clause.field for clause in clauses_of(table, fiche)]
    added = next(field for field in after if field not in before)
    steps = [field for field in after if field.startswith("steps.")]
    assert steps[-1] == added and after.index(steps[-1]) == after.index(steps[0]) + len(steps) - 1


def test_parts_change_places_and_the_contract_follows(table: Table) -> None:
    first = adds(table, table.og.dg, PartKind.ARTICLE, "Un")
    second = adds(table, table.og.dg, PartKind.ARTICLE, "Deux")
    doing(table, table.ars.redac, move_part, second, to=Step.UP)
    order = [entry.id for entry in _plan(table, table.cd.lect)]
    assert order.index(second) < order.index(first)
    doing(table, table.ars.redac, move_part, second, after=first)
    order = [entry.id for entry in _plan(table, table.cd.lect)]
    assert order.index(first) < order.index(second)
    told = facts(table, "part.moved")
    assert told[0]["before"] != told[0]["after"] and told[1]["after"] == told[0]["before"]


def test_clauses_of_a_part_change_places(table: Table) -> None:
    fiche = table.part_id(FICHE)
    first, second = [clause for clause in clauses_of(table, fiche) if clause.kind is ClauseKind.TEXT][:2]
    doing(table, table.og.dg, move_clause, second.id, to=Step.UP)
    assert [clause.id for clause in clauses_of(table, fiche)][:2] == [second.id, first.id]


def test_a_title_changes_until_something_in_it_is_agreed(table: Table) -> None:
    fiche = table.part_id(FICHE)
    doing(table, table.cd.dg, rename_part, fiche, "  Un autre\nintitulé ")
    assert part_of(table, fiche).title == "Un autre intitulé"
    assert facts(table, "part.changed")[0]["title"] == "Un autre intitulé"
    table.agree(f"{FICHE}.description")
    with pytest.raises(CannotShape):
        doing(table, table.cd.dg, rename_part, fiche, "Encore un")


def test_what_others_use_is_never_dropped_by_one(table: Table) -> None:
    table.ars.dg.propose(f"{FICHE}.description", "L’ARS propose.")
    with pytest.raises(PartInUse):
        doing(table, table.og.dg, drop_part, table.part_id(FICHE))
    table.ars.dg.withdraw(f"{FICHE}.description")


def test_what_only_we_tabled_is_withdrawn_and_dropped_then_restored(table: Table) -> None:
    objective = adds(table, table.og.dg, PartKind.STRATEGIC_OBJECTIVE, "À écarter")
    operational = adds(table, table.og.dg, PartKind.OPERATIONAL_OBJECTIVE, "Dessous", parent_id=objective)
    clause = clauses_of(table, operational)[0]
    fresh = Table(table.store, table.id)
    name = next(name for name, clause_id in fresh._clauses.items() if clause_id == clause.id)
    fresh.og.dg.propose(name, "Notre texte.")
    doing(table, table.og.dg, drop_part, objective)
    assert fresh.current(name) is None and fresh.state(name) is ClauseState.TO_WRITE
    assert not {objective, operational} & {entry.id for entry in _plan(table, table.ars.dg)}
    with table.store.reading() as session:
        assert [part.id for part in dropped_parts(session, table.ars.dg.actor)] == [objective]
        assert clause.id not in {card.id for card in cards_on_the_table(session, table.id)}
        assert part_view(session, table.ars.dg.actor, objective).is_dropped
    with pytest.raises(CannotShape):
        adds(table, table.og.dg, PartKind.OPERATIONAL_OBJECTIVE, parent_id=objective)
    with pytest.raises(CannotShape):
        doing(table, table.ars.dg, restore_part, operational)
    doing(table, table.ars.dg, restore_part, objective)
    assert {objective, operational} <= {entry.id for entry in _plan(table, table.ars.dg)}


def test_nobody_negotiates_what_was_dropped(table: Table) -> None:
    line = adds(table, table.og.dg, PartKind.ARTICLE, "Sans suite")
    new = NewClause("Un engagement", debtor_id=table.party_id("og"))
    clause_id = doing(table, table.og.dg, add_clause, line, new)
    doing(table, table.og.dg, drop_part, line)
    fresh = Table(table.store, table.id)
    name = next(name for name, found in fresh._clauses.items() if found == clause_id)
    with pytest.raises(Exception, match="illegal_move"):
        fresh.ars.dg.play(Move.PROPOSAL, name, "Quand même.")
    with table.store.reading() as session:
        assert clause_id not in {card.id for card in engagement_cards(session, table.ars.dg.actor)}


def test_a_working_text_is_cut_between_two_of_its_units(table: Table) -> None:
    article = adds(table, table.og.dg, PartKind.ARTICLE, "Gouvernance")
    clause = clauses_of(table, article)[0]
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Clause, clause.id).working_text = "Le comité se réunit.\n\n- en mars ;\n- en juin."
    rest = doing(table, table.ars.redac, split_clause, clause.id, after=2, label="En juin")
    texts = {row.id: (row.label, row.working_text) for row in clauses_of(table, article)}
    assert texts[clause.id][1] == "Le comité se réunit.\n\n- en mars ;"
    assert texts[rest] == ("En juin", "- en juin.")
    assert concerned(table, rest) == concerned(table, clause.id)
    told = facts(table, "clause.split")[0]
    assert len({told["before"], told["fingerprint"], told["rest"]}) == 3


def test_what_is_tabled_or_agreed_is_never_cut(table: Table) -> None:
    name = f"{FICHE}.description"
    table.og.dg.propose(name, "Un.\n\nDeux.")
    with pytest.raises(CannotShape) as refused:
        doing(table, table.og.dg, split_clause, table.clause_id(name), after=1)
    assert refused.value.detail["reason"] == "tabled"
    table.ars.dg.accept(name)
    table.cd.dg.accept(name)
    with pytest.raises(CannotShape) as refused:
        doing(table, table.og.dg, split_clause, table.clause_id(name), after=1)
    assert refused.value.detail["reason"] == "agreed"


def test_readers_commenters_and_strangers_shape_nothing(store: Store) -> None:
    table = a_table(store, parties=["og", "ars", "asso"])
    for person in (table.og.lect, table.og.com, table.asso.dg):
        with pytest.raises(NotAllowed):
            adds(table, person, PartKind.ARTICLE)
        with pytest.raises(NotAllowed):
            doing(table, person, drop_part, table.part_id(FICHE))
    other = a_table(store)
    with pytest.raises(NotFound):
        doing(table, table.og.dg, drop_part, other.part_id(FICHE))


def test_a_frozen_contract_takes_no_other_shape(table: Table) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Negotiation, table.id).frozen_at = now()
    fiche = table.part_id(FICHE)
    for verb, given in ((rename_part, (fiche, "Autre")), (drop_part, (fiche,)), (add_step, (fiche,))):
        with pytest.raises(Frozen):
            doing(table, table.og.dg, verb, *given)
    with pytest.raises(Frozen):
        adds(table, table.og.dg, PartKind.ARTICLE)
