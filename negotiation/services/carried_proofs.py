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
from negotiation.errors import InvalidArchive
from negotiation.events import Kind
from negotiation.rules.amendment import CONTRACT_TYPES
from negotiation.rules.history_chain import canonical_payload, stamp
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
from negotiation.services.carried_shapes import require_readable
from negotiation.services.carried_signatures import (
    held_acts,
    held_confirmations,
    held_increments,
    held_papers,
    held_signatures,
)
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.queries.amendments import told_by_contracts
from negotiation.store.queries.closing import deciding_parties
from negotiation.store.queries.signatures import places_of, terms_of


def require_proven(session: Session, negotiation_id: str) -> None:
    """Every value there is one that pages read, and what proves something is told by its history. Raises
    InvalidArchive."""
    told = told_by_history(session, negotiation_id)
    require_readable(told)
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
    "signature": held_signatures,
    "signed_increment": held_increments,
    "paper_signature": held_papers,
    "paper_confirmation": held_confirmations,
    "signing_act": held_acts,
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
