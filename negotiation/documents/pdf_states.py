"""A sealed file grows by updates put behind it: what stands at the end of each is a state that may be known.

Nothing of the structure of the file is believed; only where « %%EOF » stands is looked at.
"""

import hashlib
import re

MOST_STATES = 200
_END = re.compile(rb"%%EOF(\r\n|\n|\r)?")
_FINGERPRINT = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
MOST_NAMED = 50


def prefix_hashes(pdf: bytes) -> dict[str, int]:
    """SHA-256 → length in bytes of each state that the file may have had, itself included."""
    ends = {len(pdf)}
    for number, mark in enumerate(_END.finditer(pdf)):
        if number >= MOST_STATES:
            break
        ends |= {mark.start() + len(b"%%EOF"), mark.end()}
    found, running, at = {}, hashlib.sha256(), 0
    for end in sorted(ends):
        running.update(memoryview(pdf)[at:end])
        found[running.hexdigest()], at = end, end
    return found


def named_hashes(pdf: bytes) -> frozenset[str]:
    """Fingerprints written out in the file: the seal names the text that it seals."""
    named = (match.group().decode() for _, match in zip(range(MOST_NAMED), _FINGERPRINT.finditer(pdf), strict=False))
    return frozenset(named)
