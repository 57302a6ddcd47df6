"""One open clause, as its card and rail show it: readings, redline, moves, threads, the short navette."""

from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from app.pages.aftermath import if_parties_change, if_withdrawn
from app.pages.authorship import Authorship, authorship_of
from app.pages.frame import Frame
from app.pages.presentation import markdown, the_party
from negotiation.rules import lifecycle, redline
from negotiation.rules.french_display import FAMILIES_OF_CHOICES, value_text
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.rebase import RebaseState
from negotiation.rules.reviews import CHOICES, Field
from negotiation.rules.turn import is_stuck
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import Action, ClauseKind, ClauseState, Move, ValueKind
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.exchanges import (
    MoveView,
    VersionView,
    last_request,
    last_steps,
    version_view,
    versions_of,
    written_of,
)
from negotiation.store.queries.negotiations import MeetingView
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.positions import ClausePositions, positions_of
from negotiation.store.queries.turns import next_copil, rounds_by_clause

TABS = ("accorde", "proposition", "table-commune", "brouillon", "entre-autorites")
LAST_STEPS = 8
"""Of the navette, in the margin."""
SIDE_OF_TAB = {"table-commune": "commune", "brouillon": "ours", "entre-autorites": "authorities"}
READERS_OF_TAB = {"brouillon": "ours", "entre-autorites": "authorities"}
"""The audience of a private draft, as a frame names it; what the other readings show, everybody reads."""


@dataclass(frozen=True)
class Comparison:
    """A version against another text. `html` carries the marks; `with_words` says what it is compared with.

    `other`: the words of the other comparison to offer, and what its address asks; None where it would be the same.
    """

    html: Markup
    with_words: str
    value_before: Any
    value_after: Any
    share: int
    other: tuple[str, str] | None


@dataclass(frozen=True)
class Standing:
    """One of several texts between which the parties have to choose, marked against the text of departure
    where `is_marked`.

    `rebased`: what the reader's own party needs to put this text, which is its own, on the current one; None for
    whatever isn't « à reprendre » by the reader. `entered`: its value as a form holds it.
    """

    version: VersionView
    author: PartyView | None
    html: Markup
    entered: str
    is_current: bool
    is_marked: bool
    rebased: RebaseState | None


@dataclass(frozen=True)
class OpenClause:
    """Everything the open card shows. `editable` says whether a live draft may be typed in."""

    card: ClauseCard
    tab: str
    version: VersionView | None
    comparison: Comparison | None
    steps: tuple[MoveView, ...]
    moves: tuple[Move, ...]
    entered_value: str
    starting_text: str
    options: tuple[tuple[str, str], ...]
    """What a choice or the items of a list may be, with their words; empty when any word will do."""
    standing: tuple[Standing, ...] = ()
    """« Positions côte à côte »: the current text first; empty unless two at least compete."""
    may_compete: bool = False
    """Whether this person may table another text beside the one that stands."""
    rounds: int = 0
    """How often the hand passed, once that is too often; `copil`: the next meeting to which it may be taken."""
    copil: MeetingView | None = None
    asked: MoveView | None = None
    """The pending request, as it was asked."""
    authorship: Authorship | None = None
    """Of the version on the table, when it came from the table commune."""
    if_withdrawn: str = ""
    if_parties_change: str = ""
    """What the withdrawal, or the change of parties that waits, would take with it; empty when it takes nothing."""
    tabs: tuple[str, ...] = ()
    """The readings that exist for this reader's party."""
    own_left: VersionView | None = None
    """The reader's own party's last text that stands, when nothing is on the table: it may be proposed anew."""

    def has_fallen(self, acceptance: MoveView) -> bool:
        """Whether the version that this acceptance names is no longer the one that its party stands behind."""
        at = self.card.situation
        current = at.current.number if at.current else None
        if at.state is ClauseState.AGREED and current is None:
            return False  # a file declares the agreement without its version
        return acceptance.version_number != current or acceptance.party_id not in at.behind

    @property
    def side(self) -> str:
        return SIDE_OF_TAB.get(self.tab, "")

    @property
    def readers(self) -> str:
        """Who reads it, as `audiences` names them."""
        return READERS_OF_TAB.get(self.tab, "shared")

    @property
    def own_left_entered(self) -> str:
        """Its value as a form holds it."""
        return as_entered(self.own_left.value, self.card.value_kind) if self.own_left else ""

    @property
    def seen(self) -> Any:
        return self.card.situation.current


def default_tab(card: ClauseCard) -> str:
    """What one comes for: where moves are made while the clause is open, else its text."""
    is_settled = card.state in (ClauseState.AGREED, ClauseState.WITHDRAWN) or card.follows_id is not None
    return "accorde" if is_settled else "proposition"


def tabs_of(frame: Frame) -> tuple[str, ...]:
    """The readings that exist for this reader: « Entre autorités » where there are at least two, for their members.
    Alone at the table, an authority has its own draft, which the same people would read."""
    return tuple(tab for tab in TABS if READERS_OF_TAB.get(tab, "shared") in frame.audiences)


def tab_asked(frame: Frame, asked: str) -> str:
    """The reading of this name; "" when the reader has none, whether or not others have one."""
    return asked if asked in tabs_of(frame) else ""


def open_clause(session: Session, frame: Frame, card: ClauseCard, *, tab: str, compare: str = "") -> OpenClause:
    """The open clause for this reader. `compare` = « premiere » marks the path from the first version."""
    tab = tab_asked(frame, tab) or default_tab(card)
    found = frame.read_by_party(
        "open", card.id, tab, compare, read=lambda ours: _open_for_party(session, ours, card, tab=tab, compare=compare)
    )
    return replace(
        found,
        moves=frame.moves(card),
        may_compete=_may_compete(frame, card),
        if_withdrawn=if_withdrawn(session, frame, card),
        own_left=_own_left(session, frame, card) if tab == "proposition" else None,
    )


def _open_for_party(session: Session, frame: Frame, card: ClauseCard, *, tab: str, compare: str) -> OpenClause:
    """Without what its members may do, which depends on their roles."""
    version = _tabled(session, card)
    rounds = _too_many_rounds(session, frame, card)
    return OpenClause(
        card=card,
        tab=tab,
        version=version,
        comparison=_compared(session, frame, card, version=version, compare=compare),
        steps=last_steps(session, frame.actor, card.id, LAST_STEPS),
        moves=(),
        entered_value=as_entered(card.value, card.value_kind),
        starting_text=card.text,
        options=_options(frame, card),
        standing=_standing(session, frame, card) if tab == "proposition" else (),
        rounds=rounds,
        copil=next_copil(session, frame.negotiation.id, frame.today) if rounds else None,
        asked=last_request(session, frame.actor, card.id) if card.situation.request else None,
        authorship=_authorship(session, frame, version) if tab == "proposition" else None,
        if_parties_change=if_parties_change(frame, card),
        tabs=tabs_of(frame),
    )


def _own_left(session: Session, frame: Frame, card: ClauseCard) -> VersionView | None:
    if card.situation.versions == 0 or Move.PROPOSAL not in frame.moves(card):
        return None
    mine = frame.actor.party_id
    found = frame.read_by_party(
        "own text",
        card.id,
        read=lambda ours: positions_of(session, ours.actor, [card.id], party_ids=[mine])[card.id].parties[mine],
    )
    return found.version


def _authorship(session: Session, frame: Frame, version: VersionView | None) -> Authorship | None:
    return authorship_of(frame, version.text, written_of(session, frame.actor, version.id)) if version else None


def _too_many_rounds(session: Session, frame: Frame, card: ClauseCard) -> int:
    if frame.negotiation.frozen_at is not None:
        return 0
    count = rounds_by_clause(session, [card], frame.pace).get(card.id, 0)
    return count if is_stuck(count, frame.pace.rounds) else 0


def _may_compete(frame: Frame, card: ClauseCard) -> bool:
    may_table = decide(frame.actor, Action.TABLE_TEXT, Target(frame.negotiation.id)) is Decision.ALLOW
    return not frame.closed(card) and may_table and lifecycle.may_compete(card.situation, frame.actor.party_id)


def _standing(session: Session, frame: Frame, card: ClauseCard) -> tuple[Standing, ...]:
    if card.situation.current is None or card.situation.versions == 1:
        return ()
    found = positions_of(session, frame.actor, [card.id], party_ids=frame.parties)[card.id]
    if not found.has_rivals:
        return ()
    own = found.parties[frame.me.party.id]
    return tuple(
        Standing(
            version=version,
            author=frame.parties.get(version.author_id or ""),
            html=marked_from(found, version, frame.parties.get(version.author_id or "")),
            entered=as_entered(version.value, card.value_kind),
            is_current=version == found.current,
            is_marked=_is_marked(found, version),
            rebased=own.rebased if version == own.version else None,
        )
        for version in found.standing
    )


def marked_from(found: ClausePositions, version: VersionView, author: PartyView | None) -> Markup:
    """A text of this round, marked against the one from which the round started; plain when it is that one, or when
    nothing was written then."""
    if not _is_marked(found, version):
        return markdown(version.text)
    marks = redline.redline(found.base.text, version.text)
    return Markup(redline.to_html(marks, inserted_by=sign_of(author)))  # escaped by to_html


def _is_marked(found: ClausePositions, version: VersionView) -> bool:
    return bool(found.base.text) and found.base.version != version


def _options(frame: Frame, card: ClauseCard) -> tuple[tuple[str, str], ...]:
    if card.value_kind is ValueKind.LIST and card.attributes.get("names") == "member":
        return _members(frame, card)
    if card.value_kind is not ValueKind.CHOICE:
        return ()
    if card.attributes.get("names") == "party":
        return tuple((party.key, party.name) for party in frame.parties.values())
    if card.is_after_gel and (words := CHOICES.get(Field.of(card.field))):
        return tuple((str(each), value_text(each, None, ValueKind.CHOICE)) for each in words)
    family = next((choices for choices in FAMILIES_OF_CHOICES if card.value in choices), ())
    return tuple((choice, value_text(choice, None, ValueKind.CHOICE)) for choice in family)


def _members(frame: Frame, card: ClauseCard) -> tuple[tuple[str, str], ...]:
    """Whoever sits at the table, and whatever else the list says: somebody who left, a name that was typed."""
    sitting = [member.key for member in frame.members.values() if member.sits]
    others = [item for item in card.value or () if item not in sitting]
    return tuple((key, frame.name_of(key)) for key in (*sitting, *others))


def _tabled(session: Session, card: ClauseCard) -> VersionView | None:
    if card.situation.current is None:
        return None
    return versions_of(session, card.id, [card.situation.current.number]).get(card.situation.current.number)


def _compared(
    session: Session, frame: Frame, card: ClauseCard, *, version: VersionView | None, compare: str
) -> Comparison | None:
    if version is None:
        return None
    base = _base(session, card, version, compare)
    if base is None:
        return None
    other, words = base
    marks = redline.redline(other.text, version.text)
    author = frame.parties.get(version.author_id or "")
    return Comparison(
        html=Markup(redline.to_html(marks, inserted_by=sign_of(author))),  # escaped by to_html
        with_words=words,
        value_before=other.value,
        value_after=version.value,
        share=round(100 * redline.share_changed(marks)),
        other=_other_comparison(session, version, other.number),
    )


def _base(session: Session, card: ClauseCard, version: VersionView, compare: str) -> tuple[VersionView, str] | None:
    """The text against which to mark, and its name: the first version when asked, else the one before."""
    if version.number > 1 and compare == "premiere":
        return versions_of(session, card.id, [1])[1], "la version 1"
    if version.base_id is None:
        return None
    before = version_view(session, version.base_id)
    return before, f"la version {before.number}"


def _other_comparison(session: Session, version: VersionView, compared: int) -> tuple[str, str] | None:
    """The first version, else the one that this one answers: whichever isn't compared already."""
    if compared != 1:
        return "Comparer à la première version", "?comparer=premiere"
    before = version_view(session, version.base_id).number if version.base_id else 1
    return None if before == 1 else (f"Comparer à la version {before}", "")


def sign_of(party: PartyView | None) -> redline.PartySign | None:
    """The party as the redline names it; None for the table commune."""
    if party is None:
        return None
    return redline.PartySign(
        letter=party.letter, key=party.sign, name_with_article=the_party(party.short_name).striptags()
    )


def groups_of_cards(cards: tuple[ClauseCard, ...]) -> dict[str, tuple[ClauseCard, ...]]:
    """Texts first, then engagements, then the figures of the part."""
    texts, engagements, figures = [], [], []
    for card in cards:
        if card.kind is ClauseKind.ENGAGEMENT:
            engagements.append(card)
        elif card.value_kind in (ValueKind.NUMBER, ValueKind.AMOUNT):
            figures.append(card)
        else:
            texts.append(card)
    return {"texts": tuple(texts), "engagements": tuple(engagements), "figures": tuple(figures)}
