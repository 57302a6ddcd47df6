"""The consolidated version of a contract as a Word file, from the content of an avenant: whole, and no proof."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from negotiation.documents.amendment_print import consolidated_notes, consolidated_words, is_of_an_avenant, name_of_part
from negotiation.documents.print_tree import Content, day
from negotiation.documents.print_words import in_fours, plain
from negotiation.documents.word_annexes import annexes_of
from negotiation.documents.word_body import Content as Block
from negotiation.documents.word_body import FieldRow, Fields, Passage, Words
from negotiation.documents.word_file import WordFile, docx_bytes
from negotiation.documents.word_lines import Piece, lines_of
from negotiation.rules.vocabulary import ClauseKind

_DEEPEST = 4
"""Headings of the plan; the title of a clause comes below them."""


def word_consolidated(content: Content, *, fingerprint: str, kind: str, made_at: datetime) -> bytes:
    """`content` as `amendment_print` reads it, `kind` frozen or draft, `fingerprint` that of the content."""
    said = {name: plain(words) for name, words in consolidated_words(content["amendment"], kind).items()}
    return docx_bytes(
        WordFile(
            title=plain(content["amendment"]["amends"]["title"]),
            contents=(
                *_head(content, said, fingerprint),
                *_parts(content["parts"]),
                *annexes_of(content),
                *_reserves(content),
            ),
            made_at=made_at,
            footer=plain(f"{said['version']} · {content['reference']}"),
            notice=said["said"],
        )
    )


def _head(content: Content, said: dict[str, str], fingerprint: str) -> Iterator[Block]:
    told = content["amendment"]
    ends = told["term"]["after"] if told.get("term") else content["period"]["end"]
    yield Words("Titre", plain(told["amends"]["title"]))
    yield Words("Soustitre", said["name"])
    yield Words("Soustitre", said["said"])
    for note in consolidated_notes(content):
        yield Words("Soustitre", plain(note))
    yield Words("Soustitre", plain(f"Du {day(content['period']['start'])} au {day(ends)} · {content['reference']}"))
    yield Words("Soustitre", f"Empreinte du texte de l’avenant : {in_fours(fingerprint)}")
    yield Words("Titre1", "Les parties")
    for party in content["parties"]:
        yield Words("", plain(f"{party['letter']} : {party['name']}"))


def _parts(parts: Sequence[Content], depth: int = 1) -> Iterator[Block]:
    for part in parts:
        if is_of_an_avenant(part):
            continue
        yield Words(f"Titre{min(depth, _DEEPEST)}", plain(name_of_part(part)))
        for clause in part["clauses"]:
            yield from _clause(clause)
        yield from _parts(part["parts"], depth + 1)


def _clause(clause: Content) -> Iterator[Block]:
    """A bare value is a row; what says nothing isn't there."""
    text, value = clause.get("text") or "", clause.get("value_text") or ""
    named = clause["kind"] == ClauseKind.ENGAGEMENT and clause.get("code")
    label = plain(f"Engagement {clause['code']}, {clause['label']}" if named else clause["label"])
    if text:
        yield Words("Titre5", label)
        yield Passage(lines_of(text))
    if value:
        yield Fields((FieldRow("Valeur" if text else label, (Piece(plain(value)),)),))


def _reserves(content: Content) -> Iterator[Block]:
    """Those maintained to the contract, each with the position of the others."""
    names = {party["letter"]: party["name"] for party in content["parties"]}
    if content["reserves"]:
        yield Words("Titre1", "Réserves maintenues")
    for each in content["reserves"]:
        yield Words("Titre5", plain(f"{names[each['party']]}, sur {each['code']} {each['title']}"))
        yield Passage(lines_of(each["text"]))
        for answer in each["answers"]:
            yield Words("Repere", plain(names[answer["party"]]))
            yield Passage(lines_of(answer["text"]))
