"""Moves as services play them, on both databases."""

import threading
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from negotiation.errors import (
    IllegalMove,
    MessageTooLong,
    MissingMotive,
    MissingText,
    NotAllowed,
    NotFound,
    NothingChanged,
    RecentSigninRequired,
    Refusal,
    StaleClause,
    UnreadableText,
    WrongValue,
)
from negotiation.rules import history_chain
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle, ClauseState, Move, ReserveState
from negotiation.services.bundles import Answer, accept_together, propose_working_texts
from negotiation.services.moves import Seen
from negotiation.store import Announcing, Store
from negotiation.store.exchange import MoveRow, Reserve, Version
from negotiation.store.queries.clauses import card_of
from negotiation.store.queries.exchanges import last_steps
from negotiation.store.queries.history import whole_chains
from negotiation.store.queries.navette import steps_of, words_of
from negotiation.store.unit_of_work import as_link
from tests.builders import Table, a_table


def shared_facts(table: Table) -> int:
    with table.store.reading() as session:
        chains = dict(whole_chains(session, table.og.dg.actor))
    return len(chains[SHARED])


def test_the_authors_party_never_accepts_its_own_text(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Nous voulons ceci.")
    with pytest.raises(IllegalMove):
        table.og.dg.accept("en02")


def test_only_a_negotiator_commits_the_party(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Nous voulons ceci.")
    with pytest.raises(NotAllowed):
        table.ars.redac.accept("en02")


def test_a_refused_move_leaves_nothing_behind(store: Store) -> None:
    table = a_table(store)
    before = shared_facts(table)
    for refused in (
        lambda: table.og.dg.propose("en02", ""),
        lambda: table.og.dg.propose("en01", "Un taux.", value="beaucoup"),
        lambda: table.og.dg.propose("en02", "Un\u202etexte."),
        lambda: table.og.dg.accept("en02"),
    ):
        with pytest.raises((MissingText, WrongValue, UnreadableText, IllegalMove)):
            refused()
    assert shared_facts(table) == before


def test_an_old_screen_is_refused_and_says_which_version_stands(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Première rédaction.")
    on_screen = table.current("en02")
    assert on_screen is not None
    table.og.dg.counter("en02", "Deuxième rédaction.")
    with pytest.raises(StaleClause) as refusal:
        table.ars.dg.accept("en02", seen=Seen(on_screen.number, on_screen.fingerprint))
    assert refusal.value.detail["current"] == 2


def test_a_counter_on_an_old_screen_is_refused_too(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Première rédaction.")
    with pytest.raises(StaleClause):
        table.ars.dg.counter("en02", "Une réponse à rien.", seen=Seen())


def test_a_reserve_is_not_lifted_for_a_text_that_was_not_on_the_screen(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Un poste financé.")
    table.ars.dg.reserve("en02")
    on_screen = table.current("en02")
    assert on_screen is not None
    seen = Seen(on_screen.number, on_screen.fingerprint)
    table.og.dg.counter("en02", "Trois postes financés.")
    for move in (Move.RESERVE_LIFTED, Move.RESERVE_MAINTAINED, Move.RESERVE):
        with pytest.raises(StaleClause):
            table.ars.dg.play(move, "en02", "Nous tenons.", seen=seen)
    table.ars.dg.lift("en02")


def test_nobody_consents_to_reopen_another_text_than_the_one_he_read(store: Store) -> None:
    table = a_table(store)
    table.agree("en02", "Le texte convenu.")
    on_screen = table.current("en02")
    assert on_screen is not None
    seen = Seen(on_screen.number, on_screen.fingerprint)
    table.og.dg.reopen("en02")
    table.ars.dg.consent("en02")
    table.og.dg.propose("en02", "Un meilleur texte.")
    table.ars.dg.accept("en02")
    for who, move in ((table.ars.dg, Move.REOPENING), (table.og.dg, Move.REOPENING)):
        with pytest.raises(StaleClause):
            who.play(move, "en02", "Rouvrons.", seen=seen)
    table.og.dg.reopen("en02")
    with pytest.raises(StaleClause):
        table.ars.dg.play(Move.REOPENING_CONSENT, "en02", seen=seen)


def test_the_same_text_again_is_no_counter_proposal(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Première rédaction.")
    with pytest.raises(NothingChanged):
        table.ars.dg.counter("en02", "Première rédaction.")


def test_a_counter_and_a_rejection_ask_for_a_motive(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Première rédaction.")
    for move in (Move.COUNTER_PROPOSAL, Move.REJECTION):
        with pytest.raises(MissingMotive):
            table.ars.dg.play(move, "en02", "" if move is Move.REJECTION else "Autre chose.", motive="")


def test_what_is_said_is_as_long_as_a_message_at_most(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Un texte long. " * 2_000)
    endless = "mot " * 3_000
    for move in (Move.COMMENT, Move.RESERVE, Move.REJECTION):
        with pytest.raises(MessageTooLong):
            table.ars.dg.play(move, "en02", endless)
    with pytest.raises(MessageTooLong):
        table.ars.dg.counter("en02", "Un texte.", motive=endless)


def test_accepting_asks_for_a_recent_sign_in(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Première rédaction.")
    with pytest.raises(RecentSigninRequired):
        table.ars.dg.long_ago().accept("en02")


def test_the_agreed_value_is_the_very_cell_of_the_indicator(store: Store) -> None:
    table = a_table(store)
    cell = table.clause_id("i01.targets.2028")
    table.og.dg.propose("en01", "Nous visons 94 %.", value="94")
    with table.store.reading() as session:
        card = card_of(session, table.og.dg.actor, cell)
        assert card is not None
        assert card.value is None
    table.ars.dg.accept("en01")
    table.cd.dg.accept("en01")
    with table.store.reading() as session:
        card = card_of(session, table.og.dg.actor, cell)
        assert card is not None
        assert (card.value, card.follows_code) == ("94", "EN01")


def test_a_reserve_survives_a_counter_and_its_maintenance_is_kept_for_print(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Première rédaction.")
    table.ars.dg.reserve("en02", "Les crédits manquent.")
    table.og.dg.counter("en02", "Deuxième rédaction.")
    with pytest.raises(IllegalMove):
        table.og.dg.maintain("en02")
    table.ars.dg.maintain("en02", "Les crédits manquent toujours.")
    with table.store.reading() as session:
        reserve = session.execute(select(Reserve).where(col(Reserve.clause_id) == table.clause_id("en02"))).scalar_one()
    assert reserve.state is ReserveState.MAINTAINED


def test_an_agreed_clause_moves_only_by_a_reopening_that_everyone_consents_to(store: Store) -> None:
    table = a_table(store)
    table.agree("en01", "Le texte convenu.", value="95")
    with pytest.raises(IllegalMove):
        table.og.dg.counter("en01", "Autre chose.", value="90")
    table.og.dg.reopen("en01", "Les travaux durent.")
    table.ars.dg.consent("en01")
    assert table.state("en01") is ClauseState.AGREED
    table.cd.dg.consent("en01")
    assert table.state("en01") is ClauseState.REOPENED
    table.ars.dg.propose("en01", "Un nouveau texte.", value="93")
    assert table.state("en01") is ClauseState.COUNTERED


def test_what_is_said_inside_is_in_its_own_chain_and_moves_nothing(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Première rédaction.")
    facts, state = shared_facts(table), table.situation("en02")
    table.ars.dg.note("en02", "Ne cédons pas.")
    table.ars.dg.tell_authorities("en02", "Tenons ensemble.")
    assert shared_facts(table) == facts
    assert table.situation("en02") == state


def test_the_gestionnaire_cannot_write_among_the_authorities(store: Store) -> None:
    table = a_table(store)
    with pytest.raises(NotFound):
        table.og.dg.note("en02", "Je vous écoute.", AUTHORITIES)
    with pytest.raises(NotFound):
        table.og.dg.note("en02", "Je vous écoute.", Circle.inside(table.ars.id))


def test_an_internal_comment_cannot_be_answered_from_outside(store: Store) -> None:
    table = a_table(store)
    inside = table.ars.dg.note("en02", "Ne cédons pas.").move_id
    with pytest.raises(NotFound):
        table.og.dg.comment("en02", "Je réponds.", reply_to=inside)
    with pytest.raises(NotFound):
        table.ars.dg.comment("en02", "Je réponds à tous.", reply_to=inside)


def test_a_whole_part_is_tabled_and_accepted_in_two_gestures(store: Store) -> None:
    table = a_table(store)
    part = table.part_id("fa01")
    with store.unit_of_work(Announcing.SILENT) as uow:
        tabled = propose_working_texts(uow, table.og.dg.actor, [part])
    assert len(tabled) > 3
    for who in (table.ars.dg, table.cd.dg):
        with store.unit_of_work(Announcing.SILENT) as uow:
            rows = uow.session.execute(
                select(Version).where(col(Version.clause_id).in_(_of_part(table, "fa01")))
            ).scalars()
            accept_together(uow, who.actor, [Answer(row.clause_id, Seen(row.number, row.fingerprint)) for row in rows])
    assert table.state("fa01.description") is ClauseState.AGREED


def test_one_stale_line_refuses_the_whole_gesture(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en01", "Un.", value="95")
    table.og.dg.propose("en02", "Deux.")
    first, second = table.current("en01"), table.current("en02")
    assert first is not None
    assert second is not None
    listed = [
        Answer(first.clause_id, Seen(first.number, first.fingerprint)),
        Answer(second.clause_id, Seen(second.number, "0" * 64)),
    ]
    with pytest.raises(StaleClause), store.unit_of_work(Announcing.SILENT) as uow:
        accept_together(uow, table.ars.dg.actor, listed)
    assert table.state("en01") is ClauseState.PROPOSED


def test_every_chain_verifies_after_a_negotiation(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en01", "Un.", value="95")
    table.ars.dg.note("en01", "Trop haut.")
    table.ars.dg.counter("en01", "Deux.", value="93")
    with store.reading() as session:
        for _, entries in whole_chains(session, table.ars.dg.actor):
            links = [as_link(entry) for entry in entries]
            assert history_chain.verify(links, [None] * len(links)).ok


def test_the_database_itself_refuses_to_change_a_version_or_the_history(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Première rédaction.")
    for statement in (
        "UPDATE version SET text = 'faux'",
        "DELETE FROM version",
        "UPDATE history_entry SET payload = '{}'",
        "DELETE FROM history_entry",
    ):
        with pytest.raises(DBAPIError), store.unit_of_work() as uow:
            uow.session.execute(text(statement))


def test_two_answers_at_once_are_played_one_after_the_other(store: Store) -> None:
    """Accept ∥ counter, again and again: an acceptance names the version that stood when it was played."""
    table = a_table(store)
    table.og.dg.propose("en02", "Version une.")
    for turn in range(6):
        tabled = table.current("en02")
        assert tabled is not None
        seen = Seen(tabled.number, tabled.fingerprint)
        barrier = threading.Barrier(2)
        actors = [
            partial(table.ars.dg.play, Move.ACCEPTANCE, "en02", seen=seen),
            partial(table.og.dg.counter, "en02", f"Version {turn} bis.", seen=seen),
        ]
        threads = [threading.Thread(target=_quietly, args=(barrier, act)) for act in actors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if table.state("en02") is ClauseState.AGREED:
            break
    with store.reading() as session:
        accepted = session.execute(
            select(MoveRow, Version)
            .join(Version, col(Version.id) == MoveRow.version_id)
            .where(col(MoveRow.type) == Move.ACCEPTANCE)
        ).all()
        numbers = session.execute(
            select(func.count(), func.max(Version.number)).where(col(Version.clause_id) == table.clause_id("en02"))
        ).one()
    assert numbers[0] == numbers[1]
    for move, version in accepted:
        later = table.current("en02")
        assert later is not None
        assert version.number <= later.number
        if table.state("en02") is ClauseState.AGREED:
            assert move.version_id == later.id


def _quietly(barrier: threading.Barrier, act: Callable[[], object]) -> None:
    barrier.wait()
    try:
        act()
    except Refusal:
        return


def _of_part(table: Table, key: str) -> list[str]:
    return [clause_id for name, clause_id in table._clauses.items() if name.startswith(f"{key}.")]


def test_the_navette_of_a_clause_keeps_every_word_that_its_reader_may_read(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02", "Première rédaction.")
    for number in range(60):
        table.ars.dg.comment("en02", f"Remarque {number}.")
    table.ars.dg.note("en02", "Entre nous.")
    with store.reading() as session:
        clause, reader = table.clause_id("en02"), table.og.dg.actor
        told = words_of(session, reader, steps_of(session, reader, clause))
        assert [move.text for move in told] == ["Première rédaction.", *(f"Remarque {number}." for number in range(60))]
        assert [step.type for step in last_steps(session, reader, clause, 8)] == [Move.PROPOSAL]
