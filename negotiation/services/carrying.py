"""What leaves with a reader beside the proof: his rows, tables, the texts of the drafts that he reads, documents."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.documents.approved_print import print_approved
from negotiation.documents.carried_tables import tables_as_csv
from negotiation.documents.pandoc import ConversionFailed
from negotiation.documents.pdf_print import PrintFailure, fingerprint_of, print_contract
from negotiation.documents.scenario_file import scenario_of
from negotiation.documents.word_contract import print_odt, print_word
from negotiation.errors import InvalidFile
from negotiation.rules.french_names import day_words
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import ReviewKind
from negotiation.rules.word_choices import WordComments, WordKind
from negotiation.services.carrying_drafts import with_drafts
from negotiation.services.drafted import standing
from negotiation.services.importing.reading import parse_scenario
from negotiation.services.importing.references import check_references
from negotiation.services.word_export import WordChoice, collect_word, new_export_id
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Draft
from negotiation.store.queries.carried import Rows, carried_rows
from negotiation.store.queries.history import whole_chains
from negotiation.store.queries.visibility import visible
from negotiation.verifier import file_of_circle

Maker = Callable[[], bytes]


class Documents(StrEnum):
    """Whether documents are made for the eyes besides. That takes a second or two each."""

    NONE = "none"
    ALL = "all"


@dataclass(frozen=True)
class Baggage:
    """`rows` by table; `files` by name; `makers` by name: what is still to be made, beside the event loop."""

    rows: Rows
    files: Mapping[str, bytes]
    makers: Mapping[str, Maker] = field(default_factory=dict)


def gather(
    session: Session, actor: Actor, *, contract: bytes, approved: Sequence[bytes], documents: Documents
) -> Baggage:
    """Read while nothing moves. `contract` and `approved` as the archive holds them."""
    rows = with_drafts(session, carried_rows(session, actor))
    makers: dict[str, Maker] = {}
    files = {f"tableaux/{name}": data for name, data in tables_as_csv(rows, json.loads(contract)).items()}
    files |= dict(_drafts(session, actor)) | dict(_places(session, actor))
    makers |= {f"scenario/{name}": partial(tell, rows) for name, tell in SCENARIO.items()}
    if documents is Documents.ALL:
        makers |= {
            f"documents/approuve-{number:02}.pdf": partial(_print, data)
            for number, data in enumerate(approved, start=1)
        }
        makers |= _texts(session, actor)
        if rows["negotiation"][0]["frozen_at"] is None:
            makers["documents/contrat-projet.pdf"] = partial(_project, contract, paris_day(now()))
    return Baggage(rows, files, makers)


def _texts(session: Session, actor: Actor) -> dict[str, Maker]:
    """The contract for Word and for LibreOffice, as this reader reads it; what each party proposes in a file apart."""
    export_id = new_export_id()
    clean = collect_word(session, actor, WordChoice(WordKind.CLEAN))
    tracked = collect_word(session, actor, WordChoice(WordKind.TRACKED, comments=WordComments.SHARED))
    return {
        "documents/contrat.docx": partial(print_word, clean, export_id=export_id),
        "documents/contrat.odt": partial(print_odt, clean, export_id=export_id),
        "documents/contrat-suivi.docx": partial(print_word, tracked, export_id=export_id),
    }


def made(makers: Mapping[str, Maker]) -> dict[str, bytes]:
    """Each document; one that can't be printed leaves a word in its place, and keeps nobody from leaving."""
    found = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except (PrintFailure, ConversionFailed, InvalidFile) as failure:
            found[f"{name}.absent.txt"] = f"{ABSENT} {_why(failure)}\n".encode()
    return found


ABSENT = "Ce document n’a pas pu être fait. Le reste de l’archive est entier.\n\nPourquoi :"
WHY_NOT_CONVERTED = {
    "absent": "pandoc, qui écrit ce format, n’est pas installé sur cette instance.",
    "too_long": "la conversion demandait trop de temps.",
    "too_big": "le document dépasse ce qui peut être converti.",
    "unreadable": "le document n’a pas pu être converti.",
}


def _why(failure: PrintFailure | ConversionFailed | InvalidFile) -> str:
    if isinstance(failure, ConversionFailed):
        return WHY_NOT_CONVERTED.get(failure.reason, WHY_NOT_CONVERTED["unreadable"])
    if isinstance(failure, InvalidFile):
        told = failure.detail
        return f"le format de scénario ne peut pas tenir cette négociation ({told['path']} : {told['problem']})."
    return str(failure)


def name_of_document(name: str) -> str:
    """What a maker makes, in French, for who waits."""
    number = re.fullmatch(r"documents/approuve-0*(\d+)\.pdf", name)
    return f"le texte approuvé n° {number[1]}, en PDF" if number else NAMES.get(name, name)


NAMES = {
    "scenario/negociation.json": "la négociation en un seul fichier",
    "scenario/LISEZMOI.txt": "ce qui ne tient pas dans ce fichier",
    "documents/contrat.docx": "le contrat pour Word",
    "documents/contrat.odt": "le contrat pour LibreOffice",
    "documents/contrat-suivi.docx": "le contrat pour Word, avec ce que chacun propose",
    "documents/contrat-projet.pdf": "le projet de contrat, en PDF",
}


def _scenario(rows: Rows) -> bytes:
    """The negotiation as one file that an empty instance imports. Raises InvalidFile when the format can't hold it."""
    data = json.dumps(scenario_of(rows).content, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
    check_references(parse_scenario(data).content)
    return data


def _scenario_left(rows: Rows) -> bytes:
    left = "".join(f"- {words}\n" for words in dict.fromkeys(scenario_of(rows).left))
    return (SCENARIO_README + (f"\nN’y tiennent pas, de cette négociation :\n{left}" if left else "")).encode()


SCENARIO_README = """\
negociation.json est la négociation telle que son lecteur la voit, au format de
scénario cpom-scenario/1. Une instance de Navette l’importe comme une
négociation neuve :

    navette import negociation.json

Les parties, leurs membres, le contrat, les engagements et leurs mouvements,
les séances, les avis et le suivi déclaré y sont. Le format ne connaît ni
l’historique et ses empreintes, ni les versions figées, ni les signatures
données ici : pour continuer avec elles, importez le dossier entier. L’accord
d’une clause rouverte depuis, une demande et une réserve maintenue y sont des
commentaires ; une clause négociée qui n’est pas un engagement y devient un
engagement de sa fiche.
"""
SCENARIO = {"negociation.json": _scenario, "LISEZMOI.txt": _scenario_left}


def _project(contract: bytes, day: date) -> bytes:
    """As « Le projet, en PDF » prints it that day."""
    content, label = json.loads(contract), f"Projet du {day_words(day)}"
    around = {"date": day.isoformat()}
    return print_contract(content, fingerprint=fingerprint_of(content), label=label, kind="draft", around=around)


def _print(approved: bytes) -> bytes:
    """As its own page prints it: the same bytes."""
    content: dict[str, Any] = json.loads(approved)
    kind = content.get("kind", "")
    return print_approved(
        ReviewKind(kind) if kind in set(ReviewKind) else None, content, fingerprint=fingerprint_of(content)
    )


def _places(session: Session, actor: Actor) -> Iterator[tuple[str, bytes]]:
    """What the files of the histories don't say of a fact: its own address here, and the clause that it is about."""
    for circle, entries in whole_chains(session, actor):
        places = [{"sequence": each.sequence, "id": each.id, "clause_id": each.clause_id} for each in entries]
        yield f"donnees/faits/{file_of_circle(str(circle))}", json.dumps(places, indent=1).encode() + b"\n"


def _drafts(session: Session, actor: Actor) -> Iterator[tuple[str, bytes]]:
    """A file for each circle whose drafts say something: the words of their clauses, not who typed what when."""
    query = (
        select(Draft, Part)
        .join(Part, col(Part.id) == Draft.part_id)
        .where(
            col(Draft.negotiation_id) == actor.negotiation_id,
            visible(Draft.circle, actor),
            visible(Part.circle, actor),
        )
        .order_by(col(Draft.circle), col(Part.position), col(Part.id))
    )
    said: dict[str, list[str]] = {}
    for draft, part in session.execute(query).all():
        of_part = select(Clause).where(col(Clause.part_id) == part.id, visible(Clause.circle, actor))
        clauses = session.execute(of_part.order_by(col(Clause.position))).scalars()
        labels = {clause.id: f"{clause.code} {clause.label}".strip() for clause in clauses}
        for clause_id, found in standing(session, draft, labels).items():
            words = "\n\n".join(words for words in (found.text, found.value) if words)
            if words:
                said.setdefault(draft.circle, []).append(
                    f"# {part.code} {part.title} · {labels[clause_id]}\n\n{words}\n"
                )
    for circle, texts in said.items():
        yield f"brouillons/{file_of_circle(circle).replace('.json', '.md')}", "\n".join(texts).encode()
