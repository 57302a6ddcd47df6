"""The figures of the races, told at the end when a number of rounds was asked for."""

import os
from collections.abc import Iterator

import pytest

ASKED = "NAVETTE_FAULT_ROUNDS"
# The power cut needs strace and minutes, the gel under writers two servers, ten times the load a quiet machine: left to
# `make faults`, or to whoever names the file.
_LEFT = {
    "NAVETTE_FAULT_CUTS": "test_power_cut.py",
    "NAVETTE_FAULT_GEL": "test_writing_at_the_gel.py",
    "NAVETTE_FAULT_OVERLOAD": "test_overload.py",
}
collect_ignore = [file for asked, file in _LEFT.items() if not os.environ.get(asked)]


def _figures(terminalreporter: pytest.TerminalReporter) -> Iterator[str]:
    for report in terminalreporter.stats.get("passed", []):
        yield from (str(value) for name, value in report.user_properties if name == "figures" and report.when == "call")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get(ASKED):
        for line in _figures(terminalreporter):
            terminalreporter.write_line(line)
