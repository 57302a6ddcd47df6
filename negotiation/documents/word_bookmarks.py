"""Bookmarks as LibreOffice saves them again."""

from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
Xml = Any


def join_bookmarks(body: Xml) -> None:
    """LibreOffice begins a bookmark again in its last paragraph, and ends that one: it goes from its first beginning to
    its last end."""
    starts: dict[str, list[Xml]] = {}
    for start in body.iter(W + "bookmarkStart"):
        starts.setdefault(start.get(W + "name", ""), []).append(start)
    ends = {end.get(W + "id", ""): end for end in body.iter(W + "bookmarkEnd")}
    for first, *others in starts.values():
        ended = [ends[each.get(W + "id", "")] for each in (first, *others) if each.get(W + "id", "") in ends]
        if others and ended:
            ended[-1].set(W + "id", first.get(W + "id", ""))
            for surplus in (*others, *ended[:-1]):
                surplus.getparent().remove(surplus)
