"""What the PDF of a contract carries beside its pages: the content, as JSON and as Markdown; once frozen, the head of
the shared history too.

A project carries no head: it proves nothing, and the same project printed twice on one day has the same bytes.
"""

from collections.abc import Mapping
from typing import Any

import rfc8785

from negotiation.rules.vocabulary import ClauseState
from negotiation.verifier import ATTACHED_CONSOLIDATED, ATTACHED_HEAD, ATTACHED_JSON

ATTACHED_TEXT = "contrat.md"
HEAD_FORMAT = "navette-head/1"
ABOUT_HEAD = (
    "La tête de l’historique partagé par toutes les parties quand ce PDF a été imprimé, avant le gel : le numéro et "
    "l’empreinte de son dernier fait, signés par la plateforme quand « seals » n’est pas vide. Tout historique "
    "présenté plus tard doit la contenir. L’intérieur des parties n’y est pas."
)
SAID = {
    ATTACHED_JSON: (
        "source",
        "application/json",
        "Le contenu du contrat. Le SHA-256 de ce fichier est l’empreinte imprimée au bas de chaque page.",
    ),
    ATTACHED_TEXT: ("alternative", "text/markdown", "Le même contenu à lire seul, en Markdown."),
    ATTACHED_CONSOLIDATED: (
        "alternative",
        "text/markdown",
        "Le contrat consolidé à lire seul, en Markdown. Il n’est pas le contrat signé.",
    ),
    ATTACHED_HEAD: (
        "supplement",
        "application/json",
        "La tête de l’historique partagé par toutes les parties, avant le gel.",
    ),
}
"""Name → what it is to the document (AFRelationship of PDF/A-3), its type, and what a reader of PDF says of it."""


def head_file(chain: str, head: Mapping[str, str | int], *seals: Mapping[str, Any]) -> str:
    """`historique-tete.json`. `head`: {seq, hash}; `seals`: {statement, signature} of the platform about this head."""
    told: dict[str, Any] = {"about": ABOUT_HEAD, "format": HEAD_FORMAT, "chain": chain}
    return rfc8785.dumps({**told, "head": dict(head), "seals": list(seals)}).decode()


def files_of(content: Mapping[str, Any], *, consolidated: Mapping[str, Any] | None, head: str) -> list[dict[str, str]]:
    """What the template attaches: {name, text, relationship, type, said}. `consolidated`: what an avenant's content
    leaves of the contract, when that is what is printed; `head`: "" for none."""
    texts = {ATTACHED_JSON: rfc8785.dumps(dict(content)).decode()}
    if consolidated is None:
        texts[ATTACHED_TEXT] = markdown_of(content)
    else:
        texts[ATTACHED_CONSOLIDATED] = markdown_of(consolidated)
    if head:
        texts[ATTACHED_HEAD] = head
    named = ("relationship", "type", "said")
    return [{"name": name, "text": text, **dict(zip(named, SAID[name], strict=True))} for name, text in texts.items()]


def markdown_of(node: Mapping[str, Any], level: str = "#") -> str:
    """A contract to be read alone, from its content (or one part of it) and nothing else, in the order of reading: the
    texts are the clauses’ own, to the character; annexes, which repeat the values of clauses, stay out."""
    told = [" ".join(words for words in (level, node.get("code"), node["title"]) if words)]
    told += [node["reference"], *node.get("legal_basis", ())] if "reference" in node else []
    told += [f"- {party['letter']} : {party['name']}" for party in node.get("parties", ())]
    for clause in node.get("clauses", ()):
        words = [words for words in (clause.get("text"), clause.get("value_text")) if words]
        if words and clause.get("state") != ClauseState.WITHDRAWN:
            told += [_headed(clause), *words]
    told += [markdown_of(part, f"{level}#") for part in node.get("parts", ())]
    for reserve in node.get("reserves", ()):
        said = [f"{it['party']} : {it['text']}" for it in (reserve, *reserve.get("answers", ()))]
        told += [f"## Réserve maintenue : {reserve['title']}", *said]
    return "\n\n".join(told) + ("\n" if level == "#" else "")


def _headed(clause: Mapping[str, Any]) -> str:
    """« **EN01 Taux d’occupation** (G envers A, D) »: what it is, and who owes it to whom."""
    name = " ".join(words for words in (clause.get("code"), clause.get("label")) if words)
    debtor = clause.get("debtor")
    others = ", ".join(letter for letter in clause.get("concerned", ()) if letter != debtor)
    owed = f" ({debtor} envers {others})" if debtor and others else f" ({debtor})" if debtor else ""
    return f"**{name}**{owed}"
