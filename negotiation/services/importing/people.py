"""The parties, their letters, their members and the members' accounts."""

import re
import unicodedata

from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.opening import letters_of
from negotiation.rules.vocabulary import PartyKind, Side
from negotiation.services.importing.intake import Intake, day_or_none
from negotiation.services.importing.reading import fault
from negotiation.store.contract import Essms
from negotiation.store.people import Member, Party, Person

_LONGEST_EMAIL = 254


def email_of(member_id: str, file_key: str) -> str:
    """`<member id>@<file key>.example`, in lower case, with only what an address may hold."""
    return f"{_mailable(member_id)}@{_mailable(file_key)}.example"


def write_people(intake: Intake) -> None:
    parties = intake.file["parties"]
    letters = letters_of((PartyKind(party["kind"]), party["short_name"] or party["name"]) for party in parties)
    for position, (party, letter) in enumerate(zip(parties, letters, strict=True)):
        intake.parties[party["id"]] = Party(
            negotiation_id=intake.id,
            key=party["id"],
            kind=PartyKind(party["kind"]),
            side=Side(party["side"]),
            name=party["name"],
            short_name=party["short_name"],
            signatory_title=party["signatory_title"],
            letter=letter,
            position=position,
        )
    intake.uow.session.add_all(intake.parties.values())
    intake.uow.session.flush()
    persons = _persons(intake)
    for index, party in enumerate(parties):
        for rank, member in enumerate(party["members"]):
            intake.members[member["id"]] = Member(
                negotiation_id=intake.id,
                party_id=intake.parties[party["id"]].id,
                person_id=persons[member["id"]].id,
                key=member["id"],
                title=member["role"],
                rights=member["rights"],
                position=index * 1000 + rank,
            )
    intake.uow.session.add_all(intake.members.values())
    intake.uow.session.flush()


def write_essms(intake: Intake) -> None:
    for position, essms in enumerate(intake.file["essms"]):
        intake.uow.session.add(
            Essms(
                negotiation_id=intake.id,
                key=essms["id"],
                name=essms["name"],
                category=essms["category"],
                capacity=essms["capacity"],
                total_places=essms["total_places"],
                funder_party_ids=essms["funder_party_ids"],
                finess=essms["finess"],
                commune=essms["commune"],
                opening_days=essms["opening_days"],
                authorised_until=day_or_none(essms["authorised_until"]),
                features=essms["features"],
                position=position,
            )
        )


def _persons(intake: Intake) -> dict[str, Person]:
    """The account of each member, by member key: the one that exists already, or a new one without password.

    An address is made for one file: should two keys make the same one, nobody enters a second table by accident.
    """
    paths = _addresses(intake)
    query = select(Person, col(Member.id)).outerjoin(Member, col(Member.person_id) == Person.id)
    found = intake.uow.session.execute(query.where(col(Person.email).in_(paths))).all()
    known = {person.email: person for person, _ in found}
    elsewhere = {person.email for person, seat in found if seat is not None}
    for email in (email for email in paths if email in elsewhere):
        fault(paths[email], f"l’adresse « {email} » est déjà celle d’un membre d’une autre table")
    persons = {email: known.get(email) or Person(email=email) for email in paths}
    intake.uow.session.add_all(persons.values())
    intake.uow.session.flush()
    members = (member["id"] for party in intake.file["parties"] for member in party["members"])
    return {member: persons[email_of(member, intake.file["key"])] for member in members}


def _addresses(intake: Intake) -> dict[str, str]:
    """The path of the member who gets each address. Raises InvalidFile when two would share one."""
    paths: dict[str, str] = {}
    for index, party in enumerate(intake.file["parties"]):
        for rank, member in enumerate(party["members"]):
            email, path = email_of(member["id"], intake.file["key"]), f"parties[{index}].members[{rank}].id"
            if email in paths:
                fault(path, f"l’adresse « {email} » serait celle de deux membres")
            if len(email) > _LONGEST_EMAIL:
                fault(path, f"l’adresse « {email[:40]}… » serait trop longue")
            paths[email] = path
    return paths


def _mailable(text: str) -> str:
    return re.sub(r"[^a-z0-9]+(?=[^a-z0-9])|[^a-z0-9._-]", "-", _ascii(text).lower()).strip("._-") or "x"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
