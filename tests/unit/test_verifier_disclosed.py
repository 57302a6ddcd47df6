"""Facts of an inside that their party lets everybody read: the verifier checks each one that it meets."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from negotiation.documents.archive import ArchivedChain, write_archive
from negotiation.rules import history_chain
from negotiation.verifier import verify_archive
from tests.unit.proof_samples import NEGOTIATION, PARTY, Fact, chained, sample_content, shared_facts

INSIDE: list[Fact] = [("og.daf", "comment.written", {"text": "Notre plancher est 93,5 %"})] * 3


def disclosed(number: int = 2) -> dict[str, Any]:
    """The fact of the gestionnaire's inside, as the shared history holds it."""
    links, openings = chained(PARTY, INSIDE)
    link, opening = links[number - 1], openings[number - 1]
    payload = dict(opening.payload)
    return {"header": link.header(), "hash": link.hash, "payload": payload, "salt": opening.salt.hex()}


def archived(fact: object, *, with_inside: str = "") -> bytes:
    """An honest archive whose shared history discloses this; with the chain of the inside when it is named so."""
    shared = chained("shared", [*shared_facts(), ("og.dg", "fact.disclosed", {"party": "og", "fact": fact})])
    chains = [ArchivedChain("Toutes les parties", "shared", *shared)]
    if with_inside:
        links, _ = chained(PARTY, INSIDE)
        chains.append(ArchivedChain(with_inside, PARTY, links, [None] * len(links)))
    return write_archive(replace(sample_content(), chains=tuple(chains)))


def test_a_disclosed_fact_is_checked_by_itself_and_against_its_destroyed_chain() -> None:
    """Whoever holds the party's own archive sees its place too, though nothing else of it can be read any more."""
    alone, beside = verify_archive(archived(disclosed())), verify_archive(archived(disclosed(), with_inside="Interne"))
    assert alone.ok and beside.ok
    assert any("Faits internes dévoilés : 1" in said for said in alone.proves)
    assert any("la place de 1 fait" in said for said in alone.does_not_prove)
    assert not any("la place de" in said for said in beside.does_not_prove)


def other_words(fact: dict[str, Any]) -> None:
    fact["payload"] = {"text": "Notre plancher est 90 %"}


def other_salt(fact: dict[str, Any]) -> None:
    fact["salt"] = "0" * 64


def other_day(fact: dict[str, Any]) -> None:
    fact["header"]["ts"] = "2025-01-01T08:00:00Z"


def other_hash(fact: dict[str, Any]) -> None:
    fact["hash"] = "1" * 64


def no_words(fact: dict[str, Any]) -> None:
    fact["payload"] = fact["salt"] = None


def other_negotiation(fact: dict[str, Any]) -> None:
    fact["header"]["chain"] = f"another/{PARTY}"


def among_authorities(fact: dict[str, Any]) -> None:
    fact["header"] |= {"circle": "authorities", "chain": f"{NEGOTIATION}/authorities"}


def nothing_of_it(fact: dict[str, Any]) -> None:
    fact.clear()


@pytest.mark.parametrize(
    "forge",
    [other_words, other_salt, other_day, other_hash, no_words, other_negotiation, among_authorities, nothing_of_it],
)
def test_a_forged_disclosure_is_named(forge: Any) -> None:
    fact = disclosed()
    forge(fact)
    report = verify_archive(archived(fact))
    assert not report.ok and report.first_problem
    assert report.first_problem.startswith("Faits internes dévoilés")
    assert "9" in report.first_problem, "which fact of the shared history"


def test_a_fact_that_its_party_never_wrote_shows_against_its_chain() -> None:
    """Sealed by itself, honestly made by whoever forges it: only the chain of the inside can tell."""
    opening = history_chain.Opening({"text": "Nous avions dit 96 %"}, b"s" * 32)
    forged = history_chain.link(
        chained(PARTY, INSIDE)[0][0],
        chain=history_chain.chain_name(NEGOTIATION, PARTY),
        ts="2026-07-10T08:01:00Z",
        actor="og.daf",
        kind="comment.written",
        payload=opening.payload,
        salt=opening.salt,
    )
    fact = {"header": forged.header(), "hash": asdict(forged)["hash"], "payload": opening.payload}
    fact |= {"salt": opening.salt.hex()}
    assert verify_archive(archived(json.loads(json.dumps(fact)))).ok
    report = verify_archive(archived(fact, with_inside="Interne"))
    assert not report.ok and "ne figure pas à sa place" in str(report.first_problem)
