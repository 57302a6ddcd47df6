"""No comment is ever lost: whatever happens to a text, its passage is found inside it, or known to be gone."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negotiation.errors import InvalidInput
from negotiation.rules.anchoring import (
    CONTEXT,
    Anchor,
    Found,
    Orphan,
    anchor_from_selection,
    anchor_of,
    locate,
)

_words = st.sampled_from(["taux", "de", "93,5 %", "places", "l'ARS", "EHPAD", "é", "x", "\n", "\t", "\u00a0"])
_texts = st.lists(_words, max_size=30).map(" ".join) | st.text(alphabet="ab \n1", max_size=40) | st.text(max_size=30)
_places = st.integers(0, 200)
_Edit = tuple[int, int, str]
_edits = st.lists(st.tuples(_places, st.integers(0, 30), _texts), max_size=4)


def _anchored(text: str, place: int, length: int) -> Anchor:
    start = place % (len(text) or 1)  # not beyond the end, where there is nothing to hold on to
    try:
        return anchor_of(text, start, start + length)
    except InvalidInput:
        assume(False)
        raise


def _edited(text: str, edits: list[_Edit]) -> str:
    for place, length, words in edits:
        place = min(place, len(text))
        text = text[:place] + words + text[place + length :]
    return text


@given(_texts, _places, st.integers(1, 30), _edits | _texts)
@settings(max_examples=250, deadline=None)
def test_a_thread_is_never_lost(text: str, place: int, length: int, edits: list[_Edit] | str) -> None:
    anchor = _anchored(text, place, length)
    new = edits if isinstance(edits, str) else _edited(text, edits)
    found = locate(anchor, text, new)
    if isinstance(found, Orphan):
        assert found.quote == anchor.quote
    else:
        assert 0 <= found.start < found.end <= len(new)


@given(_texts, _texts, _texts, _places)
@settings(max_examples=200, deadline=None)
def test_an_anchor_made_on_another_text_is_answered_too(text: str, other: str, new: str, place: int) -> None:
    found = locate(_anchored(text, place, 12), other, new)
    assert isinstance(found, Orphan) or 0 <= found.start < found.end <= len(new)


@given(_texts, _places, st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_in_the_same_text_it_is_where_it_was(text: str, place: int, length: int) -> None:
    anchor = _anchored(text, place, length)
    assert text[anchor.start :].startswith(anchor.quote)
    found = locate(anchor, text, text)
    assert isinstance(found, Found)
    assert _squeezed(text[found.start : found.end]) == _squeezed(anchor.quote)
    if _squeezed(text).count(_squeezed(anchor.quote)) == 1:
        assert found == Found(anchor.start, anchor.start + len(anchor.quote))


@given(_texts, _places, st.integers(1, 30), _edits, _edits)
@settings(max_examples=250, deadline=None)
def test_words_that_stand_once_and_were_not_touched_are_found_exactly(
    text: str, place: int, length: int, before: list[_Edit], after: list[_Edit]
) -> None:
    anchor = _anchored(text, place, length)
    end = anchor.start + len(anchor.quote)
    head, tail = _edited(text[: anchor.start], before), _edited(text[end:], after)
    new = head + anchor.quote + tail
    quote = _squeezed(anchor.quote)
    assume(_times(quote, text) == _times(quote, new) == 1)
    assert locate(anchor, text, new) == Found(len(head), len(head) + len(anchor.quote))


@given(_texts, _places, st.integers(1, 30), _edits, _edits)
@settings(max_examples=250, deadline=None)
def test_words_whose_surroundings_were_not_touched_are_found_even_among_twins(
    text: str, place: int, length: int, before: list[_Edit], after: list[_Edit]
) -> None:
    text = f"{'avant ' * 9}{text}{' après' * 9}"
    anchor = _anchored(text, place + 54, length)
    # Context is counted in letters: blanks may stretch it.
    reach = 3 * CONTEXT
    first, last = max(0, anchor.start - reach), anchor.start + len(anchor.quote) + reach
    new = _edited(text[:first], before) + text[first:last] + _edited(text[last:], after)
    found = locate(anchor, text, new)
    assert isinstance(found, Found)
    assert _squeezed(new[found.start : found.end]) == _squeezed(anchor.quote)


@given(_texts, _places, st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_a_selection_gives_the_anchor_of_what_was_selected(text: str, place: int, length: int) -> None:
    anchor = _anchored(text, place, length)
    same = anchor_from_selection(text, anchor.quote, anchor.before, anchor.after)
    assert same is not None
    assert _squeezed(same.quote) == _squeezed(anchor.quote)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _times(quote: str, text: str) -> int:
    squeezed = _squeezed(text)
    return sum(squeezed.startswith(quote, place) for place in range(len(squeezed)))
