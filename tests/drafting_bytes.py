"""Yjs updates written by hand, struct by struct, so that a test can say what no honest library would write."""

from collections.abc import Sequence

CLAUSE = "11111111-1111-4111-8111-111111111111"
OTHER_CLAUSE = "22222222-2222-4222-8222-222222222222"
ROOT = f"clause:{CLAUSE}"
NOTHING_DELETED = b"\x00"

Place = str | tuple[int, int]


def number(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(0x80 | (value & 0x7F))
        value >>= 7
    written.append(value)
    return bytes(written)


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return number(len(raw)) + raw


def struct(
    kind: int,
    content: bytes,
    *,
    inside: Place | None = None,
    key: str | None = None,
    after: tuple[int, int] | None = None,
    before: tuple[int, int] | None = None,
) -> bytes:
    """One struct: `inside` a root (its name) or a struct (client, clock), or `after` / `before` a neighbour."""
    info = kind | (0x80 if after else 0) | (0x40 if before else 0) | (0x20 if key is not None else 0)
    written = bytes([info])
    for neighbour in (after, before):
        if neighbour:
            written += number(neighbour[0]) + number(neighbour[1])
    if not after and not before:
        if isinstance(inside, str):
            written += number(1) + text(inside)
        elif inside:
            written += number(0) + number(inside[0]) + number(inside[1])
        if key is not None:
            written += text(key)
    return written + content


def element(tag: str, inside: Place | None = None, *, after: tuple[int, int] | None = None) -> bytes:
    return struct(7, number(3) + text(tag), inside=inside, after=after)


def text_node(inside: Place | None = None, *, after: tuple[int, int] | None = None) -> bytes:
    return struct(7, number(6), inside=inside, after=after)


def characters(
    value: str | bytes,
    inside: Place | None = None,
    *,
    after: tuple[int, int] | None = None,
    before: tuple[int, int] | None = None,
) -> bytes:
    return struct(4, text(value), inside=inside, after=after, before=before)


def mark(name: str, json: str, *, after: tuple[int, int]) -> bytes:
    return struct(6, text(name) + text(json), after=after)


def scalar(tag_and_value: bytes, inside: Place | None = None, *, key: str | None = None, **place: object) -> bytes:
    return struct(8, number(1) + tag_and_value, inside=inside, key=key, **place)  # type: ignore[arg-type]


def word(value: str) -> bytes:
    """A string as a scalar writes it."""
    return b"\x77" + text(value)


def update(*sections: tuple[int, int, Sequence[bytes]], deletions: bytes = NOTHING_DELETED) -> bytes:
    """Sections are (client, first clock, structs)."""
    written = number(len(sections))
    for client, clock, structs in sections:
        written += number(len(structs)) + number(client) + number(clock) + b"".join(structs)
    return written + deletions


def deletions(*ranges: tuple[int, int, int]) -> bytes:
    """(client, clock, length), one client each."""
    return number(len(ranges)) + b"".join(
        number(client) + number(1) + number(clock) + number(length) for client, clock, length in ranges
    )


def nested(depth: int, client: int = 9) -> bytes:
    """Block quotes, each inside the one before."""
    inner = [element("blockquote", (client, clock)) for clock in range(depth - 1)]
    return update((client, 0, [element("blockquote", ROOT), *inner]))


def paragraph(words: str, client: int = 9, clock: int = 0, root: str = ROOT) -> bytes:
    """One paragraph at the start of a clause: clocks +0 paragraph, +1 text node, +2… the characters."""
    structs = [
        element("paragraph", root),
        text_node((client, clock)),
        characters(words, (client, clock + 1)),
    ]
    return update((client, clock, structs))
