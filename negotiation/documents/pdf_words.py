"""The words of a page of somebody else's PDF, as far as its fonts say what their codes mean.

Enough to find a fingerprint in what a scanner or an office program wrote. Runs in the child of `scans`.
"""

import re
from typing import Any

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, StreamObject

DEEPEST = 3
"""Forms within forms."""
TOKEN = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>|/[^\s/\[\]<>()]+|[A-Za-z'\"*]+", re.DOTALL)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
MEANT = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
BLOCK = re.compile(rb"beginbf(char|range)(.*?)endbf", re.DOTALL)
CODE = re.compile(rb"<([0-9A-Fa-f\s]*)>|\[|\]")
MOST_OF_A_RANGE = 65536
Font = tuple[int, dict[int, str] | None]
"""Bytes of a code, and what each code means; None: the byte itself."""
PLAIN: Font = (1, None)
OPENS, CLOSES = "[", "]"


def words_of(page: Any, resources: Any, depth: int = 0) -> str:
    """In the order of drawing. What can't be read is left out."""
    fonts = {str(name): _font(font) for name, font in _items(resources, "/Font")}
    said = _said(_drawn(page), fonts)
    if depth < DEEPEST:
        for _, form in _items(resources, "/XObject"):
            if isinstance(form, StreamObject) and led_to(form, "/Subtype") == "/Form":
                said += "\n" + words_of(form, led_to(form, "/Resources", resources), depth + 1)
    return said


def led_to(one: Any, key: str, default: Any = None) -> Any:
    """What a key of a dictionary leads to, through any reference: `get` doesn't follow them."""
    try:
        return one[key]
    except KeyError:
        return default


def _items(resources: Any, kind: str) -> list[tuple[str, Any]]:
    held = led_to(resources, kind)
    return [(str(name), held[name]) for name in held] if isinstance(held, DictionaryObject) else []


def _drawn(page: Any) -> bytes:
    if isinstance(page, StreamObject):
        return bytes(page.data)
    held = led_to(page, "/Contents")
    streams = list(held) if isinstance(held, ArrayObject) else [held]
    found = [getattr(each, "get_object", lambda it=each: it)() for each in streams]
    return b"\n".join(bytes(each.data) for each in found if isinstance(each, StreamObject))


def _said(drawn: bytes, fonts: dict[str, Font]) -> str:
    said: list[str] = []
    name, font = "", PLAIN
    for found in TOKEN.finditer(drawn):
        token = found[0]
        if token[:1] == b"/":
            name = token.decode("latin-1")
        elif token == b"Tf":
            font = fonts.get(name, PLAIN)
        elif token[:1] == b"(":
            said.append(_decoded(ESCAPED.sub(_escaped, token[1:-1]), font))
        elif token[:1] == b"<":
            said.append(_decoded(_bytes(token[1:-1]), font))
        elif token in (b"Td", b"TD", b"Tm", b"T*", b"ET", b"'", b'"'):
            said.append("\n")
    return "".join(said)


def _escaped(found: "re.Match[bytes]") -> bytes:
    what = found[1]
    return bytes([int(what, 8) & 255]) if what[:1].isdigit() else MEANT.get(what, what)


def _bytes(written: bytes) -> bytes:
    digits = b"".join(written.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _decoded(codes: bytes, font: Font) -> str:
    size, meaning = font
    if meaning is None:
        return codes.decode("latin-1")
    numbers = (int.from_bytes(codes[at : at + size], "big") for at in range(0, len(codes), size))
    return "".join(meaning.get(number, "") for number in numbers)


def _font(font: Any) -> Font:
    """Raises nothing but what the bytes of its map make."""
    if not isinstance(font, DictionaryObject):
        return PLAIN
    size = 2 if led_to(font, "/Subtype") == "/Type0" else 1
    held = led_to(font, "/ToUnicode")
    if not isinstance(held, StreamObject):
        return size, {} if size == 2 else None
    meaning: dict[int, str] = {}
    for kind, block in BLOCK.findall(bytes(held.data)):
        codes = [found[0].decode() if found[1] is None else _bytes(found[1]) for found in CODE.finditer(block)]
        (_read_chars if kind == b"char" else _read_ranges)(codes, meaning)
    return size, meaning


def _read_chars(codes: list[Any], meaning: dict[int, str]) -> None:
    for code, means in zip(codes[::2], codes[1::2], strict=False):
        meaning[int.from_bytes(code, "big")] = means.decode("utf-16-be", "ignore")


def _read_ranges(codes: list[Any], meaning: dict[int, str]) -> None:
    """First, last, then what the first means, or the list of what each does."""
    at = 0
    while at + 2 < len(codes):
        first, last = int.from_bytes(codes[at], "big"), int.from_bytes(codes[at + 1], "big")
        last, at = min(last, first + MOST_OF_A_RANGE), at + 2
        if codes[at] == OPENS:
            end = codes.index(CLOSES, at)
            for number, means in zip(range(first, last + 1), codes[at + 1 : end], strict=False):
                meaning[number] = means.decode("utf-16-be", "ignore")
            at = end + 1
            continue
        start, at = int.from_bytes(codes[at], "big"), at + 1
        for number in range(first, last + 1):
            meaning[number] = chr(min(start + number - first, 0x10FFFF))
