"""What some tests need beyond Python, and whether this machine has it.

Nothing is skipped: a test whose requirement is absent isn't collected, and the run says so in one closing line. With
`CI=true` an absence ends the run with an error before the first test.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.postgresql import find_postgresql


def find_chromium() -> str | None:
    """The distribution's browser; Playwright's own download is never used."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass(frozen=True)
class Requirement:
    """`marker` and `fixture` tell which tests need it; `find` gives something true when it is here."""

    name: str
    marker: str
    fixture: str
    find: Callable[[], object]
    absence: str

    def concerns(self, item: pytest.Item) -> bool:
        return item.get_closest_marker(self.marker) is not None or self.fixture in getattr(item, "fixturenames", ())


REQUIREMENTS = (
    Requirement(
        name="PostgreSQL",
        marker="postgresql",
        fixture="postgresql",
        find=find_postgresql,
        absence="ni TEST_POSTGRES_URL, ni initdb sous /usr/lib/postgresql",
    ),
    Requirement(
        name="Chromium",
        marker="chromium",
        fixture="chromium",
        find=find_chromium,
        absence="pas de programme « chromium »",
    ),
)


def absent_requirements() -> list[Requirement]:
    return [requirement for requirement in REQUIREMENTS if not requirement.find()]


def absence_is_a_failure() -> bool:
    return os.environ.get("CI", "").lower() == "true"


def closing_line(left_out: dict[str, int]) -> str:
    """One French sentence for what didn't run: {requirement name: number of tests left out}."""
    reasons = {requirement.name: requirement.absence for requirement in REQUIREMENTS}
    parts = [
        f"{name} ({count} test{'s' if count > 1 else ''} : {reasons[name]})" for name, count in sorted(left_out.items())
    ]
    return "Non exécuté ici : " + ", ".join(parts)
