"""The board keeps what the address asks for, counts it, and shows what is late first."""

from dataclasses import replace
from datetime import date

from app.pages import board
from app.pages.board import Asked, Late, Row
from negotiation.rules.lifecycle import Situation, Tabled
from negotiation.rules.turn import Turn
from negotiation.rules.vocabulary import ClauseKind, ClauseState, PartKind, ValueKind
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.negotiations import PlanEntry

BOTH = frozenset({"og", "ars"})


def a_row(
    code: str, *, state: ClauseState = ClauseState.PROPOSED, late: int = 0, text: str = "", rounds: int = 0
) -> Row:
    situation = Situation(BOTH, state, Tabled(1, "f", "og"), versions=1, behind=frozenset({"og"}))
    card = ClauseCard(
        id=code,
        part_id="p",
        kind=ClauseKind.ENGAGEMENT,
        field="text",
        code=code,
        label=f"Clause {code}",
        value_kind=ValueKind.NONE,
        unit="",
        debtor_id=None,
        situation=situation,
        text=text,
        value=None,
        agreed_text=None,
        agreed_value=None,
        tabled_text=text,
        tabled_value=None,
        moved_on=None,
        revision=1,
        attributes={},
    )
    return Row(card, (Turn(situation.waiting_for(), date(2026, 6, 1), date(2026, 6, 15), 3, late),), rounds)


def answered_by_us(row: Row) -> Row:
    """The same, with ARS's own text on the table: Orlinde holds it."""
    situation = Situation(BOTH, ClauseState.PROPOSED, Tabled(1, "f", "ars"), versions=1, behind=frozenset({"ars"}))
    return replace(row, turns=(replace(row.turn, holders=situation.waiting_for()),))


def codes(rows: list[Row], asked: Asked) -> list[str]:
    groups = board.groups(rows, (), asked, my_party="ars", essms_of={}, themes={})
    return [row.card.code for group in groups for row in group.rows]


def test_what_is_late_comes_first_and_the_rest_by_code() -> None:
    rows = [a_row("EN03"), a_row("EN02", late=1), a_row("EN01"), a_row("EN04", late=5)]
    assert codes(rows, Asked()) == ["EN04", "EN02", "EN01", "EN03"]


def test_late_ones_stand_at_the_top_once_mine_before_the_others() -> None:
    plan = (PlanEntry("p", None, PartKind.STRATEGIC_OBJECTIVE, "2", "Parcours", 4, 1, 0, 0),)
    theirs = answered_by_us(a_row("EN01", late=9))
    rows = [a_row("EN03", late=2), theirs, a_row("EN04", state=ClauseState.AGREED), a_row("EN02")]
    ours, others, objective = board.groups(rows, plan, Asked(), my_party="ars", essms_of={}, themes={})
    assert [(group.late, [row.card.code for row in group.rows]) for group in (ours, others, objective)] == [
        (Late.OURS, ["EN03"]),
        (Late.THEIRS, ["EN01"]),
        (None, ["EN02", "EN04"]),
    ]
    assert (objective.agreed, objective.total) == (1, 4), "what is late counts in its objective still"
    assert {row.place for group in (ours, others) for row in group.rows} == {"2. Parcours"}
    page = board.page_of((ours, others, objective), 0)
    assert (page.late_total, page.on_time) == (2, (objective,))
    assert codes(rows, Asked(holder="og")) == ["EN01"], "filters hold for late ones as for the rest"


def test_each_filter_lists_as_many_clauses_as_it_says() -> None:
    rows = [
        a_row("EN01", late=2),
        a_row("EN02", state=ClauseState.AGREED),
        a_row("EN03", state=ClauseState.PARTIALLY_AGREED, rounds=4),
        a_row("EN04", state=ClauseState.WITHDRAWN),
    ]
    for found in board.filters(rows, "ars"):
        assert len(codes(rows, Asked(state=found.key))) == found.count, found.key


def test_clauses_that_no_move_touched_count_where_they_would_be_listed() -> None:
    rows = [a_row("EN01", state=ClauseState.TO_WRITE)]
    found = {each.key: each for each in board.filters(rows, "ars", untouched={ClauseState.TO_WRITE: 7})}
    assert (found["a-ecrire"].count, found["a-ecrire"].untouched) == (8, 7)
    assert (found[""].count, found[""].untouched) == (1, 0)


def test_who_joined_yesterday_is_not_late_with_those_who_held_it_before() -> None:
    late = a_row("EN01", late=3)
    joined = replace(late, turns=(late.turn, Turn(frozenset({"cd"}), date(2026, 6, 18), date(2026, 7, 2), 1)))
    assert joined.holders == {"ars", "cd"}
    for party, place in (("ars", Late.OURS), ("cd", Late.THEIRS)):
        (group, *_) = board.groups([joined], (), Asked(), my_party=party, essms_of={}, themes={})
        assert group.late is place
    assert board.filters([joined], "cd")[1].count == 1, "it holds it all the same"


def test_words_are_looked_for_in_the_code_the_name_and_the_text() -> None:
    rows = [a_row("EN01", text="Le périmètre de l’activité."), a_row("EN02", text="Le budget.")]
    assert codes(rows, Asked(words="perimetre")) == ["EN01"]
    assert codes(rows, Asked(words="en02 budget")) == ["EN02"]
    assert codes(rows, Asked(words="en02 perimetre")) == []


def test_the_address_holds_the_whole_view_and_another_filter_starts_at_its_beginning() -> None:
    asked = Asked.told({"etat": "en-retard", "main": "ars", "mots": "a & b", "page": "2"})
    assert asked.address(page=asked.page) == "etat=en-retard&main=ars&mots=a+%26+b&page=2"
    assert asked.address(state="accord") == "etat=accord&main=ars&mots=a+%26+b"
    assert Asked.told({"page": "-1", "etat": "x" * 500}) == Asked(state="x" * 120)


def test_a_long_board_comes_by_pages_and_loses_nobody() -> None:
    rows = [a_row(f"EN{number:03}") for number in range(250)]
    grouped = board.groups(rows, (), Asked(), my_party="ars", essms_of={}, themes={})
    pages = [board.page_of(grouped, number) for number in range(3)]
    assert [page.next for page in pages] == [1, 2, None]
    assert [len(group.rows) for page in pages for group in page.groups] == [100, 100, 50]
    assert all(group.total == 250 for page in pages for group in page.groups)
