"""A passage of a relevé as it is read: what was told, and beside each other the text before and after. Pure."""

import re
from dataclasses import dataclass

from negotiation.rules.markdown_tree import Block, Mark, Paragraph, Text, parse, plain_text, serialise
from negotiation.rules.minutes import AFTER, BEFORE

_WHOSE = re.compile(r"proposée par (.+?)\s*:$")


@dataclass(frozen=True)
class BeforeAfter:
    """Canonical Markdown of the three, without their titles. `by`: of whom the text after is said to be, « l’ARS »;
    empty where no text or nobody is said."""

    told: str
    before: str
    after: str
    by: str


def before_after(text: str) -> BeforeAfter | None:
    """None where the passage doesn't hold both titles, in order, once each: its parties may have written it anew."""
    blocks = parse(text)
    titles = [(place, title) for place, block in enumerate(blocks) if (title := _title(block)) in (BEFORE, AFTER)]
    if [title for _, title in titles] != [BEFORE, AFTER]:
        return None
    before, after = (place for place, _ in titles)
    first = blocks[after + 1] if after + 1 < len(blocks) else None
    whose = _WHOSE.search(plain_text(first.inlines)) if isinstance(first, Paragraph) else None
    return BeforeAfter(
        told=serialise(blocks[:before]),
        before=serialise(blocks[before + 1 : after]),
        after=serialise(blocks[after + 1 :]),
        by=whose[1] if whose else "",
    )


def _title(block: Block) -> str:
    """The words of a paragraph that is all bold; else empty."""
    if not isinstance(block, Paragraph) or len(block.inlines) != 1:
        return ""
    (only,) = block.inlines
    return only.text if isinstance(only, Text) and only.marks == {Mark.BOLD} else ""
