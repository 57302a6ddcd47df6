"""The process that opens a scan: its bytes on the standard input, what was found on the standard output, as JSON.

A PDF is followed from its root, every object of it; a picture is read to its end. Run by `scans`, within limits.
"""

import io
import json
import re
import struct
import sys
import zlib
from collections.abc import Iterator

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader

from negotiation.documents.pdf_words import led_to, words_of

MOST_OBJECTS, MOST_PAGES = 300_000, 2000
SMALLEST, LARGEST_SIDE, MOST_POINTS = 200, 20_000, 200_000_000
"""Points of a picture."""
CLOSED = "il ne s’ouvre pas : il est abîmé, ou n’est pas ce que dit son début"
LOCKED = "il est protégé par un mot de passe"
ACTS = "il contient {what}. Numérisez ou imprimez-le de nouveau en PDF simple"
TOO_MANY = "il contient trop de pages ou d’objets pour être lu ici"
SIZE = "cette image n’a pas les dimensions d’une page numérisée ({width} × {height} points)"
SCRIPT, PROGRAM, INSIDE, SENDS = (
    "un programme (JavaScript)",
    "une commande à lancer",
    "un autre fichier",
    "une action qui se déclenche à la lecture",
)
BY_KEY = {
    "/JS": SCRIPT,
    "/JavaScript": SCRIPT,
    "/EmbeddedFiles": INSIDE,
    "/EF": INSIDE,
    "/RichMedia": INSIDE,
    "/XFA": SENDS,
    "/AA": SENDS,
}
BY_ACTION = {
    "/JavaScript": SCRIPT,
    "/Launch": PROGRAM,
    "/GoToE": INSIDE,
    **dict.fromkeys(("/SubmitForm", "/ImportData", "/Rendition", "/Movie", "/Sound", "/RichMediaExecute"), SENDS),
}
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Of a PNG, by its kind of colour."""


class Unsound(Exception):
    """The message is the end of a French sentence."""


def look(data: bytes, media_type: str, fingerprint: str = "") -> dict[str, object]:
    """{pages, text, found}, or {refused}."""
    try:
        return {"application/pdf": _pdf, "image/jpeg": _jpeg, "image/png": _png}[media_type](data, fingerprint)
    except Unsound as refusal:
        return {"refused": str(refusal)}
    except Exception:  # on hostile bytes, the reading raises nearly anything
        return {"refused": CLOSED}


def _pdf(data: bytes, fingerprint: str) -> dict[str, object]:
    reader = PdfFileReader(io.BytesIO(data), strict=False)
    if reader.encrypted:
        raise Unsound(LOCKED)
    _refuse_actions(reader)
    text, found = [], []
    pages = list(_pages(reader.root["/Pages"], {}, set()))
    if not pages:
        raise Unsound(CLOSED)
    for number, (page, resources) in enumerate(pages, start=1):
        words = words_of(page, resources).lower()
        if any(character.isalnum() for character in words):
            text.append(number)
        if fingerprint and fingerprint in "".join(words.split()):
            found.append(number)
    return {"pages": len(pages), "text": text, "found": found}


def _refuse_actions(reader: PdfFileReader) -> None:
    """Every object that a reader may come to."""
    waiting: list[object] = [reader.root]
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        one, count = waiting.pop(), count + 1
        if count > MOST_OBJECTS:
            raise Unsound(TOO_MANY)
        if isinstance(one, IndirectObject):
            if (one.idnum, one.generation) in seen:
                continue
            seen.add((one.idnum, one.generation))
            one = one.get_object()  # type: ignore[no-untyped-call]
        if isinstance(one, DictionaryObject):
            _refuse_action(one)
            waiting += dict.values(one)
        elif isinstance(one, ArrayObject):
            waiting += list.__iter__(one)


def _refuse_action(one: DictionaryObject) -> None:
    what = next((BY_KEY[key] for key in one if key in BY_KEY), None) or BY_ACTION.get(str(led_to(one, "/S", "")))
    if what:
        raise Unsound(ACTS.format(what=what))


def _pages(
    node: DictionaryObject, inherited: DictionaryObject | dict[str, object], seen: set[int]
) -> Iterator[tuple[DictionaryObject, DictionaryObject | dict[str, object]]]:
    """Each page with its resources, in order."""
    if id(node) in seen or len(seen) > MOST_PAGES:
        raise Unsound(TOO_MANY)
    seen.add(id(node))
    resources = led_to(node, "/Resources", inherited)
    if "/Kids" not in node:
        yield node, resources
        return
    for kid in node["/Kids"]:
        yield from _pages(kid.get_object(), resources, seen)


# ---------------------------------------------------------------------- pictures


def _png(data: bytes, _: str) -> dict[str, object]:
    at, pixels, unfolded, depth, ended = 8, 0, zlib.decompressobj(), (0, 0, 0), False
    while at < len(data) and not ended:
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body, crc = data[at + 8 : at + 8 + size], data[at + 8 + size : at + 12 + size]
        if len(crc) != 4 or struct.unpack(">I", crc)[0] != zlib.crc32(kind + body):
            raise Unsound(CLOSED)
        if kind == b"IHDR":
            width, height, bits, colour = struct.unpack(">IIBB", body[:10])
            _refuse_size(width, height)
            depth = width, height, bits * CHANNELS[colour]
        if kind == b"IDAT":
            pixels += _unfolded(unfolded, body)
        at, ended = at + 12 + size, kind == b"IEND"
    width, height, bits = depth
    if not ended or not height or pixels < (height * ((width * bits + 7) // 8 + 1) if not data[28] else 1):
        raise Unsound(CLOSED)
    return {"pages": 1, "text": [], "found": []}


def _unfolded(packed: "zlib._Decompress", body: bytes) -> int:
    """How many bytes, which are let go of at once."""
    count, left = 0, body
    while left:
        count, left = count + len(packed.decompress(left, 1 << 20)), packed.unconsumed_tail
    return count


def _jpeg(data: bytes, _: str) -> dict[str, object]:
    at, sized = 2, False
    while at + 4 <= len(data):
        marker, kind = data[at], data[at + 1]
        if marker != 0xFF:
            break
        if kind == 0xFF:
            at += 1
            continue
        if kind == 0xD9 and sized:
            return {"pages": 1, "text": [], "found": []}
        (size,) = struct.unpack(">H", data[at + 2 : at + 4])
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            _refuse_size(width, height)
            sized = True
        at += 2 + size
        if kind == 0xDA:
            after = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]").search(data, at)
            if after is None:
                break
            at = after.start()
            if data[at + 1] == 0xD9 and sized:
                return {"pages": 1, "text": [], "found": []}
    raise Unsound(CLOSED)


def _refuse_size(width: int, height: int) -> None:
    inside = min(width, height) >= SMALLEST and max(width, height) <= LARGEST_SIDE and width * height <= MOST_POINTS
    if not inside:
        raise Unsound(SIZE.format(width=width, height=height))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(sys.stdin.buffer.read(), *sys.argv[1:3])))
