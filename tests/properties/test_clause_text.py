"""Promises of the canonical text that hold for any input."""

import contextlib
import re
from html.parser import HTMLParser

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negotiation.errors import UnreadableText
from negotiation.rules.clause_text import canonical_markdown, french_typography, to_html

_HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt&colon;alert(1))",
        "<javascript:alert(1)>",
        '[a](https://x.fr/"onmouseover="x)',
        "![a](data:text/html;base64,x)",
        "<https://x.fr/<script>>",
        "&lt;script&gt;",
        "[a](&#106;avascript:x)",
        "<svg/onload=x>",
        "<br onclick=x>",
    ]
)
_PIECES = _HOSTILE | st.text(max_size=12) | st.sampled_from(list("\n*_|>#-[]()<\"'")) | st.just("\n\n")
_SOURCES = st.lists(_PIECES, max_size=8).map("".join)
_ATTRIBUTES = {"href", "rel", "start", "scope"}


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@given(_SOURCES)
@settings(max_examples=400)
def test_canonical_twice_is_canonical_once(source: str) -> None:
    try:
        once = canonical_markdown(source)
    except UnreadableText:
        assume(False)
    assert canonical_markdown(once) == once


@given(_SOURCES)
@settings(max_examples=400)
def test_the_canonical_text_shows_the_same_page(source: str) -> None:
    with contextlib.suppress(UnreadableText):
        assert to_html(canonical_markdown(source)) == to_html(source.replace("\r\n", "\n").replace("\r", "\n"))


@given(_SOURCES)
@settings(max_examples=400)
def test_no_input_makes_html_that_acts(source: str) -> None:
    elements = _Elements()
    elements.feed(to_html(source))
    for tag, attributes in elements.found:
        assert tag not in {"script", "img", "svg", "iframe", "style", "object", "form"}
        assert set(attributes) <= _ATTRIBUTES
        assert re.match(r"(https?://|mailto:)", attributes.get("href") or "https://", re.IGNORECASE)


@given(st.text(max_size=80))
def test_typography_changes_spaces_only(text: str) -> None:
    shown = french_typography(text)
    assert shown.replace("\u00a0", " ") == text.replace("\u00a0", " ")
    assert french_typography(shown) == shown
