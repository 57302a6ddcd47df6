"""Updates by the ten thousand, made from a seed and given to rooms here: a process of its own, which a panic may kill.

`python -m tests.properties.update_storm SEED COUNT`: two thirds of them are honest updates and the crash corpus, with
bytes put in, taken out and flipped; the others are bytes at random. Says how many met with which verdict, in JSON,
after each room; what is amiss ends it. The same seed makes the same updates again.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from tests.properties.fuzzed_room import Fuzzed, brunos_edit, seed

TESTS = Path(__file__).parents[1]
AT_A_ROOM = 25
"""A room that stored much is another one than the bytes were made from: then a new one."""


def corpus() -> list[bytes]:
    """What browsers wrote, and what broke something once."""
    found = sorted((*(TESTS / "drafting_samples").glob("*.hex"), *(TESTS / "drafting_crashes").glob("*.hex")))
    # A few of them hold a million of something: mutating these would test the patience of this process alone.
    return [seed(), brunos_edit(), *(each for path in found if len(each := bytes.fromhex(path.read_text())) < 4_000)]


def storm(chance: random.Random, count: int) -> Iterator[bytes]:
    wholes = corpus()
    for number in range(count):
        if number % 3 == 2:
            yield chance.randbytes(chance.randrange(300))
        else:
            yield damaged(chance, chance.choice(wholes))


def damaged(chance: random.Random, whole: bytes) -> bytes:
    """With one to five bytes put in, taken out or changed, or a bit flipped; now and then its end cut off."""
    found = bytearray(whole)
    for _ in range(chance.randint(1, 5)):
        start = chance.randrange(len(found) + 1)
        match chance.randrange(4):
            case 0:
                found[start:start] = chance.randbytes(chance.randint(1, 4))
            case 1:
                del found[start : start + chance.randint(1, 4)]
            case 2:
                found[start : start + 1] = chance.randbytes(1)
            case _ if start < len(found):
                found[start] ^= 1 << chance.randrange(8)
    return bytes(found[: chance.randrange(len(found) + 1)] if chance.random() < 0.1 else found)


def weathered(updates: Sequence[bytes], verdicts: Counter[str]) -> str:
    """What is amiss in a room given these, or nothing."""
    room = Fuzzed()
    for number, update in enumerate(updates):
        verdict, wrong = room.amiss(update, number)
        verdicts[verdict] += 1
        if wrong:
            return wrong
    return (wrong := room.astray()) and f"{wrong} after {[update.hex() for update in updates]}"


def main(given_seed: str, count: str) -> None:
    updates, verdicts = storm(random.Random(given_seed), int(count)), Counter[str]()
    while some := list(islice(updates, AT_A_ROOM)):
        wrong = weathered(some, verdicts)
        sys.stdout.write(json.dumps({"verdicts": verdicts, "amiss": wrong}) + "\n")
        sys.stdout.flush()
        if wrong:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
