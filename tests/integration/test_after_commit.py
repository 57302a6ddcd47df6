"""What was committed is done, whatever happens to its announcement."""

from datetime import timedelta

from negotiation.rules.vocabulary import ClauseState, Move
from negotiation.services.announcements import waiting_announcements
from negotiation.services.moves import Order, play
from negotiation.store import Announcement, Store
from tests.builders import a_table


def test_a_move_is_not_refused_because_nobody_could_be_told(store: Store) -> None:
    table = a_table(store)
    told: list[str] = []

    def fails(announcements: list[Announcement]) -> None:
        raise ConnectionError("no way to the other workers")

    store.subscribe(fails)
    store.subscribe(lambda announcements: told.extend(one.kind for one in announcements))
    with store.unit_of_work() as uow:
        play(uow, table.og.dg.actor, table.clause_id("en02"), Order(Move.PROPOSAL, text="Un texte."))
    assert table.state("en02") is ClauseState.PROPOSED
    assert told == ["clause.proposed"]
    with store.reading() as session:
        assert [one.kind for one in waiting_announcements(session, older_than=timedelta())] == ["clause.proposed"]
