"""Where signatures are drawn on the page of signatures: the measures that the typesetting of a party’s block and the
fields put over it share, in points. A block grows with the signatories of its party, so that each can be read.
"""

LEFT, RIGHT = 323, 498
"""From the left of the sheet: between the margins and the block’s inset (`templates/print/sheet.typ`)."""
TOP, UNDER = 12, 3
"""Under the words « Date et signature »; over the line at the foot."""
ALONE, EACH, APART = 59, 60, 5
"""Height of the place of a party’s only signatory; of each of several, and what is left free at its foot. Five lines
of which two are long hold there in seven points."""
TALLEST = 600
"""A block never breaks: beyond ten signatories of one party their places shrink, and the block stays on one page."""


def place_height(signatories: int) -> float:
    """Of each signatory’s place in a block of so many."""
    return ALONE if signatories <= 1 else min(EACH, TALLEST / signatories)


def cell_height(signatories: int) -> float:
    """Of the whole cell, from its words to its line."""
    return TOP + UNDER + max(1, signatories) * place_height(signatories)
