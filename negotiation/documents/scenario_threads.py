"""The engagements and their moves as a scenario file tells them.

The format knows threads that end in one agreement: what it can't replay (a reopening, a request, a reserve maintained)
is told in a comment, and an agreement that was reopened since too.
"""

import re
from collections.abc import Sequence
from typing import Any

from negotiation.documents.scenario_source import Json, Source, local, numbers, visibility, written
from negotiation.rules.french_moves import move_fr
from negotiation.rules.vocabulary import TEXT_MOVES, Move, ValueKind

_TARGETS = {
    "article": "clause",
    "fiche_action": "fiche_action",
    "indicator": "indicator",
    "funding_line": "financial_line",
}
_REPLAYED = frozenset(
    {"proposal", "counter_proposal", "acceptance", "rejection", "withdrawal", "reserve", "reserve_lifted"}
)
_SAID = frozenset({"question", "answer", "comment"})
_UNSETTLED = ("proposed", "reserved", "under_discussion")


def engagements(source: Source) -> list[Json]:
    """Each engagement, and each other clause that the parties exchanged moves about."""
    moves: dict[str, list[Json]] = {}
    for row in sorted(source.table("move"), key=lambda row: (row["rank"], row["id"])):
        moves.setdefault(row["clause_id"], []).append(row)
    found = []
    for clause in source.clauses.values():
        part = source.parts[clause["part_id"]]
        if clause["kind"] != "engagement" and clause["id"] not in moves:
            continue
        if part["kind"] not in _TARGETS:
            source.left.append(f"ce qui s’est dit de « {clause['code'] or clause['label']} » ({part['title']})")
            continue
        found.append(_engagement(source, clause, part, moves.get(clause["id"], [])))
    return found


def _engagement(source: Source, clause: Json, part: Json, rows: Sequence[Json]) -> Json:
    own = clause["kind"] == "engagement"
    told = clause["attributes"]
    moves = _moves(source, clause, rows)
    text, value = source.standing(clause)
    tabled = [move["id"] for move in moves if move["visibility"] == "shared" and move["type"] in TEXT_MOVES]
    concerned = {row["party_id"] for row in source.table("clause_party") if row["clause_id"] == clause["id"]}
    parties = [row["key"] for row in source.ordered("party") if row["id"] in concerned and row["side"] != "associe"]
    sessions = [row["key"] for row in source.table("seance")]
    ending = told.get("final_move_id")
    return {
        "id": told.get("key") if own and told.get("key") else _identifier(clause, part),
        "code": clause["code"] or f"{part['code']}-{clause['field']}",
        "title": clause["label"],
        "target": (told.get("target") if own else None) or {"type": _TARGETS[part["kind"]], "id": part["key"]},
        "debtor_party_id": source.key_of.get(clause["debtor_party_id"], source.deciding[0]),
        "party_ids": parties or source.deciding,
        "status": _status(clause),
        "numeric": _numeric(clause, written(value, clause["value_kind"])),
        "session_ids": source.known(told.get("session_ids", []), sessions),
        "final_move_id": ending if ending in tabled else tabled[-1] if tabled else "",
        "final_text": told.get("final_text") or text,
        "moves": moves,
    }


def _identifier(clause: Json, part: Json) -> str:
    place = re.sub(r"\s+", "-", f"{part['key']}.{clause['field'].removeprefix('engagement.')}")
    return f"{place[:60]}{clause['id'][:8]}"


def _status(clause: Json) -> str:
    said = clause["attributes"].get("status")
    if clause["state"] == "agreed":
        return "accepted"
    if clause["state"] == "withdrawn":
        return "dropped" if said == "dropped" else "withdrawn"
    return str(said) if said in _UNSETTLED else "under_discussion"


def _numeric(clause: Json, value: Any) -> Json | None:
    """As the file told it; what nobody knew then is what stands now."""
    told = clause["attributes"].get("numeric")
    kind = clause["value_kind"]
    if told is None and kind not in (ValueKind.AMOUNT, ValueKind.NUMBER):
        return None
    if told is None and value is None:
        return None
    unit = "EUR" if kind == ValueKind.AMOUNT else clause["unit"]
    known = {"unit": unit, "label": clause["label"], "trajectory": [], "initial": value or 0, "final": value or 0}
    return known | {name: each if name in ("unit", "label") else numbers(each) for name, each in (told or {}).items()}


def _moves(source: Source, clause: Json, rows: Sequence[Json]) -> list[Json]:
    reopened = max((rank for rank, row in enumerate(rows) if row["type"] == Move.REOPENING), default=-1)
    keys = {row["id"]: _key(row) for row in rows}
    tabled = {
        row["version_id"]: _key(row)
        for row in rows
        if row["type"] in TEXT_MOVES and visibility(row["circle"]) == "shared"
    }
    found: list[Json] = []
    last, versions = "", 0
    for rank, row in enumerate(rows):
        last = max(last, local(row["at"]))
        told = _move(source, clause, row, closes=rank > reopened)
        is_tabled = told["type"] in TEXT_MOVES and told["visibility"] == "shared"
        versions += is_tabled
        links = {"accepts": tabled.get(row["version_id"]) if told["type"] == Move.ACCEPTANCE else None}
        links["reply_to"] = keys.get(row["reply_to_id"])
        before = row["attributes"].get("supersedes")
        if before in {each["id"] for each in found}:
            links["supersedes"] = before
        if is_tabled:
            told["version"] = versions
        found.append({**told, **links, "n": rank + 1, "at": last})
    return found


def _key(row: Json) -> str:
    return str(row["key"] or row["id"])


def _move(source: Source, clause: Json, row: Json, *, closes: bool) -> Json:
    kind, version = row["type"], source.versions.get(row["version_id"])
    is_text = kind in TEXT_MOVES
    text = row["text"] or (version["text"] if is_text and version else "")
    replayed = kind in _SAID or (kind in _REPLAYED and (closes or kind != Move.ACCEPTANCE))
    if not replayed:
        text = " ".join(word for word in (f"[{move_fr(kind)}]", text) if word)
    raw = (row["value"] if row["value"] is not None else version["value"] if version else None) if is_text else None
    value = written(raw, clause["value_kind"])
    if not is_text:
        value = numbers(row["attributes"].get("value"))
    return {
        "id": _key(row),
        "party_id": source.key_of[row["party_id"]],
        "member_id": source.key_of[row["member_id"]],
        "type": kind if replayed else "comment",
        "visibility": visibility(row["circle"]),
        "text": text,
        "rationale": row["motive"] or None,
        "value": value,
    }
