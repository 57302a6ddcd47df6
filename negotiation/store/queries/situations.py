"""Where a clause stands, from its row to what the lifecycle works on."""

from negotiation.rules.lifecycle import Approval, Request, Situation, Tabled
from negotiation.store.contract import Clause

APPROVAL = "approval"
"""Attribute of a clause of a relevé, of a dialogue or of an evaluation: whether the whole was approved."""

SIGNED = "signed"
"""Attribute of a clause of an avenant: {text, value, value_text} of the signed version that it starts from; `opened`:
it was open from the start."""


def as_situation(clause: Clause, concerned: frozenset[str], tabled: Tabled | None) -> Situation:
    """The row as the lifecycle knows it; `tabled` is the version that `current_version_id` names."""
    return Situation(
        concerned=concerned,
        state=clause.state,
        current=tabled,
        versions=clause.versions,
        behind=frozenset(clause.behind),
        open_reserves=frozenset(clause.open_reserves),
        maintained_reserves=frozenset(clause.maintained_reserves),
        request=_request(clause),
        kind=clause.kind,
        was_agreed=clause.agreed_version_id is not None or "declared" in clause.attributes,
        follows=clause.follows_id,
        approval=Approval(clause.attributes[APPROVAL]) if APPROVAL in clause.attributes else None,
    )


def _request(clause: Clause) -> Request | None:
    if clause.request_kind is None or clause.request_by is None:
        return None
    return Request(
        clause.request_kind,
        clause.request_by,
        frozenset(clause.request_consents),
        frozenset(clause.request_parties),
    )
