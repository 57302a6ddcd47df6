"""Changes to a template as people make them, on its mapping; `trame_from_mapping` then checks the whole.

Each gives a new mapping. A part is named by its key, which never changes. Raises NotFound for a key of nothing.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from negotiation.errors import NotFound
from negotiation.rules.seats import free_key
from negotiation.rules.trame_model import fields_for
from negotiation.rules.vocabulary import PartKind, ValueKind

Json = dict[str, Any]
_LISTS = ("framing", "parts")


class Step(IntEnum):
    UP = -1
    DOWN = 1


@dataclass(frozen=True)
class Wording:
    """What a clause starts with, as typed. `remove`: leave it out."""

    text: str
    prompt: str
    value: str = ""


def with_head(mapping: Json, head: Mapping[str, Any]) -> Json:
    """Title, summary, legal basis, duration, calendar: keys of the template itself."""
    return deepcopy(mapping) | dict(head)


def moved(mapping: Json, key: str, step: Step) -> Json:
    """One place up or down among its neighbours; nothing changes at the end of the list."""
    changed = deepcopy(mapping)
    siblings, index = _place(changed, key)
    other = index + step
    if 0 <= other < len(siblings):
        siblings[index], siblings[other] = siblings[other], siblings[index]
    return changed


def without_part(mapping: Json, key: str) -> Json:
    """Without the part and all under it."""
    changed = deepcopy(mapping)
    siblings, index = _place(changed, key)
    del siblings[index]
    return changed


def with_part(mapping: Json, kind: PartKind, title: str, *, under: str | None = None) -> tuple[Json, str]:
    """A new part, last of its level, with one empty clause when the kind says nothing of its fields; and its key."""
    changed = deepcopy(mapping)
    key = free_key(title, _keys(changed))
    part: Json = {"key": key, "kind": str(kind), "title": title, "clauses": [], "children": []}
    if kind in (PartKind.ARTICLE, PartKind.FRAMING_SECTION):
        part["clauses"] = [{"field": clause.field} for clause in fields_for(kind)]
    if under is not None:
        siblings, index = _place(changed, under)
        siblings[index]["children"].append(part)
    else:
        changed["framing" if kind is PartKind.FRAMING_SECTION else "parts"].append(part)
    return changed, key


def reworded(mapping: Json, key: str, head: Mapping[str, Any], wordings: Mapping[str, Wording]) -> Json:
    """The part with other words. `head`: title, code, mandatory, source; `wordings` by field.

    An article or a section keeps every clause; of another part, those are kept that start with something.
    """
    changed = deepcopy(mapping)
    siblings, index = _place(changed, key)
    part = siblings[index]
    part |= dict(head)
    kind = PartKind(part["kind"])
    standing = {clause["field"]: clause for clause in part["clauses"]}
    own = kind in (PartKind.ARTICLE, PartKind.FRAMING_SECTION)
    names = list(standing) if own else [*(clause.field for clause in fields_for(kind)), *standing]
    part["clauses"] = [
        clause
        for name in dict.fromkeys(names)
        if (clause := _reworded(standing.get(name, {"field": name}), wordings.get(name))) and (own or len(clause) > 1)
    ]
    return changed


def with_clause(mapping: Json, key: str, label: str) -> Json:
    """A clause more in an article or a section of the note."""
    changed = deepcopy(mapping)
    siblings, index = _place(changed, key)
    fields = {clause["field"] for clause in siblings[index]["clauses"]}
    name = free_key(label, {field.replace("_", "-") for field in fields}).replace("-", "_")
    siblings[index]["clauses"].append({"field": name, "label": label})
    return changed


def without_clause(mapping: Json, key: str, field: str) -> Json:
    changed = deepcopy(mapping)
    siblings, index = _place(changed, key)
    clauses = siblings[index]["clauses"]
    if not any(clause["field"] == field for clause in clauses):
        raise NotFound()
    siblings[index]["clauses"] = [clause for clause in clauses if clause["field"] != field]
    return changed


def _reworded(clause: Json, wording: Wording | None) -> Json:
    """Without what says nothing, so that a part of the trade keeps only what the template adds to it."""
    if wording is None:
        return clause
    changed = clause | {"text": wording.text, "prompt": wording.prompt, "value": wording.value or None}
    if ValueKind(changed.get("value_kind", ValueKind.NONE)) is ValueKind.NONE and not wording.value:
        del changed["value"]
    if not wording.prompt:
        del changed["prompt"]
    usual = {"text": "", "value": None}
    return {name: value for name, value in changed.items() if name not in usual or value != usual[name]}


def _place(mapping: Json, key: str) -> tuple[list[Json], int]:
    """The list that holds the part, and where. Raises NotFound."""
    waiting: list[list[Json]] = [mapping[name] for name in _LISTS]
    while waiting:
        siblings = waiting.pop()
        for index, part in enumerate(siblings):
            if part["key"] == key:
                return siblings, index
            waiting.append(part["children"])
    raise NotFound()


def _keys(mapping: Json) -> set[str]:
    waiting: Sequence[Json] = [part for name in _LISTS for part in mapping[name]]
    found: set[str] = set()
    while waiting:
        found |= {part["key"] for part in waiting}
        waiting = [child for part in waiting for child in part["children"]]
    return found
