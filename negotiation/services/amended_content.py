"""What the frozen content of an avenant says of the contract that it changes.

The content is the whole contract as it will stand. A clause that was signed otherwise has `before`, {text,
value_text}; one that wasn't there has `before` null; `amendment.dropped` lists what is no longer there. The text that
was signed goes with each clause from the opening on (`SIGNED`), so that an avenant says what it changes wherever it is
carried.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session, col

from negotiation.rules.vocabulary import ClauseState, DocumentKind
from negotiation.store.amendment import Amendment
from negotiation.store.contract import Clause, Document, Part
from negotiation.store.queries.amendments import declared_amendments
from negotiation.store.queries.situations import SIGNED
from negotiation.store.queries.visibility import on_the_table

Node = dict[str, Any]
DECLARED = "declared_avenants"
"""Attribute of an avenant's document: those that a file declares to its contract when it is opened, {number, title,
signed_on}. None is in the text; the attribute goes with it wherever it is carried, so that it can be said."""


def amendment_node(session: Session, row: Amendment) -> Node:
    """`amendment` of the content."""
    term = {"before": row.term_before.isoformat(), "after": row.term_after.isoformat()} if row.term_after else None
    return {
        "kind": str(row.kind),
        "number": row.number,
        "reason": row.reason,
        "requested_by": row.requested_by,
        "effect_on": row.effect_on.isoformat(),
        "term": term,
        "amends": {
            "negotiation": row.root_key,
            "reference": row.amended_reference,
            "title": row.amended_title,
            "label": row.amended_label,
            "number": row.amended_number,
            "content_hash": row.amended_content_hash,
            "pdf_hash": row.amended_pdf_hash,
            "signed_on": row.amended_on.isoformat(),
        },
        "dropped": list(_dropped(session, row.negotiation_id)),
    } | ({"declared": declared} if (declared := _declared(session, row.negotiation_id)) else {})


def declared_facts(session: Session, root_id: str) -> list[Node]:
    """What `DECLARED` keeps."""
    return [
        {
            "number": each.number,
            "title": each.title,
            "signed_on": each.signed_on.isoformat() if each.signed_on else "",
        }
        for each in declared_amendments(session, root_id)
    ]


def _declared(session: Session, negotiation_id: str) -> list[Node]:
    query = select(col(Document.attributes)).where(
        col(Document.negotiation_id) == negotiation_id, col(Document.kind) == DocumentKind.CONTRACT
    )
    attributes = session.execute(query).scalar_one_or_none() or {}
    return list(attributes.get(DECLARED) or ())


def with_before(node: Node, attributes: dict[str, Any]) -> Node:
    """The clause's node, with what was signed when it is something else."""
    signed = attributes.get(SIGNED)
    if (node["text"], node["value"]) == ((signed["text"], signed["value"]) if signed else ("", None)):
        return node
    return node | {"before": _shown(signed) if signed else None}


def _shown(signed: Node) -> Node:
    return {"text": signed["text"], "value_text": signed["value_text"]}


def _dropped(session: Session, negotiation_id: str) -> Iterator[Node]:
    """Clauses that were signed and left the contract, alone or with their part, in the order of the contract."""
    query = (
        select(Clause, Part)
        .join(Part, col(Part.id) == Clause.part_id)
        .where(
            col(Clause.negotiation_id) == negotiation_id,
            on_the_table(Clause.circle),
            or_(col(Clause.state) == ClauseState.WITHDRAWN, col(Part.dropped_at).is_not(None)),
        )
        .order_by(col(Part.position), col(Clause.position), col(Clause.field))
    )
    for clause, part in session.execute(query):
        signed = clause.attributes.get(SIGNED)
        if signed and (signed["text"] or signed["value"] is not None):
            yield {
                "part": {"kind": str(part.kind), "key": part.key, "code": part.code, "title": part.title},
                "field": clause.field,
                "code": clause.code,
                "label": clause.label,
                "before": _shown(signed),
            }
