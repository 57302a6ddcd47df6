"""A relevé de décisions as a PDF, by the same hand as the contract: same content, same bytes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import rfc8785

from negotiation.documents.pdf_print import fingerprint_of, refuse_unprintable, typeset
from negotiation.documents.print_tree import day, drawn_parties
from negotiation.documents.print_words import Node, blocks, capitals, in_fours, plain, shortened
from negotiation.rules.french_names import day_words, hour_words
from negotiation.rules.paris import paris_day

TEMPLATE = "minutes.typ"


@dataclass(frozen=True)
class Wording:
    """What the paper calls itself: above its title, in its properties, its attached file, after « contenu », before its
    date, above the reserves."""

    overline: str
    kind: str
    file: str
    of: str
    met: str
    reserves: str


RELEVE = Wording(
    overline="Relevé de décisions",
    kind="relevé de décisions",
    file="releve.json",
    of="du relevé",
    met="Séance du",
    reserves="Réserves sur ce relevé",
)


def print_minutes(content: dict[str, Any], *, fingerprint: str = "") -> bytes:
    """PDF/A-3a and PDF/UA-1 of the content that `services.approving` seals, attached as `releve.json`.

    Without a fingerprint it is a project, and says so on each page. Raises UnprintableText, PrintFailure, and
    ValueError when the content doesn't have that fingerprint.
    """
    seance = content["seance"]
    passages = minutes_passages(content)
    return print_approved(content, RELEVE, on=str(seance["on"]), passages=passages, fingerprint=fingerprint)


def minutes_passages(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """What it says, passage by passage: `label`, Markdown `text`."""
    return [{"label": each["label"], "text": each["text"]} for each in content["passages"]]


def print_approved(
    content: Mapping[str, Any], wording: Wording, *, on: str, passages: Sequence[Mapping[str, str]], fingerprint: str
) -> bytes:
    """What every party approved as a PDF: `passages` (label, Markdown text) of the `content` that is attached.

    Raises as `print_minutes` does.
    """
    if fingerprint and fingerprint != fingerprint_of(content):
        raise ValueError("the fingerprint is not that of the content")
    tree = _tree(content, wording, on=on, passages=passages, fingerprint=fingerprint)
    refuse_unprintable(tree)
    inputs = {"tree": json.dumps(tree, ensure_ascii=False), "content": rfc8785.dumps(content).decode()}
    return typeset(inputs, TEMPLATE)


def _tree(
    content: Mapping[str, Any], wording: Wording, *, on: str, passages: Sequence[Mapping[str, str]], fingerprint: str
) -> Node:
    parties = drawn_parties(content["parties"])
    negotiation, approved_at = content["negotiation"], content.get("approved_at")
    return {
        "is_draft": not fingerprint,
        "fingerprint": in_fours(fingerprint),
        "short": in_fours(fingerprint[:12]),
        "words": asdict(wording),
        "overline": capitals(wording.overline),
        "title": plain(content["title"]),
        "negotiation": plain(negotiation["title"]),
        "reference": plain(negotiation["reference"]),
        "running": [shortened(f"{wording.overline}, {content['title']}", most=80), plain(day(on))],
        "date": [int(piece) for piece in on.split("-")],
        "date_text": plain(day(on)),
        "approved": plain(day_words(paris_day(_moment(approved_at)))) if approved_at else "",
        "parties": list(parties.values()),
        "passages": [{"label": plain(each["label"]), "blocks": blocks(each["text"])} for each in passages],
        "reserves": [
            {"party": parties[each["party"]], "passage": plain(each["passage"]), "blocks": blocks(each["text"])}
            for each in content["reserves"]
        ],
        "approvals": [
            {"party": parties[each["party"]], "by": plain(each["by"]), "at": plain(_said(each["at"]))}
            for each in content["approvals"]
        ],
    }


def _said(moment: str) -> str:
    at = _moment(moment)
    return f"{day_words(paris_day(at))} à {hour_words(at)}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
