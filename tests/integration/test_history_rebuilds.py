"""The shared chain alone tells where each engagement stands, after an import too."""

from datetime import date
from pathlib import Path

import pytest

from negotiation.rules.vocabulary import SHARED
from negotiation.store import Store
from negotiation.store.queries.history import whole_chains
from tests.builders import Person, a_table
from tests.clause_model import COMMON, ClauseModel
from tests.history_replay import rebuilt_from
from tests.scenarios import EHPAD, HANDICAP, sample

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.mark.parametrize(("file", "until"), [(EHPAD, None), (HANDICAP, None), (HANDICAP, date(2026, 7, 10))])
def test_the_state_of_every_engagement_is_in_the_shared_chain(store: Store, file: Path, until: date | None) -> None:
    content = sample(file)
    table = a_table(store, content, until=until)
    reader = Person(table, content["parties"][0]["members"][0]["id"])
    with store.reading() as session:
        rebuilt = rebuilt_from(dict(whole_chains(session, reader.actor))[SHARED])
    names = {table.party_id(party["id"]): party["id"] for party in content["parties"]}
    for engagement in content["engagements"]:
        situation = table.situation(engagement["id"])
        told = rebuilt.get(table.clause_id(engagement["id"]), ClauseModel(frozenset(), is_engagement=True))
        assert told.state is situation.state
        assert told.current == (situation.current.number if situation.current else 0)
        assert told.behind - {COMMON} == {names[party] for party in situation.behind}
        assert told.reserves == {names[party] for party in situation.open_reserves}
