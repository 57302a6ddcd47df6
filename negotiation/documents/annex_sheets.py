"""The two annexes of numbers as spreadsheets: amounts that add up, totals as formulas that anybody may check.

The same content gives the same bytes. What is a number is one; words stay words, whatever they begin with.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

Node = Mapping[str, Any]
_NUMBER = re.compile(r"([-\u2212]?)([\d \u00a0\u202f]+)(,\d+)?")
_EUROS = "#,##0.00"
_A4 = 9


@dataclass(frozen=True)
class Annex:
    """`title` names the sheet; `dated`: the day of what it shows."""

    title: str
    heading: str
    dated: date


def indicators_sheet(table: Node, annex: Annex) -> bytes:
    """`table`: as `services.contract_tables.indicators_table` makes it."""
    book = _Book(annex, ["Code", "Indicateur", "Unité", "Départ", *table["years"], "Cible"])
    for row in table["rows"]:
        years = [row["values"].get(year, "") for year in table["years"]]
        book.line([row["code"], row["title"], row["unit"]], [row["baseline"], *years, row["final"]])
    return book.closed()


def finance_sheet(table: Node, annex: Annex, funders: Mapping[str, str]) -> bytes:
    """`table`: as `services.contract_tables.finance_table` makes it, in cents; `funders`: names by letter."""
    book = _Book(annex, ["Fiche", "Ligne", "Financeur", "Nature", *table["years"], "Total"])
    for group in table["groups"]:
        book.heading(group["title"])
        first = book.reached
        for row in group["rows"]:
            named = [row["code"], row["label"], funders.get(row["funder"] or "", ""), row["nature"]]
            book.amounts(named, [row["values"].get(year) for year in table["years"]], total=row["total"])
        totals = [group["by_year"].get(year, 0) for year in table["years"]]
        book.sums("Total", first, [*totals, group["total"]])
    return book.closed()


class _Book:
    """One sheet, written line by line."""

    def __init__(self, annex: Annex, head: Sequence[str]) -> None:
        self._file = BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(self._file, options | {"strings_to_urls": False})
        made = datetime(annex.dated.year, annex.dated.month, annex.dated.day)  # noqa: DTZ001 - the format has no zone
        self._book.set_properties({"title": annex.heading, "author": "Navette", "created": made})
        self._sheet = self._book.add_worksheet(annex.title)
        self._bold = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._words = self._book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        self._euros = self._book.add_format({"num_format": _EUROS, "valign": "top"})
        self._sum = self._book.add_format({"num_format": _EUROS, "bold": True, "top": 1})
        self._width = len(head)
        self.reached = 1
        for place, title in enumerate(head):
            self._sheet.set_column(place, place, 40 if place == 1 else 14)
            self._sheet.write_string(0, place, title, self._bold)
        self._sheet.freeze_panes(1, 2)
        self._sheet.repeat_rows(0)
        self._sheet.set_landscape()
        self._sheet.set_paper(_A4)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_header(f"&L{annex.heading.replace('&', '&&')}&R&P / &N")

    def line(self, words: Sequence[str], figures: Sequence[str]) -> None:
        """`figures` as they are shown: numbers where they read as such."""
        self._names(words)
        for place, shown in enumerate(figures, start=len(words)):
            number = _number(shown)
            if number is None:
                self._sheet.write_string(self.reached, place, shown, self._words)
            else:
                self._sheet.write_number(self.reached, place, number)
        self.reached += 1

    def heading(self, words: str) -> None:
        self._sheet.write_string(self.reached, 0, words, self._bold)
        self.reached += 1

    def amounts(self, words: Sequence[str], cents: Sequence[int | None], *, total: int) -> None:
        """A line with its total: the sum of its years, unless it was set without them."""
        self._names(words)
        for place, amount in enumerate(cents, start=len(words)):
            if amount is not None:
                self._sheet.write_number(self.reached, place, amount / 100, self._euros)
        if total == sum(amount or 0 for amount in cents) and cents:
            first, last = len(words), len(words) + len(cents) - 1
            self._write_sum((self.reached, len(words) + len(cents)), (self.reached, first), (self.reached, last), total)
        else:
            self._sheet.write_number(self.reached, len(words) + len(cents), total / 100, self._euros)
        self.reached += 1

    def sums(self, words: str, first: int, cents: Sequence[int]) -> None:
        """What the lines since `first` add up to, column by column."""
        start = self._width - len(cents)
        self._sheet.write_string(self.reached, 1, words, self._bold)
        for place, total in enumerate(cents, start=start):
            self._write_sum((self.reached, place), (first, place), (self.reached - 1, place), total)
        self.reached += 2

    def closed(self) -> bytes:
        self._book.close()
        return self._file.getvalue()

    def _names(self, words: Sequence[str]) -> None:
        for place, each in enumerate(words):
            self._sheet.write_string(self.reached, place, each, self._words)

    def _write_sum(self, at: tuple[int, int], first: tuple[int, int], last: tuple[int, int], cents: int) -> None:
        """With its value, for readers that don't compute."""
        formula = f"=SUM({xl_rowcol_to_cell(*first)}:{xl_rowcol_to_cell(*last)})"
        self._sheet.write_formula(*at, formula, self._sum, cents / 100)


def _number(shown: str) -> float | None:
    """« 1 250,5 » is a number; « 93 (2024) » and « oui » are words."""
    found = _NUMBER.fullmatch(shown.strip())
    if not found:
        return None
    sign, whole, rest = found.groups()
    number = float(re.sub(r"\D", "", whole) + (rest or "").replace(",", "."))
    return -number if sign else number
