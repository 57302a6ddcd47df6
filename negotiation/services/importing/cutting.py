"""A scenario as it stood at the end of one day, and where the negotiation stood that day.

Dated things after the day go; calendar items after it are planned again. Undated text stays: `writing` tells whether it
is agreed. Source: FORMAT.md « To a date ».
"""

from copy import deepcopy
from dataclasses import dataclass
from datetime import date

from negotiation.rules.vocabulary import NegotiationStatus, Phase
from negotiation.services.importing.reading import Json

_PHASES: dict[str, Phase] = {**{str(phase): phase for phase in Phase}, "redaction": Phase.SIGNATURE}
"""Phases as files write them. Drafting, consultation and signature are one phase (domain reference, section 3)."""
_ORDER = list(Phase)
_SIGNED = (NegotiationStatus.SIGNED, NegotiationStatus.IN_FORCE, NegotiationStatus.IN_EVALUATION)


@dataclass(frozen=True)
class Standing:
    """Where the negotiation stands in what is imported. `signed`: the file's signature is reached."""

    status: NegotiationStatus
    phase: Phase
    signed: bool


def standing_of(content: Json, until: date | None) -> Standing:
    """Where the negotiation stands at the end of that day, or at the end of the file."""
    negotiation = content["negotiation"]
    status = NegotiationStatus(negotiation["status"])
    signed = status in _SIGNED and (until is None or negotiation["signed_on"] <= until.isoformat())
    if until is not None:
        status = _status_on(content, until.isoformat(), status) if signed else NegotiationStatus.IN_NEGOTIATION
    told = _PHASES.get(negotiation["phase"]) if until is None else None
    return Standing(status, told or _phase_on(content, until, signed=signed), signed)


def _status_on(content: Json, day: str, reached: NegotiationStatus) -> NegotiationStatus:
    """After signature: as the dates say, never further than the file itself."""
    evaluation = content["follow_up"]["evaluation"]
    status = NegotiationStatus.SIGNED
    if content["negotiation"]["contract_start"] <= day:
        status = NegotiationStatus.IN_FORCE
    if evaluation and evaluation["opened_on"] <= day:
        status = NegotiationStatus.IN_EVALUATION
    return min(status, reached, key=_SIGNED.index)


def _phase_on(content: Json, until: date | None, *, signed: bool) -> Phase:
    """The latest phase of the calendar that day, held between what the moves and the signature say."""
    day = until.isoformat() if until else "9999"
    over = [item for item in content["calendar"] if item["date"] <= day and (until or item["status"] == "done")]
    phases = [phase for item in over if (phase := _PHASES.get(item["phase"]))]
    phase = max(phases, key=_ORDER.index, default=Phase.CADRAGE)
    moved = any(
        move["visibility"] == "shared" and move["at"][:10] <= day
        for engagement in content["engagements"]
        for move in engagement["moves"]
    )
    lowest = Phase.SIGNATURE if signed else Phase.NEGOTIATION if moved else Phase.CADRAGE
    highest = Phase.EVALUATION if signed else Phase.SIGNATURE
    return max(lowest, min(phase, highest, key=_ORDER.index), key=_ORDER.index)


def cut(content: Json, until: date | None) -> Json:
    """The part of a file that is known at the end of that day; the whole of it without a day."""
    if until is None:
        return content
    known = deepcopy(content)
    day = until.isoformat()
    for name in ("documents", "sessions", "consultations"):
        known[name] = _by(known[name], "date", day)
    for item in known["calendar"]:
        if item["date"] > day:
            item["status"] = "planned"
    for engagement in known["engagements"]:
        engagement["moves"] = _by(engagement["moves"], "at", day)
        reached = {session["id"] for session in known["sessions"]}
        engagement["session_ids"] = [session for session in engagement["session_ids"] if session in reached]
    for session in known["sessions"]:
        session["messages"] = _by(session["messages"], "at", day)
    for indicator in known["indicators"]:
        indicator["actuals"] = {year: value for year, value in indicator["actuals"].items() if year < day[:4]}
    if known["diagnostic"]["agreed_on"] > day:
        known["diagnostic"] |= {"status": "en cours", "agreed_on": None, "agreed_by": []}
    if known["cadrage"]["date"] > day:
        known["cadrage"] |= {"status": "en cours", "validated_by": []}
    known["signature"] = known["signature"] if known["signature"]["date"] <= day else None
    known["follow_up"] = _follow_up(known["follow_up"], day)
    return known


def _follow_up(follow_up: Json, day: str) -> Json:
    dialogues = _by(follow_up["dialogues"], "date", day)
    for dialogue in dialogues:
        if dialogue["minutes_validated_on"] > day:
            dialogue["minutes_validated_on"] = None
    avenants = _by(follow_up["avenants"], "requested_on", day)
    for avenant in avenants:
        avenant["moves"] = _by(avenant["moves"], "at", day)
        if avenant["signed_on"] > day:
            avenant |= {"status": "en cours", "signed_on": None, "changes": []}
    evaluation = follow_up["evaluation"]
    if evaluation and evaluation["shared_on"] > day:
        evaluation = None
    return {"dialogues": dialogues, "avenants": avenants, "evaluation": evaluation}


def _by(items: list[Json], name: str, day: str) -> list[Json]:
    """Those dated that day or before."""
    return [item for item in items if item[name][:10] <= day]


def in_order(content: Json) -> list[tuple[str, Json, Json]]:
    """Every move of every engagement as (path, engagement, move), in the order in which they were made."""
    found = [
        (move["at"], index, rank)
        for index, engagement in enumerate(content["engagements"])
        for rank, move in enumerate(engagement["moves"])
    ]
    engagements = content["engagements"]
    return [
        (f"engagements[{index}].moves[{rank}]", engagements[index], engagements[index]["moves"][rank])
        for _, index, rank in sorted(found)
    ]
