"""Who is expected at a séance, and who came: by their own sign-in, or seen in the room by whoever chairs."""

from collections.abc import Collection

from sqlalchemy import delete, func, select
from sqlmodel import col

from negotiation.errors import InvalidInput, NotFound
from negotiation.events import Signal
from negotiation.rules.clause_text import readable_text
from negotiation.rules.policy import Actor
from negotiation.rules.seances import LONGEST_TITLE, MOST_PRESENT, SeanceState
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.seance_rows import (
    ALIVE,
    chaired,
    locked,
    party_of_table,
    require_chair,
    seated,
    signal,
)
from negotiation.store.columns import new_id, now
from negotiation.store.people import Member
from negotiation.store.seances import Seance, SeanceAttendance
from negotiation.store.unit_of_work import UnitOfWork


def expect(uow: UnitOfWork, actor: Actor, seance_id: str, member_ids: Collection[str]) -> None:
    """These members, and no others, are expected. Once open, whoever chairs says so.

    Raises NotAllowed, NotFound, SeanceInState, NotChair, InvalidInput.
    """
    require(actor, Action.PLAN_SEANCE)
    seance = locked(uow, actor, seance_id, *ALIVE)
    if seance.state is SeanceState.OPEN:
        require_chair(actor, seance)
    if len(member_ids) > MOST_PRESENT:
        raise InvalidInput(field="members")
    members = seated(uow, seance.negotiation_id, member_ids)
    query = select(SeanceAttendance).where(
        col(SeanceAttendance.seance_id) == seance.id, col(SeanceAttendance.member_id).is_not(None)
    )
    known = {row.member_id: row for row in uow.session.execute(query).scalars()}
    for member_id, row in known.items():
        row.expected = member_id in members
        if not row.expected and row.arrived_at is None:
            uow.session.delete(row)
    missing = [member for member_id, member in members.items() if member_id not in known]
    uow.session.add_all(_row(seance, member, expected=True) for member in missing)
    uow.session.flush()
    signal(uow, actor, seance, Signal.SEANCE_ATTENDED)


def attend(uow: UnitOfWork, actor: Actor, seance_id: str) -> None:
    """The person is there: noted once, the first time. Raises NotAllowed, NotFound, SeanceInState."""
    require(actor, Action.FOLLOW_SEANCE)
    seance = locked(uow, actor, seance_id, SeanceState.OPEN)
    if note_arrival(uow, actor, seance):
        signal(uow, actor, seance, Signal.SEANCE_ATTENDED)


def note_arrival(uow: UnitOfWork, actor: Actor, seance: Seance) -> bool:
    """Whether that was news. Signals nothing: what the caller records does."""
    return _note_present(uow, seance, uow.session.get_one(Member, actor.member_id), noted_by=None)


def note_present(uow: UnitOfWork, actor: Actor, seance_id: str, member_id: str) -> None:
    """A member whom the chair sees in the room, without a screen. Raises NotFound, SeanceInState, NotChair."""
    seance = chaired(uow, actor, seance_id)
    member = seated(uow, seance.negotiation_id, {member_id})[member_id]
    if _note_present(uow, seance, member, noted_by=actor.member_id):
        signal(uow, actor, seance, Signal.SEANCE_ATTENDED)


def note_guest(uow: UnitOfWork, actor: Actor, seance_id: str, *, party_id: str, name: str) -> str:
    """Somebody in the room without an account, for a party; the same name twice is one person. Returns the row's id.

    Raises NotFound, SeanceInState, NotChair, InvalidInput, UnreadableText.
    """
    seance = chaired(uow, actor, seance_id)
    party = party_of_table(uow, actor, party_id)
    called = " ".join(readable_text(name).split())
    if not called or len(called) > LONGEST_TITLE:
        raise InvalidInput(field="name")
    here = col(SeanceAttendance.seance_id) == seance.id
    query = select(SeanceAttendance).where(
        here, col(SeanceAttendance.party_id) == party.id, col(SeanceAttendance.name) == called
    )
    known: SeanceAttendance | None = uow.session.execute(query.limit(1)).scalar()
    if known is not None:
        return known.id
    count = uow.session.execute(select(func.count()).select_from(SeanceAttendance).where(here)).scalar_one()
    if count >= MOST_PRESENT:
        raise InvalidInput(field="name")
    row = SeanceAttendance(
        id=new_id(),
        negotiation_id=seance.negotiation_id,
        seance_id=seance.id,
        party_id=party.id,
        name=called,
        arrived_at=now(),
        noted_by=actor.member_id,
    )
    uow.session.add(row)
    uow.session.flush()
    signal(uow, actor, seance, Signal.SEANCE_ATTENDED)
    return row.id


def strike_out(uow: UnitOfWork, actor: Actor, seance_id: str, attendance_id: str) -> None:
    """Whom the chair wrote down by mistake isn't there. Who signed in was there: raises InvalidInput; else NotFound,
    SeanceInState, NotChair."""
    seance = chaired(uow, actor, seance_id)
    row = uow.session.get(SeanceAttendance, attendance_id)
    if row is None or row.seance_id != seance.id:
        raise NotFound()
    uow.refresh(row)
    if row.noted_by is None:
        raise InvalidInput(field="attendance")
    if row.expected:
        row.arrived_at = row.noted_by = None
    else:
        uow.session.execute(delete(SeanceAttendance).where(col(SeanceAttendance.id) == row.id))
    signal(uow, actor, seance, Signal.SEANCE_ATTENDED)


def _note_present(uow: UnitOfWork, seance: Seance, member: Member, *, noted_by: str | None) -> bool:
    query = select(SeanceAttendance).where(
        col(SeanceAttendance.seance_id) == seance.id, col(SeanceAttendance.member_id) == member.id
    )
    row: SeanceAttendance | None = uow.session.execute(query).scalar_one_or_none()
    if row is None:
        row = _row(seance, member, expected=False)
        uow.session.add(row)
    if row.arrived_at is not None:
        return False
    row.arrived_at, row.noted_by = now(), noted_by
    uow.session.flush()
    return True


def _row(seance: Seance, member: Member, *, expected: bool) -> SeanceAttendance:
    return SeanceAttendance(
        negotiation_id=seance.negotiation_id,
        seance_id=seance.id,
        party_id=member.party_id,
        member_id=member.id,
        expected=expected,
    )
