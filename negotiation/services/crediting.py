"""Who wrote what in the drafts of the table commune: kept up from their logs, frozen with what is proposed.

Only there: inside a party all is its own, and which authority wrote what in their common draft is no business of the
others. The log is the truth: what is kept here is how far it was read, and can be lost.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, col

from negotiation.drafting.authorship import Credited, Deletion, Provenance, Run, carried, word_runs
from negotiation.drafting.authorship_log import Entry, Ledger
from negotiation.rules.anchoring import plain_text
from negotiation.rules.vocabulary import SHARED
from negotiation.services.draft_log import kept_state
from negotiation.store.contract import Clause
from negotiation.store.exchange import Draft, DraftCredit, DraftUpdate
from negotiation.store.unit_of_work import Announcing, Store, UnitOfWork

SECONDS_KEPT: Final = 60.0
"""What was read since isn't lost with the process, only read again."""
SECONDS_IDLE: Final = 120.0
_AT_ONCE: Final = 200


def written_in(uow: UnitOfWork, clause: Clause, text: str) -> tuple[Run, ...]:
    """(party id or None, words) in a row of this canonical text, as the table commune's draft says now; nothing when
    nobody ever opened that draft."""
    uow.lock(clause.negotiation_id)  # before the draft, as everywhere
    query = select(Draft).where(col(Draft.part_id) == clause.part_id, col(Draft.circle) == str(SHARED))
    draft = uow.session.execute(query).scalar_one_or_none()
    if draft is None:
        return ()
    ledger = read_ledger(uow.session, draft)
    for _ in _catch_up(uow.session, draft, ledger):
        pass
    keep(uow, {draft.id: ledger})
    return word_runs(carried(ledger.credited(clause.id), plain_text(text)))


def read_ledger(session: Session, draft: Draft, *, pause: Callable[[], None] = lambda: None) -> Ledger:
    """As it was kept last, with the document of that moment. `pause`: called every few milliseconds of work."""
    ledger = Ledger(_clause_ids(session, draft.part_id), sequence=draft.credited)
    for row in session.execute(select(DraftCredit).where(col(DraftCredit.draft_id) == draft.id)).scalars():
        ledger.provenances[row.clause_id] = _provenance(row)
    last = session.execute(
        select(col(DraftUpdate.epoch)).where(
            col(DraftUpdate.draft_id) == draft.id, col(DraftUpdate.sequence) == draft.credited
        )
    ).scalar_one_or_none()
    if last is None:
        return ledger
    ledger.epoch, after = last, 0
    state = kept_state(session, draft.id, epoch=last)
    if state is not None and state.sequence <= draft.credited:
        ledger.read_again([state.content])
        after = state.sequence
    while entries := _entries(session, draft.id, after=after, until=draft.credited, epoch=last, most=_AT_ONCE):
        ledger.read_again(entry.update for entry in entries)
        after = entries[-1].sequence
        pause()
    return ledger


def keep(uow: UnitOfWork, ledgers: dict[str, Ledger]) -> None:
    """Write how far each draft was read. Whoever read further meanwhile keeps his own."""
    for draft_id, ledger in sorted(ledgers.items()):
        further = update(Draft).where(col(Draft.id) == draft_id, col(Draft.credited) < ledger.sequence)
        done = uow.session.execute(further.values(credited=ledger.sequence))
        if isinstance(done, CursorResult) and done.rowcount == 0:
            continue
        uow.session.execute(delete(DraftCredit).where(col(DraftCredit.draft_id) == draft_id))
        uow.session.add_all(_row(draft_id, clause_id, each) for clause_id, each in ledger.provenances.items())
        uow.session.flush()


@dataclass
class _Followed:
    ledger: Ledger
    used_at: float
    kept_at: float
    kept: int


@dataclass
class Crediting:
    """Follows the drafts that this process serves, so that a proposal never waits for a long log."""

    store: Store
    pause: Callable[[], None] = lambda: None
    """Lets others go on; called every few milliseconds of work."""
    clock: Callable[[], float] = time.monotonic
    _followed: dict[str, _Followed] = field(default_factory=dict)

    def follow(self, draft_ids: Iterable[str]) -> None:
        """Read on in the logs of these drafts, and keep what is worth it."""
        with self.store.reading() as session:
            query = select(Draft).where(col(Draft.id).in_(list(draft_ids)), col(Draft.circle) == str(SHARED))
            drafts = list(session.execute(query).scalars())
        for draft in drafts:
            with self.store.reading() as session:  # one each: none is held open through the rests of all
                self._read_on(session, draft)
        self._keep()

    def _read_on(self, session: Session, draft: Draft) -> None:
        known = self._followed.get(draft.id)
        if known is not None and known.ledger.sequence >= draft.sequence:
            return
        if known is None:
            ledger = read_ledger(session, draft, pause=self.pause)
            known = _Followed(ledger, self.clock(), self.clock(), ledger.sequence)
        # Out of the list while it is read: a reading that fails begins again from what is kept.
        self._followed.pop(draft.id, None)
        for _ in _catch_up(session, draft, known.ledger):
            self.pause()
        known.used_at = self.clock()
        self._followed[draft.id] = known

    def _keep(self) -> None:
        now = self.clock()
        idle = [key for key, each in self._followed.items() if now - each.used_at >= SECONDS_IDLE]
        due = {
            key: each.ledger
            for key, each in self._followed.items()
            if each.ledger.sequence > each.kept and (key in idle or now - each.kept_at >= SECONDS_KEPT)
        }
        if due:
            with self.store.unit_of_work(Announcing.SILENT) as uow:
                keep(uow, due)
        for key in due:
            self._followed[key].kept_at, self._followed[key].kept = now, due[key].sequence
        for key in idle:
            del self._followed[key]


def _catch_up(session: Session, draft: Draft, ledger: Ledger) -> Iterator[None]:
    ledger.know(_clause_ids(session, draft.part_id))
    while entries := _entries(session, draft.id, after=ledger.sequence, most=_AT_ONCE):
        yield from ledger.read_on(entries)


def _entries(
    session: Session,
    draft_id: str,
    *,
    after: int,
    until: int | None = None,
    epoch: int | None = None,
    most: int | None = None,
) -> Sequence[Entry]:
    query = (
        select(
            col(DraftUpdate.sequence),
            col(DraftUpdate.epoch),
            col(DraftUpdate.update),
            col(DraftUpdate.party_id),
            col(DraftUpdate.recorded_at),
        )
        .where(col(DraftUpdate.draft_id) == draft_id, col(DraftUpdate.sequence) > after)
        .order_by(col(DraftUpdate.sequence))
        .limit(most)
    )
    if until is not None:
        query = query.where(col(DraftUpdate.sequence) <= until)
    if epoch is not None:
        query = query.where(col(DraftUpdate.epoch) == epoch)
    return [
        Entry(row.sequence, row.epoch, bytes(row.update), row.party_id, row.recorded_at)
        for row in session.execute(query)
    ]


def _clause_ids(session: Session, part_id: str) -> list[str]:
    return list(session.execute(select(col(Clause.id)).where(col(Clause.part_id) == part_id)).scalars())


def _row(draft_id: str, clause_id: str, provenance: Provenance) -> DraftCredit:
    return DraftCredit(
        draft_id=draft_id,
        clause_id=clause_id,
        text=provenance.credited.text,
        runs=[list(run) for run in provenance.credited.runs],
        deletions=[_told(each) for each in provenance.deletions],
    )


def _told(deletion: Deletion) -> dict[str, Any]:
    return {
        "text": deletion.words.text,
        "runs": [list(run) for run in deletion.words.runs],
        "by": deletion.by,
        "at": deletion.at.isoformat(),
        "before": deletion.before,
        "after": deletion.after,
        "place": deletion.place,
    }


def _provenance(row: DraftCredit) -> Provenance:
    deletions = tuple(
        Deletion(
            Credited(told["text"], _runs(told["runs"])),
            told["by"],
            datetime.fromisoformat(told["at"]),
            told["before"],
            told["after"],
            told["place"],
        )
        for told in row.deletions
    )
    return Provenance(Credited(row.text, _runs(row.runs)), deletions)


def _runs(told: Iterable[Sequence[Any]]) -> tuple[Run, ...]:
    return tuple((author, length) for author, length in told)
