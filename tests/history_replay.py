"""A clause told again by the payloads of a shared chain, and nothing else."""

import json
from collections.abc import Iterable
from typing import Any

from negotiation.events import KIND_OF_MOVE, Kind
from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.lifecycle import Origin
from negotiation.rules.vocabulary import CONSENT_TO, REQUEST_OF_MOVE, TALK_MOVES, TEXT_MOVES, ClauseState, Move
from negotiation.store.record import HistoryEntry
from tests.clause_model import COMMON, ClauseModel

MOVES = {kind: move for move, kind in KIND_OF_MOVE.items() if move not in TEXT_MOVES | TALK_MOVES}
SETTLED_NEXT = (ClauseState.AGREED, ClauseState.REOPENED)
"""States that the fact which follows says."""
GRANTING = tuple(KIND_OF_MOVE[move] for move in (*REQUEST_OF_MOVE, *CONSENT_TO))
"""Facts after which, once everybody consents, another fact says what became of the clause."""
Payload = dict[str, Any]


def payload_of(entry: HistoryEntry) -> Payload:
    assert entry.payload is not None
    facts: Payload = json.loads(entry.payload)
    return facts


def facts_of(model: ClauseModel) -> tuple[object, ...]:
    """What two models of one clause must share."""
    standing = (model.state, model.current, model.fingerprint, model.behind)
    return *standing, model.reserves, model.maintained, model.request, model.consents


def rebuilt_from(entries: Iterable[HistoryEntry]) -> dict[str, ClauseModel]:
    """Every clause, from the payloads of the shared chain alone: who is concerned is read where it counts."""
    models: dict[str, ClauseModel] = {}
    for entry in entries:
        facts = payload_of(entry)
        if "clause" in facts:
            model = models.setdefault(facts["clause"], ClauseModel(frozenset({"somebody"}), is_engagement=False))
            replay(model, entry.kind, facts)
    return models


def parties_named_in(entries: Iterable[HistoryEntry]) -> dict[str, frozenset[str]]:
    """Which parties each request to change them names, by move: a row of a move holds its words only."""
    asked = [payload_of(entry) for entry in entries if entry.kind == Kind.CONCERNED_REQUESTED]
    return {facts["move"]: frozenset(facts["parties"]) for facts in asked}


def replay(model: ClauseModel, kind: str, facts: Payload) -> None:
    match Kind(kind):
        case Kind.CLAUSE_PROPOSED | Kind.CLAUSE_COUNTERED:
            assert facts["fingerprint"] == version_fingerprint(facts["text"], facts["value"])
            assert set(facts.get("voided", ())) == model.accepted
            common = facts["origin"] == Origin.TABLE_COMMUNE
            model.table(COMMON if common else facts["party"], facts["fingerprint"])
            assert facts["version"] == model.current
        case Kind.CLAUSE_AGREED:
            assert set(facts["parties"]) == model.behind - {COMMON}
            model.lock()
        case Kind.CLAUSE_REOPENED:
            assert set(facts["parties"]) == set(model.consents)
            model.reopen()
        case Kind.CLAUSE_ABANDONED:
            assert set(facts["parties"]) >= set(model.consents)
            model.give_up()
        case Kind.CONCERNED_CHANGED:
            model.keep_only(frozenset(facts["parties"]))
        case made if made in MOVES:
            answer(model, MOVES[made], facts)
    if "state" in facts and facts["state"] not in SETTLED_NEXT and Kind(kind) not in GRANTING:
        assert facts["state"] == model.state


def answer(model: ClauseModel, move: Move, facts: Payload) -> None:
    if move is Move.ACCEPTANCE:  # T12: what was accepted is what was current at this place of the history
        assert (facts["version"], facts["fingerprint"]) == (model.current, model.fingerprint)
    model.make(move, facts["party"], frozenset(facts.get("parties", ())))
    if move is Move.WITHDRAWAL and facts["state"] == ClauseState.WITHDRAWN:
        model.give_up()
