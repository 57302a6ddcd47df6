"""A dialogue de gestion as a PDF, once every party approved it: by the same hand as a relevé, value by value."""

from collections.abc import Iterable, Mapping
from typing import Any

from negotiation.documents.minutes_print import Wording, print_approved
from negotiation.rules.french_display import value_text
from negotiation.rules.markdown_tree import Block, BulletList, ListItem, Mark, Paragraph, Text, parse
from negotiation.rules.markdown_writer import serialise
from negotiation.rules.reviews import GROUPS, Field
from negotiation.rules.vocabulary import ValueKind

WORDING = Wording(
    overline="Suivi du contrat",
    kind="dialogue de gestion",
    file="dialogue.json",
    of="du dialogue",
    met="Dialogue du",
    reserves="Réserves sur ce dialogue",
)


def print_dialogue(content: Mapping[str, Any], *, fingerprint: str) -> bytes:
    """PDF/A-3a and PDF/UA-1 of the content that `services.reviewing` seals, attached as `dialogue.json`.

    Raises UnprintableText, PrintFailure, and ValueError when the content doesn't have that fingerprint.
    """
    passages = dialogue_passages(content)
    return print_approved(content, WORDING, on=str(content["on"]), passages=passages, fingerprint=fingerprint)


def dialogue_passages(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """What it says, passage by passage: `label`, Markdown `text`."""
    passages = [
        {"label": words, "text": serialise([block for value in held for block in _said(value)])}
        for field, words in GROUPS
        if (held := [value for value in content["values"] if Field.of(value["field"]) is field])
    ]
    if content["blank"]:
        passages.append({"label": "Non renseigné", "text": serialise([_list(content["blank"])])})
    return passages


def _said(value: Mapping[str, Any]) -> list[Block]:
    """« I01, Taux d’occupation : 93,2 % », then its words."""
    told = value_text(value["value"], value["unit"], ValueKind(value["value_kind"]))
    words = list(parse(value["text"])) if value["text"] else []
    if Field.of(value["field"]) in (Field.MEETING, Field.CONCLUSIONS):
        return words
    named = Text(value["label"], frozenset({Mark.BOLD}))
    return [Paragraph((named, Text(f" : {told}" if told else " : sans valeur"))), *words]


def _list(words: Iterable[str]) -> Block:
    return BulletList(tuple(ListItem((Paragraph((Text(each),)),)) for each in words))
