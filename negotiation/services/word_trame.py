"""An authority's own Word file becomes a person's own template: cut at its headings, then corrected like any other."""

from collections.abc import Iterable
from pathlib import PurePath

from negotiation.documents.word_reading import Section
from negotiation.errors import FileRefused
from negotiation.rules.clause_text import readable_text
from negotiation.rules.trame import as_mapping, built_in_trame, trame_from_mapping
from negotiation.rules.trame_from_headings import Titled, grouping_titles, parts_from
from negotiation.services.trames import copy_trame
from negotiation.store.unit_of_work import UnitOfWork

STARTS_FROM = "cadre-libre"
"""The template whose calendar and length it takes: a file of words has none."""
LONGEST_TITLE = 200
SUMMARY = "Reprise d’un fichier Word, découpé à ses titres."
NOTE = "Le plan vient des titres du fichier : relisez-le, puis vérifiez durée, parties et calendrier."
GROUPING = "Titres du fichier qui ne font que grouper, non repris au plan : {titles}."
_LONGEST_NOTE = 1500


def trame_of_word(uow: UnitOfWork, person_id: str, sections: Iterable[Section], *, file_name: str) -> str:
    """The id of the person's new template. Raises FileRefused `no_headings`, `too_many_headings`, InvalidFile."""
    start = built_in_trame(STARTS_FROM)
    framing = {part.key for section in start.framing for part in section.walk()}
    titled = [Titled(each.level, each.title, each.text) for each in sections]
    parts = parts_from(titled, framing)
    if not parts:
        raise FileRefused(reason="no_headings")
    head = as_mapping(start)
    title = readable_text(PurePath(file_name).stem)[:LONGEST_TITLE] or "Trame"
    words = {"title": title, "summary": SUMMARY, "legal_basis": [], "legal_notes": _notes(titled), "parts": parts}
    return copy_trame(uow, person_id, trame_from_mapping(head | words), title=title)


def _notes(sections: list[Titled]) -> list[str]:
    """What to check, and the titles that the plan doesn't hold: in as many notes as they fill."""
    notes, held = [NOTE], ""
    for title in map(readable_text, grouping_titles(sections)):
        if held and len(held) + len(title) > _LONGEST_NOTE:
            notes.append(GROUPING.format(titles=held))
            held = ""
        held = f"{held} ; {title}" if held else title
    return [*notes, GROUPING.format(titles=held)] if held else notes
