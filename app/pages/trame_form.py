"""The forms of a template: from what was typed to the keys of its mapping, and from the path of a fault to words."""

import re
from typing import Any

from werkzeug.datastructures import MultiDict

from negotiation.rules.trame_editing import Wording
from negotiation.rules.trame_reading import DAYS

Form = MultiDict[str, str]
_MILESTONE = ("key", "kind", "title", "phase", "offset", "unit", "produces")
_STEP = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")
_NAMES = {
    "title": "titre",
    "summary": "présentation",
    "legal_basis": "fondements juridiques",
    "legal_notes": "à vérifier",
    "duration_years": "durée",
    "extension_months_max": "prorogation",
    "parties": "parties suggérées",
    "milestones": "calendrier",
    "parts": "contrat",
    "framing": "note de cadrage",
    "clauses": "clause",
    "children": "partie",
    "text": "texte",
    "prompt": "aide",
    "value": "valeur",
    "code": "numéro",
    "source": "source",
    "label": "intitulé",
    "offset": "décalage",
    "role": "rôle",
}


def head_of(form: Form) -> dict[str, Any]:
    """What is typed at the head of a template; rows without a title or a role are left out."""
    return {
        "title": _line(form, "title"),
        "summary": _words(form, "summary"),
        "legal_basis": _lines(form, "legal_basis"),
        "legal_notes": _lines(form, "legal_notes"),
        "duration_years": _whole(form.get("duration_years", "")),
        "extension_months_max": _whole(form.get("extension_months_max", "")),
        "parties": [
            {"kind": kind, "role": " ".join(role.split())}
            for kind, role in zip(form.getlist("party_kind"), form.getlist("party_role"), strict=False)
            if role.strip()
        ],
        "milestones": _milestones(form),
    }


def wordings_of(form: Form) -> tuple[dict[str, Any], dict[str, Wording]]:
    """The head of a part, and the words of its clauses by field."""
    head = {name: _line(form, name) for name in ("title", "code", "source")}
    wordings = {
        name: Wording(
            text=_words(form, f"text:{name}"),
            prompt=_words(form, f"prompt:{name}"),
            value=_words(form, f"value:{name}"),
        )
        for name in form.getlist("field")
    }
    return head | {"mandatory": "mandatory" in form}, wordings


def place_in_words(path: str, mapping: dict[str, Any] | None) -> str:
    """`parts[3].clauses[0].text` → « Contrat, Gouvernance, clause 1, texte »; nothing for the file as a whole."""
    here: Any = mapping
    words: list[str] = []
    for name, index in _STEP.findall(path if path != "$" else ""):
        words.append(_NAMES.get(name, name))
        here = here.get(name) if isinstance(here, dict) else None
        if index:
            here = here[int(index)] if isinstance(here, list) and int(index) < len(here) else None
            named = (here.get("title") or here.get("label")) if isinstance(here, dict) else None
            words[-1:] = [words[-1], f"« {named} »"] if named else [f"{words[-1]} {int(index) + 1}"]
    place = ", ".join(words)
    return place[:1].upper() + place[1:]


def _milestones(form: Form) -> list[dict[str, Any]]:
    columns = [form.getlist(f"milestone_{name}") for name in _MILESTONE]
    rows = [dict(zip(_MILESTONE, row, strict=True)) for row in zip(*columns, strict=False)]
    found: list[dict[str, Any]] = []
    for row in rows:
        if not row["title"].strip():
            continue
        key = row["key"] or f"etape-{len(found) + 1}"
        while key in {one["key"] for one in found}:
            key += "-b"
        found.append(row | {"key": key, "offset": _whole(row["offset"]), "title": " ".join(row["title"].split())})
    return sorted(found, key=_when)


def _when(row: dict[str, Any]) -> float:
    """Rows in the order of their dates, wherever they were typed."""
    offset, unit = row["offset"], row["unit"]
    return offset * DAYS[unit] if isinstance(offset, int) and unit in DAYS else 0


def _words(form: Form, name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n")


def _line(form: Form, name: str) -> str:
    return " ".join(form.get(name, "").split())


def _lines(form: Form, name: str) -> list[str]:
    return [" ".join(line.split()) for line in _words(form, name).split("\n") if line.strip()]


def _whole(typed: str) -> int | str:
    """As typed when it isn't a number: the check of the whole then names the place."""
    text = typed.strip().replace("\u2212", "-")
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else typed
