"""Scenario files made for tests, as dicts of the format: small, strange, or large."""

import json
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[1]
EHPAD = ROOT / "negotiation" / "scenarios" / "ehpad.json"
HANDICAP = ROOT / "negotiation" / "scenarios" / "handicap.json"

_numbers = count(1)
KINDS = {
    "og": ("OG", "gestionnaire", "Association Test"),
    "ars": ("ARS", "autorite", "ARS"),
    "cd": ("DEPARTEMENT", "autorite", "Département"),
    "ddets": ("ETAT", "autorite", "DDETS"),
    "dreets": ("ETAT", "autorite", "DREETS"),
    "asso": ("PARTENAIRE", "associe", "Partenaire"),
}
RIGHTS = {
    "dg": ["referent", "redacteur", "valideur"],
    "redac": ["redacteur"],
    "sign": ["signataire", "lecteur"],
    "com": ["commentateur"],
    "lect": ["lecteur"],
}
"""Every party has these five members: `og.dg`, `ars.redac`…"""
YEARS = ("2027", "2028", "2029")


def sample(path: Path) -> Json:
    """A packaged scenario, free to be spoilt."""
    read: Json = json.loads(path.read_text(encoding="utf-8"))
    return read


def as_bytes(content: Json) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def scenario(*, parties: int | list[str] = 3, engagements: list[Json] | None = None, **negotiation: Any) -> Json:
    """The smallest table: one article, one objective, one fiche with an indicator and a funding line.

    Its engagements unless told otherwise: en01 (the indicator's 2028 target, everybody), en02 (a text, og and ars),
    en03 (the line's 2027 amount, og and ars). Nothing moved yet.
    """
    keys = list(KINDS)[:parties] if isinstance(parties, int) else parties
    deciding = [key for key in keys if KINDS[key][1] != "associe"]
    written = engagements if engagements is not None else usual_engagements(deciding)
    return {
        "format": "cpom-scenario/1",
        "key": f"table{next(_numbers)}",
        "negotiation": _negotiation() | negotiation,
        "parties": [party(key) for key in keys],
        "essms": [_essms(deciding)],
        "cadrage": _cadrage(deciding),
        "calendar": [],
        "documents": [],
        "diagnostic": _diagnostic(),
        "strategic_objectives": [_objective()],
        "fiches_action": [_fiche()],
        "indicators": [_indicator()],
        "financial_framework": _framework(deciding),
        "financial_lines": [_line(deciding)],
        "clauses": [
            {
                "id": "k01",
                "number": "1",
                "section": "Objet",
                "title": "Objet",
                "markdown": "Le **contrat**.",
                "refs": [],
            }
        ],
        "engagements": written,
        "sessions": [],
        "consultations": [],
        "signature": {
            "date": "2026-11-12",
            "place": "Siège",
            "version": "1.0",
            "status": "planned",
            "frozen": {"label": "Version signée", "number": "v1.0"},
            "signatories": [
                {"party_id": key, "role": "Présidence", "quality": "de droit", "signed_at": "2026-11-12"}
                for key in deciding
            ],
        },
        "follow_up": {"dialogues": [], "avenants": [], "evaluation": None},
    }


def party(key: str, rights: dict[str, list[str]] | None = None) -> Json:
    kind, side, name = KINDS[key]
    return {
        "id": key,
        "kind": kind,
        "side": side,
        "name": name,
        "short_name": name,
        "signatory_title": "Présidence",
        "members": [
            {"id": f"{key}.{role}", "party_id": key, "role": f"Membre {role}", "rights": list(given)}
            for role, given in (rights or RIGHTS).items()
        ],
    }


def usual_engagements(deciding: list[str]) -> list[Json]:
    return [
        engagement("en01", {"type": "indicator", "id": "i01", "field": "targets.2028"}, deciding),
        engagement("en02", {"type": "clause", "id": "k01"}, deciding[:2]),
        engagement("en03", {"type": "financial_line", "id": "m01", "field": "amounts.2027"}, deciding[:2]),
    ]


def engagement(key: str, target: Json, party_ids: list[str], moves: list[Json] | None = None, **rest: Any) -> Json:
    return {
        "id": key,
        "code": key.upper(),
        "title": f"Engagement {key}",
        "target": target,
        "debtor_party_id": party_ids[0],
        "party_ids": party_ids,
        "status": "under_discussion",
        "numeric": None,
        "session_ids": [],
        "final_move_id": "",
        "final_text": "",
        "moves": moves or [],
    } | rest


def move(key: str, member: str, kind: str, text: str = "Texte.", **rest: Any) -> Json:
    """`key` ends with the number of the move: `en01-m03`, which is also its day of March 2026."""
    number = int(key.rpartition("m")[2])
    day = datetime(2026, 3, 1, 10) + timedelta(days=number)  # noqa: DTZ001 - local, as in a file
    return {
        "id": key,
        "n": number,
        "at": day.strftime("%Y-%m-%dT%H:%M"),
        "party_id": member.partition(".")[0],
        "member_id": member,
        "type": kind,
        "visibility": "shared",
        "text": text,
        "rationale": None,
        "value": None,
        "accepts": None,
        "reply_to": None,
    } | rest


def large(engagements: int = 300, moves: int = 6000) -> Json:
    """Three parties, long threads: versions that nobody accepts yet, talk between them, and an agreement at the end."""
    each = moves // engagements
    written = []
    for index in range(1, engagements + 1):
        key = f"x{index:03}"
        written.append(engagement(key, {"type": "clause", "id": "k01"}, ["og", "ars", "cd"], _thread(key, each)))
    return scenario(engagements=written)


def _thread(key: str, length: int) -> list[Json]:
    """A text every other move, a comment after each, and the two other parties' acceptances to end with."""
    parties, moves = ("og", "ars", "cd"), []
    for number in range(1, length - 1):
        name, member = f"{key}-m{number:04}", f"{parties[number // 2 % 3]}.dg"
        if number % 2:
            kind = "counter_proposal" if moves else "proposal"
            moves.append(move(name, member, kind, f"Texte numéro {number} : chacun fait sa part.", value=number))
        else:
            moves.append(move(name, member, "comment", f"Remarque numéro {number} sur la dernière version."))
    final = next(tabled for tabled in reversed(moves) if tabled["value"] is not None)
    others = [party for party in parties if party != final["party_id"]]
    for number, other in enumerate(others, start=length - 1):
        moves.append(move(f"{key}-m{number:04}", f"{other}.dg", "acceptance", "Accord.", accepts=final["id"]))
    return moves


# ---------------------------------------------------------------------- what surrounds the engagements


def _negotiation() -> Json:
    return {
        "title": "CPOM de test",
        "reference": "TEST-01",
        "sector": "test",
        "contract_type": "L313-11",
        "legal_basis": ["CASF, art. L. 313-11"],
        "territory": "Ici",
        "status": "in_negotiation",
        "phase": "negociation",
        "opened_on": "2026-01-05",
        "signed_on": "2026-11-12",
        "contract_start": "2027-01-01",
        "contract_end": "2029-12-31",
        "duration_years": 3,
        "extension_months_max": 12,
        "summary": "Une négociation de test.",
    }


def _essms(deciding: list[str]) -> Json:
    return {
        "id": "e1",
        "name": "Résidence Test",
        "category": "EHPAD",
        "capacity": [{"kind": "hébergement", "places": 40}],
        "total_places": 40,
        "funder_party_ids": deciding[1:],
        "finess": "990000001",
        "commune": "Ici",
        "opening_days": 365,
        "authorised_until": None,
        "features": [],
    }


def _cadrage(deciding: list[str]) -> Json:
    return {
        "title": "Note de cadrage",
        "date": "2026-01-20",
        "version": "1.0",
        "status": "validée",
        "object": "Renouveler le contrat.",
        "perimeter": "Un établissement.",
        "out_of_scope": [],
        "legal_basis": [],
        "method": ["Deux réunions"],
        "governance": {
            "copil": [f"{key}.dg" for key in deciding],
            "cotech": [f"{key}.redac" for key in deciding],
            "referents": {key: f"{key}.dg" for key in deciding},
            "third_party": None,
        },
        "rules": ["Réponse sous dix jours"],
        "documents_expected": [],
        "risks": [],
        "validated_by": deciding,
    }


def _diagnostic() -> Json:
    return {
        "status": "arrêté",
        "agreed_on": "2026-02-10",
        "agreed_by": [],
        "swot": {"forces": [], "faiblesses": [], "opportunites": [], "menaces": []},
        "external": {"positioning": "", "local_usefulness": "", "collective_usefulness": ""},
        "financial_capacity": {
            "summary": "",
            "caf_rate_percent": 1.5,
            "working_capital_days": 30,
            "consolidated_result_eur": 0,
            "debt_rate_percent": 10,
        },
        "questions": {"keep": [], "stop": [], "start": [], "not_yet": []},
        "findings": [],
        "data": [],
    }


def _objective() -> Json:
    return {
        "id": "s1",
        "number": 1,
        "title": "Accueillir mieux",
        "theme": "qualite",
        "policy_reference": "Schéma",
        "rationale": "Besoin constaté.",
        "finding_ids": [],
        "scope": "commun",
        "essms_ids": ["e1"],
        "operational_objectives": [
            {
                "id": "o11",
                "number": "1.1",
                "title": "Occuper les places",
                "smart": {
                    "specific": "Places",
                    "measurable": "i01",
                    "achievable": "Oui",
                    "relevant": "Oui",
                    "time_bound": "2028",
                },
                "fiche_action_ids": ["fa01"],
            }
        ],
    }


def _fiche() -> Json:
    return {
        "id": "fa01",
        "code": "FA01",
        "title": "Commission d’admission",
        "operational_objective_id": "o11",
        "scope": "commun",
        "essms_ids": ["e1"],
        "context": "Des places restent vides.",
        "description": "Réunir une commission.",
        "steps": [{"n": 1, "title": "Première réunion", "due": "2027-03-31"}],
        "pilot": "Direction",
        "contributors": ["Équipe"],
        "target_public": "Résidents",
        "start_date": "2027-01-01",
        "due_date": "2028-12-31",
        "human_means": "0,2 ETP",
        "material_means": "",
        "partners": [],
        "prerequisites": [],
        "risks": [],
        "evaluation_method": "Bilan annuel",
        "indicator_ids": ["i01"],
        "financial_line_ids": ["m01"],
        "status": "draft",
    }


def _indicator() -> Json:
    return {
        "id": "i01",
        "code": "I01",
        "title": "Taux d’occupation",
        "kind": "resultat",
        "definition": "Journées réalisées sur journées possibles.",
        "formula": "réalisé / possible",
        "unit": "%",
        "direction": "up",
        "source": "ERRD",
        "reference": None,
        "frequency": "annuelle",
        "collector": "Direction",
        "essms_ids": ["e1"],
        "mandatory": False,
        "baseline": {"year": 2025, "value": 91.8},
        "targets": {"2027": 93, "2028": 94.5, "2029": 95},
        "final_target": 95,
        "actuals": {},
    }


def _framework(deciding: list[str]) -> Json:
    return {
        "currency": "EUR",
        "base_year": 2026,
        "base_budget": [{"essms_id": "e1", "section": "soins", "funder_party_id": deciding[1], "amount": 1000000}],
        "update_rule": "Taux national.",
        "head_office_rate_percent": 3.9,
        "caf_forecast": dict.fromkeys(YEARS, 100000),
        "results_allocation": "Libre.",
    }


def _line(deciding: list[str]) -> Json:
    return {
        "id": "m01",
        "fiche_action_id": "fa01",
        "label": "Poste de coordination",
        "funder_party_id": deciding[1],
        "nature": "perenne",
        "kind": "recette",
        "accounting_group": "groupe II",
        "essms_id": "e1",
        "amounts": {"2027": 42000, "2028": 42000, "2029": 0},
        "total": 84000,
        "commitment": "ferme",
        "note": "",
    }
