"""What a withdrawal, or a party that leaves a clause, takes with it: said before, and by the same words after."""

from collections.abc import Iterable, Mapping

from sqlmodel import Session

from app.pages.frame import Frame
from app.pages.presentation import and_fr, of_party, the_party
from negotiation.rules import lifecycle
from negotiation.rules.lifecycle import Play
from negotiation.rules.vocabulary import ClauseState, Move, RequestKind
from negotiation.store.queries.clauses import ClauseCard, card_of
from negotiation.store.queries.effects import Felled, felled_by
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.positions import positions_of

TAKES_AWAY = frozenset({Move.WITHDRAWAL, Move.CONCERNED_CONSENT})
"""Moves after which something else may be gone."""
BEFORE: Mapping[ClauseState, str] = {
    ClauseState.TO_WRITE: "Rien ne restera sur la table : la clause sera à écrire.",
    ClauseState.REOPENED: "Rien ne restera sur la table : la clause restera rouverte, sans texte en vigueur.",
    ClauseState.WITHDRAWN: "L’engagement sera retiré du contrat ; il pourra être proposé de nouveau.",
}
AFTER: Mapping[ClauseState, str] = {
    ClauseState.TO_WRITE: "rien n’est plus sur la table, et la clause est à écrire.",
    ClauseState.REOPENED: "rien n’est plus sur la table, et la clause reste rouverte, sans texte en vigueur.",
    ClauseState.WITHDRAWN: "l’engagement est retiré du contrat ; il peut être proposé de nouveau.",
}


def if_withdrawn(session: Session, frame: Frame, card: ClauseCard) -> str:
    """What the withdrawal that this person may play would do; nothing for who can't play it."""
    current = card.situation.current
    if current is None or Move.WITHDRAWAL not in frame.moves(card):
        return ""
    asked = Play(Move.WITHDRAWAL, frame.actor.party_id, current.number, current.fingerprint)
    outcome = lifecycle.play(card.situation, asked)
    lost = _of_all(frame.in_order(outcome.voided - {frame.actor.party_id}))
    losing = [f"L’accord {lost} à cette version tombera."] if lost else []
    return " ".join([BEFORE[outcome.situation.state], *losing, *_positions_left(session, frame, card)])


def if_parties_change(frame: Frame, card: ClauseCard) -> str:
    """What the pending change of parties would take off the clause, and what it would leave; nothing when nobody leaves
    anything behind."""
    at, request = card.situation, card.situation.request
    if request is None or request.kind is not RequestKind.CONCERNED:
        return ""
    leaving = at.concerned - request.parties
    fallen = [each for each in card.reserves if each.party_id in leaving]
    words = [f"La réserve {_of(frame.parties[each.party_id])} (« {each.text} ») tombera." for each in fallen]
    if at.current and at.current.author in leaving:
        words.append(_left_by(frame, at.current.author, at.current.number, request.parties))
    return " ".join(words)


def told_after(session: Session, frame: Frame, clause_id: str, *, move: Move, move_id: str, seen: int | None) -> str:
    """What a withdrawal or a consent has just done, beyond itself; nothing for other moves. `seen`: number of the
    version that was on the screen."""
    card = card_of(session, frame.actor, clause_id)
    if card is None:
        return ""
    felled = felled_by(session, frame.actor, clause_id, [move_id]).get(move_id, Felled())
    if move is Move.WITHDRAWAL and card.situation.current is None and card.state in AFTER:
        by_key = frame.by_key()
        lost = _of_all(by_key[key] for key in felled.acceptances)
        losing = [f"L’accord {lost} à cette version tombe."] if lost else []
        retired = f"La version {seen} est retirée : {AFTER[card.state]}"
        return " ".join([retired, *losing, *_positions_left(session, frame, card)])
    if move is Move.CONCERNED_CONSENT and felled.reserves:
        return " ".join(
            f"La réserve {_of(frame.parties[party_id])} (« {words} ») est tombée."
            for party_id, words in felled.reserves
        )
    return ""


def _left_by(frame: Frame, author_id: str, number: int, deciding: Iterable[str]) -> str:
    those = and_fr(the_party(party.short_name) for party in frame.in_order(deciding)).striptags()
    return f"La version {number} {_of(frame.parties[author_id])} restera sur la table ; l’accord se fera entre {those}."


def _positions_left(session: Session, frame: Frame, card: ClauseCard) -> list[str]:
    """The last texts of the parties that aren't the one on the table: each may be proposed anew by who wrote it."""
    current = card.situation.current
    found = frame.read_by_party(
        "all texts",
        card.id,
        read=lambda ours: positions_of(session, ours.actor, [card.id], party_ids=ours.parties)[card.id],
    )
    left = {
        party_id: position.version.number
        for party_id, position in found.parties.items()
        if position.version and (current is None or position.version.number != current.number)
    }
    return [_position_left(frame, party, left[party.id]) for party in frame.in_order(left)]


def _position_left(frame: Frame, party: PartyView, number: int) -> str:
    if party.id == frame.actor.party_id:
        return f"Votre version {number} reste votre position : vous pourrez la proposer de nouveau d’un geste."
    who = the_party(party.short_name).striptags()
    return f"La version {number} {_of(party)} reste sa position, que {who} pourra proposer de nouveau d’un geste."


def _of_all(parties: Iterable[PartyView]) -> str:
    return and_fr(of_party(party.short_name) for party in parties).striptags()


def _of(party: PartyView) -> str:
    """As plain text, which the page escapes."""
    return of_party(party.short_name).striptags()
