"""The steps of a navette as its page, its table and its lanes show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup
from sqlmodel import Session

from app.pages.authorship import Authorship, authorship_of
from app.pages.clause_view import sign_of
from app.pages.frame import Frame
from app.pages.presentation import count_fr
from negotiation.documents.lanes_plot import Beat, lanes_plot
from negotiation.documents.plots import PlotParty
from negotiation.documents.trajectory_plot import Drawing
from negotiation.events import Kind
from negotiation.rules import redline
from negotiation.rules.french_display import value_text
from negotiation.rules.french_moves import MOVE_SIGNS, MOVE_WORDS, REQUEST_SIGN, SHORT_MOVE_WORDS
from negotiation.rules.french_names import day_words, the_name
from negotiation.rules.navette import Response
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import CONSENT_TO, REQUEST_OF_MOVE, SHARED, TEXT_MOVES, Move, ValueKind
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.exchanges import MoveView, VersionView, versions_of
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.seance_moves import Sitting


@dataclass(frozen=True)
class NavetteStep:
    """A move, with the version it tables or answers, marked against another, and what came of it.

    `version`: the one it tables. `answered`: the value of the one it answers. `before`: what `html` compares with.
    `share`, `share_of_first`: percent of the text that changed since the step before and since the first version; None
    where there is nothing to compare with. `seals`: this step completed the agreement.
    """

    move: MoveView
    version: VersionView | None = None
    before: VersionView | None = None
    html: Markup | None = None
    share: int | None = None
    share_of_first: int | None = None
    authorship: Authorship | None = None
    response: Response | None = None
    became: frozenset[Kind] = frozenset()
    answered: VersionView | None = None
    sitting: Sitting | None = None

    @property
    def is_shared(self) -> bool:
        return self.move.circle == SHARED

    @property
    def seals(self) -> bool:
        return Kind.CLAUSE_AGREED in self.became

    @property
    def reopens(self) -> bool:
        return Kind.CLAUSE_REOPENED in self.became


class AsTold(Protocol):
    """What is known of a whole navette."""

    @property
    def answers(self) -> tuple[Response, ...]: ...

    @property
    def became(self) -> Mapping[str, frozenset[Kind]]: ...


def compared_versions(session: Session, clause_id: str, moves: Iterable[MoveView]) -> dict[int, VersionView]:
    """The versions that these moves table or answer, those just before them, and the first."""
    numbers = {move.version_number for move in moves if move.version_number}
    wanted = sorted(numbers | {number - 1 for number in numbers if number > 1} | ({1} if numbers else set()))
    return versions_of(session, clause_id, wanted)


def shown_steps(
    frame: Frame,
    moves: Sequence[MoveView],
    versions: Mapping[int, VersionView],
    *,
    told: AsTold,
    against_first: bool = False,
) -> tuple[NavetteStep, ...]:
    """These moves with their words and marks: what it costs depends on how many they are, never on how many there
    were. Touches no database: many of them leave the event loop."""
    answers = {answer.answered: answer for answer in told.answers}
    return tuple(
        _step(
            frame,
            move,
            versions,
            response=answers.get(move.id),
            became=told.became.get(move.id, frozenset()),
            against_first=against_first,
        )
        for move in moves
    )


def _step(
    frame: Frame,
    move: MoveView,
    versions: Mapping[int, VersionView],
    *,
    response: Response | None,
    became: frozenset[Kind],
    against_first: bool,
) -> NavetteStep:
    version = versions.get(move.version_number or 0)
    if version is None or move.type not in TEXT_MOVES:
        return NavetteStep(move, response=response, became=became, answered=version)
    step_before, first = versions.get(version.number - 1), versions.get(1)
    marked = {other.number: redline.redline(other.text, version.text) for other in (step_before, first) if other}
    shares = {number: round(100 * redline.share_changed(marks)) for number, marks in marked.items()}
    before = step_before if version.number > 1 else None
    if against_first and version.number > 1:
        before = first
    html = None
    if before is not None:
        author = frame.parties.get(version.author_id or "")
        html = Markup(redline.to_html(marked[before.number], inserted_by=sign_of(author)))  # escaped by to_html
    return NavetteStep(
        move=move,
        version=version,
        before=before,
        html=html,
        share=shares.get(version.number - 1),
        share_of_first=shares.get(1) if version.number > 1 else None,
        authorship=authorship_of(frame, version.text, move.written),
        response=response,
        became=became,
    )


def plot_parties(parties: Iterable[PartyView]) -> tuple[PlotParty, ...]:
    return tuple(PlotParty(party.id, party.letter, party.sign, party.short_name) for party in parties)


def lanes_of(frame: Frame, card: ClauseCard, steps: Sequence[NavetteStep]) -> Drawing | None:
    """Who played, when: the shared steps alone, a lane for each party that has to agree or that played."""
    shared = [step for step in steps if step.is_shared]
    laned = frame.in_order(card.situation.concerned | {step.move.party_id for step in shared})
    beats = [
        Beat(
            party=step.move.party_id,
            at=step.move.at,
            texts=_texts(step, card),
            sign=_sign(step.move.type),
            sitting=step.sitting is not None,
        )
        for step in shared
    ]
    return lanes_plot(
        beats, plot_parties(laned), title="Qui a joué, quand", desc=_lanes_said(frame, shared), key="couloirs"
    )


def _sign(move: Move) -> str:
    return REQUEST_SIGN if move in REQUEST_OF_MOVE or move in CONSENT_TO else MOVE_SIGNS.get(move, "")


def _texts(step: NavetteStep, card: ClauseCard) -> tuple[str, ...]:
    """What the lane says of a step, from the fullest to the shortest."""
    if step.version:
        number = step.version.number
        is_list = card.value_kind is ValueKind.LIST  # names of people and places: too long for a lane, told below it
        value = "" if is_list else value_text(step.version.value, card.unit, card.value_kind)
        whole = [f"Version {number} · {value}"] if value else []
        return (*whole, f"Version {number}", f"V{number}")
    if step.seals:
        return ("Accord complet", "Accord")
    words = MOVE_WORDS.get(step.move.type, "")
    return tuple(dict.fromkeys((words.capitalize(), SHORT_MOVE_WORDS.get(step.move.type, words.capitalize()))))


def _lanes_said(frame: Frame, steps: Sequence[NavetteStep]) -> str:
    """The same in words, in order."""
    if not steps:
        return ""
    first, last = (day_words(paris_day(step.move.at)) for step in (steps[0], steps[-1]))
    said = [_step_said(frame, step) for step in steps]
    when = f"du {first} au {last}" if first != last else f"le {first}"
    return f"{count_fr(len(steps), 'étape partagée', 'étapes partagées')} {when} : {', '.join(said)}."


def _step_said(frame: Frame, step: NavetteStep) -> str:
    party = frame.parties[step.move.party_id]
    words = f"version {step.version.number}" if step.version else MOVE_WORDS.get(step.move.type, "")
    return f"{words}, {the_name(party.short_name)}"
