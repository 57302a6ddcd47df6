"""Whatever is put anywhere in a template, it is read and kept as it is, or refused by its path: never a crash."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from negotiation.errors import InvalidFile
from negotiation.rules.trame import as_mapping, built_in_trame, read_trame, trame_as_toml, trame_from_mapping

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
def test_a_spoilt_trame_is_refused_or_kept(data: st.DataObject) -> None:
    mapping = as_mapping(built_in_trame("cadre-libre"))
    _spoil(mapping, data)
    try:
        trame = trame_from_mapping(mapping)
    except InvalidFile as refusal:
        assert refusal.detail["path"]
        assert refusal.detail["problem"]
        return
    assert trame_from_mapping(json.loads(json.dumps(as_mapping(trame)))) == trame
    assert read_trame(trame_as_toml(trame)) == trame


def _spoil(mapping: dict[str, Any], data: st.DataObject) -> None:
    """Replace, add or remove one thing at a random depth."""
    place: Any = mapping
    while True:
        steps = list(place) if isinstance(place, dict) else list(range(len(place)))
        step = data.draw(st.sampled_from(steps))
        inner = place[step]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 4)) == 0:
            break
        place = inner
    if isinstance(place, dict) and data.draw(st.integers(0, 4)) == 0:
        del place[step]
    elif isinstance(place, dict) and data.draw(st.integers(0, 4)) == 0:
        place[data.draw(st.text(max_size=8))] = data.draw(ANYTHING)
    else:
        place[step] = data.draw(ANYTHING)
