"""Whatever three parties do, in whatever order, the promises of the lifecycle hold."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from negotiation.errors import Refusal
from negotiation.rules.lifecycle import Origin, Play, Situation, play, possible_moves
from negotiation.rules.vocabulary import CONSENT_TO, ClauseState, Move

PARTIES = ("og", "ars", "cd", "etat")

plays = st.builds(
    Play,
    move=st.sampled_from(list(Move)),
    party=st.sampled_from(PARTIES),
    version=st.integers(min_value=1, max_value=4),
    fingerprint=st.sampled_from("abc"),
    origin=st.sampled_from(list(Origin)),
    parties=st.sets(st.sampled_from(PARTIES)).map(frozenset),
)
CONSENTS = {kind: move for move, kind in CONSENT_TO.items()}
situations = st.builds(Situation, concerned=st.sets(st.sampled_from(PARTIES), min_size=1, max_size=4).map(frozenset))


def answer_to(at: Situation, move: Play) -> Play:
    """Two times in three, an answer to what is really asked or on the table."""
    if at.request is not None and move.fingerprint == "b":
        return replace(move, move=CONSENTS[at.request.kind])
    if move.move in (Move.PROPOSAL, Move.COUNTER_PROPOSAL):
        return replace(move, version=None)
    if at.current is None or move.fingerprint != "a":
        return move
    return replace(move, version=at.current.number, fingerprint=at.current.fingerprint)


@given(situations, st.lists(plays, max_size=40))
def test_no_sequence_of_moves_breaks_the_promises(at: Situation, moves: list[Play]) -> None:
    accepted: dict[int, set[str]] = {}
    for asked in moves:
        move = answer_to(at, asked)
        try:
            outcome = play(at, move)
        except Refusal:
            continue
        after = outcome.situation
        if move.move is Move.ACCEPTANCE:
            assert at.current is not None
            assert at.current.author != move.party
            assert (at.current.number, at.current.fingerprint) == (move.version, move.fingerprint)
            accepted.setdefault(at.current.number, set()).add(move.party)
        if outcome.became_agreed:
            assert after.current is not None
            behind = accepted.get(after.current.number, set()) | {after.current.author}
            assert after.concerned <= behind
            assert len(after.concerned) > 1
        if after.concerned != at.concerned:
            assert at.request is not None
            assert after.concerned == at.request.parties
            assert at.request.consents | {move.party} >= at.concerned | after.concerned
        if at.state is ClauseState.AGREED and after.state is not ClauseState.AGREED:
            assert outcome.became_reopened or outcome.became_abandoned
            assert at.request is not None
            assert at.request.consents | {move.party} >= at.concerned
        assert after.behind <= at.concerned
        assert after.versions >= at.versions
        at = after


@given(situations, st.lists(plays, max_size=20), st.sampled_from(PARTIES))
def test_every_offered_move_can_be_played(at: Situation, moves: list[Play], party: str) -> None:
    for asked in moves:
        try:
            at = play(at, answer_to(at, asked)).situation
        except Refusal:
            continue
    for move in possible_moves(at, party):
        number = at.current.number if at.current else None
        text = at.current.fingerprint if at.current else None
        tabling = move in (Move.PROPOSAL, Move.COUNTER_PROPOSAL)
        others = frozenset(PARTIES[:2]) if at.concerned != frozenset(PARTIES[:2]) else frozenset(PARTIES)
        named = others if move is Move.CONCERNED_CHANGE else frozenset()
        play(at, Play(move, party, None if tabling else number, "new" if tabling else text, parties=named))
