"""Our own side of the WebSocket: whole frames in order, the rules of RFC 6455, limits while reading, slow readers."""

import os
from collections.abc import Iterator

import gevent
import pytest
from gevent import socket

from app.sockets.frames import FRAMES_AT_ONCE, ConnectionOver, FramedSocket, Goodbye, Kind, accepted, frame

LONG = b"a" * 3_000_000
LARGEST = 400_000
PATIENCE = 20


@pytest.fixture
def pair() -> Iterator[tuple[FramedSocket, socket.socket]]:
    # A loop that never turned counts delays from when it was made: in a process that tested other things for a while
    # first, a delay of a minute would be over before it began.
    gevent.get_hub().loop.update_now()
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)
    theirs.settimeout(PATIENCE)
    yield FramedSocket(ours, largest_message=LARGEST, most_queued=4_000_000), theirs
    ours.close()
    theirs.close()


def masked(payload: bytes, kind: int = Kind.TEXT, *, last: bool = True, extension: int = 0) -> bytes:
    """A frame as a browser sends it."""
    mask, length = os.urandom(4), len(payload)
    short = length if length < 126 else 126 if length < 1 << 16 else 127
    head = bytes(((0x80 if last else 0) | extension | kind, 0x80 | short))
    head += length.to_bytes({126: 2, 127: 8}.get(short, 0)) if short > 125 else b""
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def read_from(theirs: socket.socket, length: int) -> bytes:
    read = bytearray()
    while len(read) < length and (more := theirs.recv(65_536)):
        read += more
    return bytes(read)


def test_the_key_is_answered_as_the_standard_says() -> None:
    assert accepted("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, LARGEST])
def test_a_message_of_any_length_comes_in_and_goes_out(pair: tuple[FramedSocket, socket.socket], length: int) -> None:
    ours, theirs = pair
    words = "é" * (length // 2) + "a" * (length % 2)
    gevent.spawn(theirs.sendall, masked(words.encode()))
    assert ours.read_message() == words
    ours.send_frame(frame(words.encode(), Kind.TEXT))
    gone = frame(words.encode(), Kind.TEXT)
    assert read_from(theirs, len(gone)) == gone


def test_a_long_frame_leaves_whole_and_no_other_lands_in_it(pair: tuple[FramedSocket, socket.socket]) -> None:
    ours, theirs = pair
    sent = [frame(LONG, Kind.TEXT), frame(b"pong", Kind.PONG), frame(b"next", Kind.TEXT)]
    for each in sent:
        ours.send_frame(each)  # returns at once: whoever emits to a room waits for no reader
    assert read_from(theirs, len(b"".join(sent))) == b"".join(sent)


def test_fragments_make_one_message_and_a_ping_between_them_is_answered(
    pair: tuple[FramedSocket, socket.socket],
) -> None:
    ours, theirs = pair
    theirs.sendall(masked("prés".encode()[:4], last=False) + masked(b"hello", Kind.PING))
    theirs.sendall(masked("prés".encode()[4:], Kind.CONTINUATION, last=False) + masked(b"ent", Kind.CONTINUATION))
    assert ours.read_message() == "présent"
    assert theirs.recv(100) == frame(b"hello", Kind.PONG)


def test_bytes_that_come_one_by_one_are_a_message_too(pair: tuple[FramedSocket, socket.socket]) -> None:
    ours, theirs = pair

    def slowly() -> None:
        for byte in masked(b"lent") + masked(b"\x00\xff", Kind.BINARY):
            theirs.sendall(bytes([byte]))
            gevent.sleep(0)

    gevent.spawn(slowly)
    assert (ours.read_message(), ours.read_message()) == ("lent", b"\x00\xff")


BROKEN = {
    "not masked": (frame(b"a", Kind.TEXT), Goodbye.PROTOCOL_ERROR),
    "an extension": (masked(b"a", extension=0x40), Goodbye.PROTOCOL_ERROR),
    "an unknown kind": (masked(b"a", 3), Goodbye.PROTOCOL_ERROR),
    "a continuation of nothing": (masked(b"a", Kind.CONTINUATION), Goodbye.PROTOCOL_ERROR),
    "a message within a message": (masked(b"a", last=False) + masked(b"b"), Goodbye.PROTOCOL_ERROR),
    "a ping in pieces": (masked(b"a", Kind.PING, last=False), Goodbye.PROTOCOL_ERROR),
    "a long ping": (masked(b"a" * 126, Kind.PING), Goodbye.PROTOCOL_ERROR),
    "half a character": (masked("é".encode()[:1]), Goodbye.NOT_TEXT),
    "ten megabytes, announced": (bytes((0x81, 0xFF)) + (10_000_000).to_bytes(8), Goodbye.TOO_BIG),
    "more than a number can be": (bytes((0x81, 0xFF)) + b"\xff" * 8, Goodbye.TOO_BIG),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_breaks_the_rules_ends_the_connection(pair: tuple[FramedSocket, socket.socket], case: str) -> None:
    ours, theirs = pair
    sent, code = BROKEN[case]
    theirs.sendall(sent)
    assert ours.read_message() is None
    assert read_from(theirs, 100) == frame(code.to_bytes(2), Kind.CLOSE)
    with pytest.raises(ConnectionOver):
        ours.send_frame(frame(b"more", Kind.TEXT))


def test_fragments_are_refused_as_they_grow_too_large(pair: tuple[FramedSocket, socket.socket]) -> None:
    ours, theirs = pair
    gevent.spawn(theirs.sendall, masked(b"a" * 300_000, last=False) + masked(b"b" * 300_000, Kind.CONTINUATION)[:14])
    assert ours.read_message() is None
    assert read_from(theirs, 100) == frame(Goodbye.TOO_BIG.to_bytes(2), Kind.CLOSE)


def test_who_sends_faster_than_anybody_types_is_read_more_slowly(
    pair: tuple[FramedSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pair
    waited: list[float] = []
    monkeypatch.setattr(gevent, "sleep", waited.append)
    theirs.sendall(masked(b"a") * (int(FRAMES_AT_ONCE) + 50))
    for _ in range(int(FRAMES_AT_ONCE)):
        ours.read_message()
    assert sum(waited) < 0.1
    for _ in range(50):
        ours.read_message()
    assert len(waited) >= 45


def test_a_goodbye_is_answered(pair: tuple[FramedSocket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.sendall(masked(Goodbye.NORMAL.to_bytes(2), Kind.CLOSE))
    assert ours.read_message() is None
    assert read_from(theirs, 100) == frame(Goodbye.NORMAL.to_bytes(2), Kind.CLOSE)


def test_who_never_reads_is_cut_off_and_whoever_emits_goes_on(pair: tuple[FramedSocket, socket.socket]) -> None:
    ours, _ = pair
    with pytest.raises(ConnectionOver):
        for _ in range(10):
            ours.send_frame(frame(LONG[:1_000_000], Kind.TEXT))
    assert ours.read_message() is None


def test_who_reads_slowly_gets_everything_in_order(pair: tuple[FramedSocket, socket.socket]) -> None:
    ours, theirs = pair
    sent = [frame(f"{number:06}".encode() * 5_000, Kind.TEXT) for number in range(60)]
    read = bytearray()

    def slowly() -> None:
        while len(read) < len(b"".join(sent)):
            read.extend(theirs.recv(20_000))
            gevent.sleep(0.0001)

    reading = gevent.spawn(slowly)
    for each in sent:
        ours.send_frame(each)
        gevent.sleep(0)
    reading.join(PATIENCE)
    assert bytes(read) == b"".join(sent)
