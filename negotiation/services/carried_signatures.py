"""Who signed, how, and what stands behind the sealed bytes, against the facts that tell it (see `carried_proofs`)."""

import hashlib
from typing import Any

from negotiation.documents.archive import fingerprint_of_evidence
from negotiation.events import Kind
from negotiation.rules.history_chain import stamp
from negotiation.rules.paris import paris_day
from negotiation.services.carried_facts import Told, demand, pair

SIMPLE = "simple"
"""The method by which somebody signs in person, in his own place."""


def held_signatures(told: Told) -> None:
    rows = told.rows("signature")
    pair(
        "signature",
        [[row.frozen_version_id, fingerprint_of_evidence(row.evidence), row.evidence] for row in rows if row.signed_on],
        [[it.said["version"], it.said["evidence_hash"], it.said["evidence"]] for it in told.of(Kind.VERSION_SIGNED)],
    )
    versions = {row.id: row for row in told.rows("frozen_version")}
    for row in rows:
        version = versions[row.frozen_version_id]
        if row.signed_on is None:
            demand("signature", not row.signed_at, not row.mandate, not row.evidence, not row.declared)
        else:
            said = {name: getattr(version, name) for name in ("content_hash", "pdf_hash", "number")}
            demand("signature", {**row.evidence, **said, **_as_evidence(told, row)} == row.evidence)
        if row.declined_at is not None:
            declined = {"version": version.id, "reason": row.decline_reason}
            demand("signature", told.some(Kind.VERSION_DECLINED, told.member(row.member_id) or "", **declined))


def _as_evidence(told: Told, row: Any) -> dict[str, object]:
    """What the evidence of a signature must say, as its row shows it."""
    said: dict[str, object] = {"party": told.party(row.party_id), "role": row.role}
    if row.declared:
        demand("signature", row.signed_at is None, row.member_id is None)
        day = row.signed_on.isoformat()
        return said | {"mandate": row.mandate, "signed_on": day, "position": row.position, "declared": True}
    demand("signature", "declared" not in row.evidence, row.signed_on == paris_day(row.signed_at))
    demand("signature", row.evidence["mandate"]["reference"] == row.mandate)
    said["signed_at"] = stamp(row.signed_at)
    own = {"member": told.member(row.member_id)} if row.evidence["method"] == SIMPLE else {}
    field = {"field": row.field} if row.field and own else {}
    return said | own | field


def held_increments(told: Told) -> None:
    """Each file is the one before with these bytes behind it, and has the fingerprint that its fact tells."""
    signed = [it.said for it in told.of(Kind.VERSION_SIGNED) if it.said["evidence"].get("file_hash")]
    facts = [[it["version"], it["evidence"]["file_hash"], it["evidence_hash"]] for it in signed]
    facts += [[it.said["version"], it.said["file_hash"], ""] for it in told.of(Kind.VERSION_LOCKED)]
    evidence = {row.id: fingerprint_of_evidence(row.evidence) for row in told.rows("signature")}
    rows = sorted(told.rows("signed_increment"), key=lambda row: row.number)
    here = [
        [row.frozen_version_id, row.file_hash, evidence[row.signature_id] if row.signature_id else ""] for row in rows
    ]
    pair("signed_increment", here, facts)
    for version in told.rows("frozen_version"):
        behind, file = [row for row in rows if row.frozen_version_id == version.id], bytes(version.pdf)
        demand("signed_increment", [row.number for row in behind] == list(range(1, len(behind) + 1)))
        for row in behind:
            file += bytes(row.data)
            demand("signed_increment", hashlib.sha256(file).hexdigest() == row.file_hash)


def held_papers(told: Told) -> None:
    """Brought by that person, for a place of that version; once signed, by the mandate that the evidence says."""
    rows, named = told.rows("paper_signature"), ("paper", "version", "content_hash", "data_hash", "party")
    signatures = {row.id: row for row in told.rows("signature")}
    parties = {row.id: told.party(signatures[row.signature_id].party_id) for row in rows}
    here = [[row.id, row.frozen_version_id, row.content_hash, row.data_hash, parties[row.id]] for row in rows]
    pair(
        "paper_signature",
        [[*each, row.signer, told.member(row.member_id)] for each, row in zip(here, rows, strict=True)],
        [
            [*(it.said[name] for name in named), it.said.get("signer", ""), it.actor]
            for it in told.of(Kind.PAPER_BROUGHT)
        ],
    )
    for row in rows:
        demand("paper_signature", hashlib.sha256(row.data).hexdigest() == row.data_hash)
        demand("paper_signature", signatures[row.signature_id].frozen_version_id == row.frozen_version_id)
        evidence = signatures[row.signature_id].evidence
        if evidence.get("scan_hash") == row.data_hash:
            demand("paper_signature", [evidence["mandate"], evidence["scan_type"]] == [row.mandate, row.media_type])


def held_confirmations(told: Told) -> None:
    pair(
        "paper_confirmation",
        [
            [row.paper_id, told.party(row.party_id), told.member(row.member_id)]
            for row in told.rows("paper_confirmation")
        ],
        [[it.said["paper"], it.said["party"], it.actor] for it in told.of(Kind.PAPER_CONFIRMED)],
    )


def held_acts(told: Told) -> None:
    """The last file that was joined to each place, and that which the evidence names once it is signed."""
    last, rows = {it.said["place"]: it for it in told.of(Kind.ACT_JOINED)}, told.rows("signing_act")
    pair(
        "signing_act",
        [[row.signature_id, row.frozen_version_id, row.data_hash, told.member(row.member_id)] for row in rows],
        [[place, it.said["version"], it.said["data_hash"], it.actor] for place, it in last.items()],
    )
    evidence = {row.id: row.evidence for row in told.rows("signature") if row.signed_on}
    for row in rows:
        demand("signing_act", hashlib.sha256(row.data).hexdigest() == row.data_hash)
        demand("signing_act", evidence.get(row.signature_id, {}).get("act_hash", row.data_hash) == row.data_hash)
