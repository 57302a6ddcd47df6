"""The threads of an open clause as its margin shows them, and their passages in the text that is read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from markupsafe import Markup
from sqlmodel import Session

from app.pages.frame import Frame, asked_number
from app.pages.passages import Mark, underlined
from negotiation.rules.anchoring import Anchor, Found, anchor_of, locate, plain_text
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import SHARED, Circle, Side
from negotiation.services.drafting import drafted_texts
from negotiation.services.recalling import DELAY
from negotiation.services.widening import is_wider
from negotiation.store.columns import now
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.discussion import MessageView
from negotiation.store.queries.exchanges import MoveView
from negotiation.store.queries.people import AudienceView
from negotiation.store.queries.threads import (
    Passage,
    Reader,
    Thread,
    ThreadsPage,
    Wanted,
    readers_in,
    standing_versions,
    threads_page,
)


@dataclass(frozen=True)
class ShownThread:
    """A thread in the margin. `name`: of its audience; `number`: its sign in the text; `is_placed`: whether its words
    are in the text that stands, None for a thread on the whole clause; `in_draft`: where they are in the draft that is
    open beside the margin, for the editor to underline them."""

    thread: Thread
    name: str
    number: int
    is_placed: bool | None
    in_draft: Anchor | None = None


@dataclass(frozen=True)
class Threads:
    """What the margin shows. `who`: the audience asked for, "" for all of them."""

    shown: tuple[ShownThread, ...]
    page: ThreadsPage
    who: str
    agreed_id: str
    current_id: str
    """Of the versions that stand, "" when there is none."""

    def marked(self, html: Markup, text: str | None) -> Markup:
        """The text's own HTML with the passages that these threads are on."""
        visible = plain_text(text or "")
        return underlined(html, visible, [mark for each in self.shown if (mark := _mark(each, visible))])

    def version_in(self, tab: str) -> str:
        """The version whose text this reading shows; "" for the working text."""
        return (self.agreed_id or self.current_id) if tab == "accorde" else self.current_id

    @property
    def wanted(self) -> Wanted:
        return self.page.wanted


def threads_shown(session: Session, frame: Frame, card: ClauseCard, *, drafted: str | None = None) -> Threads:
    """The threads of this clause that the address asks for; the open ones unless it says more. `drafted`: the text of
    the draft that is open beside them."""
    asked = request.args.get("fils", "")
    wanted = Wanted(asked) if asked in set(Wanted) else Wanted.OPEN
    who = request.args.get("qui", "")
    readers = frame.audiences.get(who)
    circle, number = Circle.parse(readers.circle) if readers else None, asked_number("fil") or 0
    page = frame.read_by_party(
        "threads",
        card.id,
        wanted,
        circle,
        number,
        read=lambda ours: threads_page(session, ours.actor, card.id, wanted=wanted, circle=circle, page=number),
    )
    texts = {text for text in (card.text, card.tabled_text, card.agreed_text) if text}
    # Words that were selected in a draft may stand there alone; who reads the thread reads that draft.
    drafts = {thread.passage.draft for thread in page.threads if thread.passage and thread.passage.draft}
    texts |= {drafted_texts(session, card.part_id, circle=circle).get(card.id, "") for circle in drafts}
    visible = [plain_text(text) for text in texts]
    names = {audience.circle: name for name, audience in frame.audiences.items()}
    beside = None if drafted is None else plain_text(drafted)

    def shown_thread(thread: Thread, number: int) -> ShownThread:
        anchor = _anchored(thread, beside) if beside is not None else None
        placed = True if anchor else _placed(thread.passage, visible)
        return ShownThread(thread, names.get(str(thread.root.circle), "ours"), number, placed, anchor)

    shown = tuple(shown_thread(thread, number) for number, thread in enumerate(page.threads, start=1))
    agreed_id, current_id = frame.read_by_party(
        "standing versions", card.id, read=lambda ours: standing_versions(session, ours.actor, card.id)
    )
    return Threads(shown, page, who if readers else "", agreed_id, current_id)


def people_to_name(session: Session, frame: Frame) -> dict[str, tuple[Reader, ...]]:
    """Whom one may name, by name of audience: its other members, and nobody else (trust T4)."""
    everybody = [
        reader
        for reader in frame.read_by_party(
            "readers", read=lambda ours: readers_in(session, ours.actor, SHARED, today=paris_day(now()))
        )
        if reader.id != frame.reader_id
    ]
    parties_of = {
        "shared": set(frame.parties),
        "ours": {frame.actor.party_id},
        "authorities": {party.id for party in frame.parties.values() if party.side is Side.AUTHORITY},
    }
    return {name: tuple(one for one in everybody if one.party_id in parties_of[name]) for name in frame.audiences}


def writable(frame: Frame, around: Circle = SHARED) -> dict[str, AudienceView]:
    """The audiences to which one may speak of something that `around` reads: nobody tells of it outside."""
    return {
        name: audience
        for name, audience in frame.audiences.items()
        if not is_wider(Circle.parse(audience.circle), around)
    }


def seconds_left(frame: Frame, said: MoveView | MessageView) -> int:
    """How long I may still take these words back; 0 when they aren't mine or it is too late."""
    if said.recorded_at is None or said.recalled_at is not None:
        return 0
    seconds = seconds_since(said.recorded_at)
    # Who reads is asked last: of older words everybody reads the same (`rendering`).
    return seconds if seconds and said.member_id == frame.actor.member_id else 0


def seconds_since(recorded_at: datetime) -> int:
    """What remains to whoever wrote something at that moment."""
    left: timedelta = DELAY - (now() - recorded_at)
    return max(0, int(left.total_seconds()))


def _placed(passage: Passage | None, visible: list[str]) -> bool | None:
    if passage is None:
        return None
    return any(_found(passage, text) for text in visible)


def _anchored(thread: Thread, visible: str) -> Anchor | None:
    """The words of an open thread as they stand in this text, with those around them."""
    found = _found(thread.passage, visible) if thread.passage and not thread.is_settled else None
    if found is None or not visible[found.start : found.end].strip():
        return None
    return anchor_of(visible, found.start, found.end)


def _mark(shown: ShownThread, visible: str) -> Mark | None:
    passage = shown.thread.passage
    found = _found(passage, visible) if passage and not shown.thread.is_settled else None
    if found is None:
        return None
    look = "anchor" if shown.name == "shared" else "anchor private-anchor"
    label = f"Commentaire {shown.number} sur ce passage"
    return Mark(found.start, found.end, f"fil-{shown.thread.root.id}", label, shown.number, look)


def _found(passage: Passage, visible: str) -> Found | None:
    """Where the words are now. The text that they were selected in is that of their version; else what is kept of it:
    the words themselves and those around them."""
    if passage.old_text is None:
        old = passage.before + passage.quote + passage.after
        anchor = Anchor(passage.quote, passage.before, passage.after, len(passage.before))
    else:
        old = plain_text(passage.old_text)
        anchor = Anchor(passage.quote, passage.before, passage.after, passage.start)
    found = locate(anchor, old, visible)
    return found if isinstance(found, Found) else None
