"""From the content of a contract to the tree that the Typst template walks: every string final, nothing to decide.

User text is data here and stays data in Typst: Markdown becomes nodes, never source. French spacing is laid on for
display; what is signed is the content attached to the PDF.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from negotiation.rules.french_display import french_typography, value_text
from negotiation.rules.markdown_tree import (
    Block,
    Blockquote,
    BulletList,
    Heading,
    Inline,
    Inlines,
    ListItem,
    OrderedList,
    Paragraph,
    Table,
    Text,
    parse,
)
from negotiation.rules.vocabulary import ClauseKind, ClauseState, PartKind, Side, ValueKind

Node = dict[str, Any]
Content = Mapping[str, Any]

NARROW = "\u202f"
_WIDE_BEFORE_HIGH_SIGN = re.compile("\u00a0(?=[;!?])|(?<=\\d)\u00a0(?=\\d{3}(?!\\d))")
_FIGURE = re.compile(r"[\d\u2212-]")
_STRAIGHT_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")

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
LONG_TEXT = 1500
"""Beyond so many characters, an engagement may be cut by the end of a page."""
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
        "place": plain(content.get("place", "")),
        "years": sorted({start[:4], end[:4]}),
        "period": plain(f"Du {day(start)} au {day(end)}"),
        "legal_basis": [plain(text) for text in content.get("legal_basis", ())],
        "parties": parties,
        "chapters": _chapters(content["parts"], parties=parties, kind=kind),
        "annexes": _annexes(content.get("tables", {}), parties=parties),
        "reserves": [_reserve(reserve, parties=parties) for reserve in content.get("reserves", ())],
        "signatories": [_signatory(signatory, parties=parties) for signatory in content.get("signatories", ())],
        "history_head": _history_head(content.get("history_head")),
    }


def plain(text: object) -> str:
    """One line of text with French spacing: narrow before ; ! ? and between thousands, and a curly apostrophe."""
    spaced = french_typography(" ".join(str(text).split(" ")).replace("\n", " ").replace("\t", " "))
    return _STRAIGHT_APOSTROPHE.sub("’", _WIDE_BEFORE_HIGH_SIGN.sub(NARROW, spaced))


def shortened(text: object, *, most: int) -> str:
    """For running heads and the table of contents: the whole stands elsewhere on the page or in its place."""
    whole = plain(text)
    return whole if len(whole) <= most else f"{whole[: most - 1].rstrip()}…"


def capitals(text: str) -> str:
    """Capitals of Latin letters; rarer ones stay small, since the fonts may lack their capital."""
    return "".join(letter.upper() if letter < "\u0180" else letter for letter in text)


def day(iso: object) -> str:
    return value_text(str(iso), None, ValueKind.DATE)


def in_fours(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


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


def blocks(markdown: str) -> list[Node]:
    """Markdown as nodes. Raises UnreadableText as `markdown_tree.parse` does."""
    return [_block(block) for block in parse(markdown)]


def words_of(tree: object) -> Iterable[str]:
    """Every string of a tree, in reading order."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from words_of(value)
    elif isinstance(tree, Sequence):
        for value in tree:
            yield from words_of(value)


def _block(block: Block) -> Node:
    match block:
        case Paragraph(inlines):
            return {"t": "paragraph", "runs": _runs(inlines)}
        case Heading(level, inlines):
            return {"t": "heading", "level": level, "runs": _runs(inlines)}
        case BulletList(items):
            return {"t": "bullets", "items": [_item(item) for item in items]}
        case OrderedList(items, start):
            return {"t": "numbers", "start": start, "items": [_item(item) for item in items]}
        case Blockquote(inside):
            return {"t": "quote", "blocks": [_block(inner) for inner in inside]}
        case Table(rows):
            return {"t": "table", "rows": [[_runs(cell) for cell in row] for row in rows]}
        case _:
            return {"t": "rule"}


def _item(item: ListItem) -> list[Node]:
    return [_block(block) for block in item.blocks]


def _runs(inlines: Inlines) -> list[Node]:
    return [_run(inline) for inline in inlines]


def _run(inline: Inline) -> Node:
    if not isinstance(inline, Text):
        return {"br": True}
    return {"s": plain(inline.text), "marks": sorted(inline.marks), "href": inline.href}


def _chapters(parts: Sequence[Content], *, parties: Mapping[str, Node], kind: str) -> list[Node]:
    grouped = groupby(parts, key=lambda part: CHAPTERS.get(part["kind"], "Clauses"))
    return [{"title": title, "parts": [_part(part, parties, kind) for part in group]} for title, group in grouped]


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
    """Fields in order; short values that follow each other stand side by side in one row of cells."""
    rows: list[Node] = []
    for together, group in groupby(fields, key=_is_a_cell):
        cells = list(group)
        rows += [{"cells": cells}] if together and len(cells) > 1 else [{"cells": [], **field} for field in cells]
    return rows


def _is_a_cell(field: Node) -> bool:
    return bool(not field["blocks"] and not field["state"] and field["brief"] and _FIGURE.match(field["value"]))


def _clause(clause: Content, parties: Mapping[str, Node], kind: str) -> Node:
    debtor = clause.get("debtor")
    return {
        "label": plain(clause.get("label", "")),
        "code": plain(clause.get("code", "")),
        "blocks": blocks(clause.get("text") or ""),
        "value": plain(clause.get("value_text") or ""),
        "brief": 0 < len(clause.get("value_text") or "") <= SHORT_VALUE,
        "long": len(clause.get("text") or "") > LONG_TEXT,
        "state": _state(clause) if kind == "draft" else "",
        "agreed": kind == "draft" and clause.get("state") == ClauseState.AGREED,
        "debtor": parties[debtor] if debtor else None,
        "towards": [parties[letter] for letter in clause.get("concerned", ()) if letter != debtor],
    }


def _annexes(tables: Content, *, parties: Mapping[str, Node]) -> list[Node]:
    annexes = []
    if tables.get("indicators", {}).get("rows"):
        annexes.append(_indicator_annex(tables["indicators"]))
    if tables.get("finance", {}).get("groups"):
        annexes.append(_finance_annex(tables["finance"], parties=parties))
    return annexes


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


def _signatory(signatory: Content, *, parties: Mapping[str, Node]) -> Node:
    return {
        "party": parties[signatory["party"]],
        "role": plain(signatory.get("role", "")),
        "quality": plain(signatory.get("quality", "")),
    }


def _history_head(head: Content | None) -> str:
    return f"{plain(head['hash'])} (fait {head['seq']})" if head else ""
