"""What the load generator types is what people type, and the updates it makes are taken as a browser's are."""

import itertools
import random

from pycrdt import Doc

from bench.drafting_typing import moments, strokes
from negotiation.drafting.guard import inspect
from negotiation.drafting.markdown_bridge import read_fragment
from tests.drafting_bytes import CLAUSE

ROOT = f"clause:{CLAUSE}"


def test_a_writer_types_as_often_as_asked_in_bursts() -> None:
    dues = list(moments(random.Random(1), per_second=5, seconds=600))
    pauses = [later - sooner for sooner, later in itertools.pairwise(dues)]
    assert 4 < len(dues) / 600 < 5.5
    assert sorted(pauses) == sorted(pause for pause in pauses if pause > 0)
    assert sum(pause > 0.5 for pause in pauses) > 200


def test_each_stroke_is_an_update_that_the_guard_lets_through() -> None:
    made = strokes(b"", ROOT, "Élan partagé, dès 2027. ", [number / 5 for number in range(300)], random.Random(2))
    document: Doc = Doc()
    for stroke in made:
        inspect(stroke.update)
        document.apply_update(stroke.update)
    text = read_fragment(document, ROOT)
    assert len(made) == 300
    assert 200 < len(text) < 290, "some letters were taken back"
    assert "partagé" in text
