"""The content of an avenant, made by hand from a whole contract: one clause reworded, one value moved, one fiche's
clause added, one promise dropped, and the avenant's own article."""

from typing import Any

from tests.unit.contract_samples import contract_content

Json = dict[str, Any]
SIGNED_HASH, SIGNED_PDF = "ab" * 32, "cd" * 32


def amended_content(kind: str = "change", *, number: int = 1) -> Json:
    content = contract_content()
    for place, part in enumerate(content["parts"]):
        part["key"] = f"part-{place}"
    for party in content["parties"]:
        party["key"] = f"party-{party['letter']}"
    reworded = content["parts"][2]["clauses"][0]
    reworded["before"] = {"text": reworded["text"].replace("contrat", "accord") + "\n\n- ôté", "value_text": ""}
    part, moved = next((part, clause) for part, clause in _valued(content["parts"]))
    moved["before"] = {"text": moved["text"], "value_text": "3 places"}
    part["clauses"][0]["before"] = None
    content["parts"].append(_own_part(number))
    term = {"before": content["period"]["end"], "after": "2029-12-31"} if kind == "extension" else None
    content["amendment"] = {
        "kind": kind,
        "number": number,
        "reason": "L’ouverture de l’unité protégée est retardée d’un an.",
        "requested_by": "party-G",
        "effect_on": "2026-01-01",
        "term": term,
        "amends": {
            "negotiation": "cpom-1",
            "reference": content["reference"],
            "title": content["title"],
            "label": "v1.0",
            "number": "v1.0",
            "content_hash": SIGNED_HASH,
            "pdf_hash": SIGNED_PDF,
            "signed_on": "2023-11-24",
        },
        "dropped": [
            {
                "part": {"kind": "fiche_action", "key": "fa", "code": "FA12", "title": "Former les équipes"},
                "field": "promise",
                "code": "EN44",
                "label": "Une promesse",
                "before": {"text": "Le gestionnaire promettait ceci.", "value_text": "12 places"},
            }
        ],
    }
    return content


def _own_part(number: int) -> Json:
    object_ = {
        "kind": "text",
        "label": "Objet",
        "code": "",
        "text": "Le présent avenant modifie ce qui suit.",
        "value_text": "",
        "state": "agreed",
        "debtor": None,
        "concerned": [],
        "before": None,
    }
    return {
        "kind": "article",
        "key": f"avenant-{number}",
        "code": "",
        "title": f"Avenant n° {number}",
        "clauses": [object_, {**object_, "label": "Motif", "text": "Un retard de chantier."}],
        "parts": [],
    }


def _valued(parts: list[Json]):
    for part in parts:
        yield from ((part, clause) for clause in part["clauses"][1:] if clause["value_text"])
        yield from _valued(part["parts"])
