"""What the plots are drawn with: SVG written by the server, the same on the page, in a file and in a PDF.

Each shape carries its colours as attributes, which a page's style sheet overrules (dark room, print). A party is told
by its letter, its shape and its line before its colour; plots show what all parties read, and nothing else.
"""

from dataclasses import dataclass
from html import escape

from negotiation.rules.plot_layout import Placed

INK, SOFT, HAIR, PAPER, WELL, AGREED = "#22201c", "#575249", "#e3ddd1", "#fffdf9", "#faf7f1", "#24643f"
ON_PARTY = "#ffffff"
COLOURS = {"g": "#9a3b12", "a": "#175c9e", "d": "#74308c", "e": "#475669", "m": "#0b5a63", "t": "#475669"}
DASHES = {"a": "9 6", "d": "0.1 6.5", "e": "11 5 2 5", "m": "16 4", "t": "3 4"} | dict.fromkeys("pfvc", "2 5")
"""As in plots.css. The gestionnaire's line is solid."""
LINES = {
    "g": "carré et trait plein",
    "a": "rond et tirets",
    "d": "hexagone et points",
    "e": "triangle et trait mixte",
    "m": "pentagone et longs tirets",
    "t": "losange et tirets courts",
}
RADIUS = 13.0
FONT = "'Source Sans 3', 'Navette Sans', sans-serif"
_SEAL = (
    "M10.067.87a2.89 2.89 0 0 0-4.134 0l-.622.638-.89-.011a2.89 2.89 0 0 0-2.924 2.924l.01.89-.636.622a2.89 2.89 0 0 0 "
    "0 4.134l.637.622-.011.89a2.89 2.89 0 0 0 2.924 2.924l.89-.01.622.636a2.89 2.89 0 0 0 4.134 0l.622-.637.89.011"
    "a2.89 2.89 0 0 0 2.924-2.924l-.01-.89.636-.622a2.89 2.89 0 0 0 0-4.134l-.637-.622.011-.89a2.89 2.89 0 0 0-2.924"
    "-2.924l-.89.01zm.287 5.984-3 3a.5.5 0 0 1-.708 0"
    "l-1.5-1.5a.5.5 0 1 1 .708-.708L7 8.793l2.646-2.647a.5.5 0 0 1 .708.708"
)
"""The seal of an agreement, 16 units wide, as in the icons."""


@dataclass(frozen=True, slots=True)
class PlotParty:
    """`sign`: the value of `data-party`."""

    id: str
    letter: str
    sign: str
    name: str


COMMON = PlotParty("", "C", "c", "Table commune")
"""A text written together is nobody's position."""


def svg(body: str, *, width: float, height: float, key: str, title: str, desc: str) -> str:
    """A whole drawing. `key` tells its ids from those of another on the same page."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {_n(width)} {_n(height)}" role="img" '
        f'aria-labelledby="{key}-t {key}-d" font-family="{FONT}">'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(desc)}</desc>{body}</svg>'
    )


def standalone(drawing: str, *, width: float, height: float) -> str:
    """The same as a file of its own: a ground, and a size."""
    head, tag, rest = drawing.partition("</desc>")
    sized = head.replace("<svg ", f'<svg width="{_n(width)}" height="{_n(height)}" ', 1)
    ground = f'<rect width="{_n(width)}" height="{_n(height)}" fill="{PAPER}"/>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{sized}{tag}{ground}{rest}\n'


def text(words: str, x: float, y: float, *, kind: str = "axis", anchor: str = "middle", weight: int = 400) -> str:
    """`kind`: a class of plots.css, with its size and colour."""
    size, fill = {
        "axis": (14, SOFT),
        "val": (19, "var"),
        "seal-text": (19, AGREED),
        "lane-name": (15, "var"),
        "mark-letter": (14, ON_PARTY),
        "ring-text": (14, "var"),
    }[kind]
    shown = "val seal-text" if kind == "seal-text" else kind
    colour = "currentColor" if fill == "var" else fill
    # A line that passes under the words stops before them.
    halo = f' stroke="{PAPER}" stroke-width="4" paint-order="stroke"' if kind in ("val", "seal-text") else ""
    return (
        f'<text class="{shown}" x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"'
        f' font-weight="{weight}"{halo}>{escape(words)}</text>'
    )


def label(spot: Placed, *, kind: str = "axis", weight: int = 400) -> str:
    return text(spot.text, spot.at.x, spot.at.y, kind=kind, anchor=spot.at.anchor, weight=weight)


def rule(x1: float, y1: float, x2: float, y2: float, *, kind: str = "grid") -> str:
    return (
        f'<path class="{kind}" d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}" stroke="{HAIR}" stroke-width="1" fill="none"/>'
    )


def of_party(party: PlotParty, body: str) -> str:
    """A group in the party's colour."""
    return f'<g data-party="{party.sign}" color="{COLOURS.get(party.sign, SOFT)}">{body}</g>'


def line(party: PlotParty, points: list[tuple[float, float]], *, faint: bool = False) -> str:
    """The party's own line through these points."""
    path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
    dash = f' stroke-dasharray="{DASHES[party.sign]}"' if party.sign in DASHES else ""
    dots = party.sign == "d"
    cap = "round" if dots or not dash else "butt"
    kind = "line faint" if faint else "line"
    pale = ' opacity=".45"' if faint else ""
    return (
        f'<path class="{kind}" d="{path}" fill="none" stroke="currentColor"'
        f' stroke-width="{3.5 if dots else 2.5}" stroke-linecap="{cap}"{dash}{pale}/>'
    )


def mark(party: PlotParty, x: float, y: float) -> str:
    """The party's shape with its letter."""
    fill = 'class="mark" fill="currentColor"'
    r = RADIUS
    match party.sign:
        case "g":
            shape = f'<rect {fill} x="{_n(x - 12)}" y="{_n(y - 12)}" width="24" height="24" rx="3"/>'
        case "a":
            shape = f'<circle {fill} cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}"/>'
        case "d":
            shape = f'<path {fill} d="M{_n(x - 15)} {_n(y)}l7.500-13h15l7.500 13l-7.500 13h-15z"/>'
        case "e":
            shape = f'<path {fill} d="M{_n(x)} {_n(y - 17)}l17 29h-34z"/>'
        case "m":
            shape = f'<path {fill} d="M{_n(x)} {_n(y - 14)}l15 10.500l-5 16.500h-20l-5-16.500z"/>'
        case "t":
            shape = f'<path {fill} d="M{_n(x)} {_n(y - 16)}l16 16l-16 16l-16-16z"/>'
        case _:
            return ring(party.letter, x, y)
    low = 4 if party.sign == "e" else 0
    return shape + text(party.letter, x, y + 5 + low, kind="mark-letter", weight=700)


def ring(letter: str, x: float, y: float) -> str:
    """An outlined mark: who speaks without tabling anything."""
    return (
        f'<circle class="ring" cx="{_n(x)}" cy="{_n(y)}" r="12" fill="{PAPER}" stroke="currentColor" stroke-width="2"/>'
        + text(letter, x, y + 5, kind="ring-text", weight=700)
    )


def seal(x: float, y: float) -> str:
    """An agreement, 28 units wide, on a ground that hides the lines."""
    return (
        f'<circle class="ring-bg" cx="{_n(x)}" cy="{_n(y)}" r="14" fill="{WELL}"/>'
        f'<path class="seal-fill" transform="translate({_n(x - 14)} {_n(y - 14)}) scale(1.75)" d="{_SEAL}"'
        f' fill="{AGREED}" fill-rule="evenodd"/>'
    )


def _n(number: float) -> str:
    """Two decimals at most: the same bytes on every machine."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
