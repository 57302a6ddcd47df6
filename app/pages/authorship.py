"""« Qui a écrit quoi » in a text of the table commune, as pages show it: a share by party, each word with its sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from app.pages.frame import Frame
from app.pages.passages import Counting, Rewriter
from app.pages.presentation import markdown, the_party
from negotiation.drafting.authorship import Run, shares, spans_of
from negotiation.rules.anchoring import plain_text
from negotiation.store.queries.people import PartyView


@dataclass(frozen=True)
class Share:
    """`percent`: of the words that a party wrote; all shares together are 100."""

    party: PartyView
    words: int
    percent: int


@dataclass(frozen=True)
class Authorship:
    """`earlier`: words that were there before, which count for nobody. `html`: the text, each word with its sign."""

    shares: tuple[Share, ...]
    earlier: int
    html: Markup


def authorship_of(frame: Frame, text: str, written: Sequence[Run]) -> Authorship | None:
    """None where nobody knows: a text that didn't come from the table commune."""
    spans = spans_of(plain_text(text), written) if written else ()
    counted = shares(written)
    words = {party: counted[party.id] for party in frame.parties.values() if party.id in counted}
    if not spans or not words:
        return None
    percents = _percents(list(words.values()))
    shown = [Share(party, count, percent) for (party, count), percent in zip(words.items(), percents, strict=True)]
    signed = [(start, end, frame.parties[author]) for start, end, author in spans if author in frame.parties]
    return Authorship(tuple(shown), counted.get(None, 0), _signed(markdown(text), plain_text(text), signed))


def _percents(counts: Sequence[int]) -> list[int]:
    """Whole numbers that make 100 together: what rounding leaves goes to the largest remainders."""
    total = sum(counts)
    percents = [100 * count // total for count in counts]
    remainders = sorted(range(len(counts)), key=lambda at: -(100 * counts[at] % total))
    for at in remainders[: 100 - sum(percents)]:
        percents[at] += 1
    return percents


def _signed(html: str, visible: str, spans: Sequence[tuple[int, int, PartyView]]) -> Markup:
    """The same HTML, each passage underlined in its party's line and followed by its letter."""
    letters = [place for place, sign in enumerate(visible) if not sign.isspace()]
    counting = Counting()
    counting.feed(html)
    counting.close()
    if counting.seen != [visible[place] for place in letters]:
        return Markup(html)  # made by `markdown`, safe already
    writer = _Signing(letters, spans)
    writer.feed(html)
    writer.close()
    return Markup("".join(writer.out))  # tags as they came, words escaped anew


class _Signing(Rewriter):
    """Writes the HTML again, the words of each party in a `<span>`."""

    def __init__(self, letters: Sequence[int], spans: Sequence[tuple[int, int, PartyView]]) -> None:
        super().__init__()
        self.letters = letters
        self.spans = list(spans)
        self.at = 0

    def handle_data(self, data: str) -> None:
        if not self.is_read:
            self.out.append(escape(data))
            return
        piece, party = "", self._party()
        for sign in data:
            if not sign.isspace():
                if (now := self._party()) != party:
                    self._put(piece, party)
                    piece, party = "", now
                self.at += 1
            piece += sign
            if self.spans and self.at and self.letters[self.at - 1] + 1 >= self.spans[0][1]:
                self._put(piece, party)
                self._end()
                piece, party = "", self._party()
        self._put(piece, party)

    def _party(self) -> PartyView | None:
        """Of the letter that comes."""
        if not self.spans or self.at >= len(self.letters):
            return None
        start, end, party = self.spans[0]
        return party if start <= self.letters[self.at] < end else None

    def _put(self, words: str, party: PartyView | None) -> None:
        if not words:
            return
        if party is None or words.isspace():
            self.out.append(escape(words))
            return
        start = self.spans[0][0]
        if start >= 0:
            self.out.append(f'<span class="vh">écrit par {the_party(party.short_name)} : </span>')
            self.spans[0] = (-1, *self.spans[0][1:])
        self.out.append(f'<span class="wrote" data-party="{party.sign}">{escape(words)}</span>')

    def _end(self) -> None:
        _, _, party = self.spans.pop(0)
        self.out.append(f'<b class="by" data-party="{party.sign}" aria-hidden="true">{escape(party.letter)}</b>')
