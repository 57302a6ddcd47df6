"""What surrounds the text: diagnosis, calendar, documents handed over, séances and their messages, consultations."""

from negotiation.rules.paris import PARIS
from negotiation.rules.vocabulary import SHARED
from negotiation.services.importing.intake import Intake, day, day_or_none, decimals
from negotiation.services.importing.reading import Json, moment_of
from negotiation.store.columns import new_id
from negotiation.store.exchange import Message
from negotiation.store.preparation import (
    CalendarItem,
    Consultation,
    Datum,
    Diagnosis,
    Finding,
    SupportDocument,
)
from negotiation.store.seances import Seance


def write_surroundings(intake: Intake) -> None:
    _write_diagnosis(intake)
    _write_calendar(intake)
    _write_documents(intake)
    _write_sessions(intake)
    _write_consultations(intake)


def _write_diagnosis(intake: Intake) -> None:
    diagnosis, add = intake.file["diagnostic"], intake.uow.session.add
    add(
        Diagnosis(
            negotiation_id=intake.id,
            status=diagnosis["status"],
            agreed_on=day_or_none(diagnosis["agreed_on"]),
            agreed_by=diagnosis["agreed_by"],
            swot=diagnosis["swot"],
            external=diagnosis["external"],
            financial_capacity=decimals(diagnosis["financial_capacity"]),
            questions=diagnosis["questions"],
        )
    )
    for position, finding in enumerate(diagnosis["findings"]):
        add(
            Finding(
                negotiation_id=intake.id,
                key=finding["id"],
                theme=finding["theme"],
                polarity=finding["polarity"],
                scope=finding["scope"],
                essms_key=finding["essms_id"],
                text=finding["text"],
                proposed_by=finding["proposed_by"],
                validated_by=finding["validated_by"],
                status=finding["status"],
                position=position,
            )
        )
    for position, datum in enumerate(diagnosis["data"]):
        add(
            Datum(
                negotiation_id=intake.id,
                key=datum["id"],
                label=datum["label"],
                unit=datum["unit"],
                essms_key=datum["essms_id"],
                values=decimals(datum["values"]),
                source=datum["source"],
                proposed_by=datum["proposed_by"],
                validated_by=datum["validated_by"],
                status=datum["status"],
                note=datum["note"],
                position=position,
            )
        )


def _write_calendar(intake: Intake) -> None:
    for position, item in enumerate(intake.file["calendar"]):
        intake.uow.session.add(
            CalendarItem(
                negotiation_id=intake.id,
                key=item["id"],
                phase=item["phase"],
                kind=item["kind"],
                on=day(item["date"]),
                time=item["time"],
                place=item["place"],
                title=item["title"],
                party_keys=item["party_ids"],
                produces=item["produces"],
                status=item["status"],
                position=position,
            )
        )


def _write_documents(intake: Intake) -> None:
    for position, document in enumerate(intake.file["documents"]):
        intake.uow.session.add(
            SupportDocument(
                negotiation_id=intake.id,
                key=document["id"],
                title=document["title"],
                kind=document["kind"],
                provided_by=document["provided_by"],
                on=day(document["date"]),
                circle=str(intake.circle(document["visibility"], document["provided_by"])),
                position=position,
            )
        )


def _write_sessions(intake: Intake) -> None:
    ranked: list[tuple[str, Json, str]] = []
    for position, session in enumerate(intake.file["sessions"]):
        seance = Seance(
            id=new_id(),
            negotiation_id=intake.id,
            key=session["id"],
            calendar_key=session["calendar_id"],
            title=session["title"],
            on=day(session["date"]),
            start=session["start"],
            end=session["end"],
            place=session["place"],
            attendees=session["attendees"],
            facilitator=session["facilitator"],
            note_taker=session["note_taker"],
            agenda=session["agenda"],
            decisions=session["decisions"],
            engagement_codes=_engagements_of(intake, session["id"]),
            position=position,
        )
        intake.uow.session.add(seance)
        ranked += [(message["at"], message, seance.id) for message in session["messages"]]
    ranked.sort(key=lambda found: found[0])
    for rank, (at, message, seance_id) in enumerate(ranked, start=1):
        member = intake.members[message["member_id"]]
        intake.uow.session.add(
            Message(
                negotiation_id=intake.id,
                circle=str(SHARED),
                rank=rank,
                key=message["id"],
                party_id=member.party_id,
                member_id=member.id,
                text=message["text"],
                kind=message["kind"],
                refs=message["refs"],
                session_id=seance_id,
                at=moment_of(at).replace(tzinfo=PARIS),
            )
        )


def _engagements_of(intake: Intake, session_id: str) -> list[str]:
    """Codes of the engagements that name this séance among theirs."""
    return [one["code"] for one in intake.file["engagements"] if session_id in one["session_ids"]]


def _write_consultations(intake: Intake) -> None:
    for position, consultation in enumerate(intake.file["consultations"]):
        intake.uow.session.add(
            Consultation(
                negotiation_id=intake.id,
                key=consultation["id"],
                body=consultation["body"],
                body_name=consultation["body_name"],
                calendar_key=consultation["calendar_id"],
                on=day(consultation["date"]),
                kind=consultation["kind"],
                opinion=consultation["opinion"],
                reserve=consultation["reserve"],
                party_key=consultation["party_id"],
                position=position,
            )
        )
