"""What a PDF carries within it, as fingerprints: enough to tell which approved content it was printed from.

The file comes from anybody: nothing of its structure is believed. Each stream is unfolded where it stands, within a
limit for the whole, so that neither a bomb nor a malformed file costs more than an honest one.
"""

import hashlib
import re
import zlib

MOST_STREAMS = 4_000
MOST_BYTES = 40 * 1024 * 1024
"""Unfolded, of one file: the relevés of a long day are a hundredth of it."""
_STREAM = re.compile(rb"stream\r?\n")
_END = b"endstream"


def fingerprints_within(pdf: bytes) -> frozenset[str]:
    """The SHA-256 of what each stream holds, unfolded or as it is; of the first ones only, beyond the limits."""
    found, left = set(), MOST_BYTES
    for number, opening in enumerate(_STREAM.finditer(pdf)):
        end = pdf.find(_END, opening.end())
        if number >= MOST_STREAMS or left <= 0 or end < 0:
            break
        packed = pdf[opening.end() : min(end, opening.end() + left)]
        unfolded = _unfolded(packed, most=left)
        left -= max(len(packed), len(unfolded))
        found |= {hashlib.sha256(held).hexdigest() for held in (unfolded, packed.rstrip(b"\r\n")) if held}
    return frozenset(found)


def _unfolded(packed: bytes, *, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""
