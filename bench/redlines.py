"""Redlines of 1, 10 and 100 kB: ours, difflib on words, diff-match-patch in pure Python."""

import difflib
import random
import re
from collections.abc import Callable

from diff_match_patch import diff_match_patch

from bench.measuring import median_ms, ms_within, table
from negotiation.rules.redline import redline

SIZES = (1_000, 10_000, 100_000)
LONGEST = 20.0
"""Seconds that a peer may take."""
WORDS = re.findall(
    r"\w+",
    "gestionnaire établissement accompagnement autorité tarification occupation hébergement personnes objectif "
    "résident indicateur financement crédits annexe contrat avenant évaluation service accueil places taux dotation "
    "action fiche engagement calendrier dialogue gestion convention mesure suivi équipe famille parcours soins qualité "
    "départ et la le les de des du à pour dans chaque année selon avec sans avant après",
)


def text_of(size: int, seed: int) -> str:
    """Paragraphs of about 60 words, of this many characters in all."""
    drawn = random.Random(seed)
    paragraphs, length = [], 0
    while length < size:
        words = [drawn.choice(WORDS) for _ in range(drawn.randint(30, 90))]
        paragraphs.append(" ".join(words).capitalize() + ".")
        length += len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs)[:size]


def edited(text: str, seed: int) -> str:
    """One word in twenty replaced, taken away or added."""
    drawn = random.Random(seed)
    pieces = []
    for piece in re.split(r"(\s+)", text):
        lot = drawn.random() if piece.strip() else 1.0
        pieces.append(piece if lot > 0.05 else "" if lot < 0.01 else drawn.choice(WORDS))
    return "".join(pieces)


def ours(before: str, after: str) -> object:
    return redline(before, after)


def with_difflib(before: str, after: str) -> object:
    first, second = re.findall(r"\w+|\W", before), re.findall(r"\w+|\W", after)
    return difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes()


def with_pure_python(before: str, after: str) -> object:
    """Without its time limit, which gives up on the exact answer."""
    engine = diff_match_patch()
    engine.Diff_Timeout = 0
    return engine.diff_main(before, after)


PEERS: dict[str, Callable[[str, str], object]] = {"difflib": with_difflib, "diff-match-patch": with_pure_python}


def run() -> None:
    rows = []
    for size in SIZES:
        before = text_of(size, seed=1)
        for name, after in (("one word in twenty", edited(before, 2)), ("rewritten", text_of(size, seed=3))):
            mine = median_ms(lambda before=before, after=after: ours(before, after), rounds=5)  # type: ignore[misc]
            peers = [ms_within(peer, before, after, seconds=LONGEST) for peer in PEERS.values()]
            shown = [f"> {LONGEST * 1000:.0f}" if found is None else found for found in peers]
            rows.append([f"{size // 1000} kB, {name}", mine, *shown])
    table("Redlines, in milliseconds of processor", ["texts", "ours", *PEERS], rows)
