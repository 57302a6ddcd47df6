"""A redline as nodes of the printed tree: the blocks of `print_words`, each run said to be added or taken out.

Like the redline on screen it shows words, not Markdown's signs; a letter after a run says who added it, colour never
alone.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from negotiation.documents.print_words import Node, plain
from negotiation.rules.redline import redline
from negotiation.rules.redline_html import cells_of
from negotiation.rules.redline_model import LIST_KINDS, TABLE_KINDS, Change, Op, RedlineBlock, Run, UnitKind
from negotiation.rules.redline_notices import REFORMATTED, without_signs

_MARKS = {Op.EQUAL: "", Op.INSERT: "ins", Op.DELETE: "del"}
_WHOLE = {Change.INSERTED: "ajouté sans texte", Change.DELETED: "supprimé, sans texte"}
_SMALLEST_HEADING = 4


def marked_blocks(before: str, after: str) -> list[Node]:
    """What `after` changed in `before`, both Markdown. A run has "op": "", "ins", "del", or "note" for what was changed
    without a word."""
    nodes: list[Node] = []
    for kind, together in groupby(redline(before, after).blocks, key=_group):
        blocks = list(together)
        match kind:
            case "list":
                nodes += _lists(blocks)
            case "table":
                nodes.append(_table(blocks))
            case "quote":
                nodes.append({"t": "quote", "blocks": [node for block in blocks for node in _flow(block)]})
            case _:
                nodes += [node for block in blocks for node in _flow(block)]
    return nodes


def marked_line(before: str, after: str) -> list[Node]:
    """Two short values side by side, as runs: nothing between them is shared."""
    if before == after:
        return [_run("", after)] if after else []
    return _apart([_run(op, words) for op, words in (("del", before), ("ins", after)) if words])


def _group(block: RedlineBlock) -> str:
    kind = block.shown.kind
    if kind in TABLE_KINDS:
        return "table"
    if kind in LIST_KINDS:
        return "list"
    return "quote" if ">" in block.shown.prefix else "flow"


def _flow(block: RedlineBlock) -> Iterator[Node]:
    unit, runs = block.shown, _runs(block)
    match unit.kind:
        case UnitKind.RULE:
            yield {"t": "rule"}
        case UnitKind.HEADING:
            level = min(unit.prefix.count("#"), _SMALLEST_HEADING)
            yield {"t": "heading", "level": max(1, level), "runs": runs}
            return
        case UnitKind.START if not runs:
            return
    if runs:
        yield {"t": "paragraph", "runs": runs}


def _lists(blocks: Sequence[RedlineBlock]) -> list[Node]:
    """Items nested by their indentation, whichever text they come from; a numbered one keeps its own number."""
    roots: list[Node] = []
    opened: list[tuple[int, Node]] = []
    for block in blocks:
        prefix = block.shown.prefix.expandtabs()
        depth = len(prefix) - len(prefix.lstrip())
        kind = "bullets" if block.shown.kind is UnitKind.BULLET else "numbers"
        while opened and (opened[-1][0] > depth or (opened[-1][0] == depth and opened[-1][1]["t"] != kind)):
            opened.pop()
        if not opened or opened[-1][0] < depth:
            made: Node = {"t": kind, "items": [], "values": []}
            (opened[-1][1]["items"][-1] if opened else roots).append(made)
            opened.append((depth, made))
        here = opened[-1][1]
        here["items"].append([{"t": "paragraph", "runs": _runs(block)}])
        here["values"].append(int(prefix.split()[-1].strip(".)>")) if kind == "numbers" else 0)
    return roots


def _table(blocks: Sequence[RedlineBlock]) -> Node:
    rows = [[_words(cell) for cell in cells_of(block.runs)] for block in blocks]
    for row, block in zip(rows, blocks, strict=True):
        row[-1:] = [[*(row[-1] if row else []), *_notes(block)]]
    width = max(len(row) for row in rows)
    return {"t": "table", "rows": [[*row, *([[]] * (width - len(row)))] for row in rows]}


def _runs(block: RedlineBlock) -> list[Node]:
    return _words(block.runs) + _notes(block)


def _words(runs: Sequence[Run]) -> list[Node]:
    """The words, and the notes on what changed without a word; two spellings of the same words are shown once."""
    found: list[Node] = []
    notes: dict[str, None] = {}
    for run in runs:
        op, shown = _MARKS[run.op], without_signs(run.text)
        if run.op is not Op.EQUAL and run.notice.startswith(REFORMATTED):
            notes[run.notice] = None
            if run.op is Op.DELETE:
                continue
            op = ""
        elif run.notice:
            notes[run.notice] = None
        for number, line in enumerate(shown.split("\n")):
            if number:
                found.append({"br": True})
            if line:
                found.append(_run(op, line))
    return _apart(found) + [_run("note", note) for note in notes]


def _apart(runs: Sequence[Node]) -> list[Node]:
    """A space, of neither text, between what was taken out and what came in its place: `apart`."""
    found: list[Node] = []
    for run in runs:
        if found and run.get("op") == "ins" and found[-1].get("op") == "del" and not found[-1]["s"].endswith(" "):
            found.append(_run("", " ") | {"apart": True})
        found.append(run)
    return found


def _notes(block: RedlineBlock) -> list[Node]:
    notes = list(block.notices)
    if block.change in _WHOLE and not any(without_signs(run.text).strip(" \n|") for run in block.runs):
        notes.append(_WHOLE[block.change])
    return [_run("note", note) for note in notes]


def _run(op: str, words: str) -> Node:
    return {"s": plain(words), "marks": [], "href": None, "op": op}
