"""What each move makes of a clause. The table `EFFECTS` at the end says which function plays which move."""

from collections.abc import Callable
from dataclasses import replace

from negotiation.errors import IllegalMove, StaleClause
from negotiation.rules.situation import Origin, Outcome, Play, Reason, Request, Situation, Tabled
from negotiation.rules.vocabulary import (
    CONSENT_TO,
    REQUEST_OF_MOVE,
    TALK_MOVES,
    ClauseKind,
    ClauseState,
    Move,
    RequestKind,
)


def same_text_seen(at: Situation, seen: Play) -> None:
    """Refuse an answer given on another screen: version and fingerprint must be the current ones.

    Raises StaleClause (T12).
    """
    number = at.current.number if at.current else None
    fingerprint = at.current.fingerprint if at.current else None
    if (seen.version, seen.fingerprint) != (number, fingerprint):
        raise StaleClause(current=number, seen=seen.version)


def _counted(at: Situation) -> Situation:
    """State from the number of parties behind the current version."""
    if at.current is None:
        return at
    if len(at.concerned) > 1 and at.behind >= at.concerned:
        return replace(at, state=ClauseState.AGREED, behind=at.concerned, request=_lasting(at.request))
    beyond_author = at.behind - {at.current.author}
    if beyond_author:
        return replace(at, state=ClauseState.PARTIALLY_AGREED)
    return replace(at, state=ClauseState.COUNTERED if at.versions > 1 else ClauseState.PROPOSED)


def _lasting(request: Request | None) -> Request | None:
    """What is agreed has its parties: to change them, reopen it first."""
    return None if request and request.kind is RequestKind.CONCERNED else request


def _table(at: Situation, move: Play) -> Outcome:
    author = None if move.origin is Origin.TABLE_COMMUNE else move.party
    number = at.versions + 1
    if move.version not in (None, number):
        raise StaleClause(current=at.versions, seen=move.version)
    after = replace(
        at,
        current=Tabled(number=number, fingerprint=move.fingerprint or "", author=author),
        versions=number,
        behind=frozenset({author} if author else ()),
    )
    before_author = at.current.author if at.current else None
    counted = _counted(after)
    return Outcome(counted, voided=at.behind - {before_author}, became_agreed=counted.state is ClauseState.AGREED)


def _accept(at: Situation, move: Play) -> Outcome:
    same_text_seen(at, move)
    after = _counted(replace(at, behind=at.behind | {move.party}))
    return Outcome(after, became_agreed=after.state is ClauseState.AGREED)


def _reject(at: Situation, move: Play) -> Outcome:
    same_text_seen(at, move)
    return Outcome(_counted(replace(at, behind=at.behind - {move.party})))


def _withdraw(at: Situation, move: Play) -> Outcome:
    author = at.current.author if at.current else None
    state = _emptied(at)
    after = replace(at, current=None, behind=frozenset(), state=state)
    return Outcome(_closed(after) if state is ClauseState.WITHDRAWN else after, voided=at.behind - {author})


def _closed(at: Situation) -> Situation:
    """A clause that is withdrawn or given up leaves nothing open behind it."""
    return replace(at, open_reserves=frozenset(), maintained_reserves=frozenset(), request=None)


def _emptied(at: Situation) -> ClauseState:
    """What a clause becomes when the text on the table is withdrawn.

    A party gives up an engagement by withdrawing its own, only version. It takes nothing else out of the contract
    alone: neither a text, nor what was agreed once, nor what the table commune proposed.
    """
    if at.was_agreed:
        return ClauseState.REOPENED
    of_one_party = at.current is not None and at.current.author is not None
    if at.kind is ClauseKind.ENGAGEMENT and at.versions == 1 and of_one_party:
        return ClauseState.WITHDRAWN
    return ClauseState.TO_WRITE


def _reserve(at: Situation, move: Play) -> Outcome:
    return Outcome(replace(at, open_reserves=at.open_reserves | {move.party}))


def _lift_reserve(at: Situation, move: Play) -> Outcome:
    own = {move.party}
    return Outcome(replace(at, open_reserves=at.open_reserves - own, maintained_reserves=at.maintained_reserves - own))


def _maintain_reserve(at: Situation, move: Play) -> Outcome:
    own = {move.party}
    return Outcome(replace(at, open_reserves=at.open_reserves - own, maintained_reserves=at.maintained_reserves | own))


def _ask(at: Situation, move: Play) -> Outcome:
    kind = REQUEST_OF_MOVE[move.move]
    if kind is RequestKind.CONCERNED and not move.parties:
        raise IllegalMove(reason=Reason.TOO_FEW_PARTIES, move=move.move)
    return _granted(replace(at, request=Request(kind, move.party, frozenset({move.party}), move.parties)))


def _consent(at: Situation, move: Play) -> Outcome:
    assert at.request is not None
    return _granted(replace(at, request=replace(at.request, consents=at.request.consents | {move.party})))


def _granted(at: Situation) -> Outcome:
    """What was asked is done once everybody consents."""
    if at.request is None or not at.request.consents >= at.asked():
        return Outcome(at)
    return _GRANTING[at.request.kind](at, at.request)


def _reopen(at: Situation, request: Request) -> Outcome:
    after = replace(at, state=ClauseState.REOPENED, current=None, behind=frozenset(), request=None, was_agreed=True)
    return Outcome(after, became_reopened=True)


def _abandon(at: Situation, request: Request) -> Outcome:
    author = at.current.author if at.current else None
    after = replace(at, state=ClauseState.WITHDRAWN, current=None, behind=frozenset())
    return Outcome(_closed(after), voided=at.behind - {author}, became_abandoned=True)


def _change_concerned(at: Situation, request: Request) -> Outcome:
    """The text on the table stays; a party that leaves takes its acceptance and its reserves with it."""
    parties = request.parties
    after = replace(
        at,
        concerned=parties,
        behind=at.behind & parties,
        open_reserves=at.open_reserves & parties,
        maintained_reserves=at.maintained_reserves & parties,
        request=None,
    )
    counted = _counted(after)
    return Outcome(counted, became_agreed=counted.state is ClauseState.AGREED, became_concerned=True)


_GRANTING: dict[RequestKind, Callable[[Situation, Request], Outcome]] = {
    RequestKind.REOPENING: _reopen,
    RequestKind.ABANDONMENT: _abandon,
    RequestKind.CONCERNED: _change_concerned,
}


def _drop_request(at: Situation, move: Play) -> Outcome:
    return Outcome(replace(at, request=None))


def _talk(at: Situation, move: Play) -> Outcome:
    return Outcome(at)


EFFECTS: dict[Move, Callable[[Situation, Play], Outcome]] = {
    Move.PROPOSAL: _table,
    Move.COUNTER_PROPOSAL: _table,
    Move.ACCEPTANCE: _accept,
    Move.REJECTION: _reject,
    Move.WITHDRAWAL: _withdraw,
    Move.RESERVE: _reserve,
    Move.RESERVE_LIFTED: _lift_reserve,
    Move.RESERVE_MAINTAINED: _maintain_reserve,
    **dict.fromkeys(REQUEST_OF_MOVE, _ask),
    **dict.fromkeys(CONSENT_TO, _consent),
    Move.REQUEST_REFUSAL: _drop_request,
    Move.REQUEST_WITHDRAWAL: _drop_request,
    **dict.fromkeys(TALK_MOVES, _talk),
}
