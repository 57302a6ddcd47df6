"""« Le dossier d’un engagement » as a PDF: how it moved, what was agreed, what was observed. Same content, same bytes.

A file to read, not a proof: a character that the fonts lack is shown as « ? » rather than refused, nothing is sealed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from negotiation.documents.pdf_print import as_printable, typeset
from negotiation.documents.plots import PlotParty
from negotiation.documents.print_words import Node, blocks, capitals, plain, shortened
from negotiation.rules.french_names import day_words
from negotiation.rules.redline_model import Op

TEMPLATE = "engagement.typ"
SHAPES = {"g": "square", "a": "circle", "d": "hexagon", "e": "triangle", "m": "pentagon", "t": "diamond"}
"""As on the page and in its plots, by sign of party."""
_MARKS = {Op.EQUAL: "", Op.INSERT: "ins", Op.DELETE: "del"}


@dataclass(frozen=True)
class PrintedStep:
    """`words`: Markdown of a first version; `marked`: (op, words) of one that is compared, line breaks in them; `said`:
    plain words of a question, an answer, a reserve. `inside`: its readers in words, empty when it is shared."""

    day: str
    hour: str
    party: str
    what: str
    author: str
    notes: tuple[str, ...] = ()
    compared: str = ""
    words: str = ""
    marked: tuple[tuple[Op, str], ...] = ()
    said: str = ""
    motive: str = ""
    became: str = ""
    inside: str = ""


@dataclass(frozen=True)
class PrintedTable:
    """`columns`: (heading, kind) with kind "", "right", or "party" where cells are ids of parties."""

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class EngagementFile:
    """The content of one file. `plot`: an SVG, or nothing; `dated`: the day of its last step; `agreed`: Markdown."""

    title: str
    code: str
    place: str
    negotiation: str
    reference: str
    state: str
    dated: date
    summary: str
    journey: str
    parties: tuple[PlotParty, ...]
    steps: tuple[PrintedStep, ...]
    tables: tuple[PrintedTable, ...] = ()
    plot: str = ""
    agreed: str = ""
    agreed_words: str = ""
    inside_of: str = ""
    """The party whose inside is in it, in words; empty when only shared steps are."""


def print_engagement(content: EngagementFile) -> bytes:
    """PDF/A-3a and PDF/UA-1. Raises PrintFailure."""
    tree = as_printable(_tree(content))
    return typeset({"tree": json.dumps(tree, ensure_ascii=False), "plot": content.plot}, TEMPLATE)


def _tree(content: EngagementFile) -> Node:
    parties = {party.id: _party(party) for party in content.parties}
    name = f"{content.code} · {content.title}" if content.code else content.title
    return {
        "overline": capitals("Dossier d’un engagement"),
        "title": plain(content.title),
        "code": plain(content.code),
        "place": plain(content.place),
        "negotiation": plain(content.negotiation),
        "reference": plain(content.reference),
        "state": plain(content.state),
        "date": [content.dated.year, content.dated.month, content.dated.day],
        "date_text": plain(day_words(content.dated)),
        "running": [shortened(name, most=80), shortened(content.reference, most=36)],
        "summary": plain(content.summary),
        "journey": plain(content.journey),
        "inside_of": plain(content.inside_of),
        "parties": list(parties.values()),
        "has_plot": bool(content.plot),
        "tables": [_table(table, parties) for table in content.tables],
        "agreed": blocks(content.agreed) if content.agreed else [],
        "agreed_words": plain(content.agreed_words),
        "steps": [_step(step, parties) for step in content.steps],
    }


def _party(party: PlotParty) -> Node:
    return {"letter": party.letter, "short_name": plain(party.name), "shape": SHAPES.get(party.sign, "outline")}


def _table(table: PrintedTable, parties: Mapping[str, Node]) -> Node:
    kinds = [kind for _, kind in table.columns]
    return {
        "title": plain(table.title),
        "note": plain(table.note),
        "heads": [plain(heading) for heading, _ in table.columns],
        "kinds": kinds,
        "rows": [[_cell(cell, kind, parties) for cell, kind in zip(row, kinds, strict=True)] for row in table.rows],
    }


def _cell(cell: str, kind: str, parties: Mapping[str, Node]) -> Node:
    if kind == "party" and cell in parties:
        return {"party": parties[cell]}
    return {"s": plain(cell)}


def _step(step: PrintedStep, parties: Mapping[str, Node]) -> Node:
    return {
        "day": plain(step.day),
        "hour": plain(step.hour),
        "party": parties[step.party],
        "what": plain(step.what),
        "author": plain(step.author),
        "notes": [plain(note) for note in step.notes],
        "compared": plain(step.compared),
        "blocks": blocks(step.words) if step.words else [],
        "lines": _lines(step.marked),
        "said": plain(step.said),
        "motive": plain(step.motive),
        "became": plain(step.became),
        "inside": plain(step.inside),
    }


def _lines(marked: Iterable[tuple[Op, str]]) -> Sequence[list[Node]]:
    """The runs of each line."""
    lines: list[list[Node]] = [[]]
    for op, words in marked:
        first, *others = words.split("\n")
        lines[-1].append({"s": first, "mark": _MARKS[op]})
        lines.extend([{"s": other, "mark": _MARKS[op]}] for other in others)
    kept = [[run for run in line if run["s"]] for line in lines]
    return [line for line in kept if line]
