"""« Qui a écrit quoi » in the contract: a part with each of its words signed, and every part's share of words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from app.crediting import failing
from app.database import current_store
from app.limits import by_person, limiter
from app.offloading import off_the_loop
from app.pages.authorship import NOBODY_KNOWS, Hand, signed_words
from app.pages.csv_file import csv_text
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.presentation import markdown
from app.security import serves
from negotiation.drafting.authorship import spans_of
from negotiation.errors import NotFound
from negotiation.rules.anchoring import plain_text
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import Action, Side
from negotiation.rules.word_shares import UNKNOWN, Origin, WordShares, count_words, shares_of
from negotiation.services.access import require
from negotiation.services.deriving import What
from negotiation.store.queries.origins import (
    OriginatedPart,
    OriginatedText,
    TablingStep,
    accepted_by,
    originated_parts,
    originated_texts,
    tabling_steps,
)
from negotiation.store.queries.people import PartyView

provenance = Blueprint("provenance", __name__)


@dataclass(frozen=True)
class Passage:
    """Words in a row of one origin. `party` None: common, or nobody knows. `step`: the version that first said them."""

    words: str
    party: PartyView | None
    is_unknown: bool
    step: TablingStep | None


@dataclass(frozen=True)
class Signed:
    """A clause with its words signed. `passages` is empty where nobody ever tabled a word or nothing is derived yet."""

    text: OriginatedText
    html: Markup
    shares: WordShares
    passages: tuple[Passage, ...]
    accepted: tuple[tuple[PartyView, datetime], ...]


@dataclass(frozen=True)
class PartShares:
    """A line of the table."""

    part: OriginatedPart
    shares: WordShares


@provenance.get("/negociations/<negotiation_id>/provenance")
@serves(Action.READ_HISTORY)
def show_provenance(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        texts = originated_texts(session, actor)
        lines, rest = _lines(originated_parts(session, actor), texts)
        chosen = _chosen(lines, rest)
        signed = _signed(session, frame, chosen.part.id) if chosen else ()
        origins = _origins(frame)
        return render_template(
            "history/provenance.html",
            **frame.context(
                "history",
                subsection="provenance",
                origins=origins,
                lines=lines,
                rest=sum((line.shares for line in rest), WordShares()),
                rest_count=len(rest),
                whole=sum((line.shares for line in (*lines, *rest)), WordShares()),
                chosen=chosen,
                signed=signed,
                unknown=UNKNOWN,
                failed=_failed(texts),
            ),
        )


@provenance.get("/negociations/<negotiation_id>/provenance.csv")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def provenance_csv(negotiation_id: str) -> ResponseReturnValue:
    """How many words each party proposed of each part, or each passage of the contract."""
    passages = request.args.get("passages") == "1"
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.EXPORT)
        frame = frame_of(session, actor)
        parts = originated_parts(session, actor)
        texts = originated_texts(session, actor)
        steps = _steps(session, texts) if passages else {}
    if passages:
        response = make_response(off_the_loop(_csv_of_passages, frame, parts, texts, steps))
    else:
        lines, rest = _lines(parts, texts)
        response = make_response(_csv(frame, [*lines, *rest]))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    name = "qui-a-ecrit-quoi-passages.csv" if passages else "qui-a-ecrit-quoi.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(
    parts: Sequence[OriginatedPart], texts: Iterable[OriginatedText]
) -> tuple[tuple[PartShares, ...], tuple[PartShares, ...]]:
    """The parts in which somebody tabled something, and those where nobody did; parts that say nothing left out."""
    shares: dict[str, WordShares] = {}
    for text in texts:
        shares[text.part_id] = shares.get(text.part_id, WordShares()) + _shares(text)
    found = [PartShares(part, shares[part.id]) for part in parts if part.id in shares]
    moved = tuple(line for line in found if line.part.tabled)
    return moved, tuple(line for line in found if not line.part.tabled)


def _shares(text: OriginatedText) -> WordShares:
    if text.version_id is None:
        return WordShares({None: count_words(text.text)})
    return WordShares(waiting=count_words(text.text)) if text.runs is None else shares_of(text.runs)


def _failed(texts: Iterable[OriginatedText]) -> dict[str, int]:
    """By part, how many of its clauses could not be worked out."""
    ids = failing().clauses(What.ORIGINS)
    found = (text.part_id for text in texts if text.version_id and text.runs is None and text.clause_id in ids)
    return dict(Counter(found))


def _chosen(lines: Sequence[PartShares], rest: Sequence[PartShares]) -> PartShares | None:
    """The part that the address asks for; else the first in which somebody tabled something. Raises NotFound."""
    asked = request.args.get("partie")
    if asked is None:
        return next(iter((*lines, *rest)), None)
    found = next((line for line in (*lines, *rest) if line.part.id == asked), None)
    if found is None:
        raise NotFound()
    return found


def _origins(frame: Frame) -> tuple[PartyView, ...]:
    """The parties that may propose words."""
    return tuple(party for party in frame.parties.values() if party.side is not Side.ASSOCIATE)


def _signed(session: Session, frame: Frame, part_id: str) -> tuple[Signed, ...]:
    texts = originated_texts(session, frame.actor, [part_id])
    accepted = accepted_by(session, frame.actor, {text.clause_id: text.version_id for text in texts if text.version_id})
    steps = _steps(session, texts)
    return tuple(
        _signed_text(frame, text, steps[text.clause_id], accepted.get(text.version_id or "", ())) for text in texts
    )


def _steps(session: Session, texts: Iterable[OriginatedText]) -> dict[str, dict[int, TablingStep]]:
    return tabling_steps(session, {text.clause_id: {since for _, since, _ in text.runs or ()} for text in texts})


def _signed_text(
    frame: Frame, text: OriginatedText, steps: Mapping[int, TablingStep], accepted: Sequence[tuple[str, datetime]]
) -> Signed:
    by = tuple((frame.parties[party_id], at) for party_id, at in accepted if party_id in frame.parties)
    spans = _spans(text)
    if not spans:
        return Signed(text, markdown(text.text), _shares(text), (), by)
    passages = _passages(frame, text, steps)
    hands = [(start, end, hand) for start, end, origin in _joined(spans) if (hand := _hand(frame, origin))]
    return Signed(text, signed_words(text.text, hands), _shares(text), passages, by)


def _spans(text: OriginatedText) -> Sequence[tuple[int, int, Origin]]:
    """Empty where nothing is derived of these very words."""
    return spans_of(plain_text(text.text), [(origin, words) for origin, _, words in text.runs or ()])


def _passages(frame: Frame, text: OriginatedText, steps: Mapping[int, TablingStep]) -> tuple[Passage, ...]:
    plain, spans = plain_text(text.text), _spans(text)
    if not spans:
        return ()
    return tuple(
        Passage(plain[start:end], frame.parties.get(origin or ""), origin == UNKNOWN, steps.get(since))
        for (start, end, origin), (_, since, _) in zip(spans, text.runs or (), strict=True)
    )


def _joined(spans: Sequence[tuple[int, int, Origin]]) -> list[tuple[int, int, Origin]]:
    """Passages of one origin that follow each other, said first in two versions, are signed once."""
    found: list[tuple[int, int, Origin]] = []
    for start, end, origin in spans:
        if found and found[-1][2] == origin:
            found[-1] = (found[-1][0], end, origin)
        else:
            found.append((start, end, origin))
    return found


def _hand(frame: Frame, origin: Origin) -> Hand | None:
    if origin == UNKNOWN:
        return NOBODY_KNOWS
    party = frame.parties.get(origin or "")
    return Hand.of(party) if party else None


def _csv(frame: Frame, lines: Sequence[PartShares]) -> str:
    parties = _origins(frame)
    rows = [["Code", "Titre", *(party.short_name for party in parties), "Commun", "Indéterminé", "En calcul", "Mots"]]
    for line in lines:
        words = [line.shares.of(origin) for origin in (*(party.id for party in parties), None, UNKNOWN)]
        rows.append([line.part.code, line.part.title, *map(str, [*words, line.shares.waiting, line.shares.total])])
    return csv_text(rows)


def _csv_of_passages(
    frame: Frame,
    parts: Iterable[OriginatedPart],
    texts: Iterable[OriginatedText],
    steps: Mapping[str, Mapping[int, TablingStep]],
) -> str:
    """Of each clause that somebody proposed, in the order of the contract, its passages in that of its text."""
    named = {part.id: (part.code, part.title) for part in parts}
    head = "Partie", "Titre", "Code", "Clause", "Version", "Passage", "Proposé d’abord par", "Version d’origine", "Le"
    rows = [list(head)]
    for text in texts:
        said = [*named[text.part_id], text.code, text.label, str(text.number or "")]
        for each in _passages(frame, text, steps[text.clause_id]):
            who = each.party.short_name if each.party else "Indéterminé" if each.is_unknown else "Commun"
            since = [str(each.step.number), paris_day(each.step.at).isoformat()] if each.step else ["", ""]
            rows.append([*said, each.words, who, *since])
    return csv_text(rows)
