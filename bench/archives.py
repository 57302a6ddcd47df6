"""An archive of proof with 10 000 facts: making it, and verifying it with the stand-alone verifier."""

import secrets

from bench.measuring import median_ms, table, timed
from negotiation import verifier
from negotiation.documents.archive import ArchiveContent, ArchivedChain, Reader, write_archive
from negotiation.rules import history_chain
from negotiation.rules.history_chain import Link, Opening

NEGOTIATION = "7d1f2a3c-0000-4000-8000-000000000001"
FACTS = 10_000
TARGET_MS = 1_000
"""Issue 7: ten thousand facts verified offline in less than a second."""


def run() -> None:
    with timed() as chaining:
        links, openings = _chain(FACTS)
    content = ArchiveContent(
        negotiation={"id": NEGOTIATION, "title": "CPOM", "reference": "BANC-01"},
        reader=Reader("Directrice générale", "Association"),
        exported_at="2026-07-10T09:00:00Z",
        chains=[ArchivedChain("Toutes les parties", "shared", links, openings)],
        contract=b'{"title":"CPOM"}',
        clauses=[],
    )
    archive = write_archive(content)
    report = verifier.verify_archive(archive)
    rows = [
        ["chain the facts", chaining.seconds * 1000],
        ["write the archive", median_ms(lambda: write_archive(content), rounds=3)],
        ["verify the chain (rules)", median_ms(lambda: history_chain.verify(links, openings), rounds=3)],
        ["verify the archive (verifier.py)", median_ms(lambda: verifier.verify_archive(archive), rounds=3)],
    ]
    verdict = "sound" if report.ok else f"wrong: {report.first_problem}"
    title, note = f"Archive of {FACTS} facts, {len(archive) // 1000} kB, {verdict}", f"Asked: {TARGET_MS} ms to verify."
    table(title, ["act", "ms"], rows, note=note)


def _chain(length: int) -> tuple[list[Link], list[Opening]]:
    links: list[Link] = []
    openings: list[Opening] = []
    for number in range(length):
        facts = {
            "clause": NEGOTIATION,
            "version": number,
            "text": f"Le taux est porté à {number % 40 + 60} %.",
            "motive": "",
        }
        opening = Opening(facts, secrets.token_bytes(history_chain.SALT_BYTES))
        links.append(
            history_chain.link(
                links[-1] if links else None,
                chain=history_chain.chain_name(NEGOTIATION, "shared"),
                ts="2026-07-10T08:00:00Z",
                actor="og.dg",
                kind="clause.countered",
                payload=facts,
                salt=opening.salt,
            )
        )
        openings.append(opening)
    return links, openings
