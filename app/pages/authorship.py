"""« Qui a écrit quoi », as pages show it: a share by party, each word with its sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from app.pages.frame import Frame
from app.pages.passages import Counting, Rewriter
from app.pages.presentation import markdown, the_party
from negotiation.drafting.authorship import Run, shares, spans_of
from negotiation.rules.anchoring import plain_text
from negotiation.rules.word_shares import percents_of
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


@dataclass(frozen=True)
class Hand:
    """Whose a passage is, in the three ways that it is told: `said` aloud, by `letter`, by the line of `sign` (a
    party's; None: nobody knows)."""

    said: str
    letter: str
    sign: str | None

    @classmethod
    def of(cls, party: PartyView) -> "Hand":
        return cls(f"écrit par {the_party(party.short_name)}", party.letter, party.sign)


NOBODY_KNOWS = Hand("origine indéterminée", "?", None)


def authorship_of(frame: Frame, text: str, written: Sequence[Run]) -> Authorship | None:
    """None where nobody knows: a text that didn't come from the table commune."""
    spans = spans_of(plain_text(text), written) if written else ()
    counted = shares(written)
    words = {party: counted[party.id] for party in frame.parties.values() if party.id in counted}
    if not spans or not words:
        return None
    percents = percents_of(list(words.values()))
    shown = [Share(party, count, percent) for (party, count), percent in zip(words.items(), percents, strict=True)]
    signed = [(start, end, Hand.of(frame.parties[author])) for start, end, author in spans if author in frame.parties]
    return Authorship(tuple(shown), counted.get(None, 0), signed_words(text, signed))


def signed_words(text: str, spans: Sequence[tuple[int, int, Hand]]) -> Markup:
    """A text (Markdown) as HTML, each passage [start, end) of its visible text underlined in its party's line and
    followed by its letter."""
    html, visible = markdown(text), plain_text(text)
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

    def __init__(self, letters: Sequence[int], spans: Sequence[tuple[int, int, Hand]]) -> None:
        super().__init__()
        self.letters = letters
        self.spans = list(spans)
        self.at = 0

    def handle_data(self, data: str) -> None:
        if not self.is_read:
            self.out.append(escape(data))
            return
        piece, hand = "", self._hand()
        for sign in data:
            if not sign.isspace():
                if (now := self._hand()) != hand:
                    self._put(piece, hand)
                    piece, hand = "", now
                self.at += 1
            piece += sign
            if self.spans and self.at and self.letters[self.at - 1] + 1 >= self.spans[0][1]:
                self._put(piece, hand)
                self._end()
                piece, hand = "", self._hand()
        self._put(piece, hand)

    def _hand(self) -> Hand | None:
        """Of the letter that comes."""
        if not self.spans or self.at >= len(self.letters):
            return None
        start, end, hand = self.spans[0]
        return hand if start <= self.letters[self.at] < end else None

    def _put(self, words: str, hand: Hand | None) -> None:
        if not words:
            return
        if hand is None or words.isspace():
            self.out.append(escape(words))
            return
        start = self.spans[0][0]
        if start >= 0:
            self.out.append(f'<span class="vh">{escape(hand.said)} : </span>')
            self.spans[0] = (-1, *self.spans[0][1:])
        look = f'class="wrote" data-party="{hand.sign}"' if hand.sign else 'class="wrote-unknown"'
        self.out.append(f"<span {look}>{escape(words)}</span>")

    def _end(self) -> None:
        _, _, hand = self.spans.pop(0)
        look = f'class="by" data-party="{hand.sign}"' if hand.sign else 'class="by by-unknown"'
        self.out.append(f'<b {look} aria-hidden="true">{escape(hand.letter)}</b>')
