"""What rooms and the log of drafts say to each other. The log is the truth; the database keeps it.

What is made at every keystroke is a tuple: a frozen dataclass takes three times as long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from negotiation.errors import Refusal


class Claim(NamedTuple):
    """What let somebody write when they entered. The log looks whether it still holds, as it stores; a tuple, since it
    is looked up at every keystroke."""

    session_id: str
    member_id: str
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Who acts, for which party: from the session, never from the document. Without a claim, who they are and what they
    may was looked at a moment ago."""

    person_id: str
    party_id: str
    claim: Claim | None = None
    origin: str = ""
    """Where the update came from, for who tells the others."""


@dataclass(frozen=True, slots=True)
class LoggedUpdate:
    sequence: int
    update: bytes


@dataclass(frozen=True, slots=True)
class DocumentState:
    """A draft's whole document at a sequence, as bytes: the log up to there, without its length."""

    sequence: int = 0
    content: bytes = b""
    half_characters: frozenset[tuple[int, int]] = frozenset()
    """See `guard.UpdateFacts`."""


class NewUpdate(NamedTuple):
    """One update that a room asks the log to keep."""

    op_id: str
    update: bytes
    writer: Writer
    clause_ids: frozenset[str]
    """Clauses whose text or value it changes."""
    client_ids: frozenset[int]
    """Yjs clients under which it writes something new, and which the room doesn't know for the writer's own."""


class Batch(NamedTuple):
    """What a room asks the log to keep: all of it in order, or what comes before the first that is refused."""

    draft_id: str
    epoch: int
    after: int
    """The sequence the room had reached when it vetted the first of them."""
    updates: tuple[NewUpdate, ...]


class Stored(NamedTuple):
    sequence: int
    repeated: bool = False


class LogMovedOn(Exception):
    """Vetted on something else than what the log holds: catch up, vet again."""


class ClaimLapsed(Exception):
    """The session is over, or the member's rights are others now: look again who it is and what they may."""


class Unstorable(Exception):
    """The database can't take this update, which nobody had foreseen; its cause says why."""


Answer = Stored | Refusal | LogMovedOn | ClaimLapsed | Unstorable


class UpdateLog(Protocol):
    """The truth about drafts."""

    def since(self, draft_id: str, *, epoch: int, after: int) -> Sequence[LoggedUpdate]:
        """The updates of this epoch after a sequence, in order."""

    def append(self, batches: Sequence[Batch]) -> Sequence[Sequence[Answer]]:
        """Keep them for good, in one transaction; an answer for each update of each batch.

        A repeated op id answers its first sequence. After the first refusal of a batch the rest is LogMovedOn. Refuses
        with EpochChanged, Frozen, NotFound, and UpdateRefused for a client id that is somebody else's. An update that
        the database chokes on is Unstorable and harms no other; a failure of the database itself is raised.
        """

    def state(self, draft_id: str, *, epoch: int) -> DocumentState | None:
        """The state last kept in this epoch, if any."""

    def keep_state(self, draft_id: str, *, epoch: int, state: DocumentState) -> None:
        """Keep it beside the log, which stays whole, in place of an older one."""

    def lane(self, draft_id: str) -> str:
        """Drafts of one lane share transactions."""


class Kept(NamedTuple):
    """Updates of one draft that are committed now, in sequence from `first`."""

    draft_id: str
    epoch: int
    first: int
    updates: tuple[NewUpdate, ...]


Teller = Callable[[Kept], None]
