"""The final evaluation as a PDF: what became of each engagement, by the same hand as a relevé. A project says so."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from negotiation.documents.minutes_print import Wording, print_approved
from negotiation.rules.french_display import value_text
from negotiation.rules.markdown_tree import Block, BulletList, ListItem, Mark, Paragraph, Text, parse
from negotiation.rules.markdown_writer import serialise
from negotiation.rules.reviews import STANDING_WORDS, Field, Outcome
from negotiation.rules.vocabulary import ValueKind

Content = Mapping[str, Any]

WORDING = Wording(
    overline="Évaluation du contrat",
    kind="évaluation finale",
    file="evaluation.json",
    of="de l’évaluation",
    met="Commencée le",
    reserves="Réserves sur cette évaluation",
)
PASSAGES = (
    (Field.OUTCOME, "Engagements"),
    (Field.OPINION, "Avis des personnes accompagnées"),
    (Field.LESSONS, "Leçons"),
    (Field.THEMES, "Thèmes du prochain contrat"),
    (Field.CONCLUSIONS, "Conclusions"),
    (Field.MEETING, "Ouverture et équipe"),
)


def print_evaluation(content: Content, *, fingerprint: str) -> bytes:
    """PDF/A-3a and PDF/UA-1 of the content that `services.reviewing` seals, attached as `evaluation.json`; without a
    fingerprint, of what is said so far. Raises UnprintableText, PrintFailure, and ValueError when the content doesn't
    have that fingerprint.
    """
    passages = evaluation_passages(content)
    return print_approved(content, WORDING, on=str(content["on"]), passages=passages, fingerprint=fingerprint)


def evaluation_passages(content: Content) -> list[dict[str, str]]:
    """What it says, passage by passage: `label`, Markdown `text`."""
    passages = [{"label": "En bref", "text": serialise([Paragraph((Text(_summary(content)),))])}]
    for field, words in PASSAGES:
        held = [value for value in content["values"] if Field.of(value["field"]) is field]
        if held:
            said = [block for value in held for block in _said(value, content)]
            passages.append({"label": words, "text": serialise(said)})
    if content["blank"]:
        passages.append({"label": "Non renseigné", "text": serialise([_list(_blank(content))])})
    return passages


def _summary(content: Content) -> str:
    """« 5 tenu, 2 partiellement tenu » of what all parties agree on."""
    waits = content.get("open", ())
    outcomes = [value for value in content["values"] if Field.of(value["field"]) is Field.OUTCOME]
    read = Counter(Outcome.read(each["value"]) for each in outcomes if each["field"] not in waits)
    told = [f"{outcome} : {read[outcome]}" for outcome in Outcome if read[outcome]]
    total = len(content["figures"])
    left = total - sum(read[outcome] for outcome in Outcome)
    return " ; ".join([f"Engagements : {total}", *told, *([f"sans résultat validé : {left}"] if left else [])]) + "."


def _said(value: Content, content: Content) -> list[Block]:
    words = list(parse(value["text"])) if value["text"] else []
    waits = value["field"] in content.get("open", ())
    if Field.of(value["field"]) is not Field.OUTCOME:
        return [*words, *([Paragraph((Text("Proposé, pas encore validé par toutes les parties."),))] if waits else [])]
    outcome = f" : {value['value'] or 'sans résultat'}{', proposé' if waits else ''}"
    head = Paragraph((Text(value["label"], frozenset({Mark.BOLD})), Text(outcome)))
    figures = next((each for each in content["figures"] if each["field"] == value["field"]), None)
    told = _figures(figures) if figures else ""
    return [head, *([Paragraph((Text(f"{told[0].upper()}{told[1:]}."),))] if told else []), *words]


def _blank(content: Content) -> list[str]:
    """An engagement that nobody evaluated has its figures all the same; what was sealed before they were named says
    none."""
    told = {each["label"]: _figures(each) for each in content["figures"] if each.get("label")}
    return [f"{label} : {told[label]}" if told.get(label) else label for label in content["blank"]]


def _figures(told: Content) -> str:
    """« départ 91,8 % en 2022, accordé 95 %, observé 93,1 % en 2025 (déclaré) : palier manqué de 0,4 point »"""
    kind, unit = ValueKind(told["value_kind"]), told["unit"]
    found = []
    if told["baseline"] is not None:
        year = f" en {told['baseline_year']}" if told["baseline_year"] else ""
        found.append(f"départ {value_text(told['baseline'], unit, kind)}{year}")
    if told["agreed"] is not None:
        found.append(f"accordé {value_text(told['agreed'], unit, kind)}")
    if told["observed"] is not None:
        seen = value_text(told["observed"], unit, kind if kind is ValueKind.AMOUNT else ValueKind.NUMBER)
        found.append(f"observé {seen} {_years(told)} ({STANDING_WORDS[told['standing']]})")
    elif told["progress"]:
        found.append(f"avancement {told['progress']}")
    return ", ".join(found) + (f" : {told['gap']}" if found and told["gap"] else "")


def _years(told: Content) -> str:
    """« en 2026 », « de 2024 à 2026 » for a sum; what was sealed before sums were read says no first year."""
    first, last = told.get("observed_since"), told["observed_year"]
    return f"en {last}" if first in (None, last) else f"de {first} à {last}"


def _list(words: Iterable[str]) -> Block:
    return BulletList(tuple(ListItem((Paragraph((Text(each),)),)) for each in words))
