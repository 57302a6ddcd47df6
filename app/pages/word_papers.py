"""Beside the contract: relevés, dialogues and the evaluation for Word, the annexes of numbers for a spreadsheet."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.limits import by_person, limiter
from app.offloading import off_the_loop
from app.pages.engagement_file import XLSX
from app.pages.follow_up import DIALOGUE
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.review_page import as_file
from app.pages.word import DOCX
from app.security import serves
from negotiation.documents.annex_sheets import Annex, finance_sheet, indicators_sheet
from negotiation.documents.word_approved import word_approved
from negotiation.errors import NotFound
from negotiation.rules.vocabulary import Action, ReviewKind
from negotiation.services.access import require
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.evaluating import evaluation_to_print
from negotiation.services.minutes import minutes_to_print
from negotiation.store.queries.reviews import sealed_content

word_papers = Blueprint("word_papers", __name__)


@word_papers.get("/negociations/<negotiation_id>/seances/<seance_id>/releve.docx")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.FOLLOW_SEANCE)
def minutes_word(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        record = minutes_to_print(session, actor, seance_id)
        frame = frame_of(session, actor)
    name = f"releve-{record.content['seance']['on']}"
    return _paper(None, record.content, record.fingerprint, _named(frame, name, record.fingerprint))


@word_papers.get("/negociations/<negotiation_id>/suivi/<year>/dialogue.docx")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.READ_TABLE)
def dialogue_word(negotiation_id: str, year: str) -> ResponseReturnValue:
    """Only what was approved, as its PDF."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        review = DIALOGUE.review(session, actor, year)
        if review.approved_at is None:
            raise NotFound()
        content = json.loads(sealed_content(session, actor, review.id))
        frame = frame_of(session, actor)
    name = _named(frame, f"dialogue-{year}", review.content_hash)
    return _paper(ReviewKind.DIALOGUE, content, review.content_hash, name)


@word_papers.get("/negociations/<negotiation_id>/evaluation.docx")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def evaluation_word(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        content, fingerprint = evaluation_to_print(session, actor)
        frame = frame_of(session, actor)
    return _paper(ReviewKind.EVALUATION, content, fingerprint, _named(frame, "evaluation", fingerprint))


@word_papers.get("/negociations/<negotiation_id>/annexe-financiere.xlsx")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def finance_table(negotiation_id: str) -> ResponseReturnValue:
    """What stands, as the contract prints it: what every party reads."""
    tables, frame = _tables(negotiation_id)
    funders = {party.letter: party.short_name for party in frame.parties.values()}
    annex = _annex("Annexe financière", frame)
    data = off_the_loop(lambda: finance_sheet(tables["finance"], annex, funders))
    return as_file(data, f"{frame.negotiation.reference}-annexe-financiere.xlsx", XLSX)


@word_papers.get("/negociations/<negotiation_id>/indicateurs.xlsx")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def indicators_table(negotiation_id: str) -> ResponseReturnValue:
    tables, frame = _tables(negotiation_id)
    data = off_the_loop(lambda: indicators_sheet(tables["indicators"], _annex("Indicateurs et cibles", frame)))
    return as_file(data, f"{frame.negotiation.reference}-indicateurs.xlsx", XLSX)


def _tables(negotiation_id: str) -> tuple[Mapping[str, Any], Frame]:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.EXPORT)
        return contract_as_it_stands(session, actor.negotiation_id).content["tables"], frame_of(session, actor)


def _annex(title: str, frame: Frame) -> Annex:
    told = frame.negotiation
    return Annex(title, f"{title} · {told.title}", told.as_of or told.opened_on)


def _paper(kind: ReviewKind | None, content: Mapping[str, Any], fingerprint: str, name: str) -> ResponseReturnValue:
    data = off_the_loop(lambda: word_approved(kind, content, fingerprint=fingerprint))
    return as_file(data, name, DOCX)


def _named(frame: Frame, name: str, fingerprint: str) -> str:
    return f"{frame.negotiation.reference}-{name}{'' if fingerprint else '-projet'}.docx"
