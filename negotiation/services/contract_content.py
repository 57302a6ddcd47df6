"""The contract as one value: what is shown before the gel, hashed, printed, frozen and attached to the PDF.

Its shape is `pdf_print.CONTENT_SHAPE`, with the typed values beside the words. It names things by their keys, never by
the ids of this database, so that the same contract has the same fingerprint elsewhere; it holds nothing dated, so that
requests made on two days can speak of the same text. Only shared facts enter.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.documents.pdf_print import MARKED_FORMAT
from negotiation.errors import NotFound
from negotiation.rules.amendment import CONTRACT_TYPES
from negotiation.rules.french_display import WORDS_OF_CHOICES, value_text
from negotiation.rules.history_chain import canonical_payload
from negotiation.rules.vocabulary import (
    SHARED,
    ClauseKind,
    ClauseState,
    DocumentKind,
    Move,
    PartKind,
    ReserveState,
    ValueKind,
)
from negotiation.services.amended_content import amendment_node, with_before
from negotiation.services.contract_tables import finance_table, indicators_table
from negotiation.store.contract import Clause, Document, Essms, Framework, Negotiation, Part
from negotiation.store.exchange import MoveRow, Reserve, Version
from negotiation.store.queries.amendments import amendment_row
from negotiation.store.queries.clauses import ClauseCard, cards_on_the_table
from negotiation.store.queries.closing import deciding_parties, signatory_members
from negotiation.store.queries.people import PartyView, members_of, parties_of
from negotiation.store.queries.visibility import on_the_table

FORMAT = "navette-contract/1"
_AMENDED = "Avenant au contrat pluriannuel d’objectifs et de moyens"
SUBTITLES = {
    **dict.fromkeys(CONTRACT_TYPES, _AMENDED),
    "cadre-libre": "Contrat entre les parties",
}
"""What the cover calls a contract that is no CPOM of its own, by its type."""
Node = dict[str, Any]


@dataclass(frozen=True)
class DeclaredSignatory:
    """A signatory as a file declares him. `quality` is his mandate, in the file's words."""

    party_key: str
    role: str
    quality: str
    signed_on: date


@dataclass(frozen=True)
class Contract:
    """The contract as it stands: the same contract has the same bytes, whenever and by whomever it is read."""

    content: Node

    @cached_property
    def canonical(self) -> bytes:
        """RFC 8785. Raises ValueError on a float: there is none."""
        return canonical_payload(self.content)

    @cached_property
    def content_hash(self) -> str:
        return hashlib.sha256(self.canonical).hexdigest()


def contract_as_it_stands(
    session: Session, negotiation_id: str, *, signatories: Sequence[DeclaredSignatory] | None = None
) -> Contract:
    """What stands in every part: agreed text and value, else what is tabled, else the working text, with its state.

    `signatories` are those that a file declares; without them, those who may sign here. Raises NotFound.
    """
    return Contract(_content(session, negotiation_id, _Reading, signatories))


def contract_with_changes(session: Session, negotiation_id: str) -> Contract:
    """The same, where each clause with an open proposal has what stood before it: `before`, with the agreed text and
    value, else those of the file or the trame, else those first proposed, and `marked_by`, the letter of whoever
    proposes. Raises NotFound."""
    return Contract(_content(session, negotiation_id, _MarkedReading) | {"format": MARKED_FORMAT})


def _content(
    session: Session,
    negotiation_id: str,
    read: type["_Reading"],
    signatories: Sequence[DeclaredSignatory] | None = None,
) -> Node:
    negotiation = session.get(Negotiation, negotiation_id)
    if negotiation is None:
        raise NotFound()
    reading = read(session, negotiation_id)
    content = {
        "format": FORMAT,
        "title": negotiation.title,
        "reference": negotiation.reference,
        "territory": negotiation.territory,
        "period": {"start": negotiation.contract_start.isoformat(), "end": negotiation.contract_end.isoformat()},
        "legal_basis": list(negotiation.legal_basis),
        "parties": [_party(party) for party in reading.parties],
        "establishments": _establishments(session, negotiation_id),
        "framework": _framework(session, negotiation_id),
        "parts": reading.parts(),
        "tables": {
            "indicators": indicators_table(reading.cells_of(PartKind.INDICATOR)),
            "finance": finance_table(
                reading.cells_of(PartKind.FUNDING_LINE), reading.parties, fiches=reading.codes(), words=WORDS_OF_CHOICES
            ),
        },
        "reserves": reading.reserves(),
        "signatories": _expected(session, negotiation_id)
        if signatories is None
        else _declared(signatories, reading.parties),
    }
    if subtitle := SUBTITLES.get(negotiation.contract_type):
        content["subtitle"] = subtitle
    if reading.amendment:
        content["amendment"] = amendment_node(session, reading.amendment)
    return content


class _Reading:
    """The rows of one contract, read once: its parts in order, their clauses, the parties."""

    def __init__(self, session: Session, negotiation_id: str) -> None:
        self.session = session
        self.negotiation_id = negotiation_id
        self.amendment = amendment_row(session, negotiation_id)
        self.parties = parties_of(session, negotiation_id)
        self._letters = {party.id: party.letter for party in self.parties}
        self._names = {
            "party": {party.key: party.name for party in self.parties},
            "member": {member.key: member.title for member in members_of(session, negotiation_id).values()},
            "essms": _names_of_essms(session, negotiation_id),
        }
        self._parts = contract_parts(session, negotiation_id)
        self._cards: dict[str, list[ClauseCard]] = {part.id: [] for part in self._parts}
        for card in cards_on_the_table(session, negotiation_id):
            if card.part_id in self._cards and card.state is not ClauseState.WITHDRAWN:
                self._cards[card.part_id].append(card)

    def parts(self) -> list[Node]:
        """The tree, with the article « Engagements » after the last article."""
        known = {part.id for part in self._parts}
        roots = [part for part in self._parts if part.parent_id not in known]
        tree = [self._part(part) for part in roots]
        engagements = self._engagements()
        if engagements:
            articles = [place for place, part in enumerate(roots) if part.kind is PartKind.ARTICLE]
            tree.insert(articles[-1] + 1 if articles else 0, _article_of(engagements))
        return tree

    def cells_of(self, kind: PartKind) -> list[tuple[Part, dict[str, ClauseCard]]]:
        """The parts of one kind, each with its fields by name."""
        return [
            (part, {card.field: card for card in self._cards[part.id]}) for part in self._parts if part.kind is kind
        ]

    def codes(self) -> dict[str, str]:
        """Codes of the parts by id."""
        return {part.id: part.code for part in self._parts}

    def reserves(self) -> list[Node]:
        """Reserves maintained to the contract, each with the position of whoever else is concerned."""
        cards = {card.id: card for cards in self._cards.values() for card in cards}
        query = select(Reserve).where(
            col(Reserve.negotiation_id) == self.negotiation_id, col(Reserve.state) == ReserveState.MAINTAINED
        )
        kept = [reserve for reserve in self.session.execute(query).scalars() if reserve.clause_id in cards]
        kept.sort(key=lambda it: (_natural(cards[it.clause_id].code), it.clause_id, self._letters[it.party_id]))
        return [self._reserve(reserve, cards[reserve.clause_id]) for reserve in kept]

    def _part(self, part: Part) -> Node:
        inner = [self._part(child) for child in self._parts if child.parent_id == part.id]
        return {
            "kind": str(part.kind),
            "key": part.key,
            "code": part.code,
            "section": str(part.attributes.get("section") or ""),
            "title": part.title,
            "clauses": [self._clause(card) for card in self._cards[part.id]],
            "parts": inner,
        }

    def _clause(self, card: ClauseCard) -> Node:
        node = self._standing(card)
        return with_before(node, card.attributes) if self.amendment else node

    def _standing(self, card: ClauseCard) -> Node:
        return {
            "kind": str(card.kind),
            "field": card.field,
            "code": card.code,
            "label": card.label,
            "text": card.text,
            "value": card.value,
            "value_kind": str(card.value_kind),
            "unit": card.unit,
            "value_text": value_text(self._named(card), card.unit, card.value_kind),
            "follows": card.follows_code,
            "state": str(card.state),
            "debtor": self._letters.get(card.debtor_id or ""),
            "concerned": [party.letter for party in self.parties if party.id in card.situation.concerned],
        }

    def _named(self, card: ClauseCard) -> Any:
        """The value, with names where it holds the keys of parties, members or establishments."""
        names = self._names.get(str(card.attributes.get("names")), WORDS_OF_CHOICES)
        match card.value_kind:
            case ValueKind.CHOICE:
                return names.get(card.value, card.value)
            case ValueKind.LIST if card.value is not None:
                return [names.get(item, item) for item in card.value]
            case _:
                return card.value

    def _engagements(self) -> list[Node]:
        found = [card for cards in self._cards.values() for card in cards if card.kind is ClauseKind.ENGAGEMENT]
        return [self._clause(card) for card in sorted(found, key=lambda card: _natural(card.code))]

    def _reserve(self, reserve: Reserve, card: ClauseCard) -> Node:
        others = [
            party for party in self.parties if party.id in card.situation.concerned and party.id != reserve.party_id
        ]
        said = self._answers(reserve)
        held = f"S’en tient au texte accordé, version {card.situation.versions}."
        return {
            "code": card.code,
            "title": card.label,
            "party": self._letters[reserve.party_id],
            "text": self._words_of(reserve),
            "answers": [{"party": party.letter, "text": said.get(party.id, held)} for party in others],
        }

    def _words_of(self, reserve: Reserve) -> str:
        """The reserve, and what its author added when maintaining it."""
        settling = self.session.get(MoveRow, reserve.settled_by_move_id) if reserve.settled_by_move_id else None
        added = (settling.text or settling.motive) if settling else ""
        return "\n\n".join(words for words in dict.fromkeys((reserve.text, added)) if words)

    def _answers(self, reserve: Reserve) -> dict[str, str]:
        """What each other party answered to the reserve, before all parties; its last word counts."""
        query = (
            select(col(MoveRow.party_id), col(MoveRow.text))
            .where(
                col(MoveRow.clause_id) == reserve.clause_id,
                col(MoveRow.circle) == str(SHARED),
                col(MoveRow.type) == Move.ANSWER,
                col(MoveRow.recalled_at).is_(None),
                col(MoveRow.reply_to_id).in_([reserve.move_id, reserve.settled_by_move_id]),
            )
            .order_by(col(MoveRow.rank))
        )
        return {row.party_id: row.text for row in self.session.execute(query)}


class _MarkedReading(_Reading):
    """The same rows, with what each open proposal would change."""

    def __init__(self, session: Session, negotiation_id: str) -> None:
        first = select(col(Version.clause_id), col(Version.text), col(Version.value)).where(
            col(Version.negotiation_id) == negotiation_id, col(Version.number) == 1
        )
        started = select(col(Clause.id), col(Clause.working_text), col(Clause.working_value)).where(
            col(Clause.negotiation_id) == negotiation_id, on_the_table(Clause.circle)
        )
        self._first = {row.clause_id: (row.text, row.value) for row in session.execute(first)}
        self._started = {row.id: (row.working_text, row.working_value) for row in session.execute(started)}
        super().__init__(session, negotiation_id)

    def _clause(self, card: ClauseCard) -> Node:
        node = super()._clause(card)
        text, value = self._before(card)
        shown = value_text(self._named(replace(card, value=value)), card.unit, card.value_kind)
        if card.follows_id or (text, shown) == (node["text"], node["value_text"]):
            return node
        tabled = card.situation.current
        author = self._letters.get(tabled.author or "") if tabled else None
        return node | {"before": {"text": text, "value_text": shown}, "marked_by": author or ""}

    def _before(self, card: ClauseCard) -> tuple[str, Any]:
        if card.agreed_text is not None:
            return card.agreed_text, card.agreed_value
        text, value = self._started[card.id]
        tabled = card.situation.current
        if text or tabled is None or tabled.number == 1:
            return text, value
        return self._first[card.id]


def contract_parts(session: Session, negotiation_id: str) -> list[Part]:
    """What all parties share of the contract, in order."""
    query = (
        select(Part)
        .join(Document, col(Document.id) == Part.document_id)
        .where(
            col(Part.negotiation_id) == negotiation_id,
            on_the_table(Part.circle),
            col(Part.dropped_at).is_(None),
            col(Document.kind) == DocumentKind.CONTRACT,
        )
        .order_by(col(Part.position), col(Part.kind), col(Part.key))
    )
    return list(session.execute(query).scalars())


def _article_of(engagements: list[Node]) -> Node:
    return {
        "kind": str(PartKind.ARTICLE),
        "key": "engagements",
        "code": "",
        "section": "Liste des engagements",
        "title": "Engagements",
        "clauses": engagements,
        "parts": [],
    }


def _natural(code: str) -> tuple[int, str]:
    """EN2 before EN10."""
    return len(code), code


def _party(party: PartyView) -> Node:
    return {
        "key": party.key,
        "letter": party.letter,
        "side": str(party.side),
        "name": party.name,
        "short_name": party.short_name,
        "signatory_title": party.signatory_title,
    }


def _establishments(session: Session, negotiation_id: str) -> list[Node]:
    query = select(Essms).where(col(Essms.negotiation_id) == negotiation_id).order_by(col(Essms.position))
    return [
        {
            "key": essms.key,
            "name": essms.name,
            "category": essms.category,
            "finess": essms.finess,
            "commune": essms.commune,
            "places": essms.total_places,
        }
        for essms in session.execute(query).scalars()
    ]


def _names_of_essms(session: Session, negotiation_id: str) -> dict[str, str]:
    query = select(col(Essms.key), col(Essms.name)).where(col(Essms.negotiation_id) == negotiation_id)
    return {row.key: row.name for row in session.execute(query)}


def _framework(session: Session, negotiation_id: str) -> Node | None:
    query = select(Framework).where(col(Framework.negotiation_id) == negotiation_id)
    found: Framework | None = session.execute(query).scalars().first()
    if found is None:
        return None
    return {
        "base_year": found.base_year,
        "base_budget": found.base_budget,
        "update_rule": found.update_rule,
        "head_office_rate_percent": found.head_office_rate_percent,
        "caf_forecast": found.caf_forecast,
        "results_allocation": found.results_allocation,
    }


def _expected(session: Session, negotiation_id: str) -> list[Node]:
    """One place a party: its only signatory, or the title that the party gives to whoever signs."""
    found: list[Node] = []
    members = signatory_members(session, negotiation_id)
    for party in deciding_parties(session, negotiation_id):
        titles = [member.title for member in members if member.party.id == party.id]
        role = titles[0] if len(titles) == 1 else party.signatory_title
        found.append({"party": party.letter, "role": role, "quality": ""})
    return found


def _declared(signatories: Sequence[DeclaredSignatory], parties: Sequence[PartyView]) -> list[Node]:
    letters: Mapping[str, str] = {party.key: party.letter for party in parties}
    return [
        {"party": letters[signatory.party_key], "role": signatory.role, "quality": signatory.quality}
        for signatory in signatories
    ]
