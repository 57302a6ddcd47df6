"""The financial annex adds up: by fiche, by funder and by year, to the cent, as somebody else would add it (R8)."""

from collections import Counter
from decimal import Decimal

import pytest

from app.pages.totals import MoneyRow, totals_of
from negotiation.store import Store
from negotiation.store.queries.people import parties_of
from negotiation.store.queries.readings import finances_of, titles_of
from tests.builders import Person, a_table
from tests.scenarios import EHPAD, sample

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def test_sums_are_those_of_an_independent_count_to_the_cent(store: Store) -> None:
    content = sample(EHPAD)
    agreed = {(each["target"]["id"], each["target"].get("field")) for each in content["engagements"]}
    for place, line in enumerate(content["financial_lines"], start=1):  # cents that a float would lose
        for year in line["amounts"]:
            if (line["id"], f"amounts.{year}") not in agreed:
                line["amounts"][year] = round(line["amounts"][year] + place / 100, 2)
        line["total"] = float(sum(Decimal(str(amount)) for amount in line["amounts"].values()))
    table = a_table(store, content)
    with store.reading() as session:
        actor = Person(table, "og.dg").actor
        parties = {party.key: party for party in parties_of(session, table.id)}
        found = totals_of(finances_of(session, actor), parties, titles_of(session, actor))
    codes = {fiche["id"]: fiche["code"] for fiche in content["fiches_action"]}
    by_fiche: Counter[tuple[str, str]] = Counter()
    by_funder: Counter[tuple[str, str]] = Counter()
    for line in content["financial_lines"]:
        for year, amount in line["amounts"].items():
            cents = int(Decimal(str(amount)) * 100)
            by_fiche[codes[line["fiche_action_id"]], year] += cents
            if line["funder_party_id"] != "og":
                by_funder[parties[line["funder_party_id"]].name, year] += cents
    lines = {fiche.code: [row for row in fiche.rows if row.line] for fiche in found.fiches}
    assert by_year({code: summed(rows) for code, rows in lines.items()}) == by_fiche
    assert by_year({row.name: row.amounts for row in found.by_funder}) == by_funder
    assert found.whole.total == by_funder.total() and found.agree


def summed(rows: list[MoneyRow]) -> dict[str, int]:
    return {year: sum(row.amounts[year] for row in rows) for year in rows[0].amounts}


def by_year(amounts: dict[str, dict[str, int]]) -> Counter[tuple[str, str]]:
    return Counter({(name, year): cents for name, years in amounts.items() for year, cents in years.items()})
