"""What is wrong with an opening, in French: one sentence a fault."""

from negotiation.rules.opening import MOST_MEMBERS, MOST_PARTIES, MOST_STRUCTURES, Fault

EMPTY = "Ce champ est à remplir."
NOT_A_DATE = "Ce n’est pas une date : écrivez-la comme 15/09/2027."
NOT_A_NUMBER = "Un nombre entier est attendu, en chiffres."

_SENTENCES: dict[Fault, str] = {
    Fault.TOO_LONG_CONTRACT: "Un CPOM dure cinq ans au plus.",
    Fault.TOO_LONG_EXTENSION: "La prorogation est d’un an au plus, soit douze mois, et de six ans en tout.",
    Fault.NO_DURATION: "Un contrat dure un an au moins.",
    Fault.OUT_OF_CALENDAR: "Cette date est trop lointaine.",
    Fault.SIGNATURE_AFTER_END: "La signature visée est après la fin du contrat.",
    Fault.ONE_GESTIONNAIRE: "Il faut un organisme gestionnaire, et un seul.",
    Fault.NO_AUTHORITY: "Il faut au moins une autorité : ARS, Département, Métropole, État…",
    Fault.NO_OWN_PARTY: "Dites laquelle de ces parties est la vôtre.",
    Fault.OWN_PARTY_ASSOCIATE: "Une table est ouverte par le gestionnaire ou par une autorité.",
    Fault.TOO_MANY: (
        f"C’est trop : {MOST_PARTIES} parties, {MOST_MEMBERS} membres chacune, {MOST_STRUCTURES} structures au plus."
    ),
    Fault.SAME_NAME: "Une autre partie porte déjà ce nom court.",
    Fault.WRONG_EMAIL: "Ce n’est pas une adresse e-mail.",
    Fault.SAME_EMAIL: "Cette adresse est déjà donnée : nul ne siège deux fois à une table.",
    Fault.NO_ADMINISTRATOR: "Chaque partie a au moins un contact, qui invite les autres membres.",
    Fault.WRONG_FINESS: "Un numéro FINESS compte neuf chiffres.",
    Fault.SAME_FINESS: "Une autre structure porte déjà ce numéro.",
    Fault.NO_PLACES: "Ce nombre de places n’est pas possible.",
    Fault.NOT_A_FUNDER: "Seule une autorité de la table finance.",
}


def sentence_of_fault(fault: Fault) -> str:
    return _SENTENCES[fault]
