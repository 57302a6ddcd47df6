"""Who wrote what in the drafts of the table commune: kept up from their logs, frozen with what is proposed.

Only there: inside a party all is its own, and which authority wrote what in their common draft is no business of the
others. The log is the truth: what is kept here is how far it was read, and can be lost.
"""

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
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
from negotiation.store.unit_of_work import Store, UnitOfWork

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
    basis = _basis(uow.session, draft)
    entries = _entries(uow.session, draft.id, after=basis.sequence)
    found: tuple[Credits, tuple[Run, ...]] = uow.apart(partial(_written, basis, entries, clause.id, text))
    keep(uow, [found[0]])
    return found[1]


def credits_of(session: Session, draft: Draft) -> "Credits":
    """Who wrote what in it, to the end of its log."""
    basis = _basis(session, draft)
    ledger = basis.ledger()
    ledger.read_on(_entries(session, draft.id, after=basis.sequence))
    return Credits.of(draft.id, ledger)


def _written(basis: "_Basis", entries: Sequence[Entry], clause_id: str, text: str) -> tuple["Credits", tuple[Run, ...]]:
    ledger = basis.ledger()
    ledger.read_on(entries)
    return Credits.of(basis.draft_id, ledger), word_runs(carried(ledger.credited(clause_id), plain_text(text)))


@dataclass(frozen=True)
class _Basis:
    """What is known of a draft as far as it was credited and kept: rows alone, nothing computed."""

    draft_id: str
    clause_ids: Sequence[str]
    sequence: int
    epoch: int
    provenances: dict[str, Provenance]
    updates: Sequence[bytes]
    """What makes the document of that moment."""

    def ledger(self) -> Ledger:
        found = Ledger(self.clause_ids, epoch=self.epoch, sequence=self.sequence, provenances=dict(self.provenances))
        if self.updates:
            found.read_again(self.updates)
        else:
            found.know(self.clause_ids)
        return found


def _basis(session: Session, draft: Draft) -> _Basis:
    rows = session.execute(select(DraftCredit).where(col(DraftCredit.draft_id) == draft.id)).scalars()
    epoch = session.execute(
        select(col(DraftUpdate.epoch)).where(
            col(DraftUpdate.draft_id) == draft.id, col(DraftUpdate.sequence) == draft.credited
        )
    ).scalar_one_or_none()
    return _Basis(
        draft_id=draft.id,
        clause_ids=_clause_ids(session, draft.part_id),
        sequence=draft.credited,
        epoch=epoch or 0,
        provenances={row.clause_id: _provenance(row) for row in rows},
        updates=_document_of(session, draft, epoch) if epoch is not None else (),
    )


def _document_of(session: Session, draft: Draft, epoch: int) -> list[bytes]:
    state = kept_state(session, draft.id, epoch=epoch)
    if state is None or state.sequence > draft.credited:
        return [each.update for each in _entries(session, draft.id, after=0, until=draft.credited, epoch=epoch)]
    since = _entries(session, draft.id, after=state.sequence, until=draft.credited, epoch=epoch)
    return [state.content, *(each.update for each in since)]


@dataclass(frozen=True)
class Credits:
    """How far one draft was read, and what is kept of it; made of what JSON knows, for whoever reads in a process of
    its own."""

    draft_id: str
    sequence: int
    clauses: Sequence[dict[str, Any]]
    """The columns of `DraftCredit`."""

    @classmethod
    def of(cls, draft_id: str, ledger: Ledger) -> "Credits":
        return cls(draft_id, ledger.sequence, [_columns(*each) for each in ledger.provenances.items()])


def keep(uow: UnitOfWork, found: Iterable[Credits]) -> None:
    """Write how far each draft was read. Whoever read further meanwhile keeps his own."""
    for credits in sorted(found, key=lambda each: each.draft_id):
        further = update(Draft).where(col(Draft.id) == credits.draft_id, col(Draft.credited) < credits.sequence)
        done = uow.session.execute(further.values(credited=credits.sequence))
        if isinstance(done, CursorResult) and done.rowcount == 0:
            continue
        uow.session.execute(delete(DraftCredit).where(col(DraftCredit.draft_id) == credits.draft_id))
        uow.session.add_all(DraftCredit(draft_id=credits.draft_id, **columns) for columns in credits.clauses)
        uow.session.flush()


@dataclass
class _Followed:
    ledger: Ledger
    used_at: float
    kept_at: float
    kept: int


@dataclass(frozen=True)
class Round:
    """What one reading of the logs found."""

    credits: Sequence[Credits] = ()
    """Worth keeping now."""
    followed: int = 0
    """Drafts that are held in memory."""
    failures: Sequence[str] = ()
    """A traceback for each draft that could not be read."""


@dataclass
class Crediting:
    """Follows drafts as they are written, so that a proposal never waits for a long log. Only reads."""

    store: Store
    clock: Callable[[], float] = time.monotonic
    _followed: dict[str, _Followed] = field(default_factory=dict)

    def follow(self, draft_ids: Iterable[str]) -> Round:
        """Read on in the logs of these drafts."""
        with self.store.reading() as session:
            query = select(Draft).where(col(Draft.id).in_(list(draft_ids)), col(Draft.circle) == str(SHARED))
            drafts = list(session.execute(query).scalars())
        failures = []
        for draft in drafts:
            try:
                with self.store.reading() as session:  # one each: none is held open while all are read
                    self._read_on(session, draft)
            except Exception:  # the others are read all the same
                failures.append(traceback.format_exc())
        return Round(self._due(), len(self._followed), failures)

    def _read_on(self, session: Session, draft: Draft) -> None:
        known = self._followed.get(draft.id)
        if known is not None and known.ledger.sequence >= draft.sequence:
            return
        if known is None:
            ledger = _basis(session, draft).ledger()
            known = _Followed(ledger, self.clock(), self.clock(), ledger.sequence)
        # Out of the list while it is read: a reading that fails begins again from what is kept.
        self._followed.pop(draft.id, None)
        _catch_up(session, draft, known.ledger)
        known.used_at = self.clock()
        self._followed[draft.id] = known

    def _due(self) -> list[Credits]:
        """What is worth keeping; what nobody writes any more is forgotten with it."""
        now = self.clock()
        idle = {key for key, each in self._followed.items() if now - each.used_at >= SECONDS_IDLE}
        due = {
            key: each
            for key, each in self._followed.items()
            if each.ledger.sequence > each.kept and (key in idle or now - each.kept_at >= SECONDS_KEPT)
        }
        for each in due.values():
            each.kept_at, each.kept = now, each.ledger.sequence
        for key in idle:
            del self._followed[key]
        return [Credits.of(key, each.ledger) for key, each in due.items()]


def _catch_up(session: Session, draft: Draft, ledger: Ledger) -> None:
    ledger.know(_clause_ids(session, draft.part_id))
    while entries := _entries(session, draft.id, after=ledger.sequence, most=_AT_ONCE):
        ledger.read_on(entries)


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


def _columns(clause_id: str, provenance: Provenance) -> dict[str, Any]:
    return {
        "clause_id": clause_id,
        "text": provenance.credited.text,
        "runs": [list(run) for run in provenance.credited.runs],
        "deletions": [_told(each) for each in provenance.deletions],
    }


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
