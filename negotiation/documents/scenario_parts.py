"""The contract and the framing note as a scenario file tells them: articles, objectives, fiches, indicators, lines."""

import re
from collections.abc import Iterable
from typing import Any

from negotiation.documents.scenario_source import Json, Source, number
from negotiation.rules import part_fields as fields
from negotiation.rules.part_fields import Field
from negotiation.rules.vocabulary import ValueKind

_STEP = re.compile(r"steps\.(\d+)")
_REFERENTS = ("og", "ars", "cd", "dreets", "ddets")
DAY = "day"


def contract_parts(source: Source) -> Json:
    """The lists `clauses`, `strategic_objectives`, `fiches_action`, `indicators`, `financial_lines`."""
    objectives = source.of_kind("strategic_objective")
    operational = source.of_kind("operational_objective")
    fiches = [row for row in source.of_kind("fiche_action") if row["parent_id"] in {each["id"] for each in operational}]
    kept = {row["id"]: row for row in fiches}
    for row in source.of_kind("fiche_action"):
        if row["id"] not in kept:
            source.left.append(f"la fiche {row['code']}, qu’aucun objectif opérationnel ne porte")
    under = {fiche["id"]: [row for row in source.parts.values() if row["parent_id"] == fiche["id"]] for fiche in fiches}
    lines = [row for row in source.of_kind("funding_line") if row["parent_id"] in kept]
    return {
        "clauses": [_article(source, row) for row in source.of_kind("article")],
        "strategic_objectives": [
            _objective(source, row, rank, [each for each in operational if each["parent_id"] == row["id"]])
            for rank, row in enumerate(objectives, start=1)
        ],
        "fiches_action": [_fiche(source, row, under[row["id"]]) for row in fiches],
        "indicators": [_indicator(source, row) for row in source.of_kind("indicator")],
        "financial_lines": [_line(source, row, kept[row["parent_id"]]) for row in lines],
    }


def framing(source: Source) -> Json:
    note: Json = next((row for row in source.table("document") if row["kind"] == "cadrage"), {})
    told, opened = note.get("attributes", {}), source.negotiation["opened_on"]
    content: Json = {
        "title": note.get("title", ""),
        "date": told.get("date") or opened,
        "version": str(told.get("version", "")),
        "status": str(told.get("status", "")),
        "validated_by": source.known(told.get("validated_by", []), source.key_of.values()),
    }
    sections = {row["key"]: row for row in source.of_kind("framing_section")}
    for section in fields.FRAMING:
        _fill(source, content, sections.get(section.key), section.fields)
    governance = content["governance"]
    for name in ("copil", "cotech"):
        governance[name] = source.known(governance[name], source.members)
    governance["third_party"] = governance["third_party"] or None
    governance["referents"] = _referents(source, governance["referents"])
    return content


def _referents(source: Source, members: Iterable[str]) -> Json:
    """By party; the format names the gestionnaire's at least."""
    homes = {row["key"]: source.key_of[row["party_id"]] for row in source.ordered("member")}
    found = {homes[key]: key for key in members if homes.get(key) in _REFERENTS}
    first = next((key for key in source.members if homes[key] == "og"), None)
    return found if "og" in found or first is None else {"og": first, **found}


def _fill(source: Source, content: Json, part: Json | None, wanted: Iterable[Field], *, day: str = "") -> None:
    """Write each field at its path. Where nothing is said: no words, no line, zero, or `day`."""
    for one in wanted:
        *above, name = one.name.split(".")
        place = content
        for step in above:
            place = place.setdefault(step, {})
        place[name] = _said(source, part, one, day)


def _said(source: Source, part: Json | None, one: Field, day: str) -> Any:
    name = fields.FIELD_NAMES.get(one.name, one.name)
    if one.kind is ValueKind.NONE:
        return source.text(part, name) if part else ""
    value = source.value(part, name) if part else None
    if value is not None:
        return value
    return {ValueKind.LIST: [], ValueKind.DATE: day, ValueKind.CHOICE: None}.get(one.kind, 0)


def _part(row: Json, **more: Any) -> Json:
    return {"id": row["key"], "title": row["title"], **more}


def _essms(source: Source, row: Json) -> list[str]:
    return source.known(row["attributes"].get("essms_ids", []), [each["key"] for each in source.table("essms")])


def _scope(row: Json) -> str:
    return "specifique" if row["attributes"].get("scope") == "specifique" else "commun"


def _article(source: Source, row: Json) -> Json:
    engagements = {each["attributes"].get("key") for each in source.clauses.values() if each["kind"] == "engagement"}
    return _part(
        row,
        number=row["code"],
        section=str(row["attributes"].get("section", "")),
        markdown=source.text(row, "markdown"),
        refs=source.known(row["attributes"].get("refs", []), {each for each in engagements if each}),
    )


def _objective(source: Source, row: Json, rank: int, operational: list[Json]) -> Json:
    findings = [each["key"] for each in source.table("finding")]
    content = _part(
        row,
        number=int(row["code"]) if row["code"].isdecimal() else rank,
        scope=_scope(row),
        essms_ids=_essms(source, row),
        finding_ids=source.known(row["attributes"].get("finding_ids", []), findings),
        operational_objectives=[_operational(source, each) for each in operational],
    )
    _fill(source, content, row, fields.STRATEGIC_OBJECTIVE)
    return content


def _operational(source: Source, row: Json) -> Json:
    fiches = [each["key"] for each in source.of_kind("fiche_action") if each["parent_id"] == row["id"]]
    content = _part(row, number=row["code"], fiche_action_ids=fiches)
    _fill(source, content, row, fields.OPERATIONAL_OBJECTIVE)
    return content


def _fiche(source: Source, row: Json, under: list[Json]) -> Json:
    told = row["attributes"]
    lines = [each["key"] for each in under if each["kind"] == "funding_line"]
    below = [each["key"] for each in under if each["kind"] == "indicator"]
    indicators = source.known(told.get("indicator_ids", []), [each["key"] for each in source.of_kind("indicator")])
    content = _part(
        row,
        code=row["code"],
        operational_objective_id=source.parts[row["parent_id"]]["key"],
        scope=_scope(row),
        essms_ids=_essms(source, row),
        steps=_steps(source, row),
        indicator_ids=[*indicators, *(key for key in below if key not in indicators)],
        financial_line_ids=lines,
        status=str(told.get("status", "")),
    )
    negotiation = source.negotiation
    wanted = {"start_date": negotiation["contract_start"], "due_date": negotiation["contract_end"]}
    for one in (*fields.FICHE_BEFORE_STEPS, *fields.FICHE_AFTER_STEPS):
        _fill(source, content, row, (one,), day=wanted.get(one.name, ""))
    return content


def _steps(source: Source, row: Json) -> list[Json]:
    steps = []
    for name, clause in source.fields.get(row["id"], {}).items():
        if step := _STEP.fullmatch(name):
            due = source.cell(clause) or source.negotiation["contract_end"]
            steps.append({"n": int(step[1]), "title": source.standing(clause)[0], "due": due})
    return sorted(steps, key=lambda step: step["n"])


def _by_year(source: Source, row: Json, prefix: str) -> Json:
    cells = source.fields.get(row["id"], {})
    found = {name.removeprefix(prefix): clause for name, clause in cells.items() if name.startswith(prefix)}
    return {year: source.cell(clause) or 0 for year, clause in sorted(found.items())}


_CHOICES = {"kind": "resultat", "direction": "up"}


def _indicator(source: Source, row: Json) -> Json:
    content = _part(row, code=row["code"], essms_ids=_essms(source, row), targets=_by_year(source, row, "targets."))
    _fill(source, content, row, (*fields.INDICATOR_BEFORE_TARGETS, *fields.INDICATOR_AFTER_TARGETS))
    content |= {name: content[name] or default for name, default in _CHOICES.items()}
    content["reference"] = content["reference"] or None
    content["mandatory"] = content["mandatory"] == "oui"
    content["baseline"]["year"] = number(content["baseline"]["year"])
    observed = [each for each in source.table("observation") if each["part_id"] == row["id"]]
    content["actuals"] = {str(each["year"]): number(each["value"]) for each in observed}
    return content


def _line(source: Source, row: Json, fiche: Json) -> Json:
    content = _part(row, fiche_action_id=fiche["key"], amounts=_by_year(source, row, "amounts."))
    _fill(source, content, row, (*fields.LINE_BEFORE_AMOUNTS, *fields.LINE_AFTER_AMOUNTS))
    del content["title"]
    content["label"] = content["label"] or row["title"]
    content["nature"] = content["nature"] or "perenne"
    content["kind"] = content["kind"] or "charge"
    funder = content["funder_party_id"]
    content["funder_party_id"] = funder if funder in source.key_of.values() else source.deciding[-1]
    known = source.known([content["essms_id"] or ""], [each["key"] for each in source.table("essms")])
    content["essms_id"] = known[0] if known else None
    return content
