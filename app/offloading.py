"""Work that takes more than a few milliseconds leaves the event loop: one gevent worker serves everybody."""

import subprocess
from collections.abc import Callable
from functools import cache, partial
from typing import Any, ParamSpec, TypeVar, cast

import gevent
from gevent import monkey

P = ParamSpec("P")
R = TypeVar("R")
Outcome = tuple[R | None, Exception | None]


def off_the_loop(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of a pure function, computed on an OS thread while the others go on.

    The function must touch neither the database nor the request; it may `subprocess.run` a child. What it raises is
    raised here.
    """
    if not monkey.is_module_patched("threading"):
        return function(*args, **kwargs)
    hub = gevent.get_hub()
    _let_threads_have_children(hub)
    outcome: Outcome[R] = hub.threadpool.apply(_outcome, (partial(function, *args, **kwargs),))
    return _result(outcome)


def _outcome(function: Callable[[], R]) -> Outcome[R]:
    """A refusal comes back as a value: gevent would print what a thread raises."""
    try:
        return function(), None
    except Exception as error:
        return None, error


def _result(outcome: Outcome[R]) -> R:
    result, error = outcome
    if error is not None:
        raise error
    return cast(R, result)


@cache
def _let_threads_have_children(hub: Any) -> None:
    """gevent waits for children on the loop of its main thread alone: asked from another, `subprocess.run` raises. From
    now on a thread has it done by a greenlet of that loop, and sleeps until it is."""
    run = subprocess.run

    def run_from_any_thread(*args: Any, **kwargs: Any) -> Any:
        if gevent.get_hub() is hub:
            return run(*args, **kwargs)
        return _result(_on_the_loop(hub, partial(run, *args, **kwargs)))

    subprocess.run = run_from_any_thread


def _on_the_loop(hub: Any, function: Callable[[], R]) -> Outcome[R]:
    done, found = monkey.get_original("_thread", "allocate_lock")(), []

    def work() -> None:
        found.append(_outcome(function))
        done.release()

    done.acquire()
    hub.loop.run_callback_threadsafe(gevent.spawn, work)
    done.acquire()
    outcome: Outcome[R] = found[0]
    return outcome
