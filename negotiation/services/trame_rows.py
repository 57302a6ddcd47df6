"""Rows of a document from the parts of a template: whoever opens a table or adds a part writes them here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from negotiation.rules.trame_model import TrameClause, TramePart, clauses_of, known_field
from negotiation.rules.vocabulary import SHARED, Circle, ClauseKind, ClauseState, PartKind, Side
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, ClauseParty, Part
from negotiation.store.people import Party
from negotiation.store.unit_of_work import UnitOfWork


@dataclass
class TrameRows:
    """Parts of one document, with their clauses; `save` writes them. `years`: those of the contract.

    Every clause starts with the model's wording as its working text, that nobody has tabled, and concerns every party
    that decides; a funding line concerns the gestionnaire and its funder.
    """

    negotiation_id: str
    document_id: str
    deciding: Sequence[Party]
    years: Sequence[int]
    circle: Circle = SHARED
    parts: list[Part] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    concerned: list[ClauseParty] = field(default_factory=list)

    def add(self, wanted: TramePart, *, position: int, under: Part | None = None) -> Part:
        """The part and all under it, in the order of reading from `position`."""
        part = Part(
            id=new_id(),
            negotiation_id=self.negotiation_id,
            document_id=self.document_id,
            parent_id=under.id if under else None,
            kind=wanted.kind,
            key=wanted.key,
            code=wanted.code,
            title=wanted.title,
            attributes=_attributes(wanted, under),
            position=position,
            circle=str(self.circle),
        )
        self.parts.append(part)
        fields = clauses_of(wanted, self.years)
        parties = self._concerned_by(wanted.kind, fields)
        for rank, clause in enumerate(fields):
            self._clause(part, clause, position=rank, parties=parties)
        for child in wanted.children:
            self.add(child, position=position + 1, under=part)
            position += sum(1 for _ in child.walk())
        return part

    def add_all(self, wanted: Iterable[TramePart]) -> None:
        for part in wanted:
            self.add(part, position=len(self.parts) + 1)

    def save(self, uow: UnitOfWork) -> None:
        """Parts, then their clauses, then who is concerned: each names the one before."""
        for rows in (self.parts, self.clauses, self.concerned):
            uow.session.add_all(rows)
            uow.session.flush()

    def _clause(self, part: Part, wanted: TrameClause, *, position: int, parties: Sequence[Party]) -> None:
        clause = Clause(
            id=new_id(),
            negotiation_id=self.negotiation_id,
            part_id=part.id,
            kind=ClauseKind.TEXT,
            field=wanted.field,
            label=wanted.label,
            position=position,
            value_kind=wanted.value_kind,
            unit=wanted.unit,
            working_text=wanted.text,
            working_value=wanted.working_value,
            attributes=_words_of(wanted, part.kind),
            state=ClauseState.TO_WRITE,
            circle=str(self.circle),
        )
        self.clauses.append(clause)
        self.concerned += [ClauseParty(clause_id=clause.id, party_id=party.id) for party in parties]

    def _concerned_by(self, kind: PartKind, fields: Iterable[TrameClause]) -> Sequence[Party]:
        """The gestionnaire and who pays, when the template says who does; else every party that decides."""
        payer = next((one.value for one in fields if one.field == "funder"), None)
        if kind is not PartKind.FUNDING_LINE or not any(party.key == payer for party in self.deciding):
            return self.deciding
        return [party for party in self.deciding if party.side is Side.GESTIONNAIRE or party.key == payer]


def _attributes(part: TramePart, under: Part | None) -> dict[str, Any]:
    """`mandatory` and `source`, then links to other things by key, as an imported part has them."""
    below = {kind: [child.key for child in part.children if child.kind is kind] for kind in PartKind}
    above = under.key if under else ""
    links: dict[PartKind, dict[str, Any]] = {
        PartKind.STRATEGIC_OBJECTIVE: {"essms_ids": [], "finding_ids": []},
        PartKind.OPERATIONAL_OBJECTIVE: {"fiche_action_ids": below[PartKind.FICHE_ACTION]},
        PartKind.FICHE_ACTION: {
            "essms_ids": [],
            "indicator_ids": below[PartKind.INDICATOR],
            "financial_line_ids": below[PartKind.FUNDING_LINE],
            "operational_objective_id": above,
        },
        PartKind.INDICATOR: {"essms_ids": []},
        PartKind.FUNDING_LINE: {"fiche_action_id": above, "essms_id": "", "funder_party_id": ""},
    }
    return links.get(part.kind, {}) | {"mandatory": part.mandatory, "source": part.source}


def _words_of(clause: TrameClause, kind: PartKind) -> dict[str, Any]:
    """`working`: the text is the model's; `prompt`: help that isn't the field's usual one."""
    usual = known_field(kind, clause.field)
    kept: dict[str, Any] = {"working": True}
    if clause.names:
        kept["names"] = clause.names
    if clause.prompt and (usual is None or usual.prompt != clause.prompt):
        kept["prompt"] = clause.prompt
    return kept
