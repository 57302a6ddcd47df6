"""A relevé, a dialogue or the evaluation as a Word file: the same content as its PDF, which alone is sealed."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from negotiation.documents.dialogue_print import WORDING as DIALOGUE
from negotiation.documents.dialogue_print import dialogue_passages
from negotiation.documents.evaluation_print import WORDING as EVALUATION
from negotiation.documents.evaluation_print import evaluation_passages
from negotiation.documents.minutes_print import RELEVE, Wording, minutes_passages
from negotiation.documents.print_words import in_fours, plain
from negotiation.documents.word_body import Content, Passage, Words
from negotiation.documents.word_file import WordFile, docx_bytes
from negotiation.documents.word_lines import lines_of
from negotiation.rules.french_names import day_words, hour_words
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import ReviewKind

Paper = Mapping[str, Any]
_PAPERS: dict[ReviewKind | None, tuple[Wording, Callable[[Paper], list[dict[str, str]]]]] = {
    None: (RELEVE, minutes_passages),
    ReviewKind.DIALOGUE: (DIALOGUE, dialogue_passages),
    ReviewKind.EVALUATION: (EVALUATION, evaluation_passages),
}


def word_approved(kind: ReviewKind | None, content: Paper, *, fingerprint: str) -> bytes:
    """`kind`: None for the relevé of a séance; without a fingerprint it is a project, and says so on each page."""
    wording, passages = _PAPERS[kind]
    on = str(content["on"] if kind else content["seance"]["on"])
    contents = (*_head(content, wording, on, fingerprint), *_passages(passages(content)), *_ends(content, wording))
    return docx_bytes(
        WordFile(
            title=plain(content["title"]),
            contents=contents,
            made_at=datetime.fromisoformat(on),
            footer=plain(f"{wording.overline} · {content['negotiation']['reference']}"),
            notice="" if fingerprint else "Projet : toutes les parties ne l’ont pas encore approuvé.",
        )
    )


def _head(content: Paper, wording: Wording, on: str, fingerprint: str) -> Iterator[Content]:
    told = content["negotiation"]
    yield Words("Titre", plain(content["title"]))
    yield Words("Soustitre", plain(f"{wording.overline} · {told['title']} · {told['reference']}"))
    yield Words("Soustitre", plain(f"{wording.met} {day_words(datetime.fromisoformat(on).date())}"))
    if fingerprint:
        approved = day_words(paris_day(datetime.fromisoformat(content["approved_at"])))
        yield Words("Soustitre", f"Approuvé par toutes les parties le {approved}. L’original scellé est le PDF.")
        yield Words("Soustitre", f"Empreinte {wording.of} : {in_fours(fingerprint)}")


def _passages(passages: list[dict[str, str]]) -> Iterator[Content]:
    for each in passages:
        yield Words("Titre1", plain(each["label"]))
        yield Passage(lines_of(each["text"]))


def _ends(content: Paper, wording: Wording) -> Iterator[Content]:
    names = {party["letter"]: party["name"] for party in content["parties"]}
    if content["reserves"]:
        yield Words("Titre1", wording.reserves)
    for each in content["reserves"]:
        yield Words("Titre5", plain(f"{names[each['party']]}, sur « {each['passage']} »"))
        yield Passage(lines_of(each["text"]))
    if content["approvals"]:
        yield Words("Titre1", "Approbations")
    for each in content["approvals"]:
        at = datetime.fromisoformat(each["at"])
        yield Words("", plain(f"{names[each['party']]} : {each['by']}, {day_words(paris_day(at))} à {hour_words(at)}"))
