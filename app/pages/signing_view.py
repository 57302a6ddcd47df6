"""What « Versions et signature » shows of the signatures: who is awaited, and by which ways."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.pages.frame import Frame
from negotiation.rules.policy import Actor, Decision, Target, decide
from negotiation.rules.signatures import awaited
from negotiation.rules.vocabulary import Action, Side
from negotiation.services.signing import consent_text
from negotiation.store.queries.closing import (
    FrozenVersionView,
    ReopeningView,
    SignatoriesOfParty,
    SignatureView,
    reopening_of,
    signatories_of,
    signatory_members,
)
from negotiation.store.queries.people import MemberView
from negotiation.store.queries.signatures import (
    PaperView,
    acts_of,
    count_of_increments,
    name_signed_before,
    papers_of,
    places_of,
    rows_of,
    superseded_papers,
    terms_as_facts,
    terms_of,
)


@dataclass(frozen=True)
class PaperLine:
    """The last scan brought for a place that isn't signed yet, and the parties whose confirmation it awaits. `found`,
    `unfound`: in words, its pages on which a program read the fingerprint, and the others."""

    paper: PaperView
    signature: SignatureView
    waits_for: tuple[Any, ...]
    may_confirm: bool

    @property
    def found(self) -> str:
        return pages_in_words(self.paper.reading.get("found", ()))

    @property
    def unfound(self) -> str:
        read = self.paper.reading
        return pages_in_words(sorted(set(range(1, read.get("pages", 0) + 1)) - set(read.get("found", ()))))


@dataclass(frozen=True)
class ReopeningLine:
    """What a party says of reopening. `row` None: it hasn't answered."""

    party: Any
    row: ReopeningView | None


@dataclass(frozen=True)
class Reopening:
    """A request to reopen, party by party. `is_mine`: the reader's party asks; `answered`: it asks or consents."""

    asked: ReopeningView
    lines: tuple[ReopeningLine, ...]
    is_mine: bool
    answered: bool


@dataclass(frozen=True)
class VoidedLine:
    """A version that was voided, and who had said that he wouldn't sign it."""

    version: FrozenVersionView
    declined: tuple[SignatureView, ...]


def signing_context(session: Session, frame: Frame, version: FrozenVersionView) -> dict[str, Any]:
    """A frozen version, its signatories and what this reader may do about it."""
    signatories = signatories_of(session, frame.negotiation.id, version.id)
    rows = rows_of(session, version.id)
    terms = terms_of(session, frame.negotiation.id, version.terms)
    now_awaited = frozenset(place.id for place in awaited(places_of(rows), terms)) if not version.is_declared else ()
    every = [signature for of_party in signatories for signature in of_party.signatures]
    own = next((it for it in every if it.member_id == frame.actor.member_id and it.id in now_awaited), None)
    ours = [it for it in every if it.party_id == frame.actor.party_id and it.id in now_awaited]
    may_bring = bool(ours) and may(frame.actor, Action.REQUEST_FREEZE)
    return {
        "version": version,
        "is_locked": count_of_increments(session, version.id)[1],
        "signatories": signatories,
        "signed": sum(1 for of_party in signatories if of_party.signed),
        "awaited": [of_party.party for of_party in signatories if not of_party.signed],
        "now_awaited": now_awaited,
        "own": own if own and may(frame.actor, Action.SIGN) else None,
        "may_sign": own is not None and may(frame.actor, Action.SIGN),
        "signed_before": name_signed_before(session, frame.actor.person_id) if own else "",
        "consent": consent_text(frame.me.party.name, version.content_hash),
        "places_to_bring": ours if may_bring else [],
        "acts": acts_of(session, version.id),
        "papers": _papers(session, frame, version, signatories),
        "delegates": _delegates(session, frame, every) if own else [],
        "reopening": _reopening(session, frame, version),
        "may_reopen": not version.is_declared
        and not any(it.is_signed for it in every)
        and may(frame.actor, Action.REQUEST_FREEZE),
        "may_remind": bool(now_awaited)
        and frame.me.party.side is not Side.ASSOCIATE
        and may(frame.actor, Action.COMMENT),
    }


def pages_in_words(pages: Iterable[int]) -> str:
    """« page 2 », « pages 1 à 3, 7 »; "" for none. `pages`: ascending."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    many = "s" if len(runs) > 1 or (runs and len(runs[0]) > 1) else ""
    told = (f"{run[0]} à {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
    return f"page{many} {', '.join(told)}" if runs else ""


def voided_versions(session: Session, frame: Frame, versions: Iterable[FrozenVersionView]) -> tuple[VoidedLine, ...]:
    """Newest first."""
    return tuple(
        VoidedLine(
            version,
            tuple(
                signature
                for of_party in signatories_of(session, frame.negotiation.id, version.id)
                for signature in of_party.signatures
                if signature.declined_at
            ),
        )
        for version in versions
        if version.voided is not None
    )


def _reopening(session: Session, frame: Frame, version: FrozenVersionView) -> Reopening | None:
    rows = reopening_of(session, version.id)
    if not rows:
        return None
    by_party = {row.party_id: row for row in rows}
    deciding = [party for party in frame.parties.values() if party.side is not Side.ASSOCIATE]
    return Reopening(
        asked=rows[0],
        lines=tuple(ReopeningLine(party, by_party.get(party.id)) for party in deciding),
        is_mine=rows[0].party_id == frame.actor.party_id,
        answered=frame.actor.party_id in by_party,
    )


def terms_context(session: Session, frame: Frame) -> dict[str, Any]:
    """How the contract will be signed, before the gel."""
    return {
        "terms": terms_as_facts(session, frame.negotiation.id) or {"order": "free", "every": []},
        "future_signatories": signatory_members(session, frame.negotiation.id),
    }


def may(actor: Actor, action: Action) -> bool:
    return decide(actor, action, Target(actor.negotiation_id)) is Decision.ALLOW


def _papers(
    session: Session, frame: Frame, version: FrozenVersionView, signatories: Iterable[SignatoriesOfParty]
) -> list[PaperLine]:
    """The newest scan of each place that waits for one to be confirmed."""
    found: dict[str, PaperLine] = {}
    places = {it.id: it for of_party in signatories if not of_party.signed for it in of_party.signatures}
    deciding = [of_party.party for of_party in signatories if of_party.party.side is not Side.ASSOCIATE]
    superseded = superseded_papers(session, version.id)
    for paper in papers_of(session, version.id):
        signature = places.get(paper.signature_id)
        if signature is None or signature.is_signed or signature.id in found or paper.id in superseded:
            continue
        waits_for = tuple(party for party in deciding if party.id not in {signature.party_id, *paper.confirmed_by})
        mine = any(party.id == frame.actor.party_id for party in waits_for)
        found[signature.id] = PaperLine(paper, signature, waits_for, mine and may(frame.actor, Action.REQUEST_FREEZE))
    return list(found.values())


def _delegates(session: Session, frame: Frame, every: Iterable[SignatureView]) -> list[MemberView]:
    """Colleagues who may sign and have no place."""
    placed = {signature.member_id for signature in every}
    members = signatory_members(session, frame.negotiation.id)
    return [member for member in members if member.party.id == frame.actor.party_id and member.id not in placed]
