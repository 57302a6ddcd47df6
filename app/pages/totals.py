"""Totals of the financial annex, in cents: by fiche, by funder, by nature, by year. Recomputed, never stored (V13).

What the gestionnaire pays, saves or redeploys itself is shown, outside the total asked of the authorities.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from negotiation.rules.vocabulary import Side
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.readings import Finances, Section


@dataclass(frozen=True)
class MoneyRow:
    """A row of a money table: cents by year and in total. `pending`: years whose amount waits for an agreement."""

    name: str
    amounts: dict[str, int]
    total: int
    kind: str = ""
    line: Section | None = None
    funder: PartyView | None = None
    pending: tuple[str, ...] = ()


@dataclass(frozen=True)
class FicheLines:
    """The lines of one fiche, and their sum."""

    code: str
    title: str
    rows: tuple[MoneyRow, ...]


@dataclass(frozen=True)
class Totals:
    """Three readings of one total. They agree by construction; `agree` says so after checking."""

    fiches: tuple[FicheLines, ...]
    by_funder: tuple[MoneyRow, ...]
    by_nature: tuple[MoneyRow, ...]
    whole: MoneyRow
    own: MoneyRow | None

    @property
    def agree(self) -> bool:
        sums = (sum(row.total for row in rows) for rows in (self.by_funder, self.by_nature))
        return all(found == self.whole.total for found in sums)


OWN = "fl-own"
NATURES = {"perenne": "Pérenne", "non_perenne": "Non pérenne"}


def totals_of(finances: Finances, parties: Mapping[str, PartyView], titles: Mapping[str, tuple[str, str]]) -> Totals:
    """All the money tables. `parties` by key; `titles`: (code, title) of parts by key."""
    rows = [_row(line, finances.years, parties) for line in finances.lines]
    by_fiche: dict[str, list[MoneyRow]] = {}
    for row in rows:
        if row.line:
            by_fiche.setdefault(str(row.line.attributes.get("fiche_action_id", "")), []).append(row)
    fiches = (_fiche(titles.get(key, ("", "")), found, finances.years) for key, found in by_fiche.items())
    asked = [row for row in rows if row.kind != OWN]
    own = [row for row in rows if row.kind == OWN]
    return Totals(
        fiches=tuple(sorted(fiches, key=lambda fiche: fiche.code)),
        by_funder=_grouped(asked, finances.years, lambda row: row.funder.name if row.funder else "Sans financeur"),
        by_nature=_grouped(asked, finances.years, _nature),
        whole=_sum("Total demandé aux autorités", asked, finances.years),
        own=_sum("Part du gestionnaire, hors total", own, finances.years, OWN) if own else None,
    )


def _row(line: Section, years: Iterable[str], parties: Mapping[str, PartyView]) -> MoneyRow:
    cells = line.by_year("amounts")
    amounts = {year: int(cells[year].value or 0) if year in cells else 0 for year in years}
    pending = tuple(year for year, card in cells.items() if card.value is None)
    total = line.card("total")
    stated = int(total.value or 0) if total and total.follows_id and not any(amounts.values()) else None
    funder = parties.get(str(line.attributes.get("funder_party_id", "")))
    return MoneyRow(
        name=line.title,
        amounts=amounts,
        total=sum(amounts.values()) if stated is None else stated,
        kind=OWN if funder and funder.side is Side.GESTIONNAIRE else "",
        line=line,
        funder=funder,
        pending=pending,
    )


def _nature(row: MoneyRow) -> str:
    given = str(row.line.value("nature")) if row.line else ""
    return NATURES.get(given, given or "Non précisé")


def _fiche(title: tuple[str, str], rows: list[MoneyRow], years: Iterable[str]) -> FicheLines:
    asked = [row for row in rows if row.kind != OWN]
    summed = _sum("Total demandé pour la fiche", asked, years) if len(asked) > 1 else None
    return FicheLines(title[0], title[1], (*rows, summed) if summed else tuple(rows))


def _grouped(rows: Iterable[MoneyRow], years: Iterable[str], name: Callable[[MoneyRow], str]) -> tuple[MoneyRow, ...]:
    found: dict[str, list[MoneyRow]] = {}
    for row in rows:
        found.setdefault(name(row), []).append(row)
    return tuple(_sum(key, group, years, kind="") for key, group in sorted(found.items()))


def _sum(name: str, rows: Iterable[MoneyRow], years: Iterable[str], kind: str = "sum") -> MoneyRow:
    listed = list(rows)
    amounts = {year: sum(row.amounts.get(year, 0) for row in listed) for year in years}
    return MoneyRow(name, amounts, sum(row.total for row in listed), kind)
