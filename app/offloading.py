"""Work that takes more than a few milliseconds leaves the event loop: one gevent worker serves everybody. And the loop
rests for a moment where it would otherwise be woken for each of many small things."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import gevent
from gevent import monkey

P = ParamSpec("P")
R = TypeVar("R")


_REST = monkey.get_original("time", "sleep")
_AT_ONCE = 1e-5
"""Seconds. Not zero: gevent would go on without a look at what has come."""


def rest(seconds: float) -> None:
    """Stop the whole loop for so long, then do all that has come, and go on.

    To be woken for each keystroke costs more than to deal with it (measured: docs/adr/0014). Whatever is ready gets its
    turn before this returns, so that two rests in a row hold nobody up for longer than one.
    """
    _REST(seconds)
    gevent.sleep(_AT_ONCE)
    gevent.sleep(0)


def off_the_loop(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of a pure function, computed on an OS thread while the others go on.

    The function must touch neither the database nor the request. What it raises is raised here.
    """
    if not monkey.is_module_patched("threading"):
        return function(*args, **kwargs)

    result, error = gevent.get_hub().threadpool.apply(_outcome, (function, args, kwargs))
    if error is not None:
        raise error
    return cast(R, result)


def _outcome(
    function: Callable[..., R], args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[R | None, Exception | None]:
    """A refusal comes back as a value: gevent would print what a thread raises."""
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error
