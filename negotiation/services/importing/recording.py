"""The trace of the import in every chain: each reader sees that it happened, and counts of his own circles only."""

from negotiation.events import Event, Kind
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle
from negotiation.services.importing.intake import Intake
from negotiation.store.contract import Clause
from negotiation.store.record import ImportRecord

ACTOR = "import"


def record_import(intake: Intake, file_hash: str) -> None:
    """One entry in the shared chain, one in the authorities', one in each party's; `declared` counts what is in it."""
    until = intake.until.isoformat() if intake.until else None
    intake.uow.session.add(ImportRecord(negotiation_id=intake.id, file_hash=file_hash, until=intake.until))
    for circle in _circles(intake):
        facts = {
            "file": intake.negotiation.key,
            "file_hash": file_hash,
            "until": until,
            "declared": _counts(intake, circle),
        }
        intake.uow.record(Event(Kind.NEGOTIATION_IMPORTED, intake.id, circle, ACTOR, facts))


def record_given_up(intake: Intake, clause: Clause) -> None:
    """An engagement that the file says given up, though none of its moves withdraws it."""
    facts = {"clause": clause.id, "state": str(clause.state), "declared_by": ACTOR}
    event = Event(Kind.CLAUSE_WITHDRAWN, intake.id, SHARED, ACTOR, facts, clause_id=clause.id, part_id=clause.part_id)
    intake.uow.record(event)


def _circles(intake: Intake) -> list[Circle]:
    return [SHARED, AUTHORITIES, *(Circle.inside(party.id) for party in intake.parties.values())]


def _counts(intake: Intake, circle: Circle) -> dict[str, int]:
    file = intake.file
    moves = sum(
        1
        for engagement in file["engagements"]
        for move in engagement["moves"]
        if intake.circle(move["visibility"], move["party_id"]) == circle
    )
    documents = sum(
        1 for document in file["documents"] if intake.circle(document["visibility"], document["provided_by"]) == circle
    )
    if circle != SHARED:
        return {"moves": moves, "documents": documents}
    return {
        "parties": len(intake.parties),
        "members": len(intake.members),
        "engagements": len(file["engagements"]),
        "moves": moves,
        "documents": documents,
        "sessions": len(file["sessions"]),
        "messages": sum(len(session["messages"]) for session in file["sessions"]),
        "avenants": len(file["follow_up"]["avenants"]),
    }
