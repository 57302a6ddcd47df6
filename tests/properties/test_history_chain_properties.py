"""Whatever the history holds, any single change to any entry of it is seen."""

import json
from dataclasses import fields, replace

import rfc8785
from hypothesis import assume, given
from hypothesis import strategies as st

from negotiation.rules import history_chain
from negotiation.rules.history_chain import Link, Opening

names = st.text(st.characters(max_codepoint=127), max_size=8)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
facts = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)
payloads = st.dictionaries(names, facts, max_size=4)


@st.composite
def chains(draw, *, shortest: int = 1) -> tuple[list[Link], list[Opening]]:
    links: list[Link] = []
    openings: list[Opening] = []
    for n in range(draw(st.integers(shortest, 6))):
        opening = Opening(draw(payloads), draw(st.binary(min_size=32, max_size=32)))
        links.append(
            history_chain.link(
                links[-1] if links else None,
                chain="negotiation/shared",
                ts=f"2026-07-10T08:00:{n:02}Z",
                actor=draw(texts),
                kind=draw(names),
                payload=opening.payload,
                salt=opening.salt,
            )
        )
        openings.append(opening)
    return links, openings


def breaks(links: list[Link], openings: list[Opening]) -> bool:
    return not history_chain.verify(links, openings).ok


@given(payloads)
def test_canonical_json_is_what_the_standard_library_writes(payload):
    plain = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert history_chain.canonical_payload(payload) == plain == rfc8785.dumps(payload)


@given(chains())
def test_what_was_chained_verifies(chain):
    links, openings = chain
    assert history_chain.verify(links, openings, head=links[-1].hash).ok


@given(chains(), st.data())
def test_any_changed_header_field_breaks_the_chain(chain, data):
    links, openings = chain
    at = data.draw(st.integers(0, len(links) - 1))
    name = data.draw(st.sampled_from([field.name for field in fields(Link)]))
    old = getattr(links[at], name)
    new = data.draw(st.integers() | st.booleans() | texts)
    assume(new != old or type(new) is not type(old))
    links[at] = replace(links[at], **{name: new})
    assert breaks(links, openings)


@given(chains(), st.data())
def test_any_changed_payload_breaks_the_chain(chain, data):
    links, openings = chain
    at = data.draw(st.integers(0, len(links) - 1))
    payload = data.draw(payloads)
    assume(rfc8785.dumps(payload) != rfc8785.dumps(openings[at].payload))
    openings[at] = Opening(payload, openings[at].salt)
    fault = history_chain.verify(links, openings).fault
    assert fault is not None
    assert fault.seq == at + 1


@given(chains(), st.data())
def test_any_changed_salt_breaks_the_chain(chain, data):
    links, openings = chain
    at = data.draw(st.integers(0, len(links) - 1))
    salt = data.draw(st.binary(max_size=40))
    assume(salt != openings[at].salt)
    openings[at] = Opening(openings[at].payload, salt)
    assert breaks(links, openings)


@given(chains(shortest=2), st.data())
def test_any_other_order_breaks_the_chain(chain, data):
    links, openings = chain
    order = data.draw(st.permutations(range(len(links))))
    assume(list(order) != sorted(order))
    assert breaks([links[n] for n in order], [openings[n] for n in order])


@given(chains(shortest=2), st.data())
def test_any_entry_removed_before_the_last_breaks_the_chain(chain, data):
    links, openings = chain
    at = data.draw(st.integers(0, len(links) - 2))
    del links[at], openings[at]
    assert breaks(links, openings)


@given(chains(), st.data())
def test_any_entry_put_twice_breaks_the_chain(chain, data):
    links, openings = chain
    source = data.draw(st.integers(0, len(links) - 1))
    at = data.draw(st.integers(0, len(links)))
    links.insert(at, links[source])
    openings.insert(at, openings[source])
    assert breaks(links, openings)


@given(chains(shortest=2), st.data())
def test_a_forged_entry_with_its_own_fingerprint_breaks_the_next_link(chain, data):
    links, openings = chain
    at = data.draw(st.integers(0, len(links) - 2))
    actor = data.draw(texts)
    assume(actor != links[at].actor)
    forged = replace(links[at], actor=actor)
    links[at] = replace(forged, hash=history_chain.header_hash(forged))
    fault = history_chain.verify(links, openings).fault
    assert fault is not None
    assert fault.seq == at + 2


@given(chains(shortest=2), st.data())
def test_any_cut_tail_is_seen_against_the_kept_head_and_not_without_it(chain, data):
    links, openings = chain
    kept = links[-1].hash
    length = data.draw(st.integers(0, len(links) - 1))
    assert history_chain.verify(links[:length], openings[:length]).ok
    assert not history_chain.verify(links[:length], openings[:length], head=kept).ok
