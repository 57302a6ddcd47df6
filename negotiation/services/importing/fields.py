"""Which fields of a scenario are clauses: their French name and the kind of value that each holds."""

from dataclasses import dataclass

from negotiation.rules.vocabulary import ValueKind


@dataclass(frozen=True)
class Field:
    """A field that becomes a clause. `name` is its path in its object; `names` says of what its values are ids."""

    name: str
    label: str
    kind: ValueKind = ValueKind.NONE
    names: str = ""


CHOICE, LIST, NUMBER, DATE = ValueKind.CHOICE, ValueKind.LIST, ValueKind.NUMBER, ValueKind.DATE


@dataclass(frozen=True)
class Section:
    """A part of the framing note."""

    key: str
    title: str
    fields: tuple[Field, ...]


FRAMING = (
    Section(
        "objet",
        "Objet et périmètre",
        (
            Field("object", "Objet"),
            Field("perimeter", "Périmètre"),
            Field("out_of_scope", "Hors périmètre", LIST),
            Field("legal_basis", "Fondements juridiques", LIST),
        ),
    ),
    Section(
        "methode",
        "Méthode et règles du jeu",
        (
            Field("method", "Méthode", LIST),
            Field("rules", "Règles du jeu", LIST),
            Field("documents_expected", "Documents attendus", LIST),
        ),
    ),
    Section(
        "gouvernance",
        "Gouvernance",
        (
            Field("governance.copil", "Comité de pilotage", LIST, "member"),
            Field("governance.cotech", "Comité technique", LIST, "member"),
            Field("governance.referents", "Référents", LIST, "member"),
            Field("governance.third_party", "Tiers accompagnant"),
        ),
    ),
    Section("risques", "Risques", (Field("risks", "Risques", LIST),)),
)

ARTICLE = (Field("markdown", "Texte de l’article"),)

STRATEGIC_OBJECTIVE = (
    Field("theme", "Thème"),
    Field("policy_reference", "Référence aux politiques publiques"),
    Field("rationale", "Justification"),
)

OPERATIONAL_OBJECTIVE = (
    Field("smart.specific", "Spécifique"),
    Field("smart.measurable", "Mesurable"),
    Field("smart.achievable", "Atteignable"),
    Field("smart.relevant", "Pertinent"),
    Field("smart.time_bound", "Daté"),
)

FICHE_BEFORE_STEPS = (
    Field("context", "Contexte"),
    Field("description", "Description"),
)
STEP_LABEL = "Étape {n}"
FICHE_AFTER_STEPS = (
    Field("pilot", "Pilote"),
    Field("contributors", "Contributeurs", LIST),
    Field("target_public", "Public concerné"),
    Field("start_date", "Début", DATE),
    Field("due_date", "Échéance", DATE),
    Field("human_means", "Moyens humains"),
    Field("material_means", "Moyens matériels"),
    Field("partners", "Partenaires", LIST),
    Field("prerequisites", "Préalables", LIST),
    Field("risks", "Risques", LIST),
    Field("evaluation_method", "Méthode d’évaluation"),
)

INDICATOR_BEFORE_TARGETS = (
    Field("definition", "Définition"),
    Field("formula", "Formule"),
    Field("unit", "Unité"),
    Field("direction", "Sens souhaité", CHOICE),
    Field("kind", "Nature", CHOICE),
    Field("source", "Source"),
    Field("reference", "Référence externe"),
    Field("frequency", "Fréquence"),
    Field("collector", "Recueil par"),
    Field("mandatory", "Obligatoire", CHOICE),
    Field("baseline.year", "Année de référence", CHOICE),
    Field("baseline.value", "Valeur de référence", NUMBER),
)
TARGET_LABEL = "Cible {year}"
INDICATOR_AFTER_TARGETS = (Field("final_target", "Cible finale", NUMBER),)

LINE_BEFORE_AMOUNTS = (
    Field("label", "Intitulé"),
    Field("nature", "Caractère", CHOICE),
    Field("kind", "Nature", CHOICE),
    Field("accounting_group", "Groupe ou section"),
    Field("funder_party_id", "Financeur", CHOICE, "party"),
    Field("essms_id", "Établissement ou service", CHOICE, "essms"),
)
AMOUNT_LABEL = "Montant {year}"
LINE_AFTER_AMOUNTS = (
    Field("total", "Total", ValueKind.AMOUNT),
    Field("commitment", "Engagement du financeur"),
    Field("note", "Note"),
)

FIELD_NAMES = {"funder_party_id": "funder", "essms_id": "essms"}
"""Clauses that carry another name than their key in the file."""
