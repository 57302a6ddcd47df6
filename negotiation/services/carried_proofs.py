"""What an archive's rows say that proves something, held against the history that was verified.

The manifest covers `donnees/`, and anybody can make a manifest: a row that proves must be what the facts tell, and no
fact may lack its row. `HELD` says how for each table, `PROVES_NOTHING` names the others; a table that is in neither
stops the tests.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation import verifier
from negotiation.documents.archive import fingerprint_of_evidence
from negotiation.errors import InvalidArchive
from negotiation.events import Kind
from negotiation.rules.amendment import CONTRACT_TYPES
from negotiation.rules.history_chain import canonical_payload, stamp
from negotiation.rules.paris import paris_day
from negotiation.rules.signatures import is_complete
from negotiation.rules.vocabulary import SHARED, NegotiationStatus
from negotiation.services.carried_facts import Told, at_once, demand, pair, told_by_history
from negotiation.services.carried_moves import (
    held_clauses,
    held_consultations,
    held_messages,
    held_moves,
    held_reserves,
    held_versions,
)
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.queries.amendments import told_by_contracts
from negotiation.store.queries.closing import deciding_parties
from negotiation.store.queries.signatures import places_of, terms_of

PAPER, SIMPLE = "paper", "simple"


def require_proven(session: Session, negotiation_id: str) -> None:
    """Everything there that proves something is told by its history. Raises InvalidArchive."""
    told = told_by_history(session, negotiation_id)
    for table, rule in HELD.items():
        try:
            rule(told)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration) as fault:
            raise InvalidArchive(problem=f"donnees/{table}.json ou son historique n’a pas la forme attendue") from fault


# ---------------------------------------------------------------------- the negotiation and its gel


def _negotiation(told: Told) -> None:
    """Frozen and signed as its versions and its signatures tell; what it comes after is what its first fact says."""
    row, version, closed = told.negotiation, _in_force(told), told.of(Kind.AVENANT_CLOSED)
    demand("negotiation", row.follows == told.amends.get("negotiation", told.opening.get("follows", "")))
    demand("negotiation", bool(row.follows and row.contract_type in CONTRACT_TYPES) == bool(told.amends))
    if version is None:
        is_over = told.amends and any(fact.said.get("number") == told.amends["number"] for fact in closed)
        demand("negotiation", (row.frozen_at is not None) == bool(is_over))
    else:
        demand("negotiation", row.frozen_at == version.frozen_at)
    if version is None or not version.declared:
        signed = _signed_days(told, version) if version else []
        demand("negotiation", (told.is_declared and not version) or _stands(row) == bool(signed))
        demand("negotiation", not signed or row.signed_on == signed[-1])


def _stands(row: Any) -> bool:
    return row.status is not NegotiationStatus.IN_NEGOTIATION


def _signed_days(told: Told, version: Any) -> list[Any]:
    """The days of its signatures once every party has signed, else none."""
    rows = [row for row in told.rows("signature") if row.frozen_version_id == version.id]
    terms, places = terms_of(told.session, told.negotiation.id, version.terms), places_of(rows)
    if not all(is_complete(places, terms, party.id) for party in deciding_parties(told.session, told.negotiation.id)):
        return []
    return sorted(row.signed_on for row in rows if row.signed_on)


def _in_force(told: Told) -> Any:
    voided = {row.frozen_version_id for row in told.rows("voided_version")}
    rows = [row for row in told.rows("frozen_version") if row.id not in voided]
    demand("frozen_version", len(rows) <= 1)
    return rows[0] if rows else None


def _frozen_versions(told: Told) -> None:
    rows, facts = told.rows("frozen_version"), told.of(Kind.VERSION_FROZEN)
    named = ("label", "number", "content_hash", "pdf_hash", "heads")
    optional = {"declared": False, "seal": {}, "terms": {}}
    pair(
        "frozen_version",
        [[row.id, *(getattr(row, name) for name in (*named, *optional))] for row in rows],
        [
            [it.said["version"], *(it.said[name] for name in named)]
            + [it.said.get(name, none) for name, none in optional.items()]
            for it in facts
        ],
    )
    at = {fact.said["version"]: fact.at for fact in facts}
    for row in rows:
        held = [hashlib.sha256(row.content.encode()).hexdigest(), hashlib.sha256(row.pdf).hexdigest()]
        demand("frozen_version", held == [row.content_hash, row.pdf_hash], at_once(row.frozen_at, at[row.id]))
        demand("frozen_version", row.frozen_at <= now())
    version = _in_force(told)
    if version is not None:
        stands = contract_as_it_stands(told.session, told.negotiation.id).content
        demand("clause", _text(stands) == _text(json.loads(version.content)))


def _text(content: Mapping[str, object]) -> dict[str, object]:
    """But for those who may sign, who change."""
    return {name: node for name, node in content.items() if name != "signatories"}


def _voided_versions(told: Told) -> None:
    pair(
        "voided_version",
        [
            [row.frozen_version_id, told.party(row.party_id), row.motive, row.sequence, stamp(row.at)]
            for row in told.rows("voided_version")
        ],
        [
            [it.said["version"], it.said["party"], it.said["motive"], it.sequence, stamp(it.at)]
            for it in told.of(Kind.VERSION_VOIDED)
        ],
    )


def _head_seals(told: Told) -> None:
    """Each is signed, by the key that it names, at its place in the shared history; each sealed gel has one."""
    hashes = {fact.sequence: fact.hash for fact in told.facts if fact.circle == str(SHARED)}
    reached = [0]
    for row in told.rows("head_seal"):
        said = json.loads(row.statement)
        written = canonical_payload(said)
        demand("head_seal", written == row.statement.encode(), said["chain"] == f"{told.negotiation.id}/{SHARED}")
        demand("head_seal", said["key"] == row.public_key, said["hash"] == hashes[said["seq"]])
        demand("head_seal", stamp(row.at) == said["at"])
        key, signature = bytes.fromhex(row.public_key), bytes.fromhex(row.signature)
        demand("head_seal", verifier.ed25519_holds(key, written, signature))
        reached.append(said["seq"])
    sealed = [fact.sequence for fact in told.of(Kind.VERSION_FROZEN) if fact.said.get("seal")]
    demand("head_seal", max(reached) >= max(sealed, default=0))


# ---------------------------------------------------------------------- signatures


def _signatures(told: Told) -> None:
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


def _signed_increments(told: Told) -> None:
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


def _papers(told: Told) -> None:
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


def _paper_confirmations(told: Told) -> None:
    pair(
        "paper_confirmation",
        [
            [row.paper_id, told.party(row.party_id), told.member(row.member_id)]
            for row in told.rows("paper_confirmation")
        ],
        [[it.said["paper"], it.said["party"], it.actor] for it in told.of(Kind.PAPER_CONFIRMED)],
    )


def _signing_acts(told: Told) -> None:
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


# ---------------------------------------------------------------------- what is asked


def _freeze_requests(told: Told) -> None:
    """The last that its party did was to ask for the gel of this text."""
    last = {it.said["party"]: it for it in told.of(Kind.FREEZE_REQUESTED, Kind.FREEZE_CANCELLED)}
    for row in told.rows("freeze_request"):
        fact = last[told.party(row.party_id) or ""]
        demand("freeze_request", fact.kind == Kind.FREEZE_REQUESTED, fact.actor == told.member(row.member_id))
        demand("freeze_request", fact.said["content_hash"] == row.content_hash)


def _unfreeze_requests(told: Told) -> None:
    kinds = (Kind.REOPENING_ASKED, Kind.REOPENING_AGREED, Kind.REOPENING_DECLINED, Kind.REOPENING_TAKEN_BACK)
    last = {(it.said["version"], it.said["party"]): it for it in told.of(*kinds)}
    for row in told.rows("unfreeze_request"):
        fact = last[row.frozen_version_id, told.party(row.party_id) or ""]
        demand("unfreeze_request", fact.kind == (Kind.REOPENING_ASKED if row.motive else Kind.REOPENING_AGREED))
        demand("unfreeze_request", fact.said.get("motive", "") == row.motive, fact.actor == told.member(row.member_id))


def _signing_terms(told: Told) -> None:
    facts = told.of(Kind.SIGNING_TERMS_SET)[-1:]
    pair(
        "signing_terms",
        [[str(row.order), row.every, told.member(row.set_by)] for row in told.rows("signing_terms")],
        [[it.said["order"], it.said["every"], it.actor] for it in facts],
    )


# ---------------------------------------------------------------------- what all approved, and avenants


def _approved(table: str, kind: Kind, name: str) -> Callable[[Told], None]:
    def rule(told: Told) -> None:
        rows, at = told.rows(table), {it.said[name]: it.at for it in told.of(kind)}
        sealed = [row for row in rows if row.approved_at is not None]
        pair(
            table,
            [[row.id, row.content_hash] for row in sealed],
            [[it.said[name], it.said["content_hash"]] for it in told.of(kind)],
        )
        for row in sealed:
            same = hashlib.sha256(row.content.encode()).hexdigest() == row.content_hash
            demand(table, same, at_once(row.approved_at, at[row.id]))
        demand(table, all(not row.content and not row.content_hash for row in rows if row.approved_at is None))

    return rule


def _amendments(told: Told) -> None:
    """What it amends is what the first fact of its own history says; its end is that of its signatures, or told."""
    rows, amends, opening = told.rows("amendment"), told.amends, told.opening
    demand("amendment", len(rows) == bool(amends))
    for row in rows:
        _require_known(told, row)
        here = [row.root_key, row.amended_reference, row.number, row.amended_number]
        here += [row.amended_content_hash, row.amended_pdf_hash]
        names = ("negotiation", "reference", "number", "version", "content_hash", "pdf_hash")
        demand("amendment", here == [amends[name] for name in names])
        asked = [str(row.kind), row.reason, row.requested_by, row.effect_on.isoformat()]
        demand("amendment", asked == [opening[name] for name in ("kind", "reason", "requested_by", "effect_on")])
        term = [row.term_before.isoformat(), row.term_after.isoformat()] if row.term_after else []
        demand("amendment", term == opening["term"])
        closed = [it.said["reason"] for it in told.of(Kind.AVENANT_CLOSED) if it.said["number"] == row.number]
        demand("amendment", [row.closed_reason] == (closed or [None]))
        is_over = bool(closed) or _stands(told.negotiation)
        demand("amendment", (row.settled_at is not None) == is_over, _closing(told, row) == row.closing)
        for version in told.rows("frozen_version"):
            told_in = json.loads(version.content)["amendment"]["amends"]
            shown = {"title": row.amended_title, "label": row.amended_label, "signed_on": row.amended_on.isoformat()}
            demand("amendment", {**told_in, **shown} == told_in)


def _require_known(told: Told, row: Any) -> None:
    """Where its contract is held here, that contract's own history tells it. Raises InvalidArchive."""
    is_here = told.session.execute(select(col(Negotiation.id)).where(col(Negotiation.key) == row.root_key)).first()
    opened = told_by_contracts(told.session, [row.root_key], Kind.AVENANT_OPENED)
    if is_here and (row.root_key, told.negotiation.key, row.number) not in opened:
        raise InvalidArchive(problem="le contrat qu’il modifie est ici, et son historique ne connaît pas cet avenant")


def _closing(told: Told, row: Any) -> dict[str, Any]:
    """Who would close it without follow-up, as the facts tell, one after the other."""
    found: dict[str, Any] = {}
    for it in told.of(Kind.AVENANT_CLOSING):
        if it.said.get("asked"):
            found = {"reason": it.said["reason"], "by": it.said["party"], "consents": [it.said["party"]]}
        elif it.said.get("refused"):
            found = {}
        else:
            found["consents"] = sorted({*found["consents"], it.said["party"]})
    return found | {"at": row.closing.get("at")} if found else {}


def _of_a_file(table: str) -> Callable[[Told], None]:
    """Rows that only a file tells: there is a fact that says that a file was read."""
    return lambda told: demand(table, told.is_declared or not told.rows(table))


HELD: Mapping[str, Callable[[Told], None]] = {
    "move": held_moves,
    "version": held_versions,
    "reserve": held_reserves,
    "clause": held_clauses,
    "message": held_messages,
    "consultation": held_consultations,
    "frozen_version": _frozen_versions,
    "voided_version": _voided_versions,
    "head_seal": _head_seals,
    "signature": _signatures,
    "signed_increment": _signed_increments,
    "paper_signature": _papers,
    "paper_confirmation": _paper_confirmations,
    "signing_act": _signing_acts,
    "freeze_request": _freeze_requests,
    "unfreeze_request": _unfreeze_requests,
    "signing_terms": _signing_terms,
    "minutes": _approved("minutes", Kind.MINUTES_APPROVED, "minutes"),
    "review": _approved("review", Kind.REVIEW_APPROVED, "review"),
    "amendment": _amendments,
    "negotiation": _negotiation,
    **{name: _of_a_file(name) for name in ("declared_signature", "avenant", "avenant_move")},
    **{name: _of_a_file(name) for name in ("dialogue_de_gestion", "evaluation", "observation")},
}

_NOTHING = {
    "who sits, and what was told of him: no account comes with it": "party member delegation mention",
    "what a contract is written in, held by its frozen text once there is one": (
        "document framework essms part clause_party"
    ),
    "what surrounds the text, shown as its party's word": (
        "diagnosis finding datum calendar_item support_document task comment_thread"
    ),
    "what a séance noted: the moves that it made are held": ("seance seance_point seance_attendance seance_decision"),
    "a party's own inside, or its reader's own": "visa_rule visa_request mandate inside_fate saved_view",
    "drafts, which commit nobody": (
        "draft draft_set_aside draft_followed draft_writer draft_update draft_credit version_origin"
    ),
    "that it was imported": "import_record",
}
PROVES_NOTHING = frozenset(name for names in _NOTHING.values() for name in names.split())
"""Tables whose rows are shown as what somebody says, never as what was agreed, signed or approved."""
