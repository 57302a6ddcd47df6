"""Any file of the format: other sectors, other parties, threads that the packaged scenarios don't hold."""

from datetime import date

from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.vocabulary import AUTHORITIES, ClauseState, Phase, ValueKind
from negotiation.store import Store
from negotiation.store.contract import ClauseParty
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.people import Party
from negotiation.store.queries.visibility import visible
from tests.builders import Table, a_table
from tests.scenarios import Json, engagement, large, move, scenario

INDICATOR = {"type": "indicator", "id": "i01"}
ARTICLE = {"type": "clause", "id": "k01"}
CHRS = ["og", "ddets", "dreets", "cd", "asso"]


def chrs() -> Json:
    """A shelter: two State services, a département, an associated partner; no séance, odd threads."""
    who = ["og", "ddets", "dreets", "cd"]
    content = scenario(
        parties=CHRS,
        sector="hebergement",
        contract_type="L313-11-2",
        phase="proposition",
        status="signed",
        engagements=[
            engagement("en01", INDICATOR, who, final_text="Dit sans échange.", final_move_id="", status="accepted"),
            engagement(
                "en02",
                ARTICLE,
                ["og", "ddets"],
                [
                    move("en02-m01", "og.dg", "proposal", "Huit mois.", value=8),
                    move("en02-m02", "asso.com", "comment", "Le terrain confirme."),
                    move("en02-m03", "ddets.dg", "comment", "Entre nous.", visibility="authorities"),
                    move("en02-m04", "ddets.dg", "acceptance", accepts="en02-m01"),
                ],
                final_move_id="en02-m01",
                status="accepted",
            ),
            engagement(
                "en03",
                ARTICLE,
                who,
                [move("en03-m01", "og.dg", "proposal", "Texte signé sans trace des accords.")],
                final_move_id="en03-m01",
                status="accepted",
            ),
            engagement("en04", ARTICLE, ["og", "cd"], status="dropped"),
        ],
    )
    content["signature"]["status"] = "signed"
    return content


def test_a_shelter_with_two_state_services_imports(store: Store) -> None:
    table = a_table(store, chrs())
    with store.reading() as session:
        letters = {party.key: party.letter for party in session.execute(select(Party)).scalars()}
    assert letters == {"og": "G", "ddets": "E1", "dreets": "E2", "cd": "D", "asso": "P"}
    assert table.negotiation().frozen_at is not None
    assert table.negotiation().phase is Phase.SIGNATURE


def test_an_engagement_without_moves_is_agreed_by_the_declared_signature(store: Store) -> None:
    table = a_table(store, chrs())
    untouched = table.clause("en01")
    assert (untouched.state, untouched.agreed_version_id) == (ClauseState.AGREED, None)
    assert untouched.working_text == "Dit sans échange."
    assert untouched.attributes["declared"] is True


def test_an_accepted_engagement_whose_acceptances_are_lost_is_agreed_by_declaration(store: Store) -> None:
    table = a_table(store, chrs())
    declared = table.clause("en03")
    assert declared.state is ClauseState.AGREED
    assert declared.attributes["declared"] is True
    assert declared.agreed_version_id == declared.current_version_id
    assert "declared" not in table.clause("en02").attributes


def test_an_engagement_given_up_is_withdrawn(store: Store) -> None:
    assert a_table(store, chrs()).state("en04") is ClauseState.WITHDRAWN


def test_a_value_without_numeric_is_a_number(store: Store) -> None:
    table = a_table(store, chrs())
    tabled = table.current("en02")
    assert tabled is not None
    assert (table.clause("en02").value_kind, tabled.value) == (ValueKind.NUMBER, "8")


def test_an_associated_partner_comments_and_is_concerned_by_nothing(store: Store) -> None:
    table = a_table(store, chrs())
    with store.reading() as session:
        mine = select(ClauseParty).where(col(ClauseParty.party_id) == table.asso.id)
        assert session.execute(mine).all() == []
        said = session.execute(select(MoveRow).where(visible(MoveRow.circle, table.asso.com.actor))).scalars()
        circles = {one.circle for one in said}
    assert circles == {"shared"}
    assert str(AUTHORITIES) not in circles


def test_a_funding_line_concerns_the_gestionnaire_and_who_pays(store: Store) -> None:
    table = a_table(store, chrs())
    assert table.situation("m01.amounts.2028").concerned == {table.og.id, table.ddets.id}
    assert len(table.situation("fa01.description").concerned) == 4


def test_a_line_paid_by_the_gestionnaire_concerns_everybody(store: Store) -> None:
    content = scenario()
    content["financial_lines"][0]["funder_party_id"] = "og"
    assert len(a_table(store, content).situation("m01.amounts.2028").concerned) == 3


def voided() -> Json:
    moves = [
        move("en01-m01", "og.dg", "proposal", value=94, version=1),
        move("en01-m02", "ars.dg", "acceptance", accepts="en01-m01"),
        move("en01-m03", "cd.dg", "counter_proposal", value=95, version=2),
        move("en01-m04", "og.dg", "acceptance", accepts="en01-m03"),
    ]
    return scenario(engagements=[engagement("en01", INDICATOR | {"field": "targets.2028"}, ["og", "ars", "cd"], moves)])


def test_a_later_version_voids_the_acceptances_of_the_file(store: Store) -> None:
    table = a_table(store, voided())
    assert table.state("en01") is ClauseState.PARTIALLY_AGREED
    assert table.situation("en01").behind == {table.og.id, table.cd.id}
    table.ars.dg.accept("en01")
    assert table.state("en01") is ClauseState.AGREED


def test_cutting_before_the_later_version_keeps_the_acceptance(store: Store) -> None:
    table = a_table(store, voided(), until=date(2026, 3, 3))
    assert table.situation("en01").behind == {table.og.id, table.ars.id}


def test_an_open_file_closes_nothing(store: Store) -> None:
    table = a_table(store, scenario())
    assert table.negotiation().frozen_at is None
    assert table.state("fa01.description") is ClauseState.TO_WRITE
    cell, engagement_clause = table.clause("i01.targets.2028"), table.clause("en01")
    assert cell.follows_id == engagement_clause.id
    assert engagement_clause.working_value == "94.5"


def test_a_cell_named_twice_follows_the_engagement_that_names_it_best(store: Store) -> None:
    line, who = {"type": "financial_line", "id": "m01"}, ["og", "ars"]
    table = a_table(
        store,
        scenario(
            engagements=[
                engagement("every", line | {"field": "amounts.*"}, who),
                engagement("one", line | {"field": "amounts.2027"}, who),
            ]
        ),
    )
    bound = {year: table.clause(f"m01.amounts.{year}").follows_id for year in (2027, 2028, 2029)}
    assert bound == {2027: table.clause_id("one"), 2028: table.clause_id("every"), 2029: None}


def test_a_field_that_names_no_cell_binds_nothing(store: Store) -> None:
    table = a_table(
        store, scenario(engagements=[engagement("en01", INDICATOR | {"field": "targets.2099"}, ["og", "ars"])])
    )
    assert table.clause("i01.targets.2028").follows_id is None


def test_an_indicator_that_no_fiche_lists_stands_on_its_own(store: Store) -> None:
    content = scenario()
    content["fiches_action"][0]["indicator_ids"] = []
    assert a_table(store, content).clause("i01.definition").working_text.startswith("Journées")


def test_two_tables_live_side_by_side(store: Store) -> None:
    first, second = a_table(store), a_table(store)
    first.agree("en02")
    assert (first.state("en02"), second.state("en02")) == (ClauseState.AGREED, ClauseState.TO_WRITE)


def test_a_large_file_keeps_every_version(store: Store) -> None:
    table: Table = a_table(store, large(engagements=5, moves=100))
    with store.reading() as session:
        versions = session.execute(select(Version)).scalars().all()
    assert len(versions) == 5 * 9
    assert {table.state(f"x{index:03}") for index in range(1, 6)} == {ClauseState.AGREED}
