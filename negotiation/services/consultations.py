"""The register of consultations and deliberations: each party records its own, before all the others.

It stays open after the gel, since an assembly deliberates on a text that no longer changes, and closes with the last
signature. What is corrected or taken out stays in the history.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from negotiation.errors import Frozen, InvalidInput, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.consultations import TO_THE_STATE, ConsultationKind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import SHARED, Action, NegotiationStatus, ValueKind
from negotiation.services.access import require
from negotiation.store.columns import new_id, now
from negotiation.store.people import Party
from negotiation.store.preparation import Consultation
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_NAME, LONGEST_WORDS = 200, 2000
"""Characters."""
MOST = 200
"""Consultations of one party."""


@dataclass(frozen=True)
class Heard:
    """As typed. `on`: the day of the meeting; `sent_on`: that on which a deliberation was sent to the State."""

    body: str
    body_name: str
    kind: str
    on: str
    opinion: str = ""
    reserve: str = ""
    sent_on: str = ""


def record_consultation(uow: UnitOfWork, actor: Actor, heard: Heard) -> str:
    """The id of the new line. Raises NotFound, NotAllowed, Frozen once all have signed, InvalidInput, WrongValue."""
    party = _open(uow, actor)
    count = select(func.count()).select_from(Consultation).where(_own(party))
    if uow.session.execute(count).scalar_one() >= MOST:
        raise InvalidInput(field="body")
    last = select(func.max(col(Consultation.position))).where(col(Consultation.negotiation_id) == actor.negotiation_id)
    row = Consultation(
        id=(key := new_id()),
        negotiation_id=actor.negotiation_id,
        key=key,
        body="",
        body_name="",
        calendar_key="",
        on=paris_day(now()),
        kind="",
        opinion="",
        reserve="",
        party_key=party.key,
        position=(uow.session.execute(last).scalar_one() or 0) + 1,
    )
    _write(row, heard, party)
    uow.session.add(row)
    _tell(uow, actor, row, change="added")
    return row.id


def correct_consultation(uow: UnitOfWork, actor: Actor, consultation_id: str, heard: Heard) -> None:
    """Raises what `record_consultation` raises, and NotFound for another party's."""
    party = _open(uow, actor)
    row = _asked(uow, party, consultation_id)
    before = _facts(row)
    _write(row, heard, party)
    if _facts(row) != before:
        _tell(uow, actor, row, change="changed")


def remove_consultation(uow: UnitOfWork, actor: Actor, consultation_id: str) -> None:
    """Raises NotFound (another party's too), NotAllowed, Frozen."""
    row = _asked(uow, _open(uow, actor), consultation_id)
    uow.session.delete(row)
    _tell(uow, actor, row, change="removed")


def _open(uow: UnitOfWork, actor: Actor) -> Party:
    require(actor, Action.RECORD_CONSULTATION)
    if uow.lock(actor.negotiation_id).status is not NegotiationStatus.IN_NEGOTIATION:
        raise Frozen()
    return uow.session.get_one(Party, actor.party_id)


def _own(party: Party) -> ColumnElement[bool]:
    return (col(Consultation.negotiation_id) == party.negotiation_id) & (col(Consultation.party_key) == party.key)


def _asked(uow: UnitOfWork, party: Party, consultation_id: str) -> Consultation:
    query = select(Consultation).where(col(Consultation.id) == consultation_id, _own(party))
    row: Consultation | None = uow.session.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound()
    return row


def _write(row: Consultation, heard: Heard, party: Party) -> None:
    if heard.kind not in set(ConsultationKind):
        raise InvalidInput(field="kind")
    row.kind = heard.kind
    row.body = _words(heard.body, "body", longest=LONGEST_NAME, required=True)
    row.body_name = _words(heard.body_name, "body_name", longest=LONGEST_NAME) or row.body
    row.opinion = _words(heard.opinion, "opinion", longest=LONGEST_NAME)
    row.reserve = _words(heard.reserve, "reserve", longest=LONGEST_WORDS)
    on = _past_day(heard.on, "on")
    if on is None:
        raise InvalidInput(field="on")
    row.on = on
    sent_on = _past_day(heard.sent_on, "sent_on")
    binds_once_sent = party.kind in TO_THE_STATE and row.kind == ConsultationKind.DELIBERATION
    if sent_on is not None and (not binds_once_sent or sent_on < row.on):
        raise InvalidInput(field="sent_on")
    row.sent_on = sent_on


def _words(typed: str, field: str, *, longest: int, required: bool = False) -> str:
    words = readable_text(typed)
    if len(words) > longest or (required and not words):
        raise InvalidInput(field=field)
    return words


def _past_day(typed: str, field: str) -> date | None:
    canonical = canonical_value(typed, ValueKind.DATE)
    if canonical is None:
        return None
    day = date.fromisoformat(str(canonical))
    if not date(2000, 1, 1) <= day <= paris_day(now()):
        raise InvalidInput(field=field)
    return day


def _facts(row: Consultation) -> dict[str, object]:
    return {
        "body": row.body,
        "name": row.body_name,
        "kind": row.kind,
        "on": row.on.isoformat(),
        "opinion": row.opinion,
        "reserve": row.reserve,
        "sent_on": row.sent_on.isoformat() if row.sent_on else None,
    }


def _tell(uow: UnitOfWork, actor: Actor, row: Consultation, *, change: str) -> None:
    facts = {"party": row.party_key, "change": change, **_facts(row)}
    uow.record(Event(Kind.CONSULTATION_RECORDED, actor.negotiation_id, SHARED, actor.key, facts))
