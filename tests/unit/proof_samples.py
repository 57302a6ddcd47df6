"""A small archive with everything in it: two histories, one withheld payload, two gels, two signatures."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from negotiation import verifier
from negotiation.documents.archive import (
    ArchiveContent,
    ArchivedChain,
    ClauseText,
    FrozenVersion,
    Reader,
    fingerprint_of_evidence,
    write_archive,
)
from negotiation.documents.platform_keys import PlatformKeys
from negotiation.rules import history_chain
from negotiation.rules.history_chain import Link, Opening

NEGOTIATION = "7d1f2a3c-0000-4000-8000-000000000001"
PARTY = "party:0c8f3c6e-0000-4000-8000-00000000000a"
CONTENT = '{"title":"CPOM 2024-2028 — Association Rive-Ambrelle"}'.encode()
V1 = FrozenVersion("v1.0", CONTENT, b"%PDF-1.7 first")
V2 = FrozenVersion("v1.1", CONTENT + b" ", None)
KEYS = PlatformKeys("", "", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
"""Only the key of heads, which seals archives, is used here."""

Fact = tuple[str, str, dict[str, object]]


def chained(circle: str, facts: list[Fact], *, negotiation: str = NEGOTIATION) -> tuple[list[Link], list[Opening]]:
    links: list[Link] = []
    openings: list[Opening] = []
    for n, (actor, kind, payload) in enumerate(facts):
        opening = Opening(payload, (circle.encode() + bytes([n]) * 32)[-32:])
        links.append(
            history_chain.link(
                links[-1] if links else None,
                chain=history_chain.chain_name(negotiation, circle),
                ts=f"2026-07-10T08:{n:02}:00Z",
                actor=actor,
                kind=kind,
                payload=payload,
                salt=opening.salt,
            )
        )
        openings.append(opening)
    return links, openings


def evidence(party: str) -> dict[str, object]:
    return {"content_hash": V1.content_hash, "party": party, "mandate": "délibération du 9 novembre 2023"}


def shared_facts() -> list[Fact]:
    frozen = {"label": V1.label, "content_hash": V1.content_hash, "pdf_hash": V1.pdf_hash}
    signatures: list[Fact] = [
        (
            who,
            "version.signed",
            {"content_hash": V1.content_hash, "evidence_hash": fingerprint_of_evidence(evidence(p))},
        )
        for who, p in (("og.pres", "og"), ("ars.dg", "ars"))
    ]
    return [
        ("import", "negotiation.imported", {"declared": True, "title": "Rive-Ambrelle"}),
        ("cd.chef", "clause.proposed", {"clause": "en01", "text": "97 % d’occupation", "version": 1}),
        ("og.dg", "clause.countered", {"clause": "en01", "text": "94 %, « lits neutralisés » retirés", "version": 2}),
        ("cd.chef", "clause.accepted", {"clause": "en01", "version": 2}),
        ("platform", "version.frozen", {**frozen}),
        *signatures,
        ("platform", "version.frozen", {"label": V2.label, "content_hash": V2.content_hash, "pdf_hash": None}),
    ]


def sample_content() -> ArchiveContent:
    links, openings = chained("shared", shared_facts())
    inside, private = chained(PARTY, [("og.daf", "comment.written", {"text": "Notre plancher est 93,5 %"})] * 3)
    withheld: list[Opening | None] = [*private]
    withheld[1] = None
    return ArchiveContent(
        negotiation={"id": NEGOTIATION, "title": "CPOM 2024-2028", "reference": "CPOM-SAR-2024-01"},
        reader=Reader("Directrice générale", "Association Rive-Ambrelle"),
        exported_at="2026-07-10T09:00:00Z",
        chains=(
            ArchivedChain("Toutes les parties", "shared", links, openings),
            ArchivedChain("Interne Rive-Ambrelle", PARTY, inside, withheld),
        ),
        contract=V2.content,
        clauses=(ClauseText("EN01", "Taux d’occupation", "**95 %** en 2028"), ClauseText("Préambule", "Contexte", "…")),
        versions=(replace(V1, signatures=(evidence("og"), evidence("ars"))), V2),
    )


def sample_archive() -> bytes:
    return write_archive(sample_content(), keys=KEYS)


def zipped(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def with_new_manifest(members: Mapping[str, bytes]) -> bytes:
    """What a careful forger sends: files changed, manifest made again to suit them, without the seal that tells."""
    heads: dict[str, Mapping[str, object]] = {}
    for name, content in members.items():
        if name.startswith("historique/"):
            written = json.loads(content)
            entries = written["entries"]
            last = entries[-1]["hash"] if entries else history_chain.GENESIS
            heads[written["circle"]] = {"hash": last, "seq": len(entries)}
    forged = {**members, verifier.MANIFEST: verifier.manifest_of(members, heads)}
    return zipped({name: content for name, content in forged.items() if name != verifier.SEAL})
