"""The form of a negotiation to open: rows that grow, everything typed kept, every fault at its field in French."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.pages.opening_words import EMPTY, NOT_A_DATE, NOT_A_NUMBER, sentence_of_fault
from negotiation.errors import UnreadableText, WrongValue
from negotiation.rules.clause_text import readable_text
from negotiation.rules.opening import (
    MOST_MEMBERS,
    MOST_PARTIES,
    MOST_STRUCTURES,
    Opening,
    Seat,
    SeatedParty,
    Structure,
    faults_of,
    party_keys,
)
from negotiation.rules.seats import decides, first_rights
from negotiation.rules.trame import Trame
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import PartyKind, Right, ValueKind

Fields = Mapping[str, Sequence[str]]
"""What was typed, by name of field: as a browser sends it, as a preparation keeps it."""
KINDS = tuple(kind for kind in PartyKind if kind is not PartyKind.EVALUATOR)
"""An evaluator comes later, until a day."""
BOXES = (Right.REFERENT, Right.REDACTEUR, Right.VALIDEUR, Right.SIGNATAIRE)
LONGEST = {"title": 200, "reference": 60, "territory": 120, "name": 200, "short_name": 60, "job": 120, "line": 120}
EMPTY_MEMBERS, EMPTY_STRUCTURES = 1, 3
MOST_THEMES = 20
"""Objectives to start from, besides those of the template."""


@dataclass(frozen=True)
class MemberRow:
    id: str
    email: str = ""
    title: str = ""
    boxes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.email.strip() and not self.title.strip()


@dataclass(frozen=True)
class PartyRow:
    """`role`: what the template says that this party does here."""

    id: str
    kind: str
    name: str = ""
    short_name: str = ""
    members: tuple[MemberRow, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.name.strip() and not self.short_name.strip() and all(one.is_empty for one in self.members)


@dataclass(frozen=True)
class StructureRow:
    id: str
    name: str = ""
    category: str = ""
    finess: str = ""
    commune: str = ""
    places: str = ""
    funders: tuple[str, ...] = ()
    authorised_until: str = ""

    @property
    def is_empty(self) -> bool:
        return not any((self.name.strip(), self.finess.strip(), self.commune.strip(), self.places.strip()))


@dataclass(frozen=True)
class OpeningForm:
    """What stands in the form, as typed. `suggested`: the template whose parties were written in it."""

    trame: str = ""
    suggested: str = ""
    title: str = ""
    reference: str = ""
    territory: str = ""
    starts_on: str = ""
    years: str = ""
    extension_months: str = ""
    signature_on: str = ""
    mine: str = ""
    my_title: str = ""
    my_boxes: tuple[str, ...] = (str(Right.REFERENT), str(Right.REDACTEUR))
    parties: tuple[PartyRow, ...] = ()
    structures: tuple[StructureRow, ...] = ()
    follows: str = ""
    """Id of the negotiation of the contract before; empty when there is none."""
    themes: str = ""


_PLAIN = (
    "trame",
    "suggested",
    "title",
    "reference",
    "territory",
    "starts_on",
    "years",
    "extension_months",
    "signature_on",
    "mine",
    "my_title",
    "follows",
    "themes",
)


def read_form(fields: Fields) -> OpeningForm:
    """The rows that the browser sent, whatever is in them."""

    def one(name: str) -> str:
        return next(iter(fields.get(name, ())), "")

    def several(name: str) -> tuple[str, ...]:
        return tuple(fields.get(name, ()))

    def ids(name: str, most: int) -> list[str]:
        """Short numbers, each once, whatever was sent."""
        known = [row for row in several(name) if row.isascii() and row.isdigit() and len(row) < 6]
        return list(dict.fromkeys(known))[:most]

    def members(party: str) -> tuple[MemberRow, ...]:
        stems = [(row, f"p{party}m{row}") for row in ids(f"p{party}-member", MOST_MEMBERS)]
        return tuple(
            MemberRow(row, one(f"{stem}-email"), one(f"{stem}-title"), several(f"{stem}-right")) for row, stem in stems
        )

    parties = tuple(
        PartyRow(row, one(f"p{row}-kind"), one(f"p{row}-name"), one(f"p{row}-short"), members(row))
        for row in ids("party", MOST_PARTIES)
    )
    structures = tuple(
        StructureRow(
            row,
            name=one(f"s{row}-name"),
            category=one(f"s{row}-category"),
            finess=one(f"s{row}-finess"),
            commune=one(f"s{row}-commune"),
            places=one(f"s{row}-places"),
            funders=several(f"s{row}-funder"),
            authorised_until=one(f"s{row}-until"),
        )
        for row in ids("structure", MOST_STRUCTURES)
    )
    words = {name: one(name) for name in _PLAIN}
    return OpeningForm(**words, my_boxes=several("my_right"), parties=parties, structures=structures)


# ---------------------------------------------------------------------- rows that come and go


def suggest(form: OpeningForm, trame: Trame) -> OpeningForm:
    """The parties and the length of the template, unless somebody typed others."""
    if form.suggested == form.trame:
        return form
    touched = any(not party.is_empty for party in form.parties)
    parties = tuple(_party_row(party.kind, str(index)) for index, party in enumerate(trame.parties, start=1))
    mine = next((row.id for row in parties if row.kind == PartyKind.GESTIONNAIRE), "")
    return replace(
        form,
        suggested=form.trame,
        years=str(trame.duration_years),
        extension_months=str(trame.extension_months_max),
        parties=form.parties if touched else parties,
        mine=form.mine if touched else mine,
        structures=form.structures or tuple(StructureRow(str(index + 1)) for index in range(EMPTY_STRUCTURES)),
    )


def act_on_rows(form: OpeningForm, act: str, row: str) -> OpeningForm:
    """One row more or less; the form as it is for any other act."""
    match act:
        case "add-party":
            return replace(form, parties=(*form.parties, _party_row(PartyKind.PARTNER, _free_id(form.parties))))
        case "remove-party":
            return _without_party(form, row)
        case "add-structure":
            return replace(form, structures=(*form.structures, StructureRow(_free_id(form.structures))))
        case "remove-structure":
            return replace(form, structures=tuple(one for one in form.structures if one.id != row))
        case "add-member":
            return replace(form, parties=tuple(_with_member(party, row) for party in form.parties))
        case _:
            return form


def _with_member(party: PartyRow, row: str) -> PartyRow:
    if party.id != row:
        return party
    return replace(party, members=(*party.members, MemberRow(_free_id(party.members))))


def _without_party(form: OpeningForm, row: str) -> OpeningForm:
    """It finances nothing any more: another that takes its place would not either."""
    structures = tuple(
        replace(one, funders=tuple(funder for funder in one.funders if funder != row)) for one in form.structures
    )
    return replace(form, parties=tuple(one for one in form.parties if one.id != row), structures=structures)


def _party_row(kind: PartyKind, row: str) -> PartyRow:
    first = MemberRow("1", boxes=(str(Right.REFERENT), str(Right.REDACTEUR)))
    return PartyRow(row, str(kind), members=(first, *(MemberRow(str(index + 2)) for index in range(EMPTY_MEMBERS))))


def _free_id(rows: Sequence[PartyRow | MemberRow | StructureRow]) -> str:
    """The next number: a page drawn twice is the same."""
    return str(max((int(row.id) for row in rows), default=0) + 1)


# ---------------------------------------------------------------------- from words to values


@dataclass
class Reader:
    """Reads what was typed; `errors` has a sentence for each field that doesn't hold."""

    errors: dict[str, str] = field(default_factory=dict)

    def words(self, name: str, typed: str, *, longest: int, required: str = "required") -> str:
        try:
            text = " ".join(readable_text(typed).split())
        except UnreadableText:
            self.errors[name] = "Ce texte porte un caractère que personne ne peut lire."
            return ""
        if len(text) > longest:
            self.errors[name] = f"Ce texte est trop long : {longest} caractères au plus."
        if required and not text:
            self.errors[name] = EMPTY
        return text[:longest]

    def day(self, name: str, typed: str, *, required: str = "required") -> date | None:
        try:
            read = canonical_value(typed, ValueKind.DATE)
        except (WrongValue, UnreadableText):
            self.errors[name] = NOT_A_DATE
            return None
        if read is None and required:
            self.errors[name] = EMPTY
        return date.fromisoformat(read) if isinstance(read, str) else None

    def whole(self, name: str, typed: str, *, required: str = "required") -> int:
        text = typed.strip()
        if not text and not required:
            return 0
        if text.isascii() and text.isdigit() and len(text) < 7:
            return int(text)
        self.errors[name] = NOT_A_NUMBER if text else EMPTY
        return 0


def read_opening(form: OpeningForm, trame: Trame, *, email: str) -> tuple[Opening | None, dict[str, str]]:
    """What is to be opened, or why not, by name of field. `email` is that of whoever opens."""
    reader = Reader()
    rows = [party for party in form.parties if not party.is_empty or party.id == form.mine]
    kinds = [_kind(party.kind) for party in rows]
    mine = next((index for index, party in enumerate(rows) if party.id == form.mine), -1)
    starts_on, signature_on = reader.day("starts_on", form.starts_on), reader.day("signature_on", form.signature_on)
    keys = dict(zip((party.id for party in rows), party_keys(kinds), strict=True))
    written = [structure for structure in form.structures if not structure.is_empty]
    opening = Opening(
        trame=trame,
        title=reader.words("title", form.title, longest=LONGEST["title"]),
        reference=reader.words("reference", form.reference, longest=LONGEST["reference"], required=""),
        territory=reader.words("territory", form.territory, longest=LONGEST["territory"], required=""),
        starts_on=starts_on or date(2000, 1, 1),
        years=reader.whole("years", form.years),
        extension_months=reader.whole("extension_months", form.extension_months, required=""),
        signature_on=signature_on or date(2000, 1, 1),
        parties=tuple(_party(reader, party, kind) for party, kind in zip(rows, kinds, strict=True)),
        mine=mine,
        author=Seat(
            email,
            reader.words("my_title", form.my_title, longest=LONGEST["job"]),
            rights_of(kinds[mine] if mine >= 0 else PartyKind.GESTIONNAIRE, form.my_boxes),
        ),
        structures=tuple(read_structure(reader, f"s{row.id}-", row, keys=keys) for row in written),
        themes=_themes(reader, form.themes),
    )
    names = _names_of_places(form, rows, written)
    for found in faults_of(opening):
        reader.errors.setdefault(names(found.place), sentence_of_fault(found.fault))
    return (None, reader.errors) if reader.errors else (opening, {})


def _themes(reader: Reader, typed: str) -> tuple[str, ...]:
    """One a line, each once."""
    lines = [line for line in typed.splitlines() if line.strip()]
    if len(lines) > MOST_THEMES:
        reader.errors["themes"] = f"C’est trop : {MOST_THEMES} thèmes au plus."
    found = [reader.words("themes", line, longest=LONGEST["name"]) for line in lines[:MOST_THEMES]]
    return tuple(dict.fromkeys(found))


def read_structure(reader: Reader, stem: str, row: StructureRow, *, keys: Mapping[str, str]) -> Structure:
    """`stem` begins the names of its fields; `keys` of parties by what the form calls them."""
    return Structure(
        name=reader.words(f"{stem}name", row.name, longest=LONGEST["name"]),
        category=reader.words(f"{stem}category", row.category, longest=LONGEST["line"], required=""),
        finess="".join(row.finess.split()).upper(),
        commune=reader.words(f"{stem}commune", row.commune, longest=LONGEST["line"], required=""),
        places=reader.whole(f"{stem}places", row.places),
        funders=tuple(keys[funder] for funder in row.funders if funder in keys),
        authorised_until=reader.day(f"{stem}until", row.authorised_until, required=""),
    )


def rights_of(kind: PartyKind, boxes: Iterable[str]) -> tuple[Right, ...]:
    """The rights that the boxes say: who ticks none reads; in an associated party, the contact invites."""
    ticked = tuple(right for right in BOXES if right in boxes)
    if decides(kind):
        return ticked or (Right.LECTEUR,)
    first = first_rights(kind)
    return first if Right.REFERENT in ticked else tuple(right for right in first if right is not Right.ADMINISTRATEUR)


def _party(reader: Reader, row: PartyRow, kind: PartyKind) -> SeatedParty:
    stem = f"p{row.id}"
    name = reader.words(f"{stem}-name", row.name, longest=LONGEST["name"])
    short = reader.words(f"{stem}-short", row.short_name, longest=LONGEST["short_name"], required="")
    seats = tuple(
        Seat(
            "".join(member.email.split()).lower(),
            reader.words(f"{stem}m{member.id}-title", member.title, longest=LONGEST["job"]),
            rights_of(kind, member.boxes),
        )
        for member in row.members
        if not member.is_empty
    )
    return SeatedParty(kind, name, short or name[: LONGEST["short_name"]], seats)


def _kind(typed: str) -> PartyKind:
    return PartyKind(typed) if typed in KINDS else PartyKind.PARTNER


def _names_of_places(form: OpeningForm, rows: Sequence[PartyRow], structures: Sequence[StructureRow]) -> Any:
    """From the place of a fault to the name of the field that shows it."""
    named = {"years": "years", "parties": "parties", "structures": "structures"}
    for index, party in enumerate(rows):
        named[f"parties.{index}"] = f"p{party.id}-members"
        named[f"parties.{index}.short_name"] = f"p{party.id}-short"
        filled = [member for member in party.members if not member.is_empty]
        for rank, member in enumerate(filled):
            named[f"parties.{index}.seats.{rank}.email"] = f"p{party.id}m{member.id}-email"
    for index, structure in enumerate(structures):
        for inner, outer in (("finess", "finess"), ("places", "places"), ("funders", "funder")):
            named[f"structures.{index}.{inner}"] = f"s{structure.id}-{outer}"
    return lambda place: named.get(place, place)
