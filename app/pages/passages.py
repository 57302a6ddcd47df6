"""Commented words underlined where a text is read: drawn on the page alone, never kept in the text.

The letters of the page, what is struck or only said aloud left out, are those of the visible text, in order: a passage
found there is found here by counting them. Where they are not, nothing is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from markupsafe import Markup

VOID = frozenset({"br", "hr", "img", "input", "wbr"})
UNREAD = frozenset({"vh", "by", "mark-space", "unit-note", "value", "value-change"})
"""Classes of what is on the page and not in the text."""


@dataclass(frozen=True)
class Mark:
    """Characters [start, end) of the visible text, and the thread that they lead to. `look`: class names."""

    start: int
    end: int
    target: str
    label: str
    number: int
    look: str = "anchor"


def underlined(html: str, visible_text: str, marks: Sequence[Mark]) -> Markup:
    """The same HTML with these passages marked, each followed by a link to its thread."""
    letters = [place for place, sign in enumerate(visible_text) if not sign.isspace()]
    counting = Counting()
    counting.feed(html)
    counting.close()
    if not marks or counting.seen != [visible_text[place] for place in letters]:
        return Markup(html)  # the caller's own, safe already
    spans = [(_rank(letters, mark.start), _rank(letters, mark.end), mark) for mark in marks]
    writer = _Writer([span for span in spans if span[0] < span[1]])
    writer.feed(html)
    writer.close()
    return Markup("".join(writer.out))  # tags as they came, words escaped anew


def _rank(letters: Sequence[int], place: int) -> int:
    """How many letters stand before this place."""
    return sum(each < place for each in letters)


class Walker(HTMLParser):
    """Goes through the HTML and knows where the words of the text are."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[tuple[str, bool]] = []

    @property
    def is_read(self) -> bool:
        return not (self.stack and self.stack[-1][1])

    def is_in(self, tag: str) -> bool:
        return any(name == tag for name, _ in self.stack)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            classes = set((dict(attrs).get("class") or "").split())
            hidden = not self.is_read or tag == "del" or bool(classes & UNREAD) or "unit-deleted" in classes
            self.stack.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass


class Counting(Walker):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_data(self, data: str) -> None:
        if self.is_read:
            self.seen += [sign for sign in data if not sign.isspace()]


class Rewriter(Walker):
    """Writes the HTML again, tag by tag as it came; what is said of its words is up to who derives it."""

    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        self.out.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.out.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        self.out.append(f"</{tag}>")


class _Writer(Rewriter):
    """Writes the HTML again, the words of each passage in a `<mark>`."""

    def __init__(self, spans: Sequence[tuple[int, int, Mark]]) -> None:
        super().__init__()
        self.spans = spans
        self.at = 0
        self.ended: list[Mark] = []

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        self._lead()

    def handle_data(self, data: str) -> None:
        if not self.is_read:
            self.out.append(escape(data))
            return
        piece, look = "", self._look()
        for sign in data:
            if not sign.isspace():
                if (now := self._look()) != look:
                    self._put(piece, look)
                    piece, look = "", now
                self.at += 1
                self.ended += [mark for _, end, mark in self.spans if end == self.at]
            elif self.ended:
                self._put(piece, look)
                piece, look = "", self._look()
                self._lead()
                self.out.append(sign)
                continue
            piece += sign
        self._put(piece, look)
        self._lead()

    def _look(self) -> str:
        """The class of the letter that comes, empty outside every passage."""
        return next((mark.look for start, end, mark in self.spans if start <= self.at < end), "")

    def _put(self, words: str, look: str) -> None:
        if words:
            marked = look and not words.isspace()
            self.out.append(f'<mark class="{look}">{escape(words)}</mark>' if marked else escape(words))

    def _lead(self) -> None:
        """The links to the threads whose words are over; a link never stands in a link."""
        if self.is_in("a") or not self.is_read:
            return
        for mark in self.ended:
            self.out.append(
                f'<a class="anchor-link" href="#{escape(mark.target)}"><span class="vh">{escape(mark.label)}</span>'
                f'<span aria-hidden="true">{mark.number}</span></a>'
            )
        self.ended = []
