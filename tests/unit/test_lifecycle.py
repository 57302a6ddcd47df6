"""The life of a clause, told as short stories."""

from dataclasses import replace

import pytest

from negotiation.errors import IllegalMove, StaleClause
from negotiation.rules.lifecycle import Origin, Outcome, Play, Reason, Situation, play, possible_moves
from negotiation.rules.vocabulary import ClauseKind, ClauseState, Move

OG, ARS, CD, ETAT = "og", "ars", "cd", "etat"
THREE = Situation(concerned=frozenset({OG, ARS, CD}))
TWO = Situation(concerned=frozenset({OG, ARS}))


def told(situation: Situation, *moves: Play) -> Situation:
    for move in moves:
        situation = play(situation, move).situation
    return situation


def tables(party: str, text: str, move: Move = Move.PROPOSAL) -> Play:
    return Play(move, party, fingerprint=text)


def common(party: str, text: str) -> Play:
    return Play(Move.PROPOSAL, party, fingerprint=text, origin=Origin.TABLE_COMMUNE)


def accepts(party: str, number: int, text: str) -> Play:
    return Play(Move.ACCEPTANCE, party, number, text)


def refused(situation: Situation, move: Play) -> Reason:
    with pytest.raises(IllegalMove) as refusal:
        play(situation, move)
    reason = refusal.value.detail["reason"]
    assert isinstance(reason, Reason)
    return reason


def test_nobody_agrees_with_himself() -> None:
    assert refused(told(THREE, tables(OG, "a")), accepts(OG, 1, "a")) is Reason.OWN_TEXT


def test_a_party_alone_agrees_with_nobody() -> None:
    alone = Situation(concerned=frozenset({OG}))
    assert told(alone, tables(OG, "a")).state is ClauseState.PROPOSED


def test_a_clause_of_two_parties_is_agreed_when_the_second_accepts() -> None:
    agreed = told(TWO, tables(OG, "a"), accepts(ARS, 1, "a"))
    assert agreed.state is ClauseState.AGREED
    assert agreed.behind == {OG, ARS}


def test_a_clause_of_three_parties_waits_for_the_third() -> None:
    partial = told(THREE, tables(OG, "a"), accepts(ARS, 1, "a"))
    assert partial.state is ClauseState.PARTIALLY_AGREED
    assert partial.waiting_for() == {CD}
    assert told(partial, accepts(CD, 1, "a")).state is ClauseState.AGREED


def test_a_party_that_the_clause_does_not_concern_decides_nothing() -> None:
    tabled = told(TWO, tables(OG, "a"))
    for move in (Move.ACCEPTANCE, Move.REJECTION, Move.COUNTER_PROPOSAL, Move.RESERVE, Move.WITHDRAWAL):
        assert refused(tabled, Play(move, CD, 1, "a")) is Reason.NOT_CONCERNED


def test_a_proposal_of_the_table_commune_needs_every_party_that_of_the_clicker_included() -> None:
    tabled = told(THREE, common(OG, "a"))
    assert tabled.behind == frozenset()
    assert tabled.waiting_for() == {OG, ARS, CD}
    nearly = told(tabled, accepts(OG, 1, "a"), accepts(ARS, 1, "a"))
    assert nearly.state is ClauseState.PARTIALLY_AGREED
    assert told(nearly, accepts(CD, 1, "a")).state is ClauseState.AGREED


def test_a_superseded_version_can_no_longer_be_accepted() -> None:
    countered = told(TWO, tables(OG, "a"), tables(ARS, "b", Move.COUNTER_PROPOSAL))
    with pytest.raises(StaleClause):
        play(countered, accepts(OG, 1, "a"))


def test_the_right_number_with_another_text_is_stale() -> None:
    with pytest.raises(StaleClause):
        play(told(TWO, tables(OG, "a")), accepts(ARS, 1, "another text"))


def test_a_later_version_voids_the_acceptances_and_says_whose() -> None:
    partial = told(THREE, tables(OG, "a"), accepts(ARS, 1, "a"))
    outcome: Outcome = play(partial, tables(CD, "b", Move.COUNTER_PROPOSAL))
    assert outcome.voided == {ARS}
    assert outcome.situation.behind == {CD}
    assert outcome.situation.state is ClauseState.COUNTERED


def test_a_party_may_revise_its_own_version() -> None:
    revised = told(TWO, tables(OG, "a"), tables(OG, "b", Move.COUNTER_PROPOSAL))
    assert revised.current is not None
    assert (revised.current.number, revised.behind) == (2, {OG})


def test_an_agreed_clause_is_locked() -> None:
    agreed = told(TWO, tables(OG, "a"), accepts(ARS, 1, "a"))
    for move in (Move.PROPOSAL, Move.COUNTER_PROPOSAL, Move.WITHDRAWAL, Move.REJECTION, Move.RESERVE):
        assert refused(agreed, Play(move, OG, 1, "a")) is Reason.LOCKED


def test_an_agreed_clause_reopens_only_when_every_concerned_party_consents() -> None:
    agreed = told(THREE, tables(OG, "a"), accepts(ARS, 1, "a"), accepts(CD, 1, "a"))
    asked = told(agreed, Play(Move.REOPENING, ARS))
    assert asked.state is ClauseState.AGREED
    assert asked.waiting_for() == {OG, CD}
    assert refused(asked, Play(Move.REOPENING_CONSENT, ARS)) is Reason.ALREADY_BEHIND
    halfway = told(asked, Play(Move.REOPENING_CONSENT, OG))
    assert halfway.state is ClauseState.AGREED
    reopened = play(halfway, Play(Move.REOPENING_CONSENT, CD))
    assert reopened.became_reopened
    assert reopened.situation.state is ClauseState.REOPENED
    assert reopened.situation.current is None


def test_a_party_may_refuse_a_reopening_and_its_author_may_give_it_up() -> None:
    agreed = told(TWO, tables(OG, "a"), accepts(ARS, 1, "a"))
    asked = told(agreed, Play(Move.REOPENING, OG))
    assert told(asked, Play(Move.REQUEST_REFUSAL, ARS)).request is None
    assert told(asked, Play(Move.REQUEST_WITHDRAWAL, OG)).request is None
    assert refused(asked, Play(Move.REQUEST_REFUSAL, OG)) is Reason.OWN_REQUEST


def test_withdrawing_the_only_version_withdraws_the_engagement_and_its_reserves() -> None:
    withdrawn = told(TWO, tables(OG, "a"), Play(Move.RESERVE, ARS), Play(Move.WITHDRAWAL, OG, 1, "a"))
    assert withdrawn.state is ClauseState.WITHDRAWN
    assert withdrawn.open_reserves == frozenset()


def test_withdrawing_a_later_version_does_not_revive_the_one_before() -> None:
    countered = told(TWO, tables(OG, "a"), tables(ARS, "b", Move.COUNTER_PROPOSAL), Play(Move.WITHDRAWAL, ARS))
    assert countered.current is None
    assert countered.state is ClauseState.TO_WRITE


def test_only_the_author_withdraws() -> None:
    assert refused(told(TWO, tables(OG, "a")), Play(Move.WITHDRAWAL, ARS)) is Reason.NOT_THE_AUTHOR


def test_a_rejection_neither_closes_the_clause_nor_prevents_a_counter() -> None:
    rejected = told(TWO, tables(OG, "a"), Play(Move.REJECTION, ARS, 1, "a"))
    assert rejected.state is ClauseState.PROPOSED
    assert told(rejected, tables(ARS, "b", Move.COUNTER_PROPOSAL)).state is ClauseState.COUNTERED


def test_a_reserve_outlives_the_versions_until_its_author_settles_it() -> None:
    reserved = told(TWO, tables(OG, "a"), Play(Move.RESERVE, ARS), tables(OG, "b", Move.COUNTER_PROPOSAL))
    assert reserved.open_reserves == {ARS}
    assert refused(reserved, Play(Move.RESERVE_LIFTED, OG)) is Reason.NO_RESERVE
    assert told(reserved, Play(Move.RESERVE_LIFTED, ARS)).open_reserves == frozenset()
    assert told(reserved, Play(Move.RESERVE_MAINTAINED, ARS)).open_reserves == frozenset()


def test_questions_comments_and_reserves_may_come_before_any_version() -> None:
    for move in (Move.QUESTION, Move.COMMENT, Move.RESERVE):
        assert play(TWO, Play(move, ARS)).situation.current is None


def test_the_author_is_offered_no_acceptance() -> None:
    tabled = told(THREE, tables(OG, "a"))
    assert Move.ACCEPTANCE not in possible_moves(tabled, OG)
    assert Move.ACCEPTANCE in possible_moves(tabled, ARS)


def test_a_proposal_is_offered_on_an_empty_table_and_a_counter_on_a_full_one() -> None:
    assert Move.PROPOSAL in possible_moves(TWO, OG)
    tabled = told(TWO, tables(OG, "a"))
    assert Move.PROPOSAL not in possible_moves(tabled, ARS)
    assert Move.COUNTER_PROPOSAL in possible_moves(tabled, ARS)


def test_a_withdrawn_engagement_comes_back_only_by_a_new_proposal() -> None:
    withdrawn = told(TWO, tables(OG, "a"), Play(Move.WITHDRAWAL, OG))
    assert refused(withdrawn, Play(Move.RESERVE, ARS)) is Reason.WITHDRAWN
    assert told(withdrawn, tables(ARS, "b")).waiting_for() == {OG}


def test_withdrawing_the_only_version_of_a_text_leaves_it_to_write() -> None:
    """A party that proposes an article and takes it back doesn't take the article out of the contract."""
    article = replace(TWO, kind=ClauseKind.TEXT)
    withdrawn = told(article, tables(OG, "a"), Play(Move.WITHDRAWAL, OG))
    assert withdrawn.state is ClauseState.TO_WRITE
    assert told(withdrawn, tables(ARS, "b")).state is ClauseState.COUNTERED


def test_nobody_gives_up_alone_what_the_table_commune_proposed() -> None:
    withdrawn = told(THREE, common(OG, "a"), accepts(ARS, 1, "a"), Play(Move.WITHDRAWAL, CD))
    assert withdrawn.state is ClauseState.TO_WRITE


def test_what_was_agreed_once_stays_reopened_when_the_new_text_is_withdrawn() -> None:
    agreed = told(TWO, tables(OG, "a"), accepts(ARS, 1, "a"))
    reopened = told(agreed, Play(Move.REOPENING, OG), Play(Move.REOPENING_CONSENT, ARS))
    withdrawn = told(reopened, tables(OG, "b"), Play(Move.WITHDRAWAL, OG))
    assert withdrawn.state is ClauseState.REOPENED


def test_what_a_signature_agreed_without_any_version_is_not_withdrawn_by_one_party() -> None:
    declared = replace(TWO, state=ClauseState.AGREED)
    reopened = told(declared, Play(Move.REOPENING, OG), Play(Move.REOPENING_CONSENT, ARS))
    assert told(reopened, tables(OG, "b"), Play(Move.WITHDRAWAL, OG)).state is ClauseState.REOPENED


def test_a_cell_that_follows_an_engagement_is_negotiated_there() -> None:
    cell = replace(TWO, follows="en01")
    for move in (Move.PROPOSAL, Move.COUNTER_PROPOSAL):
        assert refused(replace(cell, versions=1), tables(OG, "a", move)) is Reason.FOLLOWS
    assert Move.PROPOSAL not in possible_moves(cell, OG)
    assert Move.QUESTION in possible_moves(cell, OG)
