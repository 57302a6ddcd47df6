"""A whole contract, from a scenario file, in the shape that `pdf_print` prints."""

import json
from pathlib import Path
from typing import Any

import negotiation
from negotiation.rules.french_display import value_text
from negotiation.rules.vocabulary import ValueKind

SCENARIOS = Path(negotiation.__file__).parent / "scenarios"
Json = dict[str, Any]

FIELDS_OF_A_FICHE = {
    "context": "Constat",
    "description": "Description",
    "steps": "Étapes",
    "pilot": "Pilote",
    "contributors": "Contributeurs",
    "target_public": "Public",
    "start_date": "Début",
    "due_date": "Échéance",
    "human_means": "Moyens humains",
    "material_means": "Moyens matériels",
    "partners": "Partenaires",
    "prerequisites": "Préalables",
    "risks": "Risques",
    "evaluation_method": "Évaluation",
}
NATURES = {"perenne": "pérenne", "non_perenne": "non pérenne"}
GROUPS = {
    "recette": "Financements accordés",
    "charge": "Charges portées par le gestionnaire",
    "economie": "Économies attendues",
    "investissement": "Investissements",
}


def contract_content(scenario: str = "ehpad") -> Json:
    file = json.loads((SCENARIOS / f"{scenario}.json").read_text(encoding="utf-8"))
    letters = _letters(file["parties"])
    terms = file["negotiation"]
    return {
        "title": terms["title"],
        "subtitle": "Contrat pluriannuel d’objectifs et de moyens",
        "reference": terms["reference"],
        "territory": terms["territory"],
        "date": file["signature"]["date"],
        "place": file["signature"]["place"],
        "period": {"start": terms["contract_start"], "end": terms["contract_end"]},
        "legal_basis": terms["legal_basis"],
        "parties": [
            {**_some(party, "name", "short_name", "signatory_title", "side"), "letter": letters[party["id"]]}
            for party in file["parties"]
        ],
        "parts": _articles(file, letters) + _objectives(file, letters),
        "tables": {"indicators": _indicators(file), "finance": _finance(file, letters)},
        "reserves": [
            {
                "code": "EN09",
                "title": "Subvention départementale pour la réhabilitation du Clos-Varède",
                "party": letters[file["parties"][0]["id"]],
                "text": "L’association **maintient** que la subvention doit suivre le coût de la construction.",
                "answers": [
                    {"party": letter, "text": "Le montant est ferme et non révisable."}
                    for letter in list(letters.values())[1:]
                ],
            }
        ],
        "signatories": [
            {"party": letters[it["party_id"]], "role": it["role"], "quality": it["quality"]}
            for it in file["signature"]["signatories"]
        ],
        "history_head": {"seq": 214, "hash": "0f" * 32},
    }


def _letters(parties: list[Json]) -> dict[str, str]:
    first = {"OG": "G", "ARS": "A", "DEPARTEMENT": "D", "ETAT": "E", "PARTENAIRE": "P"}
    return {party["id"]: first[party["kind"]] for party in parties}


def _articles(file: Json, letters: dict[str, str]) -> list[Json]:
    return [
        {
            "kind": "article",
            "code": article["number"],
            "section": "" if article["section"] == article["number"] else article["section"],
            "title": article["title"],
            "clauses": [_text("Texte", article["markdown"]), *_engagements(file, letters, "clause", [article["id"]])],
            "parts": [],
        }
        for article in file["clauses"]
    ]


def _objectives(file: Json, letters: dict[str, str]) -> list[Json]:
    fiches = {fiche["id"]: fiche for fiche in file["fiches_action"]}
    return [
        {
            "kind": "strategic_objective",
            "code": str(objective["number"]),
            "title": objective["title"],
            "clauses": [_text("Justification", objective["rationale"]), _text("Cadre", objective["policy_reference"])],
            "parts": [
                {
                    "kind": "operational_objective",
                    "code": inner["number"],
                    "title": inner["title"],
                    "clauses": [
                        _text("Champ", inner["smart"]["specific"]),
                        _text("Échéance", inner["smart"]["time_bound"]),
                    ],
                    "parts": [_fiche(file, letters, fiches[name]) for name in inner["fiche_action_ids"]],
                }
                for inner in objective["operational_objectives"]
            ],
        }
        for objective in file["strategic_objectives"]
    ]


def _fiche(file: Json, letters: dict[str, str], fiche: Json) -> Json:
    lines = [line["id"] for line in file["financial_lines"] if line["fiche_action_id"] == fiche["id"]]
    indicators = {it["id"]: it for it in file["indicators"]}
    followed = "\n".join(f"- {indicators[it]['code']} {indicators[it]['title']}" for it in fiche["indicator_ids"])
    return {
        "kind": "fiche_action",
        "code": fiche["code"],
        "title": fiche["title"],
        "clauses": [
            *(_field(label, fiche[name]) for name, label in FIELDS_OF_A_FICHE.items()),
            _text("Indicateurs", followed),
            *_engagements(file, letters, "fiche_action", [fiche["id"]]),
            *_engagements(file, letters, "indicator", fiche["indicator_ids"]),
            *_engagements(file, letters, "financial_line", lines),
        ],
        "parts": [],
    }


def _field(label: str, value: object) -> Json:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        steps = [f"{step['n']}. {step['title']} ({value_text(step['due'], None, ValueKind.DATE)})" for step in value]
        return _text(label, "\n".join(steps))
    if isinstance(value, list):
        return _text(label, "\n".join(f"- {item}" for item in value))
    text = str(value or "")
    if len(text) == 10 and text[4] == text[7] == "-":
        return {**_text(label, ""), "value_text": value_text(text, None, ValueKind.DATE)}
    return _text(label, text)


def _text(label: str, markdown: str) -> Json:
    return {
        "kind": "text",
        "label": label,
        "code": "",
        "text": markdown,
        "value_text": "",
        "state": "agreed",
        "debtor": None,
        "concerned": [],
    }


def _engagements(file: Json, letters: dict[str, str], kind: str, ids: list[str]) -> list[Json]:
    return [
        {
            "kind": "engagement",
            "label": it["title"],
            "code": it["code"],
            "text": it["final_text"],
            "value_text": _number(it["numeric"]["final"], it["numeric"]["unit"]) if it["numeric"] else "",
            "state": "agreed" if it["status"] == "accepted" else "withdrawn",
            "debtor": letters[it["debtor_party_id"]],
            "concerned": [letters[party] for party in it["party_ids"]],
        }
        for it in file["engagements"]
        if it["target"]["type"] == kind and it["target"]["id"] in ids
    ]


def _indicators(file: Json) -> Json:
    years = sorted({year for it in file["indicators"] for year in it["targets"]})
    rows = [
        {
            "code": it["code"],
            "title": it["title"],
            "unit": it["unit"],
            "baseline": f"{_number(it['baseline']['value'])} ({it['baseline']['year']})",
            "values": {year: _number(value) for year, value in it["targets"].items()},
            "final": _number(it["final_target"]),
        }
        for it in file["indicators"]
    ]
    return {"years": years, "rows": rows}


def _finance(file: Json, letters: dict[str, str]) -> Json:
    years = sorted({year for line in file["financial_lines"] for year in line["amounts"]})
    codes = {fiche["id"]: fiche["code"] for fiche in file["fiches_action"]}
    groups = [
        {"title": title, "rows": [
            {
                "code": codes.get(line["fiche_action_id"], ""),
                "label": line["label"],
                "funder": letters.get(line["funder_party_id"] or ""),
                "nature": NATURES[line["nature"]],
                "values": {year: amount * 100 for year, amount in line["amounts"].items()},
                "total": line["total"] * 100,
            }
            for line in file["financial_lines"] if line["kind"] == kind
        ]}
        for kind, title in GROUPS.items()
    ]  # fmt: skip
    return {"years": years, "groups": [group for group in groups if group["rows"]]}


def _number(value: object, unit: str | None = None) -> str:
    return "" if value is None else value_text(str(value), unit, ValueKind.NUMBER)


def _some(source: Json, *names: str) -> Json:
    return {name: source[name] for name in names}
