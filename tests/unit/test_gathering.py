"""Who writes alone waits a moment for company, on a loop that rests; where many wait, nothing is held up."""

import threading
import time
from collections.abc import Sequence

import gevent
from gevent.socket import socketpair

from app.offloading import rest
from negotiation.drafting.committing import MANY, GroupCommit

REST_SECONDS = 0.02


def test_what_came_while_the_loop_rested_is_done_before_it_goes_on() -> None:
    done: list[bytes] = []
    pairs = [socketpair() for _ in range(3)]
    readers = [gevent.spawn(lambda sock: done.append(sock.recv(10)), ours) for ours, _ in pairs]
    gevent.sleep(0)  # they wait now
    for _, theirs in pairs:
        theirs.send(b"word")
    began = time.monotonic()
    rest(REST_SECONDS)
    assert done == [b"word"] * 3
    assert time.monotonic() - began >= REST_SECONDS
    gevent.joinall(readers)
    for sock in (sock for pair in pairs for sock in pair):
        sock.close()


def test_the_loop_rests_for_company_and_not_where_many_wait() -> None:
    rests: list[float] = []
    stored: list[list[int]] = []
    entered, may_go = threading.Event(), threading.Event()

    def store(works: Sequence[int]) -> Sequence[int]:
        entered.set()
        assert may_go.wait(10)
        stored.append(list(works))
        return works

    lane = GroupCommit[int, int](store, gather_seconds=0.001, hold=rests.append)
    threads = [threading.Thread(target=lane.put, args=(number,)) for number in range(MANY + 1)]
    threads[0].start()
    assert entered.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(lane._waiting) < MANY:
        time.sleep(0.001)
    may_go.set()
    for thread in threads:
        thread.join(10)
    assert rests == [0.001]
    assert [len(each) for each in stored] == [1, MANY]
