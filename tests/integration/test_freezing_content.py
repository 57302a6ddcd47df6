"""What is frozen: the agreed words and figures, each from one source, whole cents, nothing of anybody's inside."""

import json
from typing import Any

import pytest

from negotiation.rules.history_chain import canonical_payload
from negotiation.services.contract_content import contract_as_it_stands, contract_with_changes
from negotiation.store import Store
from tests.builders import Table, a_table
from tests.closing_table import a_closing_table, an_agreed_table
from tests.scenarios import EHPAD, HANDICAP, sample

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

Node = dict[str, Any]


@pytest.fixture
def agreed(store: Store) -> Table:
    return an_agreed_table(store)


def content(table: Table) -> Node:
    with table.store.reading() as session:
        return contract_as_it_stands(session, table.id).content


def parts(tree: list[Node]) -> list[Node]:
    return [part for one in tree for part in (one, *parts(one["parts"]))]


def field(found: Node, part: str, name: str) -> Node:
    [holder] = [one for one in parts(found["parts"]) if one["key"] == part]
    return next(clause for clause in holder["clauses"] if clause["field"] == name)


def test_a_figure_agreed_in_an_engagement_is_the_cell_the_table_and_the_article(agreed: Table) -> None:
    found = content(agreed)
    assert field(found, "i01", "engagement.en01")["value"] == "95"
    assert field(found, "i01", "targets.2028")["value"] == "95"
    assert field(found, "i01", "targets.2028")["follows"] == "EN01"
    [row] = found["tables"]["indicators"]["rows"]
    assert row["values"]["2028"] == "95"
    assert field(found, "engagements", "engagement.en01")["value_text"] == "95"


def test_money_is_whole_cents_and_adds_up(agreed: Table) -> None:
    finance = content(agreed)["tables"]["finance"]
    [group] = finance["groups"]
    [row] = group["rows"]
    assert row["values"] == {"2027": 4200050, "2028": 4200000, "2029": 0}
    assert row["total"] == group["total"] == sum(group["by_year"].values()) == 8400050
    assert (group["funder"], row["code"]) == ("A", "FA01")


@pytest.mark.parametrize("file", [EHPAD, HANDICAP])
def test_every_total_of_the_files_is_what_its_lines_add_up_to(store: Store, file: Any) -> None:
    finance = content(a_table(store, sample(file)))["tables"]["finance"]
    for group in finance["groups"]:
        assert group["total"] == sum(row["total"] for row in group["rows"])
        for year in finance["years"]:
            assert group["by_year"][year] == sum(row["values"].get(year, 0) for row in group["rows"])


def test_the_article_of_engagements_follows_the_last_article(agreed: Table) -> None:
    roots = content(agreed)["parts"]
    assert [part["key"] for part in roots] == ["k01", "engagements", "s1"]
    assert [clause["code"] for clause in roots[1]["clauses"]] == ["EN01", "EN02", "EN03"]


def test_the_content_has_one_canonical_form_and_no_float(agreed: Table) -> None:
    found = content(agreed)
    assert json.loads(canonical_payload(found)) == found
    assert found == content(agreed)


def test_a_maintained_reserve_is_printed_with_both_positions(agreed: Table) -> None:
    table = a_closing_table(agreed.store)
    reserve = table.cd.dg.reserve("en01", "Sous réserve du vote du budget.")
    table.og.dg.answer("en01", "Le taux ne dépend pas de ce vote.", reply_to=reserve.move_id)
    table.agree("en01", "Le taux atteint 95 % en 2028.", "95")
    assert content(table)["reserves"] == []
    table.cd.dg.maintain("en01", "Le vote a lieu en décembre.")
    [printed] = content(table)["reserves"]
    assert (printed["party"], printed["code"]) == ("D", "EN01")
    assert printed["text"] == "Sous réserve du vote du budget.\n\nLe vote a lieu en décembre."
    assert printed["answers"] == [
        {"party": "G", "text": "Le taux ne dépend pas de ce vote."},
        {"party": "A", "text": "S’en tient au texte accordé, version 1."},
    ]


def test_a_withdrawn_engagement_is_nowhere_in_the_contract(agreed: Table) -> None:
    table = a_closing_table(agreed.store)
    table.cd.dg.reserve("en01", "Sous réserve.")
    table.og.dg.propose("en01", "Un taux abandonné", value="94")
    table.og.dg.withdraw("en01")
    found = content(table)
    assert "EN01" not in {clause["code"] for part in parts(found["parts"]) for clause in part["clauses"]}
    assert found["reserves"] == []
    assert "Un taux abandonné" not in json.dumps(found, ensure_ascii=False)


def test_nothing_of_anybodys_inside_enters_the_contract(agreed: Table) -> None:
    table = a_closing_table(agreed.store)
    reserve = table.cd.dg.reserve("en01", "Sous réserve.")
    table.og.dg.note("en01", "Notre plancher est 93,5 %")
    table.ars.dg.tell_authorities("en01", "Tenons à deux")
    table.og.dg.answer("en01", "Réponse interne", circle=table.og.inside, reply_to=reserve.move_id)
    table.agree("en01", "Le taux atteint 95 % en 2028.", "95")
    table.cd.dg.maintain("en01", "Nous maintenons.")
    written = json.dumps(content(table), ensure_ascii=False)
    for inside in ("plancher", "Tenons", "Réponse interne"):
        assert inside not in written
    assert "S’en tient au texte accordé" in written


def test_files_name_things_in_words_and_the_contract_too(store: Store) -> None:
    found = content(a_table(store, sample(HANDICAP)))
    line = next(one for one in parts(found["parts"]) if one["kind"] == "funding_line")
    words = {clause["field"]: clause["value_text"] for clause in line["clauses"]}
    assert words["funder"] == "Agence régionale de santé Val-d'Aure"
    assert words["nature"] in ("pérenne", "non pérenne")
    assert not any(clause["value_text"] == "e1" for part in parts(found["parts"]) for clause in part["clauses"])


def test_what_happened_after_the_signature_is_not_in_the_contract(store: Store) -> None:
    written = json.dumps(content(a_table(store, sample(EHPAD))), ensure_ascii=False)
    assert '"avenant' not in written
    assert '"actuals' not in written


def test_the_project_says_what_stood_before_each_open_proposal_and_of_no_other_clause(store: Store) -> None:
    table = a_closing_table(store)
    table.agree("en01", "Le taux est de 95 %.", "95")
    table.og.dg.propose("k01.markdown", "Un premier article.")
    table.ars.dg.counter("k01.markdown", "Un premier article, revu.")
    with store.reading() as session:
        marked = contract_with_changes(session, table.id).content
    open_clause = field(marked, "k01", "markdown")
    assert open_clause["before"]["text"], "what stood in the file"
    assert open_clause["text"] == "Un premier article, revu."
    assert open_clause["marked_by"] == "A"
    assert all("before" not in clause for part in parts(marked["parts"]) for clause in part["clauses"]
               if clause["state"] == "agreed")  # fmt: skip
    assert marked["format"] != content(table)["format"], "nobody freezes a text with its marks"


def test_a_counter_to_a_text_that_nothing_preceded_is_marked_against_it(store: Store) -> None:
    table = a_closing_table(store)
    table.og.dg.propose("en01", "Cinq places.", "95")
    table.ars.dg.counter("en01", "Quatre places.", "94")
    with store.reading() as session:
        clause = field(contract_with_changes(session, table.id).content, "engagements", "engagement.en01")
    assert clause["before"] == {"text": "Cinq places.", "value_text": "95"}
