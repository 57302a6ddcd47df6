"""The documents: the framing note and the contract, as trees of parts whose fields are clauses."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from negotiation.rules import part_fields as fields
from negotiation.rules.part_fields import EURO, Field
from negotiation.rules.vocabulary import ClauseKind, ClauseState, DocumentKind, PartKind, Side, ValueKind
from negotiation.services.importing.intake import Intake, markdown_at, plain, value_at
from negotiation.services.importing.reading import Json
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, ClauseParty, Document, Framework, Part
from negotiation.store.people import Party


@dataclass(frozen=True)
class Leaf:
    """A field with what the file holds there."""

    field: Field
    path: str
    raw: Any
    unit: str = ""
    text: str = ""


@dataclass
class _Writer:
    """Writes the parts of one document in the order of reading."""

    intake: Intake
    document: Document
    agreed: bool
    rows: list[Part] = field(default_factory=list)
    cells: list[Clause] = field(default_factory=list)
    concerned: list[ClauseParty] = field(default_factory=list)

    def save(self) -> None:
        """Parts, then their clauses, then who is concerned: each names the one before."""
        for rows in (self.rows, self.cells, self.concerned):
            self.intake.uow.session.add_all(rows)
            self.intake.uow.session.flush()

    def part(
        self, kind: PartKind, source: Json, *, parent: Part | None = None, attributes: Iterable[str] = (), **names: str
    ) -> Part:
        part = Part(
            id=new_id(),
            negotiation_id=self.intake.id,
            document_id=self.document.id,
            parent_id=parent.id if parent else None,
            kind=kind,
            key=source["id"],
            code=names["code"],
            title=names["title"],
            attributes={name: plain(source[name]) for name in attributes},
            position=len(self.rows) + 1,
        )
        self.rows.append(part)
        self.intake.parts[source["id"]] = part
        return part

    def clauses(self, part: Part, leaves: Iterable[Leaf], *, concerned: Iterable[Party]) -> None:
        parties = list(concerned)
        for position, leaf in enumerate(leaves):
            self._clause(part, leaf, position=position, parties=parties)

    def _clause(self, part: Part, leaf: Leaf, *, position: int, parties: list[Party]) -> None:
        """The field as agreed by the declared signature, or as the gestionnaire's working text."""
        kind = leaf.field.kind
        clause = Clause(
            id=new_id(),
            negotiation_id=self.intake.id,
            part_id=part.id,
            kind=ClauseKind.TEXT,
            field=fields.FIELD_NAMES.get(leaf.field.name, leaf.field.name),
            label=leaf.field.label,
            position=position,
            value_kind=kind,
            unit=leaf.unit,
            working_text=markdown_at(leaf.path, leaf.raw if kind is ValueKind.NONE else leaf.text),
            working_value=None if kind is ValueKind.NONE else value_at(leaf.path, leaf.raw, kind),
            attributes={"declared": True} if self.agreed else {"working": True},
            state=ClauseState.AGREED if self.agreed else ClauseState.TO_WRITE,
        )
        if leaf.field.names:
            clause.attributes["names"] = leaf.field.names
        self.cells.append(clause)
        self.intake.cells[(part.key, clause.field)] = clause
        self.concerned += [ClauseParty(clause_id=clause.id, party_id=party.id) for party in parties]


def write_framing(intake: Intake) -> None:
    """The framing note: agreed when every deciding party had validated it that day, for it is dated."""
    note = intake.file["cadrage"]
    deciding = intake.deciding_parties()
    validated = intake.standing.signed or {party.key for party in deciding} <= set(note["validated_by"])
    kept = ("date", "version", "status", "validated_by")
    document = _document(intake, DocumentKind.CADRAGE, note["title"], {name: note[name] for name in kept})
    writer = _Writer(intake, document, agreed=validated)
    known = {**note, "governance": {**note["governance"], "referents": list(note["governance"]["referents"].values())}}
    for section in fields.FRAMING:
        part = writer.part(PartKind.FRAMING_SECTION, {"id": section.key}, code="", title=section.title)
        writer.clauses(part, _leaves("cadrage", known, section.fields), concerned=deciding)
    writer.save()


def write_contract(intake: Intake) -> None:
    """Articles, then objectives with their fiches, and under each fiche its indicators and its funding lines."""
    document = _document(intake, DocumentKind.CONTRACT, intake.file["negotiation"]["title"], _declared(intake))
    writer = _Writer(intake, document, agreed=intake.standing.signed)
    for path, article in _each(intake, "clauses"):
        part = writer.part(
            PartKind.ARTICLE, article, code=article["number"], title=article["title"], attributes=("section", "refs")
        )
        writer.clauses(part, _leaves(path, article, fields.ARTICLE), concerned=intake.deciding_parties())
    placed: set[str] = set()
    for path, objective in _each(intake, "strategic_objectives"):
        _write_objective(writer, path, objective, placed=placed)
    for path, indicator in _each(intake, "indicators"):
        if indicator["id"] not in placed:
            _write_indicator(writer, path, indicator, parent=None)
    writer.save()


def write_framework(intake: Intake) -> None:
    framework, path = intake.file["financial_framework"], "financial_framework"
    amount = ValueKind.AMOUNT
    intake.uow.session.add(
        Framework(
            negotiation_id=intake.id,
            currency=framework["currency"],
            base_year=framework["base_year"],
            base_budget=[
                {
                    "essms": line["essms_id"],
                    "section": line["section"],
                    "funder": line["funder_party_id"],
                    "cents": value_at(f"{path}.base_budget[{index}].amount", line["amount"], amount),
                }
                for index, line in enumerate(framework["base_budget"])
            ],
            update_rule=framework["update_rule"],
            head_office_rate_percent=str(
                value_at(f"{path}.head_office_rate_percent", framework["head_office_rate_percent"], ValueKind.NUMBER)
            ),
            caf_forecast={
                year: value_at(f"{path}.caf_forecast.{year}", euros, amount)
                for year, euros in framework["caf_forecast"].items()
            },
            results_allocation=framework["results_allocation"],
        )
    )


# ---------------------------------------------------------------------- the tree


def _document(intake: Intake, kind: DocumentKind, title: str, attributes: Json) -> Document:
    document = Document(negotiation_id=intake.id, kind=kind, title=title, attributes=plain(attributes))
    intake.uow.session.add(document)
    intake.uow.session.flush()
    return document


def _declared(intake: Intake) -> Json:
    """What the file says of status and signature, kept as it says it; on a day before, nobody knows."""
    if intake.until is not None and not intake.standing.signed:
        return {}
    negotiation = intake.file["negotiation"]
    told = {name: negotiation[name] for name in ("status", "phase", "signed_on")} if intake.until is None else {}
    return {**told, "signature": intake.file["signature"]}


def _each(intake: Intake, name: str) -> Iterator[tuple[str, Json]]:
    return ((f"{name}[{index}]", item) for index, item in enumerate(intake.file[name]))


def _write_objective(writer: _Writer, path: str, objective: Json, *, placed: set[str]) -> None:
    everyone = writer.intake.deciding_parties()
    part = writer.part(
        PartKind.STRATEGIC_OBJECTIVE,
        objective,
        code=str(objective["number"]),
        title=objective["title"],
        attributes=("scope", "essms_ids", "finding_ids"),
    )
    writer.clauses(part, _leaves(path, objective, fields.STRATEGIC_OBJECTIVE), concerned=everyone)
    for index, operational in enumerate(objective["operational_objectives"]):
        here = f"{path}.operational_objectives[{index}]"
        inner = writer.part(
            PartKind.OPERATIONAL_OBJECTIVE,
            operational,
            parent=part,
            code=operational["number"],
            title=operational["title"],
            attributes=("fiche_action_ids",),
        )
        writer.clauses(inner, _leaves(here, operational, fields.OPERATIONAL_OBJECTIVE), concerned=everyone)
        for fiche_path, fiche in _each(writer.intake, "fiches_action"):
            if fiche["operational_objective_id"] == operational["id"]:
                _write_fiche(writer, fiche_path, fiche, parent=inner, placed=placed)


def _write_fiche(writer: _Writer, path: str, fiche: Json, *, parent: Part, placed: set[str]) -> None:
    part = writer.part(
        PartKind.FICHE_ACTION,
        fiche,
        parent=parent,
        code=fiche["code"],
        title=fiche["title"],
        attributes=("scope", "essms_ids", "indicator_ids", "financial_line_ids", "operational_objective_id", "status"),
    )
    writer.clauses(part, _fiche_leaves(path, fiche), concerned=writer.intake.deciding_parties())
    for inner_path, indicator in _each(writer.intake, "indicators"):
        if indicator["id"] in fiche["indicator_ids"] and indicator["id"] not in placed:
            placed.add(indicator["id"])
            _write_indicator(writer, inner_path, indicator, parent=part)
    for inner_path, line in _each(writer.intake, "financial_lines"):
        if line["fiche_action_id"] == fiche["id"]:
            _write_line(writer, inner_path, line, parent=part)


def _write_indicator(writer: _Writer, path: str, indicator: Json, *, parent: Part | None) -> None:
    part = writer.part(
        PartKind.INDICATOR,
        indicator,
        parent=parent,
        code=indicator["code"],
        title=indicator["title"],
        attributes=("essms_ids",),
    )
    writer.clauses(part, _indicator_leaves(path, indicator), concerned=writer.intake.deciding_parties())


def _write_line(writer: _Writer, path: str, line: Json, *, parent: Part) -> None:
    part = writer.part(
        PartKind.FUNDING_LINE,
        line,
        parent=parent,
        code=line["id"].upper(),
        title=line["label"],
        attributes=("fiche_action_id", "essms_id", "funder_party_id"),
    )
    writer.clauses(part, _line_leaves(path, line), concerned=_payers(writer.intake, line["funder_party_id"]))


def _payers(intake: Intake, funder: str) -> list[Party]:
    """The gestionnaire and who pays; every deciding party when that makes fewer than two who decide."""
    deciding = intake.deciding_parties()
    payers = [party for party in deciding if party.side is Side.GESTIONNAIRE or party.key == funder]
    return payers if any(party.side is not Side.GESTIONNAIRE for party in payers) else deciding


# ---------------------------------------------------------------------- the fields


def _leaves(path: str, source: Json, wanted: Iterable[Field], unit: str = "") -> Iterator[Leaf]:
    for one in wanted:
        raw: Any = source
        for step in one.name.split("."):
            raw = raw[step]
        yield Leaf(one, f"{path}.{one.name}", _as_choice(raw) if one.kind is ValueKind.CHOICE else raw, unit)


def _as_choice(raw: object) -> object:
    if isinstance(raw, bool):
        return "oui" if raw else "non"
    return raw if raw is None else str(raw)


def _fiche_leaves(path: str, fiche: Json) -> Iterator[Leaf]:
    yield from _leaves(path, fiche, fields.FICHE_BEFORE_STEPS)
    for index, step in enumerate(fiche["steps"]):
        cell = Field(f"steps.{step['n']}", fields.STEP_LABEL.format(n=step["n"]), ValueKind.DATE)
        yield Leaf(cell, f"{path}.steps[{index}].due", step["due"], text=step["title"])
    yield from _leaves(path, fiche, fields.FICHE_AFTER_STEPS)


def _indicator_leaves(path: str, indicator: Json) -> Iterator[Leaf]:
    unit = indicator["unit"]
    for leaf in _leaves(path, indicator, fields.INDICATOR_BEFORE_TARGETS):
        yield Leaf(leaf.field, leaf.path, leaf.raw, unit if leaf.field.kind is ValueKind.NUMBER else "")
    for year, value in sorted(indicator["targets"].items()):
        cell = Field(f"targets.{year}", fields.TARGET_LABEL.format(year=year), ValueKind.NUMBER)
        yield Leaf(cell, f"{path}.targets.{year}", value, unit)
    yield from _leaves(path, indicator, fields.INDICATOR_AFTER_TARGETS, unit)


def _line_leaves(path: str, line: Json) -> Iterator[Leaf]:
    yield from _leaves(path, line, fields.LINE_BEFORE_AMOUNTS)
    for year, euros in sorted(line["amounts"].items()):
        cell = Field(f"amounts.{year}", fields.AMOUNT_LABEL.format(year=year), ValueKind.AMOUNT)
        yield Leaf(cell, f"{path}.amounts.{year}", euros, EURO)
    for leaf in _leaves(path, line, fields.LINE_AFTER_AMOUNTS):
        yield Leaf(leaf.field, leaf.path, leaf.raw, EURO if leaf.field.kind is ValueKind.AMOUNT else "")
