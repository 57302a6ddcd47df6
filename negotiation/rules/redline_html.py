"""A redline as HTML: structure kept, Markdown's signs never shown, each addition and deletion said in words.

Rules: mockups, « Redlines » (letter after each addition and outside it, hidden words around each run); product R18.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from negotiation.rules.redline_model import (
    LIST_KINDS,
    TABLE_KINDS,
    Change,
    Op,
    Redline,
    RedlineBlock,
    Run,
    UnitKind,
    ValueChange,
)
from negotiation.rules.redline_notices import REFORMATTED, without_signs
from negotiation.rules.redline_units import cells

_LAST_HEADING = 6
_CLASSES = {Change.INSERTED: "unit-added", Change.DELETED: "unit-deleted"}


@dataclass(frozen=True, slots=True)
class PartySign:
    """How a party signs its marks: letter, key of its colour and line (`data-party`), « l’ARS »."""

    letter: str
    key: str
    name_with_article: str


def to_html(
    redline: Redline,
    inserted_by: PartySign | None = None,
    deleted_by: PartySign | None = None,
    *,
    first_heading: int = 3,
) -> str:
    """Safe HTML of a redline. `deleted_by` is the same party unless said; None shows marks that nobody signs."""
    writer = _Writer(inserted_by, deleted_by or inserted_by, first_heading)
    return writer.value(redline.value) + writer.blocks(redline.blocks)


def cells_of(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """The runs of a row, cell by cell; what stands outside the first and last edge is left out when empty."""
    row: list[list[Run]] = [[]]
    for run in runs:
        for number, piece in enumerate(cells(run.text)):
            if number:
                row.append([])
            if piece:
                row[-1].append(Run(run.op, piece.strip(" ") or piece, run.notice))
    for number, cell in enumerate(row):
        outside = number in (0, len(row) - 1) and all(run.op is Op.EQUAL and run.text.isspace() for run in cell)
        if not outside:
            yield cell


def _group(block: RedlineBlock) -> str:
    kind = block.shown.kind
    if kind in TABLE_KINDS:
        return "table"
    if kind in LIST_KINDS:
        return "list"
    return "quote" if ">" in block.shown.prefix else "flow"


class _Writer:
    def __init__(self, inserted_by: PartySign | None, deleted_by: PartySign | None, first_heading: int) -> None:
        self._inserted_by = inserted_by
        self._deleted_by = deleted_by
        self._first_heading = first_heading

    def blocks(self, blocks: Iterable[RedlineBlock]) -> str:
        return "".join(self._members(group, list(members)) for group, members in groupby(blocks, key=_group))

    def _members(self, group: str, blocks: Sequence[RedlineBlock]) -> str:
        match group:
            case "list":
                return self._list(blocks)
            case "table":
                return f"<table>{''.join(self._row(block) for block in blocks)}</table>"
            case "quote":
                return f"<blockquote>{''.join(self._block(block) for block in blocks)}</blockquote>"
            case _:
                return "".join(self._block(block) for block in blocks)

    def _list(self, blocks: Sequence[RedlineBlock]) -> str:
        """Items nested by their indentation, whichever text they come from."""
        html = ""
        opened: list[tuple[int, str]] = []
        for block in blocks:
            prefix = block.shown.prefix.expandtabs()
            place = (len(prefix) - len(prefix.lstrip()), "ul" if block.shown.kind is UnitKind.BULLET else "ol")
            while opened and (opened[-1][0] > place[0] or (opened[-1][0] == place[0] and opened[-1] != place)):
                html += f"</li></{opened.pop()[1]}>"
            if opened and opened[-1] == place:
                html += "</li>"
            else:
                opened.append(place)
                html += f"<{place[1]}>"
            html += self._block(block).removesuffix("</li>")
        return html + "".join(f"</li></{tag}>" for _, tag in reversed(opened))

    def value(self, change: ValueChange | None) -> str:
        if change is None:
            return ""
        runs = [Run(Op.DELETE, change.before or ""), Run(Op.INSERT, change.after or "")]
        marked = " ".join(self._mark(run, run.text) for run in runs if run.text)
        return f'<p class="value-change">{marked or self._note("valeur modifiée")}</p>'

    def _block(self, block: RedlineBlock) -> str:
        unit = block.shown
        words, notes = self._runs(block.runs)
        notes += self._notes(block)
        match unit.kind:
            case UnitKind.START:
                return f"<p>{notes}</p>" if notes else ""
            case UnitKind.RULE:
                return f"<hr><p>{notes}</p>" if notes else "<hr>"
            case UnitKind.HEADING:
                tag = f"h{min(self._first_heading + unit.prefix.count('#') - 1, _LAST_HEADING)}"
            case UnitKind.BULLET | UnitKind.NUMBERED:
                tag = "li"
            case _:
                tag = "p"
        return f"<{tag}{self._attributes(block)}>{words}{notes}</{tag}>"

    def _row(self, block: RedlineBlock) -> str:
        tag, scope = ("th", ' scope="col"') if block.shown.kind is UnitKind.TABLE_HEADER else ("td", "")
        row = [self._runs(runs) for runs in cells_of(block.runs)]
        notes = "".join(note for _, note in row) + self._notes(block)
        last = len(row) - 1
        inside = "".join(
            f"<{tag}{scope}>{words}{notes if number == last else ''}</{tag}>" for number, (words, _) in enumerate(row)
        )
        return f"<tr{self._attributes(block)}>{inside or f'<{tag}>{notes}</{tag}>'}</tr>"

    def _attributes(self, block: RedlineBlock) -> str:
        unit = block.shown
        attributes = ""
        if block.change in _CLASSES:
            signed = self._inserted_by if block.change is Change.INSERTED else self._deleted_by
            attributes += f' class="{_CLASSES[block.change]}"' + _party(signed)
        if unit.kind is UnitKind.NUMBERED:
            attributes += f' value="{int(unit.prefix.split()[-1].strip(".)>"))}"'
        return attributes

    def _runs(self, runs: Sequence[Run]) -> tuple[str, str]:
        """The words, and the notes on what changed without a word."""
        html: list[str] = []
        notes: dict[str, None] = {}
        position = 0
        while position < len(runs):
            run = runs[position]
            shown = without_signs(run.text)
            if run.op is Op.EQUAL:
                html.append(_text(shown))
            elif run.notice.startswith(REFORMATTED):
                notes[run.notice] = None
                # Both spellings of the same words: they are shown once.
                if run.op is Op.INSERT:
                    html.append(_text(shown))
            else:
                html.append(self._mark(run, shown, self._alone(runs, position)))
            position += 1
        return "".join(html), "".join(self._note(note) for note in notes)

    def _alone(self, runs: Sequence[Run], position: int) -> str:
        """A deletion without an addition beside it gets its letter too; with one, a space stands between them."""
        if runs[position].op is Op.INSERT:
            return _letter(self._inserted_by)
        following = runs[position + 1] if position + 1 < len(runs) else None
        return " " if following and following.op is Op.INSERT else _letter(self._deleted_by)

    def _mark(self, run: Run, shown: str, end: str | None = None) -> str:
        inserted = run.op is Op.INSERT
        signed = self._inserted_by if inserted else self._deleted_by
        tag, opening, closing = (
            ("ins", "ajout", ", fin d’ajout ") if inserted else ("del", "suppression", ", fin de suppression ")
        )
        if signed:
            agreed = "proposé" if inserted else "proposée"
            opening += f" {agreed} par {escape(signed.name_with_article)}"
        notice = f'<span class="mark-space">{escape(run.notice)}</span>' if run.notice else ""
        after = (_letter(signed) if inserted else "") if end is None else end
        # A space at the end stands after the letter, which belongs to the last word.
        words = shown.rstrip(" ") or shown
        return (
            f'<{tag}{_party(signed)}><span class="vh">{opening} : </span>{_text(words)}{notice}'
            f'<span class="vh">{closing}</span></{tag}>{after}{shown[len(words) :]}'
        )

    def _notes(self, block: RedlineBlock) -> str:
        notes = list(block.notices)
        wordless = not any(without_signs(run.text).strip(" \n|") for run in block.runs)
        if block.change in _CLASSES and (wordless or block.shown.kind is UnitKind.RULE):
            notes.append("ajouté sans texte" if block.change is Change.INSERTED else "supprimé, sans texte")
        elif block.shown.kind is UnitKind.RULE and block.before and block.before.body != block.shown.body:
            notes.append("filet écrit autrement")
        return "".join(self._note(note) for note in notes)

    def _note(self, words: str) -> str:
        signed = f" ({escape(self._inserted_by.name_with_article)})" if self._inserted_by else ""
        return f'<span class="unit-note">{escape(words)}{signed}</span>'


def _party(signed: PartySign | None) -> str:
    return f' data-party="{escape(signed.key)}"' if signed else ""


def _letter(signed: PartySign | None) -> str:
    return f'<b class="by"{_party(signed)} aria-hidden="true">{escape(signed.letter)}</b>' if signed else ""


def _text(shown: str) -> str:
    return escape(shown).replace("\n", "<br>")
