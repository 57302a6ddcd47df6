"""Damaged and random updates by the ten thousand: nothing dies or hangs, no room is touched by what it refuses.

`NAVETTE_FUZZ_UPDATES` of them, 600 unless told otherwise; `make faults` asks for 60 000, a night may take millions. A
third as many go through the sockets of the real server: tests/faults/test_fuzzed_sockets.py.
"""

import json
import os
import secrets
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

UPDATES = int(os.environ.get("NAVETTE_FUZZ_UPDATES", "600"))
SILENCE_SECONDS = 120
"""After which the process hangs, on the slowest of machines. An update that takes over a second is told as amiss."""


def test_a_storm_of_updates_kills_nothing_and_touches_no_room(record_property: Callable[[str, object], None]) -> None:
    seed = secrets.token_hex(8)
    command = [sys.executable, "-m", "tests.properties.update_storm", seed, str(UPDATES)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE)
    told = {"verdicts": {}, "amiss": ""}
    assert process.stdout is not None
    try:
        while select.select([process.stdout], [], [], SILENCE_SECONDS)[0] and (line := process.stdout.readline()):
            told = json.loads(line)
            assert told["amiss"] == "", f"seed {seed}: {told['amiss']}"
    finally:
        process.kill()
        process.communicate()
    given = sum(told["verdicts"].values())
    assert given == UPDATES, f"seed {seed}: died or hung after {given} of {UPDATES}"
    record_property(
        "figures", f"{given} damaged or random updates: {told['verdicts'].get('stored', 0)} stored, 0 amiss"
    )
