"""Work that takes more than a few milliseconds leaves the event loop: one gevent worker serves everybody."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import gevent
from gevent import monkey

P = ParamSpec("P")
R = TypeVar("R")


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
