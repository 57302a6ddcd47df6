"""The history as a chain: each entry carries the fingerprint of the one before, so that none can be changed unseen.

One chain per negotiation and circle. An entry's header holds a salted commitment to its payload, not the payload:
a payload can be withheld from a reader, or erased, and the chain still verifies. The stand-alone
`negotiation/verifier.py` computes the same fingerprints again with the standard library alone;
docs/format-de-preuve.md gives the format byte by byte.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

import rfc8785

FORMAT_VERSION = 1
GENESIS = "0" * 64
"""What the first entry of a chain names as the one before it."""
SALT_BYTES = 32
LARGEST_INTEGER = 2**53 - 1
DEEPEST_PAYLOAD = 32

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


@dataclass(frozen=True)
class Link:
    """One entry of a chain: its header and the fingerprint of that header."""

    v: int
    chain: str
    circle: str
    seq: int
    prev: str
    ts: str
    actor: str
    kind: str
    commitment: str
    hash: str

    def header(self) -> dict[str, str | int]:
        """Everything that the fingerprint covers: the whole link but the fingerprint itself."""
        return {
            "v": self.v,
            "chain": self.chain,
            "circle": self.circle,
            "seq": self.seq,
            "prev": self.prev,
            "ts": self.ts,
            "actor": self.actor,
            "kind": self.kind,
            "commitment": self.commitment,
        }


@dataclass(frozen=True)
class Opening:
    """What opens a commitment: the payload and the salt that hid it."""

    payload: Mapping[str, object]
    salt: bytes


class FaultCode(StrEnum):
    """What is wrong with an entry. Stable: the verifier uses the same codes."""

    UNKNOWN_FORMAT = "unknown_format"
    OTHER_CHAIN = "other_chain"
    BROKEN_SEQUENCE = "broken_sequence"
    BROKEN_LINK = "broken_link"
    HEADER_CHANGED = "header_changed"
    PAYLOAD_CHANGED = "payload_changed"
    UNEXPECTED_HEAD = "unexpected_head"


SENTENCES: dict[FaultCode, str] = {
    FaultCode.UNKNOWN_FORMAT: "Le fait {seq} est d’un format inconnu.",
    FaultCode.OTHER_CHAIN: "Le fait {seq} appartient à une autre chaîne.",
    FaultCode.BROKEN_SEQUENCE: "Un autre numéro à la place du fait {seq} : un fait a été retiré, ajouté ou déplacé.",
    FaultCode.BROKEN_LINK: "Le fait {seq} ne suit pas celui qui le précède : l’un des deux a été changé ou remplacé.",
    FaultCode.HEADER_CHANGED: "L’en-tête du fait {seq} a été changé : son empreinte ne correspond plus.",
    FaultCode.PAYLOAD_CHANGED: "Le contenu du fait {seq} a été changé : il ne correspond plus à l’en-tête.",
    FaultCode.UNEXPECTED_HEAD: "La tête conservée n’y figure pas : la fin a été coupée ou l’histoire réécrite.",
}


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong: the number that the entry should have had, a code, a French sentence."""

    seq: int
    code: FaultCode

    @property
    def sentence(self) -> str:
        return SENTENCES[self.code].format(seq=self.seq)


@dataclass(frozen=True)
class Verdict:
    """`withheld` lists the entries whose payload isn't there (« contenu retenu »): their place is proved, not their
    content. `backward` lists the entries dated before the one they follow: the number gives the order, not the date.
    """

    count: int
    head: str
    withheld: tuple[int, ...] = ()
    backward: tuple[int, ...] = ()
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None


def chain_name(negotiation_id: str, circle: str) -> str:
    return f"{negotiation_id}/{circle}"


def stamp(moment: datetime) -> str:
    """A moment as headers write it: UTC, to the second. The moment must know its zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def canonical_payload(payload: Mapping[str, object]) -> bytes:
    """RFC 8785, on a subset that any standard library writes alike: text, whole numbers, booleans, null, lists and
    objects with ASCII names. No float, so that no two programs can disagree on its digits.

    Raises ValueError on anything else.
    """
    _refuse_foreign(payload, depth=0)
    return rfc8785.dumps(payload)  # type: ignore[arg-type]  # a Mapping, checked just above


def commit(payload: Mapping[str, object], salt: bytes) -> str:
    """Commitment to a payload. The salt keeps anybody from guessing a short payload that he may not read."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt is 32 bytes")
    return hashlib.sha256(salt + canonical_payload(payload)).hexdigest()


def header_hash(link: Link) -> str:
    return hashlib.sha256(rfc8785.dumps(link.header())).hexdigest()


def link(
    previous: Link | None,
    *,
    chain: str,
    ts: str,
    actor: str,
    kind: str,
    payload: Mapping[str, object],
    salt: bytes,
) -> Link:
    """The entry that follows `previous` in `chain` (see `chain_name`). Raises ValueError on what can't be chained."""
    if not _MOMENT.fullmatch(ts):
        raise ValueError(f"not a UTC moment to the second: {ts}")
    if previous is not None and previous.chain != chain:
        raise ValueError("the previous entry belongs to another chain")
    circle = _circle_of(chain)
    bare = Link(
        v=FORMAT_VERSION,
        chain=chain,
        circle=circle,
        seq=previous.seq + 1 if previous else 1,
        prev=previous.hash if previous else GENESIS,
        ts=ts,
        actor=actor,
        kind=kind,
        commitment=commit(payload, salt),
        hash="",
    )
    return replace(bare, hash=header_hash(bare))


def verify(
    links: Sequence[Link],
    payloads: Sequence[Opening | None],
    *,
    chain: str | None = None,
    head: str | None = None,
) -> Verdict:
    """Compute every link again, from the first entry, and name the first bad one.

    `payloads[i]` opens `links[i]`, or is None when the payload is withheld. `chain` is the chain expected; without it,
    the one that the first entry names. `head` is a head kept by somebody else: nothing but it shows a cut tail, or a
    chain rewritten from the start. It may be an earlier head, which must then still be in the chain.
    """
    withheld: list[int] = []
    backward: list[int] = []
    previous: Link | None = None
    expected = chain or (str(links[0].chain) if links else "")
    for entry, opening in zip(links, payloads, strict=True):
        code = _fault_of(entry, previous, opening=opening, chain=expected)
        if code is not None:
            seq = previous.seq + 1 if previous else 1
            kept = previous.hash if previous else GENESIS
            return Verdict(seq - 1, kept, tuple(withheld), tuple(backward), Fault(seq, code))
        if opening is None:
            withheld.append(entry.seq)
        if previous is not None and entry.ts < previous.ts:
            backward.append(entry.seq)
        previous = entry
    last = previous.hash if previous else GENESIS
    known = {entry.hash for entry in links} | {GENESIS}
    fault = None if head is None or head in known else Fault(len(links), FaultCode.UNEXPECTED_HEAD)
    return Verdict(len(links), last, tuple(withheld), tuple(backward), fault)


def _fault_of(entry: Link, previous: Link | None, *, opening: Opening | None, chain: str) -> FaultCode | None:
    if entry.v != FORMAT_VERSION:
        return FaultCode.UNKNOWN_FORMAT
    if entry.chain != chain or entry.circle != chain.partition("/")[2]:
        return FaultCode.OTHER_CHAIN
    if entry.seq != (previous.seq + 1 if previous else 1):
        return FaultCode.BROKEN_SEQUENCE
    if entry.prev != (previous.hash if previous else GENESIS):
        return FaultCode.BROKEN_LINK
    if not _hashes_to_itself(entry):
        return FaultCode.HEADER_CHANGED
    if opening is not None and not _opens(entry, opening):
        return FaultCode.PAYLOAD_CHANGED
    return None


def _hashes_to_itself(entry: Link) -> bool:
    try:
        return entry.hash == header_hash(entry)
    except ValueError:  # a header that has no canonical form was never one of ours
        return False


def _opens(entry: Link, opening: Opening) -> bool:
    try:
        return entry.commitment == commit(opening.payload, opening.salt)
    except ValueError:
        return False


def _circle_of(chain: str) -> str:
    negotiation_id, slash, circle = chain.partition("/")
    if not (negotiation_id and slash and circle):
        raise ValueError(f"not the name of a chain: {chain}")
    return circle


def _refuse_foreign(value: object, *, depth: int) -> None:
    if depth > DEEPEST_PAYLOAD:
        raise ValueError("a payload too deep")
    match value:
        case None | bool():
            return
        case str():
            _refuse_lone_surrogates(value)
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise ValueError("an integer that not every program reads exactly")
        case list() | tuple():
            for item in value:
                _refuse_foreign(item, depth=depth + 1)
        case dict():
            for key, item in value.items():
                if not (isinstance(key, str) and key.isascii()):
                    raise ValueError(f"not an ASCII name: {key!r}")
                _refuse_foreign(item, depth=depth + 1)
        case _:
            raise ValueError(f"not a fact that can be chained: {type(value).__name__}")


def _refuse_lone_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("text that has no UTF-8 form") from None
