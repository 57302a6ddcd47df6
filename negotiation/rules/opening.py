"""A negotiation to open: what its author decides, and what is wrong with it.

Whoever opens a table opens it for every party alike: no rule here looks at which side he sits on.
"""

import calendar
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from negotiation.rules.trame_model import Milestone, Trame
from negotiation.rules.trame_reading import LONGEST_MONTHS, LONGEST_YEARS
from negotiation.rules.vocabulary import ROLES_OF_RIGHT, SIDE_OF_KIND, PartyKind, Right, Role, Side

LONGEST_EXTENSION = 12
"""Months: « ≤ 5 years, a sixth possible by extension » (domain reference section 1)."""
MOST_PARTIES, MOST_MEMBERS, MOST_STRUCTURES = 12, 40, 300
"""A party's members; a party alike has a numbered letter (A1, A2)."""
LETTERS = {
    PartyKind.GESTIONNAIRE: "G",
    PartyKind.REGIONAL_HEALTH_AGENCY: "A",
    PartyKind.DEPARTMENT: "D",
    PartyKind.METROPOLIS: "D",
    PartyKind.STATE: "E",
    PartyKind.PARTNER: "P",
}
KEYS = {
    PartyKind.GESTIONNAIRE: "og",
    PartyKind.REGIONAL_HEALTH_AGENCY: "ars",
    PartyKind.DEPARTMENT: "cd",
    PartyKind.METROPOLIS: "metropole",
    PartyKind.STATE: "etat",
    PartyKind.OTHER_ATC: "atc",
    PartyKind.PARTNER: "partenaire",
    PartyKind.FACILITATOR: "tiers",
    PartyKind.EVALUATOR: "evaluateur",
}
"""What the rows call a party, numbered when several are alike."""
_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+\.[^@\s.<>,;:\"()\[\]\\]{2,}")
LONGEST_EMAIL = 254


class Fault(StrEnum):
    """What is wrong, by name; the words stand with the form."""

    TOO_LONG_CONTRACT = "too_long_contract"
    """V01, domain reference section 6."""
    TOO_LONG_EXTENSION = "too_long_extension"
    NO_DURATION = "no_duration"
    OUT_OF_CALENDAR = "out_of_calendar"
    SIGNATURE_AFTER_END = "signature_after_end"
    ONE_GESTIONNAIRE = "one_gestionnaire"
    NO_AUTHORITY = "no_authority"
    NO_OWN_PARTY = "no_own_party"
    OWN_PARTY_ASSOCIATE = "own_party_associate"
    TOO_MANY = "too_many"
    SAME_NAME = "same_name"
    WRONG_EMAIL = "wrong_email"
    SAME_EMAIL = "same_email"
    """Dual membership: nobody works for both sides (trust T20)."""
    NO_ADMINISTRATOR = "no_administrator"
    WRONG_FINESS = "wrong_finess"
    SAME_FINESS = "same_finess"
    NO_PLACES = "no_places"
    NOT_A_FUNDER = "not_a_funder"


@dataclass(frozen=True)
class Seat:
    """A member to invite. `title` is the job."""

    email: str
    title: str
    rights: tuple[Right, ...]

    @property
    def administers(self) -> bool:
        return any(Role.PARTY_ADMINISTRATOR in ROLES_OF_RIGHT[right] for right in self.rights)


@dataclass(frozen=True)
class SeatedParty:
    """A party of the table to be, with those whom it sends."""

    kind: PartyKind
    name: str
    short_name: str
    seats: tuple[Seat, ...] = ()

    @property
    def side(self) -> Side:
        return SIDE_OF_KIND[self.kind]


@dataclass(frozen=True)
class Structure:
    """An establishment or service. `funders` are keys of parties (`party_keys`)."""

    name: str
    category: str
    finess: str
    commune: str
    places: int
    funders: tuple[str, ...]
    authorised_until: date | None


@dataclass(frozen=True)
class Opening:
    """`mine` is the place among `parties` of the one for which `author` opens the table: he is not in its seats."""

    trame: Trame
    title: str
    reference: str
    territory: str
    starts_on: date
    years: int
    extension_months: int
    signature_on: date
    parties: tuple[SeatedParty, ...]
    mine: int
    author: Seat
    structures: tuple[Structure, ...] = ()
    themes: tuple[str, ...] = ()
    """Titles of the objectives that the negotiation starts from, besides those of the template."""
    follows: str = ""
    """Key of the negotiation of the contract before."""

    @property
    def ends_on(self) -> date:
        return end_of(self.starts_on, self.years)


@dataclass(frozen=True)
class Found:
    """A fault at its place: `years`, `parties.1.seats.0.email`, `structures.2.finess`."""

    place: str
    fault: Fault


def faults_of(opening: Opening) -> tuple[Found, ...]:
    """Everything wrong, in the order of the form."""
    return (*_of_contract(opening), *_of_parties(opening), *_of_members(opening), *_of_structures(opening))


# ---------------------------------------------------------------------- what follows from the answers


def end_of(starts_on: date, years: int) -> date:
    """The last day of a contract. A contract of 29 February ends a 28th."""
    year = min(starts_on.year + years, date.max.year)
    last = calendar.monthrange(year, starts_on.month)[1]
    return date(year, starts_on.month, min(starts_on.day, last)) - timedelta(days=1)


def years_between(starts_on: date, ends_on: date) -> tuple[int, ...]:
    """The years of the contract, which make the columns of its targets and amounts."""
    return tuple(range(starts_on.year, ends_on.year + 1))


def calendar_of(milestones: Iterable[Milestone], signature: date) -> tuple[tuple[Milestone, date], ...]:
    """The dates obtained from the wished signature; without those that no calendar holds."""
    found = []
    for milestone in milestones:
        try:
            found.append((milestone, milestone.day(signature)))
        except OverflowError:
            continue
    return tuple(found)


def party_keys(kinds: Sequence[PartyKind]) -> tuple[str, ...]:
    """og, ars, cd… and a number when several are alike: « cd », « cd-2 »."""
    seen = Counter[str]()
    keys = []
    for kind in kinds:
        key = KEYS[kind]
        seen[key] += 1
        keys.append(f"{key}-{seen[key]}" if seen[key] > 1 else key)
    return tuple(keys)


def letters_of(parties: Iterable[tuple[PartyKind, str]]) -> list[str]:
    """One sign per party (kind, name): G, A, D, E, P or the initial of its name; numbered when several share it."""
    letters = [LETTERS.get(kind) or _initial(name) for kind, name in parties]
    counts, seen = Counter(letters), Counter[str]()
    signs = []
    for letter in letters:
        seen[letter] += 1
        signs.append(f"{letter}{seen[letter]}" if counts[letter] > 1 else letter)
    return signs


def outside_authorisation(authorised_until: date | None, contract_end: date) -> bool:
    """« Hors autorisation »: nobody said until when, or it ends before the contract does (V28)."""
    return authorised_until is None or authorised_until < contract_end


def is_email(text: str) -> bool:
    return len(text) <= LONGEST_EMAIL and text.isprintable() and bool(_EMAIL.fullmatch(text))


def is_finess(text: str) -> bool:
    """Nine signs, digits all but the second: Corsica writes 2A and 2B."""
    return bool(re.fullmatch(r"[0-9][0-9AB][0-9]{7}", text, re.ASCII))


# ---------------------------------------------------------------------- what is wrong


def _of_contract(opening: Opening) -> Iterator[Found]:
    if opening.years < 1:
        yield Found("years", Fault.NO_DURATION)
    elif opening.ends_on < opening.starts_on:  # V02, at the end of the calendar's years
        yield Found("starts_on", Fault.OUT_OF_CALENDAR)
    if opening.years > LONGEST_YEARS:
        yield Found("years", Fault.TOO_LONG_CONTRACT)
    months = opening.extension_months
    if not 0 <= months <= LONGEST_EXTENSION or opening.years * 12 + months > LONGEST_MONTHS:
        yield Found("extension_months", Fault.TOO_LONG_EXTENSION)
    if opening.years >= 1 and opening.signature_on > opening.ends_on:
        yield Found("signature_on", Fault.SIGNATURE_AFTER_END)


def _of_parties(opening: Opening) -> Iterator[Found]:
    sides = [party.side for party in opening.parties]
    if len(opening.parties) > MOST_PARTIES:
        yield Found("parties", Fault.TOO_MANY)
    if sides.count(Side.GESTIONNAIRE) != 1:
        yield Found("parties", Fault.ONE_GESTIONNAIRE)
    if Side.AUTHORITY not in sides:
        yield Found("parties", Fault.NO_AUTHORITY)
    if not 0 <= opening.mine < len(opening.parties):
        yield Found("mine", Fault.NO_OWN_PARTY)
    elif sides[opening.mine] is Side.ASSOCIATE:
        yield Found("mine", Fault.OWN_PARTY_ASSOCIATE)
    names = Counter[str]()
    for index, party in enumerate(opening.parties):
        names[party.short_name.casefold()] += 1
        if names[party.short_name.casefold()] > 1:
            yield Found(f"parties.{index}.short_name", Fault.SAME_NAME)


def _of_members(opening: Opening) -> Iterator[Found]:
    taken = {opening.author.email.casefold()}
    for index, party in enumerate(opening.parties):
        place = f"parties.{index}"
        people = (*party.seats, opening.author) if index == opening.mine else party.seats
        if not any(seat.administers for seat in people):
            yield Found(place, Fault.NO_ADMINISTRATOR)
        if len(party.seats) > MOST_MEMBERS:
            yield Found(place, Fault.TOO_MANY)
        for rank, seat in enumerate(party.seats):
            email = seat.email.casefold()
            if not is_email(seat.email):
                yield Found(f"{place}.seats.{rank}.email", Fault.WRONG_EMAIL)
            elif email in taken:
                yield Found(f"{place}.seats.{rank}.email", Fault.SAME_EMAIL)
            taken.add(email)


def _of_structures(opening: Opening) -> Iterator[Found]:
    keys = party_keys([party.kind for party in opening.parties])
    funders = {key for key, party in zip(keys, opening.parties, strict=True) if party.side is Side.AUTHORITY}
    if len(opening.structures) > MOST_STRUCTURES:
        yield Found("structures", Fault.TOO_MANY)
    taken: set[str] = set()
    for index, structure in enumerate(opening.structures):
        for field, fault in structure_faults(structure, funders=funders, taken=taken):
            yield Found(f"structures.{index}.{field}", fault)
        taken.add(structure.finess)


def structure_faults(
    structure: Structure, *, funders: Collection[str], taken: Collection[str]
) -> Iterator[tuple[str, Fault]]:
    """(field, fault). `taken`: FINESS numbers of the others of the perimeter; `funders`: keys of the authorities."""
    if not is_finess(structure.finess):
        yield "finess", Fault.WRONG_FINESS
    elif structure.finess in taken:
        yield "finess", Fault.SAME_FINESS
    if not 0 <= structure.places <= 100_000:
        yield "places", Fault.NO_PLACES
    if set(structure.funders) - set(funders):
        yield "funders", Fault.NOT_A_FUNDER


def _initial(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    return next((sign for sign in plain if "A" <= sign <= "Z"), "X")
