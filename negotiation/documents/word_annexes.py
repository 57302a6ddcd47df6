"""What ends a contract in Word: its annexes of numbers as tables, then the places where each party signs.

None of it stands between the marks of a clause: on the way back it is the file's own, and nothing of it is taken.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from negotiation.documents.print_tree import annexes, drawn_parties
from negotiation.documents.print_words import plain
from negotiation.documents.word_body import Content, Grid, Wide, Words
from negotiation.rules.french_names import for_name

Node = Mapping[str, Any]
_CODE, _SHORT, _MIDDLE = 1000, 1500, 1600
_WORDS = {3: (_CODE, 0, _SHORT), 4: (_CODE, 0, _SHORT, _MIDDLE)}
"""Widths of the columns of words, by their number, in twentieths of a point; 0 takes what is left."""
SAID = (
    "Ces tableaux reprennent les fiches telles qu’elles sont. "
    "Un chiffre se corrige dans sa fiche : ici, rien n’est repris."
)


def annexes_of(content: Node, *, said: str = "") -> Iterator[Content]:
    """On pages that lie, the same tables as the PDF prints; `said` comes after them."""
    held: list[Words | Grid] = []
    for annex in annexes(content.get("tables", {}), parties=drawn_parties(content["parties"])):
        for group in annex["groups"]:
            held.append(Words("Titre1", ", ".join(each for each in (_named(annex["title"]), group["title"]) if each)))
            held += [Words("Repere", annex["unit"])] if annex["unit"] else []
            rows = (*group["rows"], *([group["total"]] if group["total"] else []))
            held.append(
                Grid(
                    tuple(annex["head"]),
                    tuple(map(tuple, rows)),
                    _WORDS[annex["words"]],
                    totals=1 if group["total"] else 0,
                )
            )
    if held:
        yield Wide((*held, *([Words("Repere", said)] if said else [])))


def _named(title: str) -> str:
    return title if title.startswith("Annexe") else f"Annexe, {title[:1].lower()}{title[1:]}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def signature_blocks(content: Node) -> Iterator[Content]:
    """One a signatory, in the order of the parties: for whom, as what, where and when, and room to sign."""
    names = {party["letter"]: party["name"] for party in content["parties"]}
    if content["signatories"]:
        yield Words("Titre1", "Signatures")
    for signatory in content["signatories"]:
        yield Words("Titre5", plain(_capital(for_name(names[signatory["party"]]))))
        if told := ", ".join(words for words in (signatory["role"], signatory["quality"]) if words):
            yield Words("", plain(told))
        yield Words("", "Fait à ……………………………, le ……………………………")
        yield Words("", "Nom et signature :")
        yield from (Words("", "") for _ in range(2))
