"""A relevé de décisions as a PDF, by the same hand as the contract: same content, same bytes."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import rfc8785

from negotiation.documents.pdf_print import fingerprint_of, refuse_unprintable, typeset
from negotiation.documents.print_tree import Node, blocks, capitals, day, drawn_parties, in_fours, plain, shortened
from negotiation.rules.french_names import day_words, hour_words
from negotiation.rules.paris import paris_day

TEMPLATE = "minutes.typ"


def print_minutes(content: dict[str, Any], *, fingerprint: str = "") -> bytes:
    """PDF/A-3a and PDF/UA-1 of the content that `services.approving` seals, attached as `releve.json`.

    Without a fingerprint it is a project, and says so on each page. Raises UnprintableText, PrintFailure, and
    ValueError when the content doesn't have that fingerprint.
    """
    if fingerprint and fingerprint != fingerprint_of(content):
        raise ValueError("the fingerprint is not that of the content")
    tree = _tree(content, fingerprint=fingerprint)
    refuse_unprintable(tree)
    inputs = {"tree": json.dumps(tree, ensure_ascii=False), "content": rfc8785.dumps(content).decode()}
    return typeset(inputs, TEMPLATE)


def _tree(content: Mapping[str, Any], *, fingerprint: str) -> Node:
    parties = drawn_parties(content["parties"])
    seance, negotiation = content["seance"], content["negotiation"]
    approved_at = content.get("approved_at")
    return {
        "is_draft": not fingerprint,
        "fingerprint": in_fours(fingerprint),
        "short": in_fours(fingerprint[:12]),
        "overline": capitals("Relevé de décisions"),
        "title": plain(content["title"]),
        "negotiation": plain(negotiation["title"]),
        "reference": plain(negotiation["reference"]),
        "running": [shortened(f"Relevé de décisions, {content['title']}", most=80), plain(day(seance["on"]))],
        "date": [int(piece) for piece in str(seance["on"]).split("-")],
        "date_text": plain(day(seance["on"])),
        "approved": plain(day_words(paris_day(_moment(approved_at)))) if approved_at else "",
        "parties": list(parties.values()),
        "passages": [
            {"label": plain(passage["label"]), "blocks": blocks(passage["text"])} for passage in content["passages"]
        ],
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
