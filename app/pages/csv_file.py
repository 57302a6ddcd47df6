"""A table as a CSV file that a French spreadsheet opens by itself, and computes nothing of."""

import csv
import re
from collections.abc import Iterable
from io import StringIO

_COMPUTED = re.compile(r"[=+@\t\r]|-(?!\d[\d,]*$)")


def csv_text(rows: Iterable[Iterable[str]]) -> str:
    """Semicolons, Windows lines, and the mark that says UTF-8."""
    file = StringIO()
    written = csv.writer(file, delimiter=";", lineterminator="\r\n")
    written.writerows([harmless(cell) for cell in row] for row in rows)
    return f"\ufeff{file.getvalue()}"


def harmless(cell: str) -> str:
    """What a spreadsheet would compute is read as words; numbers stay numbers."""
    return f"'{cell}" if _COMPUTED.match(cell) else cell
