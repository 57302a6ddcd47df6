"""The gel: every party that decides asks for it, on the same text, with nothing left open.

Rendering takes about a second, so it happens before the writing transaction; inside, the text is read again under the
negotiation's lock and must be the one that was on the screen and in the PDF. `frozen_at` is set last: from then on the
database itself refuses every write to the contract.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from negotiation.documents.archive import fingerprint_of_evidence
from negotiation.documents.contract_attachments import head_file
from negotiation.documents.pdf_print import PrintFailure, UnprintableText, print_contract
from negotiation.errors import (
    AlreadyDone,
    Frozen,
    NotAllowed,
    NotFound,
    NotReadyToFreeze,
    PrintFailed,
    SignatoriesChanged,
    StaleClause,
    Unprintable,
)
from negotiation.events import Event, Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor, Decision, Target, decide
from negotiation.rules.vocabulary import SHARED, Action, Phase
from negotiation.services.access import require
from negotiation.services.contract_content import Contract, DeclaredSignatory, contract_as_it_stands
from negotiation.services.delegating import note_delegate
from negotiation.services.marking import Mark, next_mark
from negotiation.services.sealing import Platform, Sealed, seal_head, seal_printed, vouch
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Negotiation
from negotiation.store.people import Party
from negotiation.store.queries.closing import deciding_parties, shared_head, signatory_members
from negotiation.store.queries.gate import open_points
from negotiation.store.queries.people import MemberView
from negotiation.store.queries.signatures import terms_as_facts
from negotiation.store.record import DeclaredSignature, FreezeRequest, FrozenVersion, Signature
from negotiation.store.unit_of_work import UnitOfWork

Head = dict[str, str | int]
"""The last link of a chain: its `seq` and its `hash`."""


@dataclass(frozen=True)
class Rendered:
    """The contract as it would be frozen: its text, its PDF, its name, and those who would sign it."""

    contract: Contract
    pdf: bytes
    mark: Mark
    signatories: tuple[MemberView, ...] = ()
    sealed: Sealed | None = None
    awaits_others: bool = False
    """Left without a seal since it isn't the last request awaited: never frozen."""

    @property
    def stored(self) -> bytes:
        """The very bytes that are kept."""
        return self.sealed.pdf if self.sealed else self.pdf


class LastAfterAll(Exception):
    """The others asked meanwhile: this request would freeze what was left without a seal. Nothing was written."""


@dataclass(frozen=True)
class Asked:
    """What became of a request: the frozen version when it was the last one awaited, else the parties still awaited."""

    frozen_version_id: str | None
    waits_for: frozenset[str]


@dataclass(frozen=True)
class DeclaredClosing:
    """The gel and the signatures as a file declares them. `version` and `status` are the file's own words."""

    label: str
    number: str
    signed_on: date
    place: str
    version: str
    status: str
    signatories: Sequence[DeclaredSignatory]


def render_contract(session: Session, actor: Actor, *, platform: Platform | None = None) -> Rendered:
    """Text and PDF of the contract as it stands, outside any writing transaction. `platform` signs the head of the
    history that the PDF carries.

    Raises NotFound, NotAllowed, RecentSigninRequired, Frozen, NotReadyToFreeze, Unprintable, PrintFailed.
    """
    require(actor, Action.REQUEST_FREEZE)
    negotiation = session.get(Negotiation, actor.negotiation_id)
    if negotiation is None:
        raise NotFound()
    _refuse_frozen(negotiation)
    _refuse_open(session, actor.negotiation_id)
    contract = contract_as_it_stands(session, actor.negotiation_id)
    head = shared_head(session, actor.negotiation_id)
    mark = next_mark(session, negotiation)
    seals = [vouch(negotiation.id, head, platform=platform, at=now())] if platform and head else []
    carried = head_file(f"{negotiation.id}/{SHARED}", head, *seals) if head else ""
    signatories = signatory_members(session, actor.negotiation_id)
    signing = Counter(member.party.letter for member in signatories)
    pdf = _printed(contract, label=mark.label, on=paris_day(now()), head=head, carried=carried, signing=signing)
    return Rendered(contract, pdf, mark, signatories)


def parties_awaited(session: Session, negotiation_id: str, *, content_hash: str) -> frozenset[str]:
    """A request for an older text counts for nothing."""
    query = select(col(FreezeRequest.party_id)).where(
        col(FreezeRequest.negotiation_id) == negotiation_id, col(FreezeRequest.content_hash) == content_hash
    )
    asked = set(session.execute(query).scalars())
    return frozenset(party.id for party in deciding_parties(session, negotiation_id)) - asked


def with_seal(rendered: Rendered, platform: Platform) -> Rendered:
    """The same, sealed: a pure function that takes a second, and more when the timestamp authority is slow.

    Raises SealFailed.
    """
    sealed = seal_printed(
        rendered.pdf,
        platform=platform,
        signatories=rendered.signatories,
        content_hash=rendered.contract.content_hash,
        label=rendered.mark.label,
    )
    return replace(rendered, sealed=sealed)


def request_freeze(uow: UnitOfWork, actor: Actor, *, seen_hash: str, rendered: Rendered) -> Asked:
    """Ask for the gel of the text that was on the screen; the last party's request freezes it.

    Raises what `render_contract` raises, StaleClause when the text is no longer the one that was seen and printed,
    SignatoriesChanged when they are no longer those for whom it was sealed, AlreadyDone when the party asked for this
    text already, and LastAfterAll.
    """
    require(actor, Action.REQUEST_FREEZE)
    negotiation = uow.lock(actor.negotiation_id)
    _refuse_frozen(negotiation)
    _refuse_open(uow.session, actor.negotiation_id)
    current = contract_as_it_stands(uow.session, actor.negotiation_id).content_hash
    is_same_mark = rendered.mark == next_mark(uow.session, negotiation)
    if not (seen_hash == current == rendered.contract.content_hash and is_same_mark):
        raise StaleClause(current=current, seen=seen_hash)
    _note_request(uow, actor, content_hash=current)
    note_delegate(uow, actor, Action.REQUEST_FREEZE, facts={"content_hash": current})
    waits_for = parties_awaited(uow.session, actor.negotiation_id, content_hash=current)
    if waits_for:
        return Asked(None, waits_for)
    if rendered.awaits_others:
        raise LastAfterAll()
    return Asked(_freeze(uow, negotiation, rendered), frozenset())


def cancel_freeze(uow: UnitOfWork, actor: Actor) -> None:
    """Take the party's request back. Needs no recent sign-in: it commits to nothing.

    Raises NotFound, NotAllowed, Frozen, and AlreadyDone when there is no request.
    """
    match decide(actor, Action.REQUEST_FREEZE, Target(actor.negotiation_id)):
        case Decision.HIDE:
            raise NotFound()
        case Decision.REFUSE:
            raise NotAllowed(action=Action.REQUEST_FREEZE)
    _refuse_frozen(uow.lock(actor.negotiation_id))
    request = _request_of(uow.session, actor)
    if request is None:
        raise AlreadyDone()
    facts = {"party": _party_key(uow, actor.party_id), "content_hash": request.content_hash}
    uow.session.execute(delete(FreezeRequest).where(col(FreezeRequest.id) == request.id))
    uow.record(Event(Kind.FREEZE_CANCELLED, actor.negotiation_id, SHARED, actor.key, facts))


def freeze_declared(uow: UnitOfWork, negotiation_id: str, closing: DeclaredClosing) -> str:
    """The gel and the signatures that a file declares; returns the frozen version's id. Nobody clicked: it says so.

    The status and phase of the negotiation are the file's, and stay as the import wrote them.
    """
    negotiation = uow.lock(negotiation_id)
    _refuse_frozen(negotiation)
    uow.session.flush()
    contract = contract_as_it_stands(uow.session, negotiation_id, signatories=closing.signatories)
    head = _head(uow, negotiation_id)
    carried = head_file(f"{negotiation_id}/{SHARED}", head) if head else ""
    told = {"place": closing.place, "declared": [each.signed_on.isoformat() for each in closing.signatories]}
    pdf = _printed(contract, label=closing.label, on=closing.signed_on, head=head, carried=carried, **told)
    version = _version(uow, negotiation_id, Rendered(contract, pdf, Mark(closing.label, closing.number)))
    version.declared = True
    uow.session.add(version)
    uow.session.flush()
    _record_gel(uow, version, actor="import")
    for position, signatory in enumerate(closing.signatories):
        _declare_signature(uow, version, signatory, position=position)
    uow.session.add(
        DeclaredSignature(
            negotiation_id=negotiation_id,
            signed_on=closing.signed_on,
            place=closing.place,
            version=closing.version,
            status=closing.status,
        )
    )
    _close(uow, negotiation, at=version.frozen_at)
    return version.id


def _printed(contract: Contract, *, label: str, on: date, head: Head | None, carried: str, **more: object) -> bytes:
    """The PDF. What is dated is printed around the content, not in it: it isn't what the parties' fingerprint covers.

    Raises Unprintable, PrintFailed.
    """
    around: dict[str, object] = {"date": on.isoformat(), "history_head": head, **more}
    try:
        return print_contract(
            contract.content,
            fingerprint=contract.content_hash,
            label=label,
            kind="frozen",
            around=around,
            head=carried,
        )
    except UnprintableText as refusal:
        raise Unprintable(character=refusal.character, where=refusal.where) from refusal
    except PrintFailure as failure:
        raise PrintFailed() from failure


def _refuse_frozen(negotiation: Negotiation) -> None:
    if negotiation.frozen_at is not None:
        raise Frozen()


def _refuse_open(session: Session, negotiation_id: str) -> None:
    found = open_points(session, negotiation_id)
    if found:
        raise NotReadyToFreeze(open=[(point.clause_id, point.reason) for point in found])


def _request_of(session: Session, actor: Actor) -> FreezeRequest | None:
    query = select(FreezeRequest).where(
        col(FreezeRequest.negotiation_id) == actor.negotiation_id, col(FreezeRequest.party_id) == actor.party_id
    )
    found: FreezeRequest | None = session.execute(query).scalar_one_or_none()
    return found


def _note_request(uow: UnitOfWork, actor: Actor, *, content_hash: str) -> None:
    """One row a party: asking again for a text that changed replaces the earlier request."""
    request = _request_of(uow.session, actor)
    if request is None:
        request = FreezeRequest(
            negotiation_id=actor.negotiation_id,
            party_id=actor.party_id,
            member_id=actor.member_id,
            content_hash=content_hash,
        )
    elif request.content_hash == content_hash:
        raise AlreadyDone()
    request.member_id, request.content_hash, request.at = actor.member_id, content_hash, now()
    uow.session.add(request)
    uow.session.flush()
    facts = {
        "party": _party_key(uow, actor.party_id),
        "content_hash": content_hash,
        "authentication": str(actor.authentication.method),
    }
    uow.record(Event(Kind.FREEZE_REQUESTED, actor.negotiation_id, SHARED, actor.key, facts))


def _freeze(uow: UnitOfWork, negotiation: Negotiation, rendered: Rendered) -> str:
    signatories, sealed = signatory_members(uow.session, negotiation.id), rendered.sealed
    if sealed is not None and [member for member, _ in sealed.fields] != [member.id for member in signatories]:
        raise SignatoriesChanged()
    version = _version(uow, negotiation.id, rendered)
    version.terms = terms_as_facts(uow.session, negotiation.id)
    version.seal = sealed.as_facts() if sealed else {}
    uow.session.add(version)
    uow.session.flush()
    fields = dict(sealed.fields) if sealed else {}
    for position, member in enumerate(signatories):
        uow.session.add(
            Signature(
                negotiation_id=negotiation.id,
                frozen_version_id=version.id,
                party_id=member.party.id,
                member_id=member.id,
                role=member.title,
                position=position,
                field=fields.get(member.id, ""),
            )
        )
    _record_gel(uow, version, actor="platform")
    if sealed is not None:
        seal_head(uow, negotiation.id, platform=sealed.platform)
    negotiation.phase = Phase.SIGNATURE
    _close(uow, negotiation, at=version.frozen_at)
    return version.id


def _version(uow: UnitOfWork, negotiation_id: str, rendered: Rendered) -> FrozenVersion:
    head = _head(uow, negotiation_id)
    return FrozenVersion(
        id=new_id(),
        negotiation_id=negotiation_id,
        label=rendered.mark.label,
        number=rendered.mark.number,
        content=rendered.contract.canonical.decode(),
        content_hash=rendered.contract.content_hash,
        pdf=rendered.stored,
        pdf_hash=hashlib.sha256(rendered.stored).hexdigest(),
        heads={str(SHARED): head} if head else {},
    )


def _head(uow: UnitOfWork, negotiation_id: str) -> Head | None:
    link = uow.head(negotiation_id)
    return {"seq": link.seq, "hash": link.hash} if link else None


def _record_gel(uow: UnitOfWork, version: FrozenVersion, *, actor: str) -> None:
    facts: dict[str, object] = {
        "version": version.id,
        "label": version.label,
        "number": version.number,
        "content_hash": version.content_hash,
        "pdf_hash": version.pdf_hash,
        "heads": version.heads,
    }
    if version.declared:
        facts["declared"] = True
    facts |= {name: told for name, told in (("seal", version.seal), ("terms", version.terms)) if told}
    uow.record(Event(Kind.VERSION_FROZEN, version.negotiation_id, SHARED, actor, facts))


def _declare_signature(uow: UnitOfWork, version: FrozenVersion, signatory: DeclaredSignatory, *, position: int) -> None:
    evidence = {
        "content_hash": version.content_hash,
        "pdf_hash": version.pdf_hash,
        "number": version.number,
        "party": signatory.party_key,
        "role": signatory.role,
        "mandate": signatory.quality,
        "signed_on": signatory.signed_on.isoformat(),
        "position": position,
        "declared": True,
    }
    uow.session.add(
        Signature(
            negotiation_id=version.negotiation_id,
            frozen_version_id=version.id,
            party_id=_party_id(uow, version.negotiation_id, signatory.party_key),
            role=signatory.role,
            mandate=signatory.quality,
            evidence=evidence,
            signed_on=signatory.signed_on,
            declared=True,
            position=position,
        )
    )
    facts = {
        "version": version.id,
        "number": version.number,
        "content_hash": version.content_hash,
        "party": signatory.party_key,
        "evidence_hash": fingerprint_of_evidence(evidence),
        "evidence": evidence,
        "declared": True,
    }
    uow.record(Event(Kind.VERSION_SIGNED, version.negotiation_id, SHARED, "import", facts))


def _close(uow: UnitOfWork, negotiation: Negotiation, *, at: datetime) -> None:
    """Everything else is written before: from here on the triggers refuse."""
    uow.session.flush()
    negotiation.frozen_at = at
    uow.session.flush()


def _party_key(uow: UnitOfWork, party_id: str) -> str:
    return uow.session.get_one(Party, party_id).key


def _party_id(uow: UnitOfWork, negotiation_id: str, key: str) -> str:
    query = select(col(Party.id)).where(col(Party.negotiation_id) == negotiation_id, col(Party.key) == key)
    return str(uow.session.execute(query).scalar_one())
