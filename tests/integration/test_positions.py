"""Where each party stands: recounted here move by move, and asked from the database in a fixed number of orders."""

from flask import Flask
from sqlalchemy import event

from negotiation.rules.rebase import RebaseState
from negotiation.rules.vocabulary import Move
from negotiation.services.retaking import Source, Wanted, collision_of
from negotiation.store import Store
from negotiation.store.queries.positions import (
    ClausePositions,
    PartyPosition,
    Stance,
    clauses_to_retake,
    positions_of,
)
from negotiation.store.queries.synoptique import lines_of
from tests.builders import Seat, Table, a_table
from tests.scenarios import engagement

PARAGRAPHS = "Un.\n\nDeux.\n\nTrois."


def a_wide_table(store: Store, *, clauses: int = 1, parties: int = 3) -> Table:
    keys = [f"en{number:02}" for number in range(1, clauses + 1)]
    deciding = ["og", "ars", "cd", "ddets", "dreets"][:parties]
    written = [engagement(key, {"type": "clause", "id": "k01"}, deciding) for key in keys]
    return a_table(store, parties=parties, engagements=written)


def positions(table: Table, clause: str = "en01", seat: str = "og") -> ClausePositions:
    actor = Seat(table, seat).dg.actor
    clause_id = table.clause_id(clause)
    with table.store.reading() as session:
        found = positions_of(session, actor, [clause_id], party_ids=[party.id for party in table._parties.values()])
    return found[clause_id]


def position(table: Table, party: str, clause: str = "en01") -> PartyPosition:
    return positions(table, clause).parties[table.party_id(party)]


def said(table: Table, party: str, clause: str = "en01") -> tuple[Stance, int | None, int | None, RebaseState | None]:
    found = position(table, party, clause)
    return found.stance, found.version.number if found.version else None, found.answered, found.rebased


def to_retake(table: Table, seat: str) -> frozenset[str]:
    with table.store.reading() as session:
        return clauses_to_retake(session, Seat(table, seat).dg.actor)


def test_a_round_starts_from_the_first_text_when_there_was_none_before(store: Store) -> None:
    table = a_wide_table(store)
    assert positions(table).base.is_empty
    table.ars.dg.propose("en01", "Un départ.")
    table.og.dg.counter("en01", "Une réponse.")
    found = positions(table)
    assert (found.base.text, found.base.version and found.base.version.number) == ("Un départ.", 1)
    assert found.current is not None
    assert found.current.text == "Une réponse."


def test_each_party_stands_where_it_last_spoke(store: Store) -> None:
    table = a_wide_table(store, parties=5)
    table.ars.dg.propose("en01", PARAGRAPHS)
    table.og.dg.counter("en01", PARAGRAPHS.replace("Un.", "Premier."))
    table.cd.dg.reject("en01", motive="Trop court.")
    table.ddets.dg.reserve("en01", "Sous réserve du budget.")
    table.dreets.dg.accept("en01")
    assert said(table, "ars") == (Stance.TABLED, 1, None, None), "it was answered: nothing to take up again"
    assert position(table, "ars").is_superseded
    assert said(table, "og") == (Stance.TABLED, 2, None, None)
    assert said(table, "cd") == (Stance.REJECTED, None, 2, None)
    assert position(table, "cd").said == "Trop court."
    assert said(table, "ddets") == (Stance.SILENT, None, None, None)
    assert [each.text for each in position(table, "ddets").reserves] == ["Sous réserve du budget."]
    assert said(table, "dreets") == (Stance.ACCEPTED, None, 2, None)
    assert positions(table).accepted_by == {table.party_id("og"), table.party_id("dreets")}


def test_two_texts_of_three_parties_stand_beside_each_other(store: Store) -> None:
    table = a_wide_table(store)
    table.ars.dg.propose("en01", PARAGRAPHS)
    table.og.dg.counter("en01", PARAGRAPHS.replace("Un.", "Premier."))
    table.cd.dg.propose("en01", PARAGRAPHS.replace("Trois.", "Troisième."))
    found = positions(table)
    assert [version.number for version in found.standing] == [3, 2, 1]
    assert said(table, "og") == (Stance.TABLED, 2, None, RebaseState.CLEAN)
    assert to_retake(table, "og") == {table.clause_id("en01")}
    assert to_retake(table, "cd") == frozenset()


def test_the_text_of_departure_is_the_same_in_the_synoptique_and_where_a_text_is_taken_up_again(store: Store) -> None:
    """The first text is nobody's departure when the second didn't answer it; what two rivals answered is theirs."""
    table = a_wide_table(store)

    def departures(seat: str, number: int) -> tuple[str, str]:
        actor, clause_id = Seat(table, seat).dg.actor, table.clause_id("en01")
        with store.reading() as session:
            collision = collision_of(session, actor, clause_id, Wanted(Source.VERSION, str(number)))
        return positions(table).base.text, collision.base.text

    table.og.dg.propose("en01", PARAGRAPHS)
    table.ars.dg.propose("en01", "Un autre texte.")
    assert departures("og", 1) == ("", "")
    table.cd.dg.counter("en01", "Une réponse.")
    table.ars.dg.propose("en01", "Un texte encore.")
    assert [each.number for each in positions(table).standing] == [4, 3, 1]
    table.og.dg.accept("en01")
    assert departures("cd", 3) == ("Un autre texte.", "Un autre texte.")


def test_who_accepts_the_text_of_another_has_nothing_to_take_up(store: Store) -> None:
    table = a_wide_table(store)
    table.og.dg.propose("en01", "Le premier texte.")
    table.ars.dg.propose("en01", "Un deuxième texte.")
    assert said(table, "og")[3] is RebaseState.OVERLAPPING
    table.og.dg.accept("en01")
    assert said(table, "og") == (Stance.ACCEPTED, 1, 2, None)
    assert to_retake(table, "og") == frozenset()


def test_a_withdrawn_text_is_nobodys_position(store: Store) -> None:
    table = a_wide_table(store)
    table.ars.dg.propose("en01", "Un.")
    table.og.dg.counter("en01", "Deux.")
    table.og.dg.withdraw("en01")
    assert said(table, "og")[:2] == (Stance.SILENT, None)
    assert said(table, "ars")[:2] == (Stance.TABLED, 1)
    assert positions(table).current is None


def test_a_reopening_starts_from_what_was_agreed_and_forgets_the_old_positions(store: Store) -> None:
    table = a_wide_table(store)
    table.ars.dg.propose("en01", "Un.")
    table.og.dg.counter("en01", "Deux.")
    table.ars.dg.accept("en01")
    table.cd.dg.accept("en01")
    agreed = positions(table).agreed
    assert agreed is not None
    assert agreed.text == "Deux."
    assert said(table, "ars")[:3] == (Stance.ACCEPTED, 1, 2), "how the agreement came about is still read"
    table.og.dg.reopen("en01")
    table.ars.dg.consent("en01")
    table.cd.dg.consent("en01")
    assert {said(table, party)[0] for party in ("og", "ars", "cd")} == {Stance.SILENT}
    assert positions(table).base.text == "Deux."
    table.cd.dg.propose("en01", "Trois.")
    found = positions(table)
    assert (found.base.text, found.agreed) == ("Deux.", None)
    assert to_retake(table, "og") == to_retake(table, "ars") == frozenset()


def test_what_was_given_up_stands_no_more(store: Store) -> None:
    table = a_wide_table(store)
    table.ars.dg.propose("en01", "Un.")
    table.og.dg.abandon("en01")
    table.ars.dg.consent_to_abandon("en01")
    table.cd.dg.consent_to_abandon("en01")
    table.cd.dg.propose("en01", "Deux.")
    assert said(table, "ars")[0] is Stance.SILENT
    assert to_retake(table, "ars") == frozenset()


def test_a_party_that_is_not_concerned_has_no_position(store: Store) -> None:
    table = a_table(store)
    table.ars.dg.propose("en02", "Un.")
    assert said(table, "cd", "en02") == (Stance.NOT_CONCERNED, None, None, None)


def test_drafts_are_nobodys_position(store: Store) -> None:
    table = a_wide_table(store)
    table.og.dg.play(Move.COMMENT, "en01", text="Entre nous.", circle=table.og.inside)
    before = positions(table, seat="ars")
    table.og.dg.note("en01", "Encore entre nous.")
    assert positions(table, seat="ars") == before


def test_positions_cost_the_same_however_many_they_are(app: Flask) -> None:
    store: Store = app.extensions["store"]

    def orders(clauses: int, rounds: int) -> int:
        table = a_wide_table(store, clauses=clauses)
        for number in range(1, clauses + 1):
            table.ars.dg.propose(f"en{number:02}", "Un départ.")
            for turn in range(rounds):
                table.og.dg.counter(f"en{number:02}", f"Réponse {turn}.")
                table.ars.dg.counter(f"en{number:02}", f"Réplique {turn}.")
        sent: list[str] = []

        def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
            sent.append(statement)

        actor = table.og.dg.actor
        ids = [table.clause_id(f"en{number:02}") for number in range(1, clauses + 1)]
        parties = [party.id for party in table._parties.values()]
        event.listen(store.engine, "before_cursor_execute", note)
        with store.reading() as session:
            assert len(positions_of(session, actor, ids, party_ids=parties)) == clauses
        event.remove(store.engine, "before_cursor_execute", note)
        return len(sent)

    assert orders(2, 1) == orders(12, 4) <= 12


def test_the_list_follows_the_plan_and_leaves_out_cells_that_follow(store: Store) -> None:
    table = a_table(store)
    with store.reading() as session:
        lines = lines_of(session, table.og.dg.actor, [table.part_id("i01"), table.part_id("fa01")])
    assert [line.part_id for line in lines] == sorted(
        (line.part_id for line in lines), key=[table.part_id("i01"), table.part_id("fa01")].index
    )
    follower = table.clause("i01.targets.2028")
    assert follower.follows_id
    assert follower.id not in {line.id for line in lines}
