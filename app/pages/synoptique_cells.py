"""The cells of the synoptique: the same on the page, on paper and in the spreadsheet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markupsafe import Markup

from app.pages.clause_view import sign_of
from app.pages.frame import Frame
from app.pages.presentation import and_fr, date_fr, markdown, near, of_party, the_party, typo
from negotiation.documents.spreadsheet import CellText, Mark
from negotiation.rules import redline
from negotiation.rules.french_display import value_text
from negotiation.rules.redline_model import Op
from negotiation.rules.vocabulary import ClauseKind, ClauseState, ReserveState
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.exchanges import VersionView
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.positions import ClausePositions, PartyPosition, Stance, Words

STATES = {
    ClauseState.TO_WRITE: "À écrire",
    ClauseState.PROPOSED: "Proposée",
    ClauseState.COUNTERED: "Contre-proposée",
    ClauseState.PARTIALLY_AGREED: "Accord partiel",
    ClauseState.AGREED: "Accord",
    ClauseState.REOPENED: "Rouverte",
    ClauseState.WITHDRAWN: "Retirée",
}
"""For the spreadsheet; the page has the signs beside the words."""


@dataclass(frozen=True)
class Cell:
    """`meta` names the text, `html` is the text with its marks, `notes` are what the tool says under it."""

    meta: str = ""
    author: PartyView | None = None
    html: Markup = field(default=Markup())
    notes: tuple[Markup, ...] = ()
    is_agreed: bool = False


@dataclass(frozen=True)
class Row:
    """One clause across the columns. `parties`: by party id, in the order of the table."""

    card: ClauseCard
    holders: tuple[PartyView, ...]
    base: Cell
    parties: dict[str, Cell]
    common: Cell

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.base, *self.parties.values(), self.common


def row_of(frame: Frame, found: ClausePositions) -> Row:
    return Row(
        card=found.card,
        holders=frame.holders(found.card),
        base=_base_cell(frame, found),
        parties={
            party_id: _party_cell(frame, found, position, frame.parties[party_id])
            for party_id, position in found.parties.items()
        },
        common=_common_cell(frame, found),
    )


def text_of(cell: Cell) -> CellText:
    """The cell as plain words with their marks, line by line as the page shows it."""
    lines: list[CellText] = [(Mark(Op.EQUAL, cell.meta),)] if cell.meta else []
    if words := marks_of(cell.html):
        lines.append(words)
    lines += [marks_of(note) for note in cell.notes]
    return tuple(_joined(lines))


def _base_cell(frame: Frame, found: ClausePositions) -> Cell:
    base = found.base
    if base.is_empty:
        return Cell(notes=(_said("Rien n’était écrit."),))
    if base.version:
        author = frame.parties.get(base.version.author_id or "")
        return Cell(_named(frame, base.version), author, _plain(frame, found.card, base))
    return Cell("Texte de travail", html=_plain(frame, found.card, base))


def _party_cell(frame: Frame, found: ClausePositions, position: PartyPosition, party: PartyView) -> Cell:
    if position.stance is Stance.NOT_CONCERNED:
        what = "cet engagement" if found.card.kind is ClauseKind.ENGAGEMENT else "cette clause"
        return Cell(notes=(_said(f"N’est pas partie à {what}."),))
    notes = (*_stance_notes(frame, found, position), *_reserve_notes(position))
    if position.version is None:
        return Cell(notes=notes)
    if found.base.version == position.version:
        return Cell(notes=(_said("Sa dernière version est le texte de départ."), *notes))
    return Cell(_named(frame, position.version), html=_marked(frame, found, position.version, party=party), notes=notes)


def _stance_notes(frame: Frame, found: ClausePositions, position: PartyPosition) -> Iterator[Markup]:
    number = found.current.number if found.current else None
    match position.stance:
        case Stance.SILENT:
            yield _said("N’a pas encore pris position.")
        case Stance.ACCEPTED if position.answered == number:
            yield _said(f"Accord avec la version {position.answered}{_day(frame, position)}.")
        case Stance.ACCEPTED:
            yield _said(f"Avait accepté la version {position.answered}, remplacée depuis.")
        case Stance.REJECTED:
            yield _said(f"Refus de la version {position.answered}{_day(frame, position)}.")
    if position.said:
        yield _said(f"« {position.said} »")


def _reserve_notes(position: PartyPosition) -> tuple[Markup, ...]:
    kept = {ReserveState.MAINTAINED: "Réserve maintenue au contrat"}
    return tuple(_said(f"{kept.get(each.state, 'Réserve')} : {each.text}") for each in position.reserves)


def _common_cell(frame: Frame, found: ClausePositions) -> Cell:
    if found.agreed is not None:
        return Cell("Texte commun", html=_plain(frame, found.card, found.agreed), is_agreed=True)
    if found.card.state is ClauseState.WITHDRAWN:
        return Cell(notes=(_said("Retirée."),))
    notes = [_said("Pas encore commun.")]
    behind = frame.in_order(found.accepted_by)
    if found.current and behind:
        names = and_fr(the_party(party.short_name) for party in behind)
        notes.append(_said(Markup("Version {} portée par {}.").format(found.current.number, names)))
    elif found.current:
        notes.append(_said(f"Version {found.current.number} de la table commune, que personne n’a encore acceptée."))
    else:
        notes.append(_said("Aucun texte n’est sur la table."))
    return Cell(notes=tuple(notes))


def _named(frame: Frame, version: VersionView) -> str:
    """« Version 2 d’Orlinde, 22 juin »"""
    author = frame.parties.get(version.author_id or "")
    whose = of_party(author.short_name) if author else "de la table commune"
    day = date_fr(version.tabled_at, near(version.tabled_at, frame.today))
    return _words(Markup("Version {} {}, {}").format(version.number, whose, day))


def _day(frame: Frame, position: PartyPosition) -> str:
    return f", {_words(date_fr(position.at, near(position.at, frame.today)))}" if position.at else ""


def _said(words: str) -> Markup:
    return typo(words)


def _plain(frame: Frame, card: ClauseCard, words: Words) -> Markup:
    value = _value(frame, card, words.value)
    shown = Markup('<p class="value"><b>{}</b></p>').format(value) if value else Markup()
    return shown + markdown(words.text)


def _marked(frame: Frame, found: ClausePositions, version: VersionView, *, party: PartyView) -> Markup:
    """Against the text of departure; plain where there was none."""
    base = found.base
    if base.is_empty:
        return _plain(frame, found.card, Words(version.text, version.value))
    before, after = (_value(frame, found.card, each) for each in (base.value, version.value))
    marks = redline.redline(base.text, version.text, before, after)
    kept = Markup('<p class="value"><b>{}</b></p>').format(after) if after and before == after else Markup()
    return kept + Markup(redline.to_html(marks, inserted_by=sign_of(party)))  # escaped by to_html


def _value(frame: Frame, card: ClauseCard, value: object) -> str:
    if card.attributes.get("names") and value is not None:
        named = [frame.name_of(str(each)) for each in (value if isinstance(value, list) else [value])]
        return ", ".join(named)
    return value_text(value, card.unit, card.value_kind)


def _words(html: object) -> str:
    """The words of a short piece of HTML: a date whose ordinal is raised is « 1er » in plain text."""
    return Markup(str(html)).striptags()


class _Marks(HTMLParser):
    """What the eye reads in a cell: hidden words and letters left out, one line a paragraph, item or row."""

    LINES = frozenset(
        {"p", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr", "blockquote", "ul", "ol", "table"}
    )
    CELLS = frozenset({"td", "th"})
    EMPTY = frozenset({"br", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[Mark] = []
        self._op = Op.EQUAL
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._hidden or given.get("class") == "vh" or given.get("aria-hidden") == "true":
            self._hidden += [tag] if tag not in self.EMPTY else []
            return
        if tag in ("ins", "del"):
            self._op = Op.INSERT if tag == "ins" else Op.DELETE
        if tag in self.LINES:
            self._add("\n")
        if tag in self.CELLS:
            self._add(" ")
        if tag == "li":
            self.marks.append(Mark(Op.EQUAL, "• "))

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            self._hidden.pop()
        elif tag in ("ins", "del"):
            self._op = Op.EQUAL
        elif tag in self.LINES:
            self._add("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip("\n"):
            self.marks.append(Mark(self._op, data))

    def _add(self, space: str) -> None:
        if self.marks and not self.marks[-1].text.endswith("\n"):
            self.marks.append(Mark(Op.EQUAL, space))


def marks_of(html: Markup) -> CellText:
    """What a page shows with its marks, as plain words and what became of each."""
    reader = _Marks()
    reader.feed(str(html))
    reader.close()
    marks = reader.marks
    while marks and not marks[-1].text.strip():
        marks.pop()
    return tuple(marks)


def _joined(lines: list[CellText]) -> Iterator[Mark]:
    for number, line in enumerate(lines):
        if number:
            yield Mark(Op.EQUAL, "\n")
        yield from line
