"""What a reader carries away, as tables that any spreadsheet opens: clauses, moves, indicators, finances, follow-up.

CSV the French way: semicolons, decimal comma, UTF-8 with its mark. Made from the rows that the archive holds, and from
nothing else: what isn't among them can't be here.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

from negotiation.rules.french_display import value_text
from negotiation.rules.french_moves import move_fr
from negotiation.rules.vocabulary import ValueKind

Json = dict[str, Any]
Rows = Mapping[str, Sequence[Json]]
_RUN_AS_FORMULA = re.compile(r"[=+@\t\r]|-(?![\d,]+$)")
STATES = {
    "to_write": "à écrire",
    "proposed": "proposée",
    "countered": "contre-proposée",
    "partially_agreed": "accordée en partie",
    "agreed": "accordée",
    "reopened": "rouverte",
    "withdrawn": "retirée",
}


def tables_as_csv(rows: Rows, contract: Json) -> dict[str, bytes]:
    """By file name. `contract`: the content of `contrat.json`."""
    return {
        "clauses.csv": _csv(_clauses(rows)),
        "mouvements.csv": _csv(_moves(rows)),
        "indicateurs.csv": _csv(_indicators(contract)),
        "finances.csv": _csv(_finances(contract)),
        "suivi.csv": _csv(_follow_up(rows)),
    }


def _clauses(rows: Rows) -> Iterable[Sequence[object]]:
    yield "partie du plan", "intitulé", "clause", "libellé", "état", "texte", "valeur", "cercle"
    versions, parts = _by_id(rows, "version"), _by_id(rows, "part")
    for clause in sorted(rows.get("clause", ()), key=lambda row: (parts[row["part_id"]]["position"], row["position"])):
        stands = versions.get(clause["agreed_version_id"] or clause["current_version_id"])
        text, value = (stands["text"], stands["value"]) if stands else (clause["working_text"], clause["working_value"])
        part = parts[clause["part_id"]]
        state = STATES.get(clause["state"], clause["state"])
        shown = value_text(value, clause["unit"], ValueKind(clause["value_kind"]))
        told = _circle(rows, clause["circle"])
        yield part["code"], part["title"], clause["code"], clause["label"], state, text, shown, told


def _moves(rows: Rows) -> Iterable[Sequence[object]]:
    yield "date", "partie", "membre", "geste", "clause", "version", "texte", "motif", "valeur", "cercle"
    parties, members, clauses, versions = (_by_id(rows, name) for name in ("party", "member", "clause", "version"))
    for move in sorted(rows.get("move", ()), key=lambda row: (row["at"], row["clause_id"], row["rank"])):
        clause, version = clauses[move["clause_id"]], versions.get(move["version_id"])
        gesture = move_fr(move["type"])
        number = version["number"] if version else ""
        text = move["text"] or (version["text"] if version else "")
        shown = value_text(move["value"], clause["unit"], ValueKind(clause["value_kind"]))
        who = parties[move["party_id"]]["short_name"], members[move["member_id"]]["title"]
        named = clause["code"] or clause["label"]
        yield move["at"], *who, gesture, named, number, text, move["motive"], shown, _circle(rows, move["circle"])


def _indicators(contract: Json) -> Iterable[Sequence[object]]:
    table = contract["tables"]["indicators"]
    yield "code", "indicateur", "unité", "référence", *table["years"], "cible finale"
    for row in table["rows"]:
        values = (row["values"].get(year, "") for year in table["years"])
        yield row["code"], row["title"], row["unit"], row["baseline"], *values, row["final"]


def _finances(contract: Json) -> Iterable[Sequence[object]]:
    table = contract["tables"]["finance"]
    yield "financeur et nature", "fiche", "ligne", "pérennité", *table["years"], "total"
    for group in table["groups"]:
        for row in group["rows"]:
            amounts = (_euros(row["values"].get(year)) for year in table["years"])
            yield group["title"], row["code"], row["label"], row["nature"], *amounts, _euros(row["total"])


def _follow_up(rows: Rows) -> Iterable[Sequence[object]]:
    yield "sorte", "année", "indicateur ou dialogue", "valeur ou conclusion"
    parts = _by_id(rows, "part")
    for row in sorted(rows.get("observation", ()), key=lambda row: (parts[row["part_id"]]["code"], row["year"])):
        part = parts[row["part_id"]]
        yield "valeur observée déclarée", row["year"], f"{part['code']} {part['title']}", row["value"].replace(".", ",")
    for row in sorted(rows.get("dialogue_de_gestion", ()), key=lambda row: row["year"]):
        yield "dialogue de gestion déclaré", row["year"], row["key"], row["conclusions"]
    for row in sorted(rows.get("review", ()), key=lambda row: (row["year"], row["on"])):
        yield row["kind"], row["year"], parts[row["part_id"]]["title"], "approuvé" if row["approved_at"] else "ouvert"


def _euros(cents: int | None) -> str:
    return "" if cents is None else f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02}"


def _circle(rows: Rows, circle: str) -> str:
    parties = _by_id(rows, "party")
    known = {"shared": "commun", "authorities": "entre autorités"}
    return known.get(circle) or f"interne {parties[circle.removeprefix('party:')]['short_name']}"


def _by_id(rows: Rows, table: str) -> dict[str | None, Json]:
    return {row["id"]: row for row in rows.get(table, ())}


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    file = StringIO()
    csv.writer(file, delimiter=";", lineterminator="\r\n").writerows([_harmless(cell) for cell in row] for row in rows)
    return "\ufeff".encode() + file.getvalue().encode()


def _harmless(cell: object) -> str:
    """A spreadsheet runs a text that begins like a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if _RUN_AS_FORMULA.match(text) else text
