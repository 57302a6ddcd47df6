"""Bad input to a séance: heavy, fast, hidden or marked up, it is refused, or shown as words; nothing is lost."""

import re

import pytest
from flask import Flask

from negotiation.errors import IllegalMove, StaleClause
from negotiation.rules.seances import LONGEST_WORDS, MOST_PER_MINUTE, DecisionKind, DecisionState, Unbound
from negotiation.rules.vocabulary import ClauseKind
from negotiation.services.seance_agenda import Item, add_point, point_at
from negotiation.services.seances import leave_chair, take_chair
from negotiation.services.splitting import split_clause
from negotiation.store import Store
from negotiation.store.contract import Clause
from tests.builders import Table, a_table
from tests.minutes_table import a_relevé
from tests.seance_table import Meeting, an_open_seance
from tests.visitors import Visitor

CLAUSE = "en01"
OVERRIDE = "Le plancher \u202eTXET"
MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(store: Store) -> Table:
    made = a_table(store, parties=3)
    made.ars.dg.propose(CLAUSE, "Nous visons 94 %.", value=94)
    return made


@pytest.fixture
def meeting(table: Table) -> Meeting:
    return an_open_seance(table, table.ars.dg)


def here(meeting: Meeting) -> str:
    return f"/negociations/{meeting.table.id}/seances/{meeting.id}"


def forms(meeting: Meeting, words: str) -> dict[str, dict[str, str]]:
    """Each form of an open séance that takes words."""
    return {
        f"{here(meeting)}/decisions": {"kind": "sent_to_copil", "text": words},
        f"{here(meeting)}/points": {"title": words},
        f"{here(meeting)}/presents": {"party": meeting.table.og.id, "name": words},
    }


@pytest.mark.parametrize(("words", "status"), [(OVERRIDE, 422), ("x" * 1_000_000, 422), ("x" * 3_000_000, 413)])
def test_what_cannot_be_read_or_is_too_heavy_is_refused_in_every_form(
    app: Flask, meeting: Meeting, words: str, status: int
) -> None:
    chair = Visitor(app).enter(meeting.table.ars.dg.email)
    before = meeting.seen_by(meeting.table.og.dg)
    for address, fields in forms(meeting, words).items():
        refused = chair.post(address, fields)
        assert refused.status_code == status, address
        assert 'role="alert"' in refused.text or "dépasse la taille" in refused.text
    assert meeting.seen_by(meeting.table.og.dg) == before


def test_markup_and_a_word_without_end_are_only_words_everywhere(app: Flask, table: Table, meeting: Meeting) -> None:
    chair, other = (Visitor(app).enter(person.email) for person in (table.ars.dg, table.cd.lect))
    for address, fields in forms(meeting, MARKUP).items():
        assert chair.post(address, fields).status_code == 302
    assert chair.post(f"{here(meeting)}/decisions", {"kind": "task", "text": "x" * 300}).status_code == 302
    long = chair.post(f"{here(meeting)}/decisions", {"kind": "sent_to_copil", "text": "x" * (LONGEST_WORDS + 1)})
    assert long.status_code == 422 and "2 000 caractères au plus" in re.sub(r"\s", " ", long.text)
    meeting.a_minute_passes()
    pages = ["", "/projection", "/decisions", "/fragment/decisions", "/fragment/deroule"]
    shown = [other.get(f"{here(meeting)}{page}").text for page in pages]
    meeting.close(table.ars.dg)
    a_relevé(meeting, table.ars.dg)
    shown += [other.get(f"{here(meeting)}{page}").text for page in ("", "/releve")]
    for page in shown:
        assert "<img" not in page and "<script>alert" not in page
    assert sum("&lt;img src=x onerror" in page for page in shown) >= 5
    assert "<bdi>x" in shown[0], "right-to-left words turn nothing around them"


def test_a_hundred_decisions_a_second_are_thirty_and_the_séance_goes_on(
    app: Flask, table: Table, meeting: Meeting
) -> None:
    hurried, calm = (Visitor(app).enter(person.email) for person in (table.og.redac, table.cd.dg))
    noted = {"kind": "sent_to_copil", "text": "Le plan de financement."}
    answers = [hurried.post(f"{here(meeting)}/decisions", noted).status_code for _ in range(100)]
    assert answers.count(302) == MOST_PER_MINUTE and set(answers) == {302, 429}
    assert meeting.seen_by(table.og.dg).noted == MOST_PER_MINUTE
    assert calm.post(f"{here(meeting)}/decisions", noted).status_code == 302


def test_the_chair_leaves_and_nothing_that_was_decided_is_lost(table: Table, meeting: Meeting) -> None:
    """Two people take the empty chair at once: one has it, and the other may take over, knowingly."""
    waiting = meeting.agree(table.og.dg, CLAUSE)
    proposed = meeting.agree(table.og.redac, CLAUSE, party_id=table.cd.id)
    with table.store.unit_of_work() as uow:
        leave_chair(uow, table.ars.dg.actor, meeting.id)
    meeting.confirm(table.cd.dg, proposed)
    assert meeting.a_minute_passes() == 2
    with table.store.unit_of_work() as uow:
        take_chair(uow, table.og.dg.actor, meeting.id)
    with table.store.unit_of_work() as uow:
        take_chair(uow, table.cd.dg.actor, meeting.id, instead_of=table.og.dg.member.id)
    meeting.close(table.cd.dg)
    assert {meeting.state(each) for each in (waiting, proposed)} == {DecisionState.BOUND}


def test_a_clause_cut_in_two_within_the_minute_keeps_what_was_decided_on_it(
    app: Flask, table: Table, meeting: Meeting
) -> None:
    clause_id = table.clause_id("k01.markdown")
    with table.store.unit_of_work() as uow:
        clause = uow.session.get_one(Clause, clause_id)
        assert clause.kind is ClauseKind.TEXT and clause.current_version_id is None
        clause.working_text = "Un premier paragraphe.\n\nUn second."
        point = add_point(uow, table.ars.dg.actor, meeting.id, Item(clause_id=clause_id))
        point_at(uow, table.ars.dg.actor, meeting.id, point)
    asked = meeting.record(table.cd.dg, DecisionKind.QUESTION, "k01.markdown", text="Pour combien de places ?")
    with table.store.unit_of_work() as uow:
        rest = split_clause(uow, table.og.dg.actor, clause_id, after=1)
    assert meeting.a_minute_passes() == 1
    found = meeting.decided(asked)
    assert (found.state, found.clause_id) == (DecisionState.BOUND, clause_id)
    assert rest != clause_id
    assert Visitor(app).enter(table.cd.lect.email).get(here(meeting)).status_code == 200


def test_a_text_taken_back_within_the_minute_unbinds_and_says_why(table: Table, meeting: Meeting) -> None:
    decision = meeting.agree(table.og.dg, CLAUSE)
    table.ars.dg.withdraw(CLAUSE)
    meeting.a_minute_passes()
    assert meeting.decided(decision).reason in (Unbound.TEXT_CHANGED, Unbound.NOT_POSSIBLE)
    with pytest.raises((StaleClause, IllegalMove)):
        meeting.agree(table.cd.dg, CLAUSE)
