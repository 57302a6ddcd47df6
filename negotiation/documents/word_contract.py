"""A contract, or one part of it, as a Word file: clean, or with what each party proposes as changes that Word tracks.

Each clause stands between bookmarks that name it (`nv_` and its id): so that a file that comes back is read clause by
clause, whatever was moved or retitled around.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from negotiation.documents.word_body import Content, FieldRow, Fields, Note, Passage, Remark, Words
from negotiation.documents.word_file import WordFile, docx_bytes
from negotiation.documents.word_lines import Cell, Hand, Piece, Step, lines_of, tracked
from negotiation.documents.word_odt import odt_bytes
from negotiation.rules.anchoring import Anchor, Found, locate, plain_text

BOOKMARK, VALUE_BOOKMARK = "nv_", "nvv_"
EXPORT_PROPERTY = "NavetteExport"
_DEEPEST = 4
"""Headings of the plan; the title of a clause comes below them."""


@dataclass(frozen=True)
class Thread:
    """Comments on a clause; `anchor` None = the whole of it, else words of the Markdown text `made_on`."""

    remarks: tuple[Remark, ...]
    anchor: Anchor | None = None
    made_on: str = ""


@dataclass(frozen=True)
class WordClause:
    """`base` with `steps` gives what stands; `values` likewise, each as it is shown, the first one without a hand.

    `has_text`: whether its text is written in the file, be it empty; a bare value has none. `said`: who owes what to
    whom, and where it stands. `draft` and `drafted_value`: what its reader's party makes of its text and of its value
    inside, beyond what stands.
    """

    id: str
    title: str
    said: str
    base: str
    steps: tuple[Step, ...]
    values: tuple[Step, ...]
    threads: tuple[Thread, ...] = ()
    has_text: bool = True
    draft: Step | None = None
    drafted_value: Step | None = None

    @property
    def text(self) -> str:
        return self.steps[-1].text if self.steps else self.base

    @property
    def printed(self) -> str:
        return self.draft.text if self.draft else self.text


@dataclass(frozen=True)
class WordPart:
    """`depth` from 1."""

    title: str
    code: str
    depth: int
    clauses: tuple[WordClause, ...]


@dataclass(frozen=True)
class WordContract:
    """What one reader's file holds. `preface`: lines under the title; `notice` heads each page; `ending`: what comes
    after the last clause, that no clause owns."""

    title: str
    preface: tuple[str, ...]
    parts: tuple[WordPart, ...]
    made_at: datetime
    footer: str
    notice: str = ""
    is_tracked: bool = False
    is_tracking: bool = False
    ending: tuple[Content, ...] = ()


def texts_of(contract: WordContract) -> dict[str, dict[str, str]]:
    """By clause id, what the file reads with every change rejected (`agreed`) and accepted (`proposed`), a draft's left
    out: on the way back it is a change like any other."""
    clauses = (clause for part in contract.parts for clause in part.clauses if clause.has_text)
    if contract.is_tracked:
        return {clause.id: {"agreed": clause.base, "proposed": clause.text} for clause in clauses}
    return {clause.id: {"agreed": clause.text, "proposed": clause.text} for clause in clauses}


def values_of(contract: WordContract) -> dict[str, str]:
    """By clause id, the value as the file shows it with every change accepted; "" for none."""
    clauses = (clause for part in contract.parts for clause in part.clauses)
    return {clause.id: clause.values[-1].text if clause.values else "" for clause in clauses}


def print_word(contract: WordContract, *, export_id: str) -> bytes:
    """As .docx. Raises UnreadableText where a text of the contract can't be read."""
    return docx_bytes(_file(contract, export_id))


def print_odt(contract: WordContract, *, export_id: str) -> bytes:
    """As .odt. Raises ConversionFailed, and UnreadableText like above."""
    return odt_bytes(_file(contract, export_id))


def _file(contract: WordContract, export_id: str) -> WordFile:
    return WordFile(
        title=contract.title,
        contents=tuple(_contents(contract)),
        made_at=contract.made_at,
        footer=contract.footer,
        notice=contract.notice,
        properties={EXPORT_PROPERTY: export_id},
        is_tracking=contract.is_tracking,
    )


def bookmark_of(clause_id: str, prefix: str = BOOKMARK) -> str:
    return prefix + clause_id.replace("-", "")


def _contents(contract: WordContract) -> Iterator[Content]:
    yield Words("Titre", contract.title)
    yield from (Words("Soustitre", line) for line in contract.preface if line)
    for part in contract.parts:
        yield Words(f"Titre{min(part.depth, _DEEPEST)}", part.title)
        for has_text, clauses in groupby(part.clauses, key=lambda clause: clause.has_text):
            if has_text:
                for clause in clauses:
                    yield from _clause(clause, contract)
            else:
                yield Fields(tuple(_field(clause, contract) for clause in clauses))
    yield from contract.ending


def _clause(clause: WordClause, contract: WordContract) -> Iterator[Content]:
    """Comments on its words stand on them; the others on its title."""
    notes = [_note(thread, clause.printed) for thread in clause.threads]
    yield Words("Titre5", clause.title, tuple(note for note in notes if note.start is None))
    if clause.said:
        yield Words("Repere", clause.said)
    if clause.drafted_value or any(value.text for value in clause.values):
        yield FieldRow("Valeur", _values(clause, contract), bookmark_of(clause.id, VALUE_BOOKMARK))
    steps = (*clause.steps, clause.draft) if clause.draft else clause.steps
    lines = tracked(clause.base, steps) if contract.is_tracked else lines_of(clause.text)
    yield Passage(lines, bookmark_of(clause.id), tuple(note for note in notes if note.start is not None))


def _field(clause: WordClause, contract: WordContract) -> FieldRow:
    notes = tuple(replace(_note(thread, clause.text), start=None, end=None) for thread in clause.threads)
    return FieldRow(clause.title, _values(clause, contract), bookmark_of(clause.id, VALUE_BOOKMARK), notes)


def _values(clause: WordClause, contract: WordContract) -> Cell:
    """Each position in turn; of those between, the last one only, as in a text."""
    if not contract.is_tracked:
        return (Piece(clause.values[-1].text),) if clause.values and clause.values[-1].text else ()
    first, *steps = (*clause.values, clause.drafted_value) if clause.drafted_value else clause.values
    found, standing = [], Piece(first.text)
    for place, step in enumerate(steps):
        if step.text == standing.text:
            continue
        is_last = place == len(steps) - 1
        if standing.inserted is None or (is_last and standing.inserted.author != step.hand.author):
            found.append(replace(standing, deleted=step.hand))
        standing = Piece(step.text, inserted=step.hand)
    return tuple(piece for piece in (*found, standing) if piece.text)


def _note(thread: Thread, text: str) -> Note:
    """On the words it was made on, where they are still there."""
    if thread.anchor is None:
        return Note(thread.remarks)
    found = locate(thread.anchor, plain_text(thread.made_on), plain_text(text))
    if isinstance(found, Found):
        return Note(thread.remarks, found.start, found.end)
    first, *answers = thread.remarks
    quoted = f"Sur « {thread.anchor.quote} », passage supprimé depuis :\n{first.text}"
    return Note((replace(first, text=quoted), *answers))


def hand_of(party: str, member: str, at: datetime | None) -> Hand:
    """« Partie – Fonction », as Word's margin shows it."""
    return Hand(" – ".join(name for name in (party, member) if name), at)
