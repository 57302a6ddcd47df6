"""The WebSocket's socket: a long frame leaves whole, and alone."""

from collections.abc import Iterator

import gevent
import pytest
from gevent import socket

from app.sockets.transport import WholeSends

FRAME = b"a" * 3_000_000


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    # A loop that never turned counts delays from when it was made: in a process that tested other things for a while
    # first, a delay of a minute would be over before it began.
    gevent.get_hub().loop.update_now()
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_gevent_socket_sends_only_what_fits_its_buffer(pair: tuple[socket.socket, socket.socket]) -> None:
    """Why `WholeSends` is needed: simple-websocket doesn't look at how much was sent."""
    assert pair[0].send(FRAME) < len(FRAME)


def test_a_long_frame_leaves_whole_and_no_other_lands_in_it(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    whole = WholeSends(ours)
    read = bytearray()

    def slow_reader() -> None:
        while len(read) < len(FRAME) + 4:
            read.extend(theirs.recv(65536))
            gevent.sleep(0)

    tasks = [gevent.spawn(whole.send, FRAME), gevent.spawn(whole.send, b"pong"), gevent.spawn(slow_reader)]
    gevent.joinall(tasks, timeout=20, raise_error=True)
    assert bytes(read) == FRAME + b"pong"


def test_the_rest_is_the_socket_itself(pair: tuple[socket.socket, socket.socket]) -> None:
    assert WholeSends(pair[0]).fileno() == pair[0].fileno()
