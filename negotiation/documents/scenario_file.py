"""A negotiation as one scenario file, as far as its reader reads it (negotiation/scenarios/FORMAT.md).

Made from the rows that the archive holds, and from nothing else: what isn't among them can't be here. The format is
narrower than a negotiation of Navette: `Told.left` names what has no place in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from negotiation.documents.scenario_parts import contract_parts, framing
from negotiation.documents.scenario_source import Json, Rows, Source, local, number, numbers, visibility, written
from negotiation.documents.scenario_threads import engagements
from negotiation.rules.vocabulary import ValueKind

FORMAT = "cpom-scenario/1"
_RIGHTS = frozenset({"referent", "redacteur", "valideur", "signataire", "financier", "lecteur", "commentateur"})
_KINDS = frozenset({"OG", "ARS", "DEPARTEMENT", "METROPOLE", "ETAT", "AUTRE_ATC", "PARTENAIRE"})
_MEETINGS = frozenset({"reunion", "copil", "cotech", "seance", "consultation", "deliberation", "dialogue_gestion"})
_DATES = _MEETINGS | {"echeance", "signature", "evaluation"}


@dataclass(frozen=True)
class Told:
    """`content`: the file. `left`: what it doesn't tell, French clauses."""

    content: Json
    left: Sequence[str]


def scenario_of(rows: Rows) -> Told:
    source = Source(rows)
    calendar = [_date(row) for row in source.ordered("calendar_item")]
    content = {
        "format": FORMAT,
        "key": source.negotiation["key"],
        "negotiation": _negotiation(source),
        "parties": [_party(source, row) for row in source.ordered("party")],
        "essms": [_establishment(row) for row in source.ordered("essms")],
        "cadrage": framing(source),
        "calendar": calendar,
        "documents": [_document(row) for row in source.ordered("support_document")],
        "diagnostic": _diagnosis(source),
        **contract_parts(source),
        "financial_framework": _framework(source),
        "engagements": engagements(source),
        "sessions": [_session(source, row, calendar) for row in source.ordered("seance")],
        "consultations": [_consultation(source, row, calendar) for row in source.ordered("consultation")],
        "signature": _signature(source),
        "follow_up": _follow_up(source),
    }
    _say_left(source)
    return Told(content, source.left)


def _say_left(source: Source) -> None:
    counted = {
        "review": "les dialogues et évaluations tenus ici",
        "seance_decision": "les décisions prises dans les séances tenues ici",
        "minutes": "les relevés approuvés ici",
        "task": "les tâches",
        "visa_request": "les visas",
        "comment_thread": "les fils de commentaires",
    }
    source.left += [words for name, words in counted.items() if source.table(name)]
    if any(row["session_id"] is None for row in source.table("message")):
        source.left.append("les messages écrits hors des séances")


# ---------------------------------------------------------------------- the table


def _contract_told(source: Source) -> Json:
    """What a file said of its own status and signature, kept as it said it."""
    found: Json = next((row["attributes"] for row in source.table("document") if row["kind"] == "contrat"), {})
    return found


def _negotiation(source: Source) -> Json:
    row, told = source.negotiation, _contract_told(source)
    kept = ("title", "reference", "sector", "contract_type", "legal_basis", "territory", "opened_on", "contract_start")
    return {
        **{name: row[name] for name in (*kept, "contract_end", "extension_months_max", "summary")},
        "status": row["status"],
        "phase": told.get("phase") or row["phase"],
        "signed_on": _signed_on(source),
        "duration_years": number(row["duration_years"]),
    }


def _signed_on(source: Source) -> str:
    """The format wants a day: that of the signature, or the one from which it is awaited."""
    row = source.negotiation
    return str(
        row["signed_on"] or _contract_told(source).get("signed_on") or max(row["opened_on"], row["contract_start"])
    )


def _party(source: Source, row: Json) -> Json:
    members = [each for each in source.ordered("member") if each["party_id"] == row["id"]]
    return {
        "id": row["key"],
        "kind": row["kind"] if row["kind"] in _KINDS else "PARTENAIRE",
        **{name: row[name] for name in ("side", "name", "short_name", "signatory_title")},
        "members": [
            {
                "id": each["key"],
                "party_id": row["key"],
                "role": each["title"],
                "rights": [right for right in each["rights"] if right in _RIGHTS],
            }
            for each in members
        ],
    }


def _establishment(row: Json) -> Json:
    kept = ("name", "category", "capacity", "total_places", "funder_party_ids", "finess", "commune", "opening_days")
    return {"id": row["key"], **{name: row[name] for name in (*kept, "authorised_until", "features")}}


# ---------------------------------------------------------------------- around the text


def _date(row: Json) -> Json:
    return {
        "id": row["key"],
        **{name: row[name] for name in ("phase", "time", "place", "title", "produces", "status")},
        "kind": row["kind"] if row["kind"] in _DATES else "reunion",
        "date": row["on"],
        "party_ids": row["party_keys"],
    }


def _dated(calendar: list[Json], row: Json, kind: str, title: str) -> str:
    """The date of the calendar that a thing names, written there when it names none."""
    if not any(each["id"] == row["calendar_key"] for each in calendar):
        made = {"id": f"date-{row['key']}", "phase": "negociation", "kind": kind, "date": row["on"], "title": title}
        status = "done" if row.get("state", "closed") == "closed" else "planned"
        calendar.append(made | {"time": None, "place": None, "party_ids": [], "produces": "", "status": status})
        return str(made["id"])
    return str(row["calendar_key"])


def _document(row: Json) -> Json:
    kept = {name: row[name] for name in ("title", "kind", "provided_by")}
    return {"id": row["key"], **kept, "date": row["on"], "visibility": visibility(row["circle"])}


def _diagnosis(source: Source) -> Json:
    row: Json = next(iter(source.table("diagnosis")), {})
    texts = {"positioning": "", "local_usefulness": "", "collective_usefulness": ""}
    capacity = dict.fromkeys(
        ("caf_rate_percent", "working_capital_days", "consolidated_result_eur", "debt_rate_percent"), 0
    )
    return {
        "status": row.get("status", ""),
        "agreed_on": row.get("agreed_on") or _signed_on(source),
        "agreed_by": row.get("agreed_by", []),
        "swot": {name: [] for name in ("forces", "faiblesses", "opportunites", "menaces")} | row.get("swot", {}),
        "external": texts | row.get("external", {}),
        "financial_capacity": {"summary": "", **capacity, **numbers(row.get("financial_capacity", {}))},
        "questions": {name: [] for name in ("keep", "stop", "start", "not_yet")} | row.get("questions", {}),
        "findings": [_finding(each) for each in source.ordered("finding")],
        "data": [_datum(each) for each in source.ordered("datum")],
    }


def _finding(row: Json) -> Json:
    kept = ("theme", "polarity", "scope", "text", "proposed_by", "validated_by", "status")
    return {"id": row["key"], "essms_id": row["essms_key"], **{name: row[name] for name in kept}}


def _datum(row: Json) -> Json:
    kept = ("label", "unit", "source", "proposed_by", "validated_by", "status", "note")
    values = numbers(row["values"])
    return {"id": row["key"], "essms_id": row["essms_key"], "values": values, **{name: row[name] for name in kept}}


def _framework(source: Source) -> Json:
    row: Json = next(iter(source.table("framework")), {})
    amount = ValueKind.AMOUNT
    return {
        "currency": row.get("currency", "EUR"),
        "base_year": row.get("base_year", int(source.negotiation["contract_start"][:4])),
        "base_budget": [
            {
                "essms_id": line["essms"],
                "section": line["section"],
                "funder_party_id": line["funder"],
                "amount": written(line["cents"], amount),
            }
            for line in row.get("base_budget", [])
        ],
        "update_rule": row.get("update_rule", ""),
        "head_office_rate_percent": number(row.get("head_office_rate_percent", 0)),
        "caf_forecast": {year: written(cents, amount) for year, cents in row.get("caf_forecast", {}).items()},
        "results_allocation": row.get("results_allocation", ""),
    }


def _session(source: Source, row: Json, calendar: list[Json]) -> Json:
    attendees = source.known(row["attendees"], source.members)
    anybody = attendees[0] if attendees else source.members[0]
    threads = {each["attributes"].get("key") for each in source.clauses.values() if each["kind"] == "engagement"}
    said = [each for each in source.table("message") if each["session_id"] == row["id"] and each["circle"] == "shared"]
    return {
        "id": row["key"],
        "calendar_id": _dated(calendar, row, "seance", row["title"]),
        "date": row["on"],
        "attendees": attendees,
        **{name: row[name] for name in ("title", "start", "end", "place", "agenda")},
        **{name: row[name] if row[name] in source.members else anybody for name in ("facilitator", "note_taker")},
        "messages": [_message(source, each) for each in sorted(said, key=lambda each: each["rank"])],
        "decisions": [each for each in row["decisions"] if each.get("engagement_id") in threads],
    }


def _message(source: Source, row: Json) -> Json:
    named = {each["key"] for name in ("move", "seance", "party", "calendar_item") for each in source.table(name)}
    named |= {each["attributes"].get("key") for each in source.clauses.values()}
    named |= {each["key"] for name in ("part", "essms", "finding", "datum") for each in source.table(name)}
    named |= {each["key"] for name in ("support_document", "consultation", "member") for each in source.table(name)}
    told = {"id": row["key"] or row["id"], "at": local(row["at"]), "member_id": source.key_of[row["member_id"]]}
    refs = [each for each in row["refs"] if each in named]
    return {**told, "kind": str(row["kind"] or "message"), "text": row["text"], "refs": refs}


def _consultation(source: Source, row: Json, calendar: list[Json]) -> Json:
    return {
        "id": row["key"],
        "calendar_id": _dated(calendar, row, "consultation", row["body_name"] or row["body"]),
        "date": row["on"],
        "party_id": row["party_key"],
        **{name: row[name] for name in ("body", "body_name", "kind", "opinion", "reserve")},
    }


# ---------------------------------------------------------------------- signature and after


def _signature(source: Source) -> Json:
    told = _contract_told(source).get("signature")
    if told:
        return dict(told)
    frozen: Json = next(
        iter(sorted(source.table("frozen_version"), key=lambda row: row["frozen_at"], reverse=True)), {}
    )
    signed = [row for row in source.table("signature") if row["signed_on"]]
    return {
        "date": _signed_on(source),
        "place": "",
        "version": frozen.get("label", ""),
        "status": "signé" if source.negotiation["signed_on"] else "à signer",
        "frozen": {"label": frozen.get("label", ""), "number": frozen.get("number", "")},
        "signatories": [
            {
                "party_id": source.key_of[row["party_id"]],
                "role": row["role"],
                "quality": row["mandate"],
                "signed_at": row["signed_on"],
            }
            for row in sorted(signed, key=lambda row: row["position"])
        ],
    }


def _follow_up(source: Source) -> Json:
    evaluation: Json | None = next(iter(source.table("evaluation")), None)
    return {
        "dialogues": [_dialogue(row) for row in source.ordered("dialogue_de_gestion")],
        "avenants": [_avenant(source, row) for row in source.ordered("avenant")],
        "evaluation": _evaluation(evaluation) if evaluation else None,
    }


def _dialogue(row: Json) -> Json:
    kept = ("year", "status", "attendees", "conclusions", "decisions")
    return {
        "id": row["key"],
        "calendar_id": row["calendar_key"],
        "date": row["on"],
        **{name: row[name] for name in kept},
        "action_reviews": _measured(row["action_reviews"], "progress_percent"),
        "indicator_reviews": _measured(row["indicator_reviews"], "value"),
        "minutes_validated_on": row["minutes_validated_on"] or row["on"],
    }


def _measured(reviews: Sequence[Json], *names: str) -> list[Json]:
    return [{**each, **{name: numbers(each[name]) for name in names if name in each}} for each in reviews]


def _avenant(source: Source, row: Json) -> Json:
    moves = sorted((each for each in source.table("avenant_move") if each["avenant_id"] == row["id"]), key=_rank)
    kept = ("number", "title", "reason", "requested_by", "requested_on", "status")
    return {
        "id": row["key"],
        **{name: row[name] for name in kept},
        "signed_on": row["signed_on"] or row["requested_on"],
        "changes": [_change(each) for each in row["changes"]],
        "moves": [
            {
                "id": each["key"],
                "n": rank,
                "at": local(each["at"]),
                "party_id": source.key_of[each["party_id"]],
                "member_id": source.key_of[each["member_id"]],
                "visibility": visibility(each["circle"]),
                "value": numbers(each["value"]),
                **{name: each[name] for name in ("type", "text", "accepts")},
            }
            for rank, each in enumerate(moves, start=1)
        ],
    }


def _rank(row: Json) -> Any:
    return row["rank"]


def _change(change: Json) -> Json:
    target = change["target"]
    is_money = target["type"] == "financial_line" and target["field"].startswith(("total", "amounts."))
    kind = ValueKind.AMOUNT if is_money else ValueKind.NUMBER

    def value(raw: Any) -> Any:
        return raw if isinstance(raw, str) and raw.count("-") == 2 else written(raw, kind)

    return {"target": target, "old": value(change["old"]), "new": value(change["new"])}


def _evaluation(row: Json) -> Json:
    kept = ("opened_on", "shared_on", "status", "period", "team", "lessons", "next_contract")
    return {
        "id": row["key"],
        "calendar_id": row["calendar_key"],
        **{name: row[name] for name in kept},
        "engagement_results": _measured(row["results"], "baseline", "agreed", "observed"),
    }
