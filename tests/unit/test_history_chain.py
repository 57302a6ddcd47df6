"""The chain of the history: what it shows, and what only a kept head shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from negotiation.rules import history_chain
from negotiation.rules.history_chain import FaultCode, Link, Opening

CHAIN = history_chain.chain_name("7d1f2a3c-0000-4000-8000-000000000001", "shared")


def chained(count: int, *, chain: str = CHAIN) -> tuple[list[Link], list[Opening | None]]:
    links: list[Link] = []
    openings: list[Opening | None] = []
    for n in range(count):
        opening = Opening({"clause": f"c{n}", "version": n, "texte": "95 % d’occupation"}, bytes([n]) * 32)
        links.append(
            history_chain.link(
                links[-1] if links else None,
                chain=chain,
                ts=f"2026-07-10T08:{n:02}:00Z",
                actor="og.dg",
                kind="clause.proposed",
                payload=opening.payload,
                salt=opening.salt,
            )
        )
        openings.append(opening)
    return links, openings


def test_an_untouched_chain_verifies():
    links, openings = chained(5)
    verdict = history_chain.verify(links, openings, head=links[-1].hash)
    assert verdict.ok
    assert (verdict.count, verdict.head, verdict.withheld) == (5, links[-1].hash, ())


def test_an_empty_chain_verifies():
    assert history_chain.verify([], []).head == history_chain.GENESIS


def test_a_header_names_its_chain_and_everything_else_but_its_own_fingerprint():
    (entry,), _ = chained(1)
    assert set(entry.header()) == set(vars(entry)) - {"hash"}
    assert entry.circle == "shared"


def test_the_same_facts_always_give_the_same_fingerprint():
    """Golden vector: a change here would make every stored chain unreadable."""
    (entry,), _ = chained(1)
    written = (Path(__file__).parents[2] / "docs" / "format-de-preuve.md").read_text(encoding="utf-8")
    assert entry.commitment in written
    assert entry.hash in written
    assert entry.commitment == "c67b6ae01755c34d0e17bff87211159e3946e6c12fc0955bd31f694121414d16"
    assert entry.hash == "1f517e575b34ccacf7ce75f35e274a25e0902117825edd2bc9af7ce296580a9d"


def test_a_withheld_payload_keeps_its_place_but_proves_nothing_of_its_content():
    links, openings = chained(4)
    openings[1] = None
    verdict = history_chain.verify(links, openings)
    assert verdict.ok
    assert verdict.withheld == (2,)


def test_the_first_bad_entry_is_named_even_when_later_ones_are_bad_too():
    links, openings = chained(6)
    links[2] = replace(links[2], actor="ars.fin")
    links[4] = replace(links[4], kind="clause.accepted")
    verdict = history_chain.verify(links, openings)
    assert verdict.fault is not None
    assert (verdict.fault.seq, verdict.fault.code) == (3, FaultCode.HEADER_CHANGED)
    assert verdict.fault.sentence.startswith("L’en-tête du fait 3 a été changé")
    assert verdict.count == 2


def test_changing_an_entry_and_its_fingerprint_breaks_the_next_one():
    links, openings = chained(4)
    forged = replace(links[1], actor="cd.chef")
    links[1] = replace(forged, hash=history_chain.header_hash(forged))
    fault = history_chain.verify(links, openings).fault
    assert fault is not None
    assert (fault.seq, fault.code) == (3, FaultCode.BROKEN_LINK)


def test_a_cut_tail_shows_only_against_a_kept_head():
    links, openings = chained(5)
    kept = links[-1].hash
    assert history_chain.verify(links[:3], openings[:3]).ok
    fault = history_chain.verify(links[:3], openings[:3], head=kept).fault
    assert fault is not None
    assert fault.code == FaultCode.UNEXPECTED_HEAD


def test_a_chain_rewritten_from_the_start_shows_only_against_a_kept_head():
    links, _ = chained(3)
    rewritten: list[Link] = []
    for entry in links:
        rewritten.append(
            history_chain.link(
                rewritten[-1] if rewritten else None,
                chain=CHAIN,
                ts=entry.ts,
                actor="cd.chef",
                kind=entry.kind,
                payload={},
                salt=bytes(32),
            )
        )
    assert history_chain.verify(rewritten, [None] * 3).ok
    assert not history_chain.verify(rewritten, [None] * 3, head=links[1].hash).ok


def test_a_head_kept_long_ago_must_still_be_in_the_chain():
    links, openings = chained(5)
    assert history_chain.verify(links, openings, head=links[1].hash).ok


def test_the_chain_of_another_circle_is_not_taken_for_this_one():
    links, openings = chained(2, chain=history_chain.chain_name("n", "party:og"))
    assert history_chain.verify(links, openings).ok
    fault = history_chain.verify(links, openings, chain=CHAIN).fault
    assert fault is not None
    assert fault.code == FaultCode.OTHER_CHAIN


def test_a_name_of_chain_without_circle_is_refused_not_a_crash():
    links, openings = chained(2)
    links[0] = replace(links[0], chain="nothing")
    assert not history_chain.verify(links, openings).ok
    with pytest.raises(ValueError, match="not the name of a chain"):
        history_chain.link(
            None, chain="nothing", ts="2026-07-10T08:00:00Z", actor="a", kind="k", payload={}, salt=bytes(32)
        )


def test_a_clock_that_jumps_back_is_reported_and_changes_no_order():
    links, openings = chained(2)
    late = history_chain.link(
        links[-1], chain=CHAIN, ts="2026-07-09T23:00:00Z", actor="a", kind="k", payload={}, salt=bytes(32)
    )
    verdict = history_chain.verify([*links, late], [*openings, None])
    assert verdict.ok
    assert verdict.backward == (3,)


@pytest.mark.parametrize(
    "payload",
    [{"a": 1.0}, {"é": 1}, {"a": {1: 2}}, {"a": object()}, {"a": 2**53}, {"a": "\ud800"}, {"a": {"b": b"x"}}],
)
def test_only_facts_that_every_program_writes_alike_are_chained(payload):
    with pytest.raises(ValueError):
        history_chain.canonical_payload(payload)


def test_a_bottomless_payload_is_refused():
    payload: dict[str, object] = {}
    for _ in range(100):
        payload = {"a": payload}
    with pytest.raises(ValueError, match="too deep"):
        history_chain.canonical_payload(payload)


def test_moments_are_written_in_utc_to_the_second():
    paris = timezone(timedelta(hours=2))
    assert history_chain.stamp(datetime(2026, 7, 10, 10, 5, 3, 999, tzinfo=paris)) == "2026-07-10T08:05:03Z"
    assert history_chain.stamp(datetime(2026, 7, 10, tzinfo=UTC)) == "2026-07-10T00:00:00Z"
    with pytest.raises(ValueError, match="without zone"):
        history_chain.stamp(datetime(2026, 7, 10))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("ts", "salt"),
    [("2026-07-10 08:00:00", bytes(32)), ("2026-07-10T08:00:00+02:00", bytes(32)), ("2026-07-10T08:00:00Z", b"short")],
)
def test_a_loose_date_or_a_short_salt_never_enters_the_chain(ts, salt):
    with pytest.raises(ValueError):
        history_chain.link(None, chain=CHAIN, ts=ts, actor="a", kind="k", payload={}, salt=salt)


def test_no_entry_follows_one_of_another_chain():
    links, _ = chained(1, chain="n/party:og")
    with pytest.raises(ValueError, match="another chain"):
        history_chain.link(
            links[0], chain=CHAIN, ts="2026-07-10T08:00:00Z", actor="a", kind="k", payload={}, salt=bytes(32)
        )
