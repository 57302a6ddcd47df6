"""Changes to a template as people make them, on its mapping; `trame_from_mapping` then checks the whole.

Each gives a new mapping. A part is named by its key, which never changes. Raises NotFound for a key of nothing.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from negotiation.errors import InvalidInput, NotFound
from negotiation.rules.seats import free_key
from negotiation.rules.trame_model import fields_for
from negotiation.rules.trame_reading import UNDER
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


def merged(mapping: Json, key: str) -> Json:
    """The part becomes the last words of its neighbour above: its title a clause's name there, what hangs below it goes
    with it. Raises NotFound, InvalidInput where nothing of its kind stands above."""
    changed = deepcopy(mapping)
    siblings, index = _place(changed, key)
    if index == 0 or siblings[index - 1]["kind"] != siblings[index]["kind"]:
        raise InvalidInput(field="act")
    part, above = siblings.pop(index), siblings[index - 1]
    fields = {clause["field"] for clause in above["clauses"]}
    for clause in part["clauses"]:
        if not str(clause.get("text", "")).strip() and "value" not in clause:
            continue
        label = part["title"] if clause["field"] == "markdown" else clause.get("label", part["title"])
        name = free_key(label, {field.replace("_", "-") for field in fields}).replace("-", "_")
        fields.add(name)
        above["clauses"].append(clause | {"field": name, "label": label})
    above["children"] += part["children"]
    return changed


def set_apart(mapping: Json, key: str, field: str) -> tuple[Json, str]:
    """A clause of an article becomes an article of its own, after it; and its key. Raises NotFound."""
    changed = deepcopy(mapping)
    siblings, index = _place(changed, key)
    clauses = siblings[index]["clauses"]
    found = next((clause for clause in clauses if clause["field"] == field), None)
    if found is None or siblings[index]["kind"] != PartKind.ARTICLE:
        raise NotFound()
    clauses.remove(found)
    if not clauses:
        clauses.append({"field": "markdown"})
    title = found.get("label") or siblings[index]["title"]
    own = free_key(title, _keys(changed))
    apart: Json = {"key": own, "kind": siblings[index]["kind"], "title": title, "children": []}
    apart["clauses"] = [{"field": "markdown", "text": found.get("text", "")}]
    siblings.insert(index + 1, apart)
    return changed, own


def turned(mapping: Json, key: str, kind: PartKind) -> Json:
    """The part as one of another kind, under the last one before it that may hold it. Raises NotFound, InvalidInput
    where none may, or where what hangs below it may not stay."""
    changed = deepcopy(mapping)
    siblings, index = _place(changed, key)
    part = siblings[index]
    if any(PartKind(child["kind"]) not in UNDER.get(kind, frozenset()) for child in part["children"]):
        raise InvalidInput(field="kind")
    before = _before(changed, key)
    del siblings[index]
    holder = next((each for each in reversed(before) if kind in UNDER.get(PartKind(each["kind"]), ())), None)
    if holder is not None:
        holder["children"].append(part)
    elif kind in UNDER[None]:
        tops = changed["parts"]
        reached = max((tops.index(each) for each in tops if each in before), default=-1)
        tops.insert(reached + 1, part)
    else:
        raise InvalidInput(field="kind")
    part["kind"] = str(kind)
    if kind is not PartKind.ARTICLE:
        for clause in part["clauses"]:
            if clause["field"] == "markdown":
                clause |= {"field": "description", "label": "Description"}
    return changed


def _before(mapping: Json, key: str) -> list[Json]:
    """The parts of the contract that are read before this one, in order."""
    found: list[Json] = []

    def walk(parts: Sequence[Json]) -> bool:
        for part in parts:
            if part["key"] == key:
                return True
            found.append(part)
            if walk(part["children"]):
                return True
        return False

    walk(mapping["parts"])
    return found


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
