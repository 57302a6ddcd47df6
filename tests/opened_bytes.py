"""Looking for words in bytes as far as those open: ZIP, gzip, base64, PDF streams and the words that a PDF shows."""

import base64
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

DEEPEST = 4
STEM = 6
"""Bytes: a layer that holds no beginning of a spelling holds none of those that begin so, and words share theirs."""
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_CODES = re.compile(rb"<([0-9A-Fa-f]+)>")
_SHOWN = re.compile(rb"\[(.*?)\]\s*TJ|(<[0-9A-Fa-f]+>|\((?:\\.|[^\\)])*\))\s*Tj", re.DOTALL)


def words_met(body: bytes, words: Iterable[str]) -> set[str]:
    """Those of the words that are anywhere in the bytes, however wrapped."""
    by_stem = _by_stem(frozenset(words))
    met: set[str] = set()
    for layer in everything_in(body):
        lower = layer.lower()
        begun = (spelled for stem, spelled in by_stem.items() if stem in lower)
        met |= {word for spelled in begun for spelling, word in spelled if spelling in lower}
    return met


@lru_cache(maxsize=64)
def _by_stem(words: frozenset[str]) -> dict[bytes, list[tuple[bytes, str]]]:
    """Every spelling with its word, by its first bytes."""
    found: dict[bytes, list[tuple[bytes, str]]] = {}
    for word in words:
        for spelling in _spellings(word):
            found.setdefault(spelling[:STEM], []).append((spelling, word))
    return found


def everything_in(body: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and whatever they unwrap to."""
    yield body
    if depth == DEEPEST:
        return
    for inner in (*_unzipped(body), *_inflated(body), *_from_pdf(body)):
        yield from everything_in(inner, depth + 1)


def _spellings(word: str) -> list[bytes]:
    """In lower case: as such (a decimal with its comma or its point), in both orders of UTF-16, in hexadecimal, in
    base64 from each place in a group."""
    plain, low = word.encode(), word.lower()
    in_base64 = [base64.b64encode(b"\0" * before + plain)[4 if before else 0 : -4].lower() for before in range(3)]
    as_such = [low.encode(), low.replace(",", ".").encode()]
    return [*as_such, low.encode("utf-16-le"), low.encode("utf-16-be"), low.encode().hex().encode(), *in_base64]


def _unzipped(body: bytes) -> list[bytes]:
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return []
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return [
            archive.comment,
            *(piece for name in archive.namelist() for piece in (name.encode(), archive.read(name))),
        ]


def _inflated(body: bytes) -> list[bytes]:
    if body[:2] == b"\x1f\x8b":
        return [gzip.decompress(body)]
    return [inflated] if body[:1] == b"\x78" and (inflated := _inflate(body)) else []


def _inflate(body: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(body)
    except zlib.error:
        return b""


# ---------------------------------------------------------------------- PDF


def _from_pdf(body: bytes) -> Iterator[bytes]:
    if not body.startswith(b"%PDF"):
        return
    streams = [_inflate(raw) or raw for raw in _STREAM.findall(body)]
    yield from streams
    tables = [_letters(stream) for stream in streams if b"begincmap" in stream]
    for stream in streams:
        codes = _shown_codes(stream)
        for letters in tables if codes else ():
            yield "".join(letters.get(code, "") for code in codes).encode()


def _letters(table: bytes) -> dict[int, str]:
    """A font's codes and the letters they stand for (ToUnicode)."""
    letters: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        codes = _CODES.findall(block)
        letters |= {int(code, 16): _utf16(target) for code, target in zip(codes[::2], codes[1::2], strict=True)}
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, start in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for place, code in enumerate(range(int(first, 16), int(last, 16) + 1)):
                letters[code] = chr(int(start, 16) + place)
    return letters


def _utf16(target: bytes) -> str:
    return bytes.fromhex(target.decode()).decode("utf-16-be", "replace")


def _shown_codes(stream: bytes) -> list[int]:
    """The glyph codes, of two bytes each, that a page shows, in order."""
    codes: list[int] = []
    for several, one in _SHOWN.findall(stream):
        for piece in re.findall(rb"<[0-9A-Fa-f]+>|\((?:\\.|[^\\)])*\)", several or one, re.DOTALL):
            raw = bytes.fromhex(piece[1:-1].decode()) if piece[:1] == b"<" else _plain(piece[1:-1])
            codes += [int.from_bytes(raw[start : start + 2], "big") for start in range(0, len(raw), 2)]
    return codes


def _plain(written: bytes) -> bytes:
    """A literal string without its escapes."""
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def meant(found: re.Match[bytes]) -> bytes:
        letter = found[1]
        return bytes([int(letter, 8) & 255]) if letter[:1].isdigit() else named.get(letter, letter)

    return re.sub(rb"\\([0-7]{1,3}|.)", meant, written, flags=re.DOTALL)
