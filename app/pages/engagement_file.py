"""Files to keep: « le dossier d’un engagement » as a PDF, and the steps of the whole contract as a spreadsheet.

What is internal leaves on paper only by a choice of its own (`interne=1`), and says so on every page and line.
"""

import re
from collections.abc import Iterable, Sequence

from flask import Blueprint, make_response, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.limits import by_person, limiter
from app.offloading import off_the_loop
from app.pages.frame import Frame, frame_of, reader_in, reader_on_clause
from app.pages.navette import Journey, Told, delays_of, journey_of, readable_card, told_of, with_sittings
from app.pages.navette_steps import NavetteStep, compared_versions, plot_parties, shown_steps
from app.pages.presentation import count_fr, in_working_days, percent, to_party, working_days_fr
from app.pages.synoptique_cells import STATES, marks_of
from app.pages.trajectory import TrajectoryView, trajectory_view
from app.printing import printed
from app.security import serves
from negotiation.documents.engagement_print import EngagementFile, PrintedStep, PrintedTable, print_engagement
from negotiation.documents.spreadsheet import CellText, Column, Spreadsheet, plain, spreadsheet_bytes
from negotiation.rules.french_display import value_text
from negotiation.rules.french_moves import MOVE_WORDS, PHASE_WORDS
from negotiation.rules.french_names import day_words, hour_words, of_name
from negotiation.rules.paris import paris_day
from negotiation.rules.trajectory import COMMON
from negotiation.rules.vocabulary import SHARED, Action, Audience, Circle
from negotiation.services.access import require
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.navette import agreed_version_of, phase_clock_of, words_of
from negotiation.store.queries.parts import PartView, part_view
from negotiation.store.queries.told import ToldStep, sittings_of_table, told_steps

engagement_file = Blueprint("engagement_file", __name__)

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    Column("Date", 18),
    Column("Heure", 9),
    Column("Phase", 16),
    Column("Séance", 24),
    Column("Partie du contrat", 30),
    Column("Clause", 12),
    Column("Intitulé", 36),
    Column("Partie", 18),
    Column("Membre", 26),
    Column("Geste", 22),
    Column("Version", 9),
    Column("Valeur", 16),
    Column("Texte ou propos", 70),
    Column("Motif", 50),
    Column("Qui lit", 24),
)


@engagement_file.get("/clauses/<clause_id>/dossier.pdf")
@limiter.limit("20 per minute", key_func=by_person)
@serves(Action.EXPORT)
def engagement_pdf(clause_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_on_clause(session, clause_id)
        require(actor, Action.EXPORT)
        frame = frame_of(session, actor)
        card = readable_card(session, frame, clause_id)
        told = told_of(session, frame, card.id)
        kept = [step for step in told.navette.steps if step.is_shared or _with_inside()]
        moves = words_of(session, actor, kept)
        versions = compared_versions(session, card.id, moves)
        path = trajectory_view(session, frame, card, steps=told.navette.steps, agreed_by=told.agreed_by)
        agreed = agreed_version_of(session, actor, card.id)
        part = part_view(session, actor, card.part_id)
        journey = journey_of(session, frame, card, told)
    agreed_text = (agreed.text, f"Version {agreed.number}") if agreed else _declared(card)

    def written() -> bytes:
        steps = with_sittings(shown_steps(frame, moves, versions, told=told), told)
        return print_engagement(
            _content(
                frame,
                card,
                part=part,
                told=told,
                steps=steps,
                path=path,
                journey=journey,
                agreed=agreed_text,
            )
        )

    return _file(printed(written), f"dossier-{card.code or 'clause'}.pdf", PDF)


def _with_inside() -> bool:
    return request.args.get("interne") == "1"


def _declared(card: ClauseCard) -> tuple[str, str]:
    return (card.agreed_text or "", "Déclaré par le fichier importé") if card.is_declared else ("", "")


def _content(
    frame: Frame,
    card: ClauseCard,
    *,
    part: PartView,
    told: Told,
    steps: Sequence[NavetteStep],
    path: TrajectoryView | None,
    journey: Journey,
    agreed: tuple[str, str],
) -> EngagementFile:
    inside = part.circle != SHARED or any(not step.is_shared for step in steps)
    value = value_text(card.agreed_value, card.unit, card.value_kind) if agreed[0] else ""
    return EngagementFile(
        title=card.label,
        code=card.code,
        place=f"{part.code} {part.title}".strip(),
        negotiation=frame.negotiation.title,
        reference=frame.negotiation.reference,
        state=STATES[card.state],
        dated=paris_day(steps[-1].move.at) if steps else frame.negotiation.opened_on,
        summary=path.sentence if path else "",
        journey=_journey_said(journey, steps),
        parties=plot_parties(frame.parties.values()),
        steps=tuple(_printed(frame, card, step) for step in steps),
        tables=tuple(_tables(frame, told, path)),
        plot=path.plot.svg if path and path.plot else "",
        agreed=agreed[0],
        agreed_words=" · ".join(words for words in (agreed[1], value) if words),
        inside_of=of_name(frame.me.party.short_name) if inside else "",
    )


def _journey_said(journey: Journey, steps: Sequence[NavetteStep]) -> str:
    said = [count_fr(len(steps), "étape"), count_fr(journey.versions, "version")]
    if journey.agreed_on:
        said.append(f"accord le {day_words(journey.agreed_on)}")
    if journey.days:
        said.append(f"en {count_fr(journey.days, 'jour')}")
    if journey.share is not None:
        said.append(f"{percent(journey.share)} du texte a changé entre la première version et l’accord")
    return " · ".join(said)


def _printed(frame: Frame, card: ClauseCard, step: NavetteStep) -> PrintedStep:
    move = step.move
    return PrintedStep(
        day=day_words(paris_day(move.at)),
        hour=hour_words(move.at),
        party=move.party_id,
        what=_what(card, step),
        author=frame.members[move.member_id].title,
        notes=tuple(_notes(frame, step)),
        compared=f"Comparé à la version {step.before.number}, {percent(step.share)} du texte change"
        if step.before and step.share is not None
        else "",
        words=step.version.text if step.version and step.html is None else "",
        marked=tuple((mark.op, mark.text) for mark in marks_of(step.html)) if step.html else (),
        said="" if step.version else move.text,
        motive=move.motive,
        became="Accord complet : toutes les parties portent cette version." if step.seals else "",
        inside="" if step.is_shared else readers_of(frame, move.circle),
    )


def _what(card: ClauseCard, step: NavetteStep) -> str:
    words = MOVE_WORDS[step.move.type]
    if step.version:
        value = value_text(step.version.value, card.unit, card.value_kind)
        return f"Version {step.version.number}{f' : {value}' if value else ''}, {words}"
    number = step.move.version_number
    return f"{words[:1].upper()}{words[1:]}{f' sur la version {number}' if number else ''}"


def _notes(frame: Frame, step: NavetteStep) -> Iterable[str]:
    if step.sitting:
        yield f"En séance : {step.sitting.title}."
    if step.response:
        waiting = to_party(frame.parties[step.response.waiting].short_name).striptags()
        yield f"Répond {waiting} {in_working_days(step.response.days)}."


def readers_of(frame: Frame, circle: Circle) -> str:
    """« Toutes les parties », « Interne Orlinde », « Entre autorités »."""
    if circle == SHARED:
        return "Toutes les parties"
    return "Entre autorités" if circle.audience is Audience.AUTHORITIES else f"Interne {frame.me.party.short_name}"


def _tables(frame: Frame, told: Told, path: TrajectoryView | None) -> Iterable[PrintedTable]:
    if path and path.path.is_numeric and (path.path.points or path.path.agreed or path.path.observed):
        yield PrintedTable(
            "Les valeurs, tour par tour",
            (("Tour", ""), ("Date", ""), ("Partie", "party"), ("Geste", "wide"), ("Valeur", "right")),
            tuple(_value_rows(path)),
        )
    if told.answers:
        rows = tuple(
            (party.id, str(delay.answers), working_days_fr(delay.median), working_days_fr(delay.longest))
            for party, delay, _ in delays_of(frame, told)
        )
        heads = (("Qui répond", "party"), ("Réponses", "right"), ("Délai médian", "right"), ("Le plus long", "right"))
        note = "En jours ouvrés, de la demande à la première réponse de chaque partie ; étapes partagées seulement."
        yield PrintedTable("Qui a attendu qui", heads, rows, note)


def _value_rows(view: TrajectoryView) -> Iterable[tuple[str, ...]]:
    path = view.path
    for point in path.points:
        day = day_words(paris_day(point.at))
        what = f"{'Accord sur la version' if point.accepts else 'Version'} {point.version}"
        gone = ", retirée depuis" if point.withdrawn else ""
        yield str(point.round), day, point.party or COMMON, f"{what}{gone}", path.said(point.value)
    if path.agreed:
        on = day_words(path.agreed.on) if path.agreed.on else ""
        yield "Accord", on, "Toutes les parties", "Valeur accordée", path.said(path.agreed.value)
    for seen in path.observed:
        what = f"Valeur observée{f', {seen.standing}' if seen.standing else ''}"
        yield "Observé", str(seen.year), "", what, path.said(seen.value)


@engagement_file.get("/negociations/<negotiation_id>/historique.xlsx")
@limiter.limit("12 per minute", key_func=by_person)
@serves(Action.EXPORT)
def history_spreadsheet(negotiation_id: str) -> ResponseReturnValue:
    """Every step of every clause that this person reads, in the order in which they were played."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.EXPORT)
        frame = frame_of(session, actor)
        rows = _rows(session, frame)
        dated = max((paris_day(told.step.at) for told, _ in rows), default=frame.negotiation.opened_on)

    def written() -> bytes:
        cells = tuple(_line(frame, told, context) for told, context in rows)
        return spreadsheet_bytes(Spreadsheet("Historique", COLUMNS, cells, dated, fixed=1))

    name = f"historique-{frame.negotiation.reference or negotiation_id}{'-interne' if _with_inside() else ''}.xlsx"
    return _file(off_the_loop(written), name, XLSX)


def _rows(session: Session, frame: Frame) -> list[tuple[ToldStep, tuple[str, str]]]:
    """Each step with its phase and the title of its séance."""
    clock = phase_clock_of(session, frame.actor.negotiation_id)
    sittings = sittings_of_table(session, frame.actor)
    found = []
    for told in told_steps(session, frame.actor):
        if told.step.is_shared or _with_inside():
            held = sittings.on(told) if told.step.is_shared else ()
            seance = next((each.title for each in held if each.includes(told.step.at)), "")
            found.append((told, (PHASE_WORDS[clock.phase_of(told.step)], seance)))
    return found


def _line(frame: Frame, told: ToldStep, context: tuple[str, str]) -> tuple[CellText, ...]:
    step = told.step
    phase, seance = context
    cells = (
        paris_day(step.at).isoformat(),
        hour_words(step.at),
        phase,
        seance,
        told.part,
        told.code,
        told.label,
        frame.parties[step.party].short_name,
        frame.members[told.member_id].title,
        MOVE_WORDS[step.move],
        str(step.version or ""),
        value_text(step.value, told.unit, told.value_kind) if step.tables or step.version else "",
        told.text,
        told.motive,
        readers_of(frame, step.circle),
    )
    return tuple(plain(cell) for cell in cells)


def _file(content: bytes, name: str, kind: str) -> ResponseReturnValue:
    response = make_response(content)
    response.headers["Content-Type"] = kind
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response
