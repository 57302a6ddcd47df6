"""What ends a contract in Word: its annexes of numbers as tables, then the places where each party signs.

None of it stands between the marks of a clause: on the way back it is the file's own, and nothing of it is taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from negotiation.documents.print_words import plain
from negotiation.documents.word_body import Content, Grid, Words
from negotiation.rules.french_display import value_text
from negotiation.rules.vocabulary import ValueKind

Node = Mapping[str, Any]


def annexes_of(tables: Node) -> Iterator[Content]:
    """`tables` as the contract's content holds them; an empty one isn't there."""
    if rows := tables.get("indicators", {}).get("rows"):
        years = tables["indicators"]["years"]
        yield Words("Titre1", "Annexe, indicateurs et cibles")
        head = ("Code", "Indicateur", "Unité", "Départ", *years, "Cible")
        yield Grid(tuple(map(str, head)), tuple(_indicator(row, years) for row in rows), words=3)
    for group in tables.get("finance", {}).get("groups", ()):
        years = tables["finance"]["years"]
        yield Words("Titre1", plain(f"Annexe financière, {group['title']}"))
        head = ("Fiche", "Ligne", "Nature", *years, "Total")
        yield Grid(tuple(map(str, head)), tuple(_funding(row, years) for row in group["rows"]), words=3)


def signature_blocks(content: Node) -> Iterator[Content]:
    """One a signatory, in the order of the parties: for whom, as what, where and when, and room to sign."""
    names = {party["letter"]: party["name"] for party in content["parties"]}
    if content["signatories"]:
        yield Words("Titre1", "Signatures")
    for signatory in content["signatories"]:
        yield Words("Titre5", plain(f"Pour {names[signatory['party']]}"))
        if told := ", ".join(words for words in (signatory["role"], signatory["quality"]) if words):
            yield Words("", plain(told))
        yield Words("", "Fait à ……………………………, le ……………………………")
        yield Words("", "Nom et signature :")
        yield from (Words("", "") for _ in range(2))


def _indicator(row: Node, years: Sequence[Any]) -> tuple[str, ...]:
    told = (row["code"], row["title"], row.get("unit", ""), row.get("baseline", ""))
    return tuple(
        plain(cell) for cell in (*told, *(row["values"].get(str(it), "") for it in years), row.get("final", ""))
    )


def _funding(row: Node, years: Sequence[Any]) -> tuple[str, ...]:
    told = (row.get("code", ""), row["label"], row.get("nature", ""))
    cents = (*(row["values"].get(str(year)) for year in years), row["total"])
    return tuple(map(plain, told)) + tuple(plain(value_text(it, None, ValueKind.AMOUNT)) if it else "–" for it in cents)
