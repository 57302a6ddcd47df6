"""A clause told again by the payloads of a shared chain, and nothing else."""

import json
from collections.abc import Iterable
from typing import Any

from negotiation.events import KIND_OF_MOVE, Kind
from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.lifecycle import Origin
from negotiation.rules.vocabulary import TALK_MOVES, TEXT_MOVES, ClauseState, Move
from negotiation.store.record import HistoryEntry
from tests.clause_model import COMMON, ClauseModel

MOVES = {kind: move for move, kind in KIND_OF_MOVE.items() if move not in TEXT_MOVES | TALK_MOVES}
Payload = dict[str, Any]


def payload_of(entry: HistoryEntry) -> Payload:
    assert entry.payload is not None
    facts: Payload = json.loads(entry.payload)
    return facts


def facts_of(model: ClauseModel) -> tuple[object, ...]:
    """What two models of one clause must share."""
    return model.state, model.current, model.fingerprint, model.behind, model.reserves, model.reopening


def rebuilt_from(entries: Iterable[HistoryEntry]) -> dict[str, ClauseModel]:
    """Every clause, from the payloads of the shared chain alone: who is concerned is read where it counts."""
    models: dict[str, ClauseModel] = {}
    for entry in entries:
        facts = payload_of(entry)
        if "clause" in facts:
            model = models.setdefault(facts["clause"], ClauseModel(frozenset({"somebody"}), is_engagement=False))
            replay(model, entry.kind, facts)
    return models


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
            model.agreed = model.agreed_once = True
        case Kind.CLAUSE_REOPENED:
            assert set(facts["parties"]) == set(model.reopening)
            model.agreed, model.current, model.accepted, model.reopening = False, 0, set(), []
        case made if made in MOVES:
            answer(model, MOVES[made], facts)
    if "state" in facts and facts["state"] not in (ClauseState.AGREED, ClauseState.REOPENED):
        assert facts["state"] == model.state


def answer(model: ClauseModel, move: Move, facts: Payload) -> None:
    if move is Move.ACCEPTANCE:  # T12: what was accepted is what was current at this place of the history
        assert (facts["version"], facts["fingerprint"]) == (model.current, model.fingerprint)
    model.make(move, facts["party"])
    if facts["state"] == ClauseState.WITHDRAWN:
        model.given_up, model.reserves = True, set()
