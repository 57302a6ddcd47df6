"""A template written out: as the mapping that people edit (JSON), or as the TOML of a data file."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from negotiation.rules.trame_model import Trame, TrameClause, TramePart, known_field
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import PartKind

_FROM_THE_TABLE = ("label", "value_kind", "unit", "prompt", "names")
"""What a data file leaves out of a field of the trade, so that labels stand in one place."""


def as_mapping(trame: Trame) -> dict[str, Any]:
    """Every key written; `trame_from_mapping` reads it back. Values as a form shows them (`as_entered`)."""
    mapping: dict[str, Any] = {
        name: getattr(trame, name)
        for name in ("key", "title", "summary", "sector", "contract_type", "duration_years", "extension_months_max")
    }
    return mapping | {
        "legal_basis": list(trame.legal_basis),
        "legal_notes": list(trame.legal_notes),
        "parties": [_plain(asdict(party)) for party in trame.parties],
        "milestones": [_plain(asdict(milestone)) for milestone in trame.milestones],
        "framing": [_part(part) for part in trame.framing],
        "parts": [_part(part) for part in trame.parts],
    }


def trame_as_toml(trame: Trame) -> str:
    """What `read_trame` reads back: a table a part, long texts over several lines."""
    return "\n".join(_toml(_short(as_mapping(trame)), [])).strip() + "\n"


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, str) else value for name, value in fields.items()}


def _part(part: TramePart) -> dict[str, Any]:
    return {
        "key": part.key,
        "kind": str(part.kind),
        "code": part.code,
        "title": part.title,
        "mandatory": part.mandatory,
        "source": part.source,
        "clauses": [_clause(clause) for clause in part.clauses],
        "children": [_part(child) for child in part.children],
    }


def _clause(clause: TrameClause) -> dict[str, Any]:
    value: str | list[str] | None = None
    if clause.value is not None:
        value = list(clause.value) if isinstance(clause.value, tuple) else as_entered(clause.value, clause.value_kind)
    return _plain(asdict(clause)) | {"value": value}


# ---------------------------------------------------------------------- TOML


def _short(mapping: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty or goes without saying."""
    short = {name: mapping[name] for name in mapping if name not in ("framing", "parts")}
    short["milestones"] = [_without(one, unit="weeks") for one in mapping["milestones"]]
    return short | {name: [_short_part(part) for part in mapping[name]] for name in ("framing", "parts")}


def _short_part(part: dict[str, Any]) -> dict[str, Any]:
    kind = PartKind(part["kind"])
    clauses = [_short_clause(clause, kind) for clause in part["clauses"]]
    return _without(part) | {"clauses": clauses, "children": [_short_part(child) for child in part["children"]]}


def _short_clause(clause: dict[str, Any], kind: PartKind) -> dict[str, Any]:
    known = known_field(kind, clause["field"]) or TrameClause(clause["field"], "")
    usual = {name: getattr(known, name) for name in _FROM_THE_TABLE}
    if not clause["text"]:
        usual |= {"text": ""}
    return {name: value for name, value in clause.items() if value is not None and usual.get(name) != value}


def _without(mapping: dict[str, Any], **usual: object) -> dict[str, Any]:
    said = {name: value for name, value in mapping.items() if value != "" and value is not False}
    return {name: value for name, value in said.items() if usual.get(name) != value}


def _toml(mapping: dict[str, Any], path: list[str]) -> Iterator[str]:
    """Keys of the table, then its tables: in TOML nothing of a table may follow its first sub-table."""
    tables = {name: value for name, value in mapping.items() if _is_tables(value)}
    for name, value in mapping.items():
        if name not in tables:
            yield f"{name} = {_written(value)}"
    for name, rows in tables.items():
        for row in rows:
            yield ""
            yield f"[[{'.'.join([*path, name])}]]"
            yield from _toml(row, [*path, name])


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and (not value or isinstance(value[0], dict))


def _written(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list():
            return "[\n" + "".join(f"    {_string(str(item))},\n" for item in value) + "]"
        case _:
            return _string(str(value))


def _string(text: str) -> str:
    """As people would write it: over several lines when it has some, without escapes when it has backslashes."""
    many = "\n" in text
    if "\\" in text and "'" not in text:
        return f"'''\n{text}'''" if many else f"'{text}'"
    if not many:
        return _escaped(text)
    lines = "\n".join(_escaped(line)[1:-1] for line in text.split("\n"))
    return f'"""\n{lines}"""'


def _escaped(text: str) -> str:
    """JSON's escapes are TOML's, but for U+007F, which no readable text holds."""
    return json.dumps(text, ensure_ascii=False)
