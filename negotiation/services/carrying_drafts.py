"""The live drafts that leave with a reader: each as one update that makes its document, and who wrote its words.

A log tells who typed what when; what leaves is what stands at the end of it, as every page that opens the draft gets
it. It goes on elsewhere from there.
"""

from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.rules.vocabulary import SHARED
from negotiation.services.crediting import credits_of
from negotiation.services.drafted import document_of
from negotiation.store.exchange import Draft, DraftUpdate
from negotiation.store.queries.carried import Json, Rows, adapter_of


def with_drafts(session: Session, rows: Rows) -> Rows:
    """The rows and those that stand for the log of each carried draft: `draft_update`, `draft_credit`."""
    clauses = {row["id"] for row in rows.get("clause", ())}
    made: dict[str, list[Json]] = {"draft_update": [], "draft_credit": []}
    for row in rows.get("draft", ()):
        draft = session.get_one(Draft, row["id"])
        written = _last_written(session, draft)
        row["sequence"] = 0 if written is None else 1
        row["credited"] = row["sequence"] if draft.circle == str(SHARED) else 0
        if written is not None:
            update = {"update": document_of(session, draft), "recorded_at": written}
            made["draft_update"].append(_as_json("draft_update", {**_place(draft), **update}))
        if row["credited"]:
            credits = [each for each in credits_of(session, draft).clauses if each["clause_id"] in clauses]
            made["draft_credit"] += [_as_json("draft_credit", {"draft_id": draft.id, **each}) for each in credits]
    return rows | {name: found for name, found in made.items() if found}


def _last_written(session: Session, draft: Draft) -> Any:
    query = select(func.max(col(DraftUpdate.recorded_at))).where(
        col(DraftUpdate.draft_id) == draft.id, col(DraftUpdate.epoch) == draft.epoch
    )
    return session.execute(query).scalar()


def _place(draft: Draft) -> Json:
    return {"draft_id": draft.id, "sequence": 1, "epoch": draft.epoch}


def _as_json(table: str, values: Json) -> Json:
    adapters = adapter_of(table)
    return {name: adapters[name].dump_python(value, mode="json") for name, value in values.items()}
