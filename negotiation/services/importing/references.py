"""What a sound file must still hold to be a negotiation: ids, references, whole numbers, dates in order, parties.

The rules of the moves themselves are not here: each move is played by `services.moves.play`, as a click would.
"""

from collections.abc import Callable
from typing import Any

from negotiation.rules.vocabulary import Side
from negotiation.services.importing.reading import Json, each, fault, inside, moment_of

LONGEST_ID = 80
LARGEST_WHOLE = 2**31 - 1
MOST_ALIKE = 99

IDS: dict[str, str] = {
    "parties[].id": "une partie",
    "parties[].members[].id": "un membre",
    "essms[].id": "un établissement",
    "calendar[].id": "une date du calendrier",
    "documents[].id": "un document",
    "diagnostic.findings[].id": "un constat",
    "diagnostic.data[].id": "une donnée",
    "strategic_objectives[].id": "un objectif stratégique",
    "strategic_objectives[].operational_objectives[].id": "un objectif opérationnel",
    "fiches_action[].id": "une fiche action",
    "indicators[].id": "un indicateur",
    "financial_lines[].id": "une ligne financière",
    "clauses[].id": "un article",
    "engagements[].id": "un engagement",
    "engagements[].moves[].id": "un mouvement",
    "sessions[].id": "une séance",
    "sessions[].messages[].id": "un message",
    "sessions[].decisions[].id": "une décision",
    "consultations[].id": "une consultation",
    "follow_up.dialogues[].id": "un dialogue de gestion",
    "follow_up.avenants[].id": "un avenant",
    "follow_up.avenants[].moves[].id": "un mouvement d’avenant",
    "follow_up.evaluation.id": "une évaluation",
}
"""Where things are named, and what they are."""

PARTY, MEMBER, ESSMS = "parties[].id", "parties[].members[].id", "essms[].id"
CALENDAR, SESSION, ENGAGEMENT = "calendar[].id", "sessions[].id", "engagements[].id"
FICHE, INDICATOR, LINE, ARTICLE = "fiches_action[].id", "indicators[].id", "financial_lines[].id", "clauses[].id"
OPERATIONAL = "strategic_objectives[].operational_objectives[].id"
ANYTHING = ""

REFERENCES: dict[str, str] = {
    "parties[].members[].party_id": PARTY,
    "essms[].funder_party_ids[]": PARTY,
    "cadrage.governance.copil[]": MEMBER,
    "cadrage.governance.cotech[]": MEMBER,
    "cadrage.validated_by[]": PARTY,
    "calendar[].party_ids[]": PARTY,
    "documents[].provided_by": PARTY,
    "diagnostic.agreed_by[]": PARTY,
    "diagnostic.findings[].essms_id": ESSMS,
    "diagnostic.findings[].proposed_by": PARTY,
    "diagnostic.findings[].validated_by[]": PARTY,
    "diagnostic.data[].essms_id": ESSMS,
    "diagnostic.data[].proposed_by": PARTY,
    "diagnostic.data[].validated_by[]": PARTY,
    "strategic_objectives[].finding_ids[]": "diagnostic.findings[].id",
    "strategic_objectives[].essms_ids[]": ESSMS,
    "strategic_objectives[].operational_objectives[].fiche_action_ids[]": FICHE,
    "fiches_action[].operational_objective_id": OPERATIONAL,
    "fiches_action[].essms_ids[]": ESSMS,
    "fiches_action[].indicator_ids[]": INDICATOR,
    "fiches_action[].financial_line_ids[]": LINE,
    "indicators[].essms_ids[]": ESSMS,
    "financial_framework.base_budget[].essms_id": ESSMS,
    "financial_framework.base_budget[].funder_party_id": PARTY,
    "financial_lines[].fiche_action_id": FICHE,
    "financial_lines[].funder_party_id": PARTY,
    "financial_lines[].essms_id": ESSMS,
    "clauses[].refs[]": ENGAGEMENT,
    "engagements[].debtor_party_id": PARTY,
    "engagements[].party_ids[]": PARTY,
    "engagements[].session_ids[]": SESSION,
    "engagements[].moves[].party_id": PARTY,
    "engagements[].moves[].member_id": MEMBER,
    "sessions[].calendar_id": CALENDAR,
    "sessions[].attendees[]": MEMBER,
    "sessions[].facilitator": MEMBER,
    "sessions[].note_taker": MEMBER,
    "sessions[].messages[].member_id": MEMBER,
    "sessions[].messages[].refs[]": ANYTHING,
    "sessions[].decisions[].engagement_id": ENGAGEMENT,
    "consultations[].calendar_id": CALENDAR,
    "consultations[].party_id": PARTY,
    "signature.signatories[].party_id": PARTY,
    "follow_up.dialogues[].calendar_id": CALENDAR,
    "follow_up.dialogues[].attendees[]": MEMBER,
    "follow_up.dialogues[].action_reviews[].fiche_action_id": FICHE,
    "follow_up.dialogues[].indicator_reviews[].indicator_id": INDICATOR,
    "follow_up.avenants[].requested_by": PARTY,
    "follow_up.avenants[].moves[].party_id": PARTY,
    "follow_up.avenants[].moves[].member_id": MEMBER,
    "follow_up.evaluation.calendar_id": CALENDAR,
    "follow_up.evaluation.engagement_results[].engagement_id": ENGAGEMENT,
}

TARGETS: dict[str, str] = {
    "clause": ARTICLE,
    "fiche_action": FICHE,
    "indicator": INDICATOR,
    "financial_line": LINE,
}
"""What `target.type` names."""

WHOLE_NUMBERS = (
    "negotiation.extension_months_max",
    "essms[].capacity[].places",
    "essms[].total_places",
    "essms[].opening_days",
    "strategic_objectives[].number",
    "fiches_action[].steps[].n",
    "indicators[].baseline.year",
    "financial_framework.base_year",
    "engagements[].moves[].n",
    "engagements[].moves[].version",
    "follow_up.dialogues[].year",
    "follow_up.dialogues[].indicator_reviews[].year",
    "follow_up.avenants[].number",
    "follow_up.avenants[].moves[].n",
    "follow_up.evaluation.engagement_results[].year",
)

DATE_TIMES = ("engagements[].moves[].at", "sessions[].messages[].at", "follow_up.avenants[].moves[].at")

LONGEST = {"signature.frozen.number": 40}

IN_ORDER = (
    ("negotiation.opened_on", "negotiation.signed_on"),
    ("negotiation.contract_start", "negotiation.contract_end"),
)


def check_references(content: Json) -> None:
    """Raises InvalidFile on the first thing that doesn't hold together."""
    known = _known_ids(content)
    _check_references(content, known)
    for check in (_check_lengths, _check_whole_numbers, _check_dates, _check_parties, _check_referents, _check_steps):
        check(content)
    _check_targets(content, known)
    _check_engagements(content)


# ---------------------------------------------------------------------- ids and references


def _known_ids(content: Json) -> dict[str, set[str]]:
    """The ids of each collection; "" holds them all. Ids are unique in the whole file."""
    if not content["key"]:
        fault("key", "la clé du fichier est vide")
    if len(content["key"]) > LONGEST_ID:
        fault("key", f"la clé du fichier dépasse {LONGEST_ID} caractères")
    known: dict[str, set[str]] = {ANYTHING: set()}
    for pattern in IDS:
        ids = known.setdefault(pattern, set())
        for path, identifier in each(content, pattern):
            if not identifier or any(character.isspace() for character in identifier):
                fault(path, "un identifiant est un texte sans espace")
            if len(identifier) > LONGEST_ID:
                fault(path, f"l’identifiant dépasse {LONGEST_ID} caractères")
            if identifier in known[ANYTHING]:
                fault(path, f"l’identifiant « {identifier} » existe déjà dans le fichier")
            ids.add(identifier)
            known[ANYTHING].add(identifier)
    return known


def _check_references(content: Json, known: dict[str, set[str]]) -> None:
    for pattern, collection in REFERENCES.items():
        for path, identifier in each(content, pattern):
            _check_known(path, identifier, known, collection=collection)


def _check_known(path: str, identifier: str, known: dict[str, set[str]], *, collection: str) -> None:
    if identifier not in known[collection]:
        wanted = IDS.get(collection, "quelque chose")
        fault(path, f"« {identifier} » ne désigne pas {wanted} du fichier")


def _check_targets(content: Json, known: dict[str, set[str]]) -> None:
    for pattern in ("engagements[].target", "follow_up.avenants[].changes[].target"):
        for path, target in each(content, pattern):
            if target["type"] not in TARGETS:
                kinds = ", ".join(f"« {kind} »" for kind in TARGETS)
                fault(f"{path}.type", f"valeur inconnue « {target['type']} » ; valeurs possibles : {kinds}")
            _check_known(f"{path}.id", target["id"], known, collection=TARGETS[target["type"]])


def _check_referents(content: Json) -> None:
    for key, member in content["cadrage"]["governance"]["referents"].items():
        path = inside("cadrage.governance.referents", key)
        party = next((party for party in content["parties"] if party["id"] == key), None)
        if party is None:
            fault(path, f"« {key} » ne désigne pas une partie du fichier")
        if member not in {own["id"] for own in party["members"]}:
            fault(path, f"« {member} » n’est pas un membre de la partie « {key} »")


# ---------------------------------------------------------------------- lengths, numbers and dates


def _check_lengths(content: Json) -> None:
    for pattern, longest in LONGEST.items():
        for path, text in each(content, pattern):
            if len(text) > longest:
                fault(path, f"le texte dépasse {longest} caractères")


def _check_whole_numbers(content: Json) -> None:
    """Also turns `5.0` into 5."""
    for pattern in WHOLE_NUMBERS:
        holder, _, name = pattern.rpartition(".")
        for path, owner in each(content, holder):
            owner[name] = _whole(inside(path, name), owner.get(name))


def _whole(path: str, number: Any) -> int | None:
    if number is None:
        return None
    if number != int(number) or abs(number) > LARGEST_WHOLE:
        fault(path, "un nombre entier est attendu")
    return int(number)


def _check_dates(content: Json) -> None:
    for pattern in DATE_TIMES:
        for path, written in each(content, pattern):
            try:
                moment_of(written)
            except ValueError:
                fault(path, f"la date « {written} » n’existe pas")
    for before, after in IN_ORDER:
        (_, first), (path, second) = next(each(content, before)), next(each(content, after))
        if second < first:
            fault(path, f"la date « {second} » précède « {first} » ({before})")


# ---------------------------------------------------------------------- parties


def _check_parties(content: Json) -> None:
    sides = {party["side"] for party in content["parties"]}
    for side, missing in ((Side.GESTIONNAIRE, "le gestionnaire"), (Side.AUTHORITY, "une autorité")):
        if side not in sides:
            fault("parties", f"il manque {missing} : une table réunit un gestionnaire et au moins une autorité")
    if len(content["parties"]) > MOST_ALIKE:
        fault("parties", f"une table réunit au plus {MOST_ALIKE} parties")
    for path, party in each(content, "parties[]"):
        for index, member in enumerate(party["members"]):
            if member["party_id"] != party["id"]:
                fault(f"{path}.members[{index}].party_id", f"le membre est écrit dans la partie « {party['id']} »")


def _check_steps(content: Json) -> None:
    for path, fiche in each(content, "fiches_action[]"):
        _refuse_doubles(f"{path}.steps", fiche["steps"], lambda step: step["n"], suffix=".n")


def _refuse_doubles(path: str, items: list[Any], key: Callable[[Any], object], *, suffix: str = "") -> None:
    seen: set[object] = set()
    for index, item in enumerate(items):
        if key(item) in seen:
            fault(f"{path}[{index}]{suffix}", f"« {key(item)} » est écrit deux fois")
        seen.add(key(item))


# ---------------------------------------------------------------------- engagements


def _check_engagements(content: Json) -> None:
    sides = {party["id"]: party["side"] for party in content["parties"]}
    homes = {member["id"]: party["id"] for party in content["parties"] for member in party["members"]}
    for path, engagement in each(content, "engagements[]"):
        concerned = engagement["party_ids"]
        if not concerned:
            fault(f"{path}.party_ids", "un engagement concerne au moins une partie")
        _refuse_doubles(f"{path}.party_ids", concerned, str)
        for index, party in enumerate(concerned):
            if sides[party] == Side.ASSOCIATE:
                fault(f"{path}.party_ids[{index}]", f"« {party} » est un partenaire associé : il ne décide pas")
        _check_thread(f"{path}.moves", engagement["moves"], homes)
        _check_final_move(path, engagement)
    for path, avenant in each(content, "follow_up.avenants[]"):
        _check_thread(f"{path}.moves", avenant["moves"], homes)


def _check_thread(path: str, moves: list[Json], homes: dict[str, str]) -> None:
    """Moves follow each other, by number and by date; each is made by a member of its party; links go back."""
    earlier: dict[str, Json] = {}
    last: Json | None = None
    for index, move in enumerate(moves):
        here = f"{path}[{index}]"
        if homes[move["member_id"]] != move["party_id"]:
            fault(f"{here}.member_id", f"« {move['member_id']} » n’est pas membre de la partie « {move['party_id']} »")
        if last is not None and move["n"] <= last["n"]:
            fault(f"{here}.n", f"le numéro {move['n']} suit le numéro {last['n']}")
        if last is not None and move["at"] < last["at"]:
            fault(f"{here}.at", f"« {move['at']} » précède le mouvement d’avant, « {last['at']} »")
        for link in ("reply_to", "supersedes", "accepts"):
            _check_link(f"{here}.{link}", move.get(link), move, earlier=earlier)
        earlier[move["id"]] = last = move


def _check_link(path: str, link: str | None, move: Json, *, earlier: dict[str, Json]) -> None:
    if link is None:
        return
    if link not in earlier:
        fault(path, f"« {link} » ne désigne pas un mouvement antérieur du même fil")
    aimed = earlier[link]
    told = aimed["visibility"] == "shared" or _circle(aimed) == _circle(move)
    if not told:
        fault(path, f"« {link} » n’est pas visible de tous ceux qui lisent ce mouvement")


def _circle(move: Json) -> tuple[str, str]:
    inner = move["party_id"] if move["visibility"] == "internal" else ""
    return move["visibility"], inner


def _check_final_move(path: str, engagement: Json) -> None:
    final = engagement["final_move_id"]
    if final and final not in {move["id"] for move in engagement["moves"]}:
        fault(f"{path}.final_move_id", f"« {final} » ne désigne pas un mouvement de cet engagement")
