"""From the content of a contract to the tree that the Typst template walks: every string final, nothing to decide.

User text is data here and stays data in Typst: Markdown becomes nodes, never source. French spacing is laid on for
display; what is signed is the content attached to the PDF.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby, zip_longest
from typing import Any

from negotiation.documents.print_words import Node, blocks, capitals, in_fours, plain, shortened
from negotiation.documents.redline_print import marked_blocks, marked_line
from negotiation.documents.signature_cells import cell_height
from negotiation.rules.french_display import value_text
from negotiation.rules.vocabulary import ClauseKind, ClauseState, PartKind, Side, ValueKind

Content = Mapping[str, Any]

_FIGURE = re.compile(r"[\d\u2212-]")
_OF_THE_YEARS = re.compile(r"(?:targets|amounts)\.\d{4}|baseline\.(?:year|value)|final_target|total")
"""Fields whose values follow each other from year to year."""

CHAPTERS = {
    PartKind.ARTICLE: "Articles du contrat",
    PartKind.STRATEGIC_OBJECTIVE: "Objectifs et fiches action",
    PartKind.OPERATIONAL_OBJECTIVE: "Objectifs et fiches action",
    PartKind.FICHE_ACTION: "Objectifs et fiches action",
    PartKind.INDICATOR: "Indicateurs",
    PartKind.FUNDING_LINE: "Moyens financiers",
}
NAMES_OF_PARTS = {
    PartKind.ARTICLE: "Article",
    PartKind.STRATEGIC_OBJECTIVE: "Objectif stratégique",
    PartKind.OPERATIONAL_OBJECTIVE: "Objectif opérationnel",
    PartKind.FICHE_ACTION: "Fiche action",
    PartKind.INDICATOR: "Indicateur",
    PartKind.FUNDING_LINE: "Financement",
}
WORKING_STATES = {
    ClauseState.TO_WRITE: "à écrire",
    ClauseState.PROPOSED: "proposé, non accordé",
    ClauseState.COUNTERED: "contre-proposé, non accordé",
    ClauseState.PARTIALLY_AGREED: "accordé par une partie seulement",
    ClauseState.REOPENED: "rouvert",
}
SHORT_VALUE = 24
SHORT_TEXT = 300
LONG_TEXT = 1500
"""Up to so many characters, a field stays with the table before it; beyond so many, an engagement may be cut by the end
of a page."""
SHAPES = {Side.GESTIONNAIRE: ["square"], Side.AUTHORITY: ["circle", "hexagon", "diamond"], Side.ASSOCIATE: ["outline"]}


def print_tree(content: Content, *, fingerprint: str, label: str, kind: str) -> Node:
    """`content` as described by `pdf_print.CONTENT_SHAPE`."""
    parties = drawn_parties(content["parties"])
    start, end = str(content["period"]["start"]), str(content["period"]["end"])
    return {
        "kind": kind,
        "label": plain(label),
        "fingerprint": in_fours(fingerprint),
        "short": in_fours(fingerprint[:12]),
        "title": plain(content["title"]),
        "subtitle": capitals(plain(content.get("subtitle") or "Contrat pluriannuel d’objectifs et de moyens")),
        "reference": plain(content["reference"]),
        "running": [shortened(content["title"], most=70), shortened(content["reference"], most=36)],
        "territory": plain(content.get("territory", "")),
        "date": [int(piece) for piece in str(content["date"]).split("-")],
        "date_text": day(content["date"]),
        "place": plain(_town(content)),
        "declared": bool(content.get("declared")),
        "years": sorted({start[:4], end[:4]}),
        "period": plain(f"Du {day(start)} au {day(end)}"),
        "legal_basis": [plain(text) for text in content.get("legal_basis", ())],
        "parties": parties,
        "chapters": _chapters(content["parts"], parties=parties, kind=kind),
        "annexes": annexes(content.get("tables", {}), parties=parties),
        "marked": any(_is_marked(part) for part in content["parts"]),
        "reserves": [_reserve(reserve, parties=parties) for reserve in content.get("reserves", ())],
        "signatories": [
            _signatory(signatory, parties=parties, many=content.get("signing", {}).get(signatory["party"], 1))
            | {"signed": day(signed) if signed else ""}
            for signatory, signed in zip_longest(content.get("signatories", ()), content.get("declared", ()))
        ],
        "history_head": _history_head(content.get("history_head")),
    }


def _town(content: Content) -> str:
    """Where the contract is made: « à » a town. A house of the contract is in its own; of another place nobody knows
    whether it is one."""
    place, houses = content.get("place", ""), content.get("establishments", ())
    towns = {house["name"]: house.get("commune") or "" for house in houses}
    return towns.get(place) or (place if place in towns.values() else "")


def day(iso: object) -> str:
    return value_text(str(iso), None, ValueKind.DATE)


def drawn_parties(parties: Sequence[Content]) -> dict[str, Node]:
    """By letter. The shape tells parties apart without colour, as on screen."""
    left = {side: list(shapes) for side, shapes in SHAPES.items()}
    drawn: dict[str, Node] = {}
    for party in parties:
        shapes = left[Side(party["side"])]
        drawn[party["letter"]] = {
            "letter": party["letter"],
            "name": plain(party["name"]),
            "short_name": plain(party.get("short_name") or party["name"]),
            "signatory_title": plain(party.get("signatory_title", "")),
            "side": str(party["side"]),
            "shape": shapes.pop(0) if len(shapes) > 1 else shapes[0],
        }
    return drawn


def _chapters(parts: Sequence[Content], *, parties: Mapping[str, Node], kind: str) -> list[Node]:
    grouped = groupby(parts, key=lambda part: CHAPTERS.get(part["kind"], "Clauses"))
    return [{"title": title, "parts": [_part(part, parties, kind) for part in group]} for title, group in grouped]


def _is_marked(part: Content) -> bool:
    return any("before" in clause for clause in part.get("clauses", ())) or any(map(_is_marked, part.get("parts", ())))


def _part(part: Content, parties: Mapping[str, Node], kind: str) -> Node:
    kept = [clause for clause in part.get("clauses", ()) if clause.get("state") != ClauseState.WITHDRAWN]
    shown = [clause for clause in kept if clause.get("text") or clause.get("value_text") or _awaited(clause, kind)]
    told = "" if part.get("code") == part["title"] else part.get("code", "")  # « Préambule » is said once
    code, name = plain(told), NAMES_OF_PARTS.get(part["kind"], "")
    overline = capitals(f"{name} {code}".strip() if code[:1].isdigit() or name != "Article" else code)
    section = capitals(plain(part.get("section", "")))
    return {
        "kind": str(part["kind"]),
        "overline": overline,
        "code": shortened(told, most=12),
        "section": section if section != overline else "",
        "title": plain(part["title"]),
        "fields": _rows([_clause(it, parties, kind) for it in shown if it["kind"] != ClauseKind.ENGAGEMENT]),
        "engagements": [_clause(it, parties, kind) for it in shown if it["kind"] == ClauseKind.ENGAGEMENT],
        "parts": [_part(inner, parties, kind) for inner in part.get("parts", ())],
    }


def _awaited(clause: Content, kind: str) -> bool:
    """A draft shows what is still to be written."""
    return kind == "draft" and clause.get("state") in WORKING_STATES


def _state(clause: Content) -> str:
    """Nothing for a working text that nobody tabled: the draft says once that such texts are not agreed."""
    state, written = clause.get("state", ""), clause.get("text") or clause.get("value_text")
    return "" if state == ClauseState.TO_WRITE and written else WORKING_STATES.get(state, "")


def _rows(fields: Sequence[Node]) -> list[Node]:
    """Fields in order; short values that follow each other stand side by side, those of the years as one table."""
    rows: list[Node] = []
    for kind, group in groupby(fields, key=_row_of):
        cells = list(group)
        if kind == "years":
            rows += [{"cells": cells, "years": _years(cells)}]
        elif kind == "cells" and len(cells) > 1:
            rows += [{"cells": cells, "years": [], "short": True}]
        else:
            rows += [{"cells": [], "years": [], **field} for field in cells]
    return rows


def _row_of(field: Node) -> str:
    if _OF_THE_YEARS.fullmatch(field["field"]) and not field["blocks"] and (field["brief"] or not field["value"]):
        return "years"
    return "cells" if _is_a_cell(field) else ""


def _years(cells: Sequence[Node]) -> list[Node]:
    """A column a year under its head. The year of reference heads its value, unless one of the two is missing or a
    change of the year is marked."""
    named = {cell["field"]: cell for cell in cells}
    year = named.get("baseline.year")
    heads = bool(year and year["value"] and not year["value_runs"] and not year["state"] and "baseline.value" in named)
    columns = []
    for cell in cells:
        if cell is year and heads:
            continue
        told = f"Référence {year['value']}" if year and heads and cell["field"] == "baseline.value" else cell["label"]
        head = cell["field"][-4:] if re.search(r"\.\d{4}$", cell["field"]) else told
        row = cell["label"].removesuffix(head).strip() if head != told else ""
        columns.append({**cell, "head": head, "row": row})
    return columns


def _is_a_cell(field: Node) -> bool:
    return bool(not field["blocks"] and not field["state"] and field["brief"] and _FIGURE.match(field["value"]))


def _clause(clause: Content, parties: Mapping[str, Node], kind: str) -> Node:
    debtor = clause.get("debtor")
    return {
        "field": clause.get("field") or "",
        "label": plain(clause.get("label", "")),
        "code": plain(clause.get("code", "")),
        **_words(clause, parties),
        "brief": 0 < len(clause.get("value_text") or "") <= SHORT_VALUE,
        "long": len(clause.get("text") or "") > LONG_TEXT,
        "short": len(clause.get("text") or "") <= SHORT_TEXT,
        "state": _state(clause) if kind == "draft" else "",
        "agreed": kind == "draft" and clause.get("state") == ClauseState.AGREED,
        "debtor": parties[debtor] if debtor else None,
        "towards": [parties[letter] for letter in clause.get("concerned", ()) if letter != debtor],
    }


def _words(clause: Content, parties: Mapping[str, Node]) -> Node:
    """Text and value; marked against `before`, by the party of `marked_by`, when the content says what stood before."""
    text, value = clause.get("text") or "", clause.get("value_text") or ""
    if (before := clause.get("before")) is None:
        return {"blocks": blocks(text), "value": plain(value), "value_runs": [], "by": None}
    return {
        "blocks": marked_blocks(before["text"], text),
        "value": plain(value or before["value_text"]),
        "value_runs": marked_line(before["value_text"], value),
        "by": parties.get(clause.get("marked_by") or ""),
    }


def annexes(tables: Content, *, parties: Mapping[str, Node]) -> list[Node]:
    """`tables` as the contract's content holds them, in the words of the printed table; an empty one isn't there.
    `words`: how many of the first columns are words, the rest figures. `parties` as `drawn_parties` gives them."""
    found = []
    if tables.get("indicators", {}).get("rows"):
        found.append(_indicator_annex(tables["indicators"]))
    if tables.get("finance", {}).get("groups"):
        found.append(_finance_annex(tables["finance"], parties=parties))
    return found


def _indicator_annex(table: Content) -> Node:
    years = [str(year) for year in table["years"]]
    rows = [
        [
            _cell(row["code"]),
            _cell(row["title"]),
            _cell(row.get("unit", "")),
            _cell(row.get("baseline", "")),
            *(_cell(row["values"].get(year, "")) for year in years),
            _cell(row.get("final", "")),
        ]
        for row in table["rows"]
    ]
    head = ["Code", "Indicateur", "Unité", "Départ", *years, "Cible"]
    groups = [{"title": "", "rows": rows, "total": []}]
    return {"title": "Indicateurs et cibles", "unit": "", "head": head, "words": 3, "groups": groups}


def _finance_annex(table: Content, *, parties: Mapping[str, Node]) -> Node:
    years = [str(year) for year in table["years"]]
    groups = [_finance_group(group, years=years, parties=parties) for group in table["groups"]]
    head = ["Fiche", "Ligne", "Financeur", "Nature", *years, "Total"]
    return {"title": "Annexe financière", "unit": "Montants en euros.", "head": head, "words": 4, "groups": groups}


def _finance_group(group: Content, *, years: Sequence[str], parties: Mapping[str, Node]) -> Node:
    """The total row is added up from the lines above it: it can't say anything else than they do."""
    rows = [
        [
            _cell(row.get("code", "")),
            _cell(row["label"]),
            _cell(parties[row["funder"]]["short_name"] if row.get("funder") else ""),
            _cell(row.get("nature", "")),
            *(_euros(row["values"].get(year)) for year in years),
            _euros(row["total"]),
        ]
        for row in group["rows"]
    ]
    by_year = [sum(row["values"].get(year) or 0 for row in group["rows"]) for year in years]
    total = ["", "Total", "", "", *map(_euros, by_year), _euros(sum(row["total"] for row in group["rows"]))]
    total = total if len(rows) > 1 else []
    return {"title": plain(group["title"]), "rows": rows, "total": total}


def _cell(text: object) -> str:
    return plain(text)


def _euros(cents: int | None) -> str:
    """The unit stands in the title of the table."""
    return plain(value_text(cents, None, ValueKind.AMOUNT)).rstrip("€ \u202f\u00a0") if cents else "–"


def _reserve(reserve: Content, *, parties: Mapping[str, Node]) -> Node:
    return {
        "code": plain(reserve.get("code", "")),
        "overline": capitals(plain(f"Réserve {reserve.get('code', '')}").strip()),
        "title": plain(reserve["title"]),
        "party": parties[reserve["party"]],
        "blocks": blocks(reserve["text"]),
        "answers": [
            {"party": parties[answer["party"]], "blocks": blocks(answer["text"])}
            for answer in reserve.get("answers", ())
        ],
    }


def _signatory(signatory: Content, *, parties: Mapping[str, Node], many: int) -> Node:
    return {
        "height": cell_height(many),
        "party": parties[signatory["party"]],
        "role": plain(signatory.get("role", "")),
        "quality": plain(signatory.get("quality", "")),
    }


def _history_head(head: Content | None) -> str:
    return f"{plain(head['hash'])} (fait {head['seq']})" if head else ""
