"""Which fields the parts of a document hold: their French name, the kind of value, and what to write in them.

The one table of labels: the importer, the templates and the forms that add a part all read it. Scenario format
« How a file becomes a table »; domain reference 5.1 and 5.3 to 5.8. Names are paths in the object of a scenario file.
"""

from dataclasses import dataclass

from negotiation.rules.vocabulary import ValueKind


@dataclass(frozen=True)
class Field:
    """A field that becomes a clause. `name` is its path in its object; `names` says of what its values are ids."""

    name: str
    label: str
    kind: ValueKind = ValueKind.NONE
    names: str = ""
    prompt: str = ""
    unit: str = ""


CHOICE, LIST, NUMBER, DATE = ValueKind.CHOICE, ValueKind.LIST, ValueKind.NUMBER, ValueKind.DATE
EURO = "€"


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
            Field("object", "Objet", prompt="Ce que la démarche doit produire, et pour quelle période."),
            Field("perimeter", "Périmètre", prompt="Les établissements et services concernés, sur quel territoire."),
            Field("out_of_scope", "Hors périmètre", LIST, prompt="Ce qui reste en dehors, une ligne par activité."),
            Field("legal_basis", "Fondements juridiques", LIST, prompt="Les textes applicables, vérifiés à ce jour."),
        ),
    ),
    Section(
        "methode",
        "Méthode et règles du jeu",
        (
            Field("method", "Méthode", LIST, prompt="Comment le travail se déroule, une étape par ligne."),
            Field("rules", "Règles du jeu", LIST, prompt="Ce que chacun accepte de respecter, une règle par ligne."),
            Field("documents_expected", "Documents attendus", LIST, prompt="Les pièces à déposer, une par ligne."),
        ),
    ),
    Section(
        "gouvernance",
        "Gouvernance",
        (
            Field("governance.copil", "Comité de pilotage", LIST, "member", "Qui y siège pour chaque partie."),
            Field("governance.cotech", "Comité technique", LIST, "member", "Qui prépare les données et les textes."),
            Field("governance.referents", "Référents", LIST, "member", "Un interlocuteur par partie."),
            Field("governance.third_party", "Tiers accompagnant", prompt="Qui, choisi par qui, avec quelle mission."),
        ),
    ),
    Section(
        "risques",
        "Risques",
        (Field("risks", "Risques", LIST, prompt="Ce qui peut retarder ou bloquer la démarche, un risque par ligne."),),
    ),
)
RESPONSE_DELAY = Field(
    "response_delay",
    "Délai de réponse",
    NUMBER,
    prompt="Le temps laissé à une partie pour répondre à une proposition.",
    unit="jours ouvrés",
)
COPIL_ROUNDS = Field(
    "copil_rounds",
    "Tours avant le COPIL",
    NUMBER,
    prompt="Le nombre de tours sans accord après lequel la table propose de porter la clause au COPIL. Un tour : une "
    "proposition et sa réponse.",
    unit="tours",
)
INDICATOR_CAP = Field(
    "indicator_cap",
    "Plafond d’indicateurs",
    NUMBER,
    prompt="Le nombre d’indicateurs à ne pas dépasser pour tout le contrat.",
    unit="indicateurs",
)
FRAMING_MORE = {"methode": (RESPONSE_DELAY, COPIL_ROUNDS, INDICATOR_CAP)}
"""Rules of the game that are numbers: by section of the note. Scenario files write them as sentences."""
FRAMING_FREE = (Field("text", "Texte", prompt="Ce que les parties conviennent sur ce point."),)
"""A section that the model of the note doesn't have."""

ARTICLE = (Field("markdown", "Texte de l’article", prompt="Le texte tel qu’il sera signé."),)

STRATEGIC_OBJECTIVE = (
    Field("theme", "Thème", prompt="Le domaine : activité, parcours, qualité, ressources humaines, patrimoine…"),
    Field(
        "policy_reference",
        "Référence aux politiques publiques",
        prompt="Le schéma, le projet régional ou le plan auquel l’objectif répond, avec son orientation.",
    ),
    Field("rationale", "Justification", prompt="Les constats du diagnostic partagé qui fondent cet objectif."),
)
STRATEGIC_OBJECTIVE_MORE = (
    Field("responsible", "Partie responsable", CHOICE, "party", "La partie qui répond de l’objectif."),
)

OPERATIONAL_OBJECTIVE = (
    Field("smart.specific", "Spécifique", prompt="Ce qui change, pour qui, dans quelle structure."),
    Field("smart.measurable", "Mesurable", prompt="L’indicateur et l’écart attendu entre départ et arrivée."),
    Field("smart.achievable", "Atteignable", prompt="Les moyens réunis ou demandés qui rendent l’objectif réaliste."),
    Field("smart.relevant", "Pertinent", prompt="Le lien avec l’objectif stratégique et les besoins du territoire."),
    Field("smart.time_bound", "Daté", prompt="L’échéance, et les étapes annuelles s’il y en a."),
)

FICHE_BEFORE_STEPS = (
    Field("context", "Contexte", prompt="Le constat partagé, chiffré si possible, qui appelle l’action."),
    Field("description", "Description", prompt="Ce qui sera fait, concrètement, en quelques phrases."),
)
STEP_LABEL = "Étape {n}"
STEP_PROMPT = "Ce qui est achevé à cette étape, et à quelle date."
FICHE_AFTER_STEPS = (
    Field("pilot", "Pilote", prompt="La fonction qui répond de l’action, pas le nom de la personne."),
    Field("contributors", "Contributeurs", LIST, prompt="Les fonctions et services associés, un par ligne."),
    Field("target_public", "Public concerné", prompt="Quelles personnes accompagnées, sans donnée nominative."),
    Field("start_date", "Début", DATE, prompt="Le premier jour de l’action, dans la durée du contrat."),
    Field("due_date", "Échéance", DATE, prompt="Le dernier jour de l’action, dans la durée du contrat."),
    Field("human_means", "Moyens humains", prompt="Les équivalents temps plein, existants, redéployés ou nouveaux."),
    Field("material_means", "Moyens matériels", prompt="Locaux, véhicules, équipements, logiciels."),
    Field("partners", "Partenaires", LIST, prompt="Les organismes extérieurs qui concourent à l’action, un par ligne."),
    Field("prerequisites", "Préalables", LIST, prompt="Ce qui doit être acquis avant de commencer, un par ligne."),
    Field("risks", "Risques", LIST, prompt="Ce qui peut empêcher de tenir l’échéance, un par ligne."),
    Field(
        "evaluation_method",
        "Méthode d’évaluation",
        prompt="Comment, par qui et quand les parties constateront le résultat.",
    ),
)
FICHE_MORE = (Field("replaces", "Ce qu’elle remplace", prompt="L’action ou la pratique à laquelle celle-ci met fin."),)

INDICATOR_BEFORE_TARGETS = (
    Field("definition", "Définition", prompt="Ce qui est compté, ce qui ne l’est pas, à quelle date."),
    Field("formula", "Formule", prompt="Le numérateur et le dénominateur."),
    Field("unit", "Unité", prompt="« % », « personnes », « jours »…"),
    Field("direction", "Sens souhaité", CHOICE, prompt="À la hausse ou à la baisse."),
    Field("kind", "Nature", CHOICE, prompt="Indicateur de moyen, d’activité, de réalisation ou de résultat."),
    Field("source", "Source", prompt="Le document ou le logiciel où le chiffre se lit déjà."),
    Field("reference", "Référence externe", prompt="Le tableau de bord ou le texte qui définit le même indicateur."),
    Field("frequency", "Fréquence", prompt="Annuelle, semestrielle…"),
    Field("collector", "Recueil par", prompt="La fonction qui relève la valeur."),
    Field("mandatory", "Obligatoire", CHOICE, prompt="Oui lorsqu’un texte l’impose."),
    Field("baseline.year", "Année de référence", CHOICE, prompt="La dernière année dont la valeur est validée."),
    Field("baseline.value", "Valeur de référence", NUMBER, prompt="La valeur de départ, validée par les parties."),
)
TARGET_LABEL = "Cible {year}"
TARGET_PROMPT = "La valeur à atteindre à la fin de l’année."
INDICATOR_AFTER_TARGETS = (
    Field("final_target", "Cible finale", NUMBER, prompt="La valeur à atteindre au terme du contrat."),
)
INDICATOR_MORE = (Field("tolerance", "Tolérance", prompt="L’écart à la cible qui n’appelle pas d’explication."),)

LINE_BEFORE_AMOUNTS = (
    Field("label", "Intitulé", prompt="La dépense ou la recette, en quelques mots."),
    Field("nature", "Caractère", CHOICE, prompt="Pérenne, ou non pérenne avec une fin."),
    Field("kind", "Nature", CHOICE, prompt="Charge, recette, économie ou investissement."),
    Field("accounting_group", "Groupe ou section", prompt="Groupe fonctionnel, ou section tarifaire."),
    Field("funder_party_id", "Financeur", CHOICE, "party", "La partie qui paie."),
    Field("essms_id", "Établissement ou service", CHOICE, "essms", "La structure qui dépense ou reçoit."),
)
AMOUNT_LABEL = "Montant {year}"
AMOUNT_PROMPT = "Le montant de l’année, zéro s’il n’y en a pas."
LINE_AFTER_AMOUNTS = (
    Field("total", "Total", ValueKind.AMOUNT, prompt="La somme des années.", unit=EURO),
    Field("commitment", "Engagement du financeur", prompt="Demandé, accordé, ou sous réserve de vote."),
    Field("note", "Note", prompt="L’origine du chiffrage, les hypothèses."),
)

FIELD_NAMES = {"funder_party_id": "funder", "essms_id": "essms"}
"""Clauses that carry another name than their key in the file."""
