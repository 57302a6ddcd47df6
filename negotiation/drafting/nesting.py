"""How deep the nodes of one update stand in each other, and whether each stands where it may.

Works on the structs of the update alone. A parent or neighbour that is already in the document ends the walk: the depth
found is then relative, and `vet` measures the rest on the document.
"""

from bisect import bisect_right
from enum import IntEnum
from operator import itemgetter
from typing import Final, NamedTuple


class Shape(IntEnum):
    GAP = -1
    """Clocks left out: they must already be in the document."""
    VOID = 0
    """Deleted or collected: nothing left of it but its place."""
    RUN = 1
    """Characters, or the edge of a mark."""
    ENTRY = 2
    """A value under a key."""
    TEXT = 3
    ELEMENT = 4


class Parent(NamedTuple):
    """Where a struct stands: in a root, in the struct (client, clock), or `beside` it and so in the same parent."""

    client: int = -1
    clock: int = -1
    beside: bool = False
    root: str | None = None
    key: str | None = None


Struct = tuple[int, int, Shape, Parent | None]
"""First clock, one past the last, shape, place."""

_OUTSIDE: Final = (0, None)


class TooDeep(Exception):
    pass


class WrongPlace(Exception):
    pass


def check(structs: dict[int, list[Struct]], *, limit: int) -> None:
    """Raises `TooDeep`, or `WrongPlace` for text outside a text node, nodes inside one, and circles."""
    _Depths(structs, limit).measure()


class _Depths:
    """Each struct is looked at once: depth and container are remembered under (client, first clock)."""

    def __init__(self, structs: dict[int, list[Struct]], limit: int) -> None:
        self._structs = structs
        self._limit = limit
        self._starts = {client: list(map(itemgetter(0), found)) for client, found in structs.items()}
        self._known: dict[tuple[int, int], tuple[int, Shape | None]] = {}

    def measure(self) -> None:
        for client, found in self._structs.items():
            for struct in found:
                if struct[2] > Shape.VOID:
                    self._place(client, struct)

    def _place(self, client: int, struct: Struct) -> None:
        """Climb to something whose place is known, then come back down placing all that was met."""
        path: list[tuple[int, Struct]] = []
        climbed: set[tuple[int, int]] = set()
        here: tuple[int, Struct] | None = (client, struct)
        while here is not None and (here[0], here[1][0]) not in self._known:
            if (here[0], here[1][0]) in climbed:
                raise WrongPlace
            climbed.add((here[0], here[1][0]))
            path.append(here)
            here = self._next(here[1][3])
        while path:
            owner, placed = path.pop()
            self._known[owner, placed[0]] = self._settle(placed)

    def _next(self, parent: Parent | None) -> tuple[int, Struct] | None:
        if parent is None or parent.root is not None:
            return None
        return self._find(parent)

    def _find(self, parent: Parent) -> tuple[int, Struct] | None:
        starts = self._starts.get(parent.client)
        if starts is None:
            return None
        index = bisect_right(starts, parent.clock) - 1
        if index < 0:
            return None
        found = self._structs[parent.client][index]
        return (parent.client, found) if parent.clock < found[1] and found[2] is not Shape.GAP else None

    def _settle(self, struct: Struct) -> tuple[int, Shape | None]:
        """(depth, shape of the container); the container's shape is None when the update doesn't hold it."""
        _, _, shape, parent = struct
        depth, container = self._around(parent)
        if depth > self._limit:
            raise TooDeep
        if container is not None and shape is not Shape.VOID and not _fits(shape, container, parent):
            raise WrongPlace
        return depth, container

    def _around(self, parent: Parent | None) -> tuple[int, Shape | None]:
        if parent is None:
            return _OUTSIDE
        if parent.root is not None:
            return 1, None if parent.key is not None else Shape.ELEMENT
        found = self._find(parent)
        if found is None:
            return (1, None) if not parent.beside else _OUTSIDE
        client, struct = found
        depth, container = self._known[client, struct[0]]
        if parent.beside:
            return depth, container
        if struct[2] in (Shape.RUN, Shape.ENTRY):
            raise WrongPlace
        return depth + 1, struct[2] if struct[2] is not Shape.VOID else None


def _fits(shape: Shape, container: Shape, parent: Parent | None) -> bool:
    if shape is Shape.ENTRY:
        return container is Shape.ELEMENT and (parent is None or parent.beside or parent.key is not None)
    return (shape is Shape.RUN) == (container is Shape.TEXT)
