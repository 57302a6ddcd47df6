"""The whole instance into one file while people write, and back into an empty place.

The keys of the platform are not in it: they are kept outside the database, and must not be stolen with it.
"""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from negotiation.documents.backup_file import Damaged, Manifest, pack, size_and_fingerprint, unpack
from negotiation.documents.ciphering import MAGIC, SHORTEST_SECRET, Unopenable, decrypt, encrypt, is_encrypted
from negotiation.errors import CopyRefused
from negotiation.rules.history_chain import Opening, chain_name, stamp, verify
from negotiation.store.columns import now
from negotiation.store.copying import (
    SQLITE,
    Head,
    kind_of,
    put_back,
    require_empty,
    require_known,
    require_sound,
    sqlite_file,
    state_of,
    take_copy,
)
from negotiation.store.migrating import migrate
from negotiation.store.people import SigninLink, SigninSession
from negotiation.store.record import HistoryEntry
from negotiation.store.unit_of_work import as_link, connect_store


@dataclass(frozen=True)
class BackedUp:
    """What was copied. `size`: bytes of the file."""

    made_at: str
    schema: str
    negotiations: int
    chains: int
    size: int
    encrypted: bool


@dataclass(frozen=True)
class Restored:
    """What was found. `faults`: a French sentence for each chain that isn't as it was, the first thing wrong in it."""

    made_at: str
    negotiations: int
    chains: int
    facts: int
    migrated_from: str | None
    faults: list[str] = field(default_factory=list)


def back_up(url: str, output: Path, *, secret: bytes | None = None) -> BackedUp:
    """Write the backup at `output`, whole or not at all. Raises CopyRefused."""
    _require_secret(secret)
    if output.exists():
        raise CopyRefused(problem=f"{output} existe déjà")
    with _aside(output.parent) as folder:
        state = take_copy(url, folder / "base")
        size, fingerprint = size_and_fingerprint(folder / "base")
        manifest = Manifest(
            made_at=stamp(now()),
            database=kind_of(url),
            schema=state.schema,
            size=size,
            sha256=fingerprint,
            negotiations=state.negotiations,
            heads=state.heads,
        )
        made = folder / "sauvegarde"
        pack(folder / "base", made, manifest=manifest)
        if secret is not None:
            made = _encrypted(made, secret)
        _settle(made, output)
    return BackedUp(
        made_at=manifest.made_at,
        schema=state.schema,
        negotiations=state.negotiations,
        chains=len(state.heads),
        size=output.stat().st_size,
        encrypted=secret is not None,
    )


def needs_secret(file: Path) -> bool:
    """Whether the backup is encrypted. Raises CopyRefused."""
    try:
        with file.open("rb") as opened:
            return is_encrypted(opened.read(len(MAGIC)))
    except OSError:
        raise CopyRefused(problem=f"{file} est introuvable ou illisible") from None


def restore(url: str, file: Path, *, secret: bytes | None = None) -> Restored:
    """Put the backup into the empty database at `url`, bring it up to date, and compute every chain again.

    Whoever was signed in must sign in again: the copy knows nothing of what was ended since. Raises CopyRefused.
    """
    require_empty(url)
    place = sqlite_file(url).parent if kind_of(url) == SQLITE else Path(tempfile.gettempdir())
    with _aside(place) as folder:
        manifest = _opened(file, folder, secret)
        if manifest.database != kind_of(url):
            raise CopyRefused(problem=f"elle vient de {manifest.database}, la base réglée ici est {kind_of(url)}")
        require_known(manifest.schema)
        if kind_of(url) == SQLITE:
            found = _brought_up(f"sqlite:///{folder / 'base'}", manifest)
            _journal_and_settle(folder / "base", sqlite_file(url))
        else:
            put_back(url, folder / "base")
            found = _brought_up(url, manifest)
    return found


# ---------------------------------------------------------------------- files


@contextmanager
def _aside(place: Path) -> Iterator[Path]:
    """A folder of its owner's alone, gone at the end with what it held."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix=".navette-copie-") as folder:
            yield Path(folder)
    except OSError as fault:
        raise CopyRefused(problem=f"{place} ne peut pas être écrit ({fault.strerror})") from fault


def _settle(made: Path, output: Path) -> None:
    """Under its name, on the disk, never over another file."""
    for path in (made, made.parent):
        _sync(path)
    try:
        os.link(made, output)
    except FileExistsError:
        raise CopyRefused(problem=f"{output} existe déjà") from None
    _sync(output.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _journal_and_settle(copy: Path, output: Path) -> None:
    require_sound(copy)
    with closing(sqlite3.connect(copy)) as driver:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        driver.execute("PRAGMA journal_mode=WAL")
    if output.exists():  # empty: `require_empty` saw it
        output.unlink()
    _settle(copy, output)


# ---------------------------------------------------------------------- the secret


def _require_secret(secret: bytes | None) -> None:
    if secret is not None and len(secret) < SHORTEST_SECRET:
        raise CopyRefused(problem=f"le secret compte moins de {SHORTEST_SECRET} caractères")


def _encrypted(plain: Path, secret: bytes) -> Path:
    sealed = plain.with_suffix(".chiffree")
    with plain.open("rb") as source, sealed.open("xb") as target:
        encrypt(source, target, secret=secret)
    return sealed


def _opened(file: Path, folder: Path, secret: bytes | None) -> Manifest:
    """The manifest; the copy is then `folder / "base"`."""
    packed = file
    if needs_secret(file):
        if secret is None:
            raise CopyRefused(problem="elle est chiffrée : donnez le fichier de son secret par --key-file")
        packed = folder / "sauvegarde"
        try:
            with file.open("rb") as source, packed.open("xb") as target:
                decrypt(source, target, secret=secret)
        except Unopenable:
            raise CopyRefused(problem="ce secret ne l’ouvre pas, ou un octet en a changé") from None
    try:
        return unpack(packed, folder / "base")
    except Damaged as damaged:
        raise CopyRefused(problem=str(damaged)) from damaged


# ---------------------------------------------------------------------- what is found


def _brought_up(url: str, manifest: Manifest) -> Restored:
    before = state_of(url).schema
    migrate(url)
    after = state_of(url)
    store = connect_store(url)
    try:
        with store.reading() as session:
            facts, faults = _examined(session, after.heads, manifest)
        with store.unit_of_work() as uow:
            uow.session.execute(delete(SigninSession))
            uow.session.execute(update(SigninLink).where(col(SigninLink.used_at).is_(None)).values(used_at=now()))
    finally:
        store.engine.dispose()
    return Restored(
        made_at=manifest.made_at,
        negotiations=after.negotiations,
        chains=len(after.heads),
        facts=facts,
        migrated_from=before if before != after.schema else None,
        faults=faults,
    )


def _examined(session: Session, heads: dict[str, Head], manifest: Manifest) -> tuple[int, list[str]]:
    """How many facts there are, and what is wrong: each chain from its first link, and its head."""
    facts, faults = 0, []
    for chain in sorted({*heads, *manifest.heads}):
        negotiation_id, _, circle = chain.partition("/")
        count, fault = _fault_of_chain(session, negotiation_id, circle)
        facts += count
        if fault is None and heads.get(chain) != manifest.heads.get(chain):
            fault = "sa tête n’est pas celle que le manifeste annonce"
        if fault is not None:
            faults.append(f"Chaîne {chain} : {fault}")
    return facts, faults


def _fault_of_chain(session: Session, negotiation_id: str, circle: str) -> tuple[int, str | None]:
    query = (
        select(HistoryEntry)
        .where(col(HistoryEntry.negotiation_id) == negotiation_id, col(HistoryEntry.circle) == circle)
        .order_by(col(HistoryEntry.sequence))
    )
    entries = session.execute(query).scalars().all()
    openings = [
        Opening(json.loads(entry.payload), bytes.fromhex(entry.salt)) if entry.payload is not None else None
        for entry in entries
    ]
    verdict = verify([as_link(entry) for entry in entries], openings, chain=chain_name(negotiation_id, circle))
    return len(entries), verdict.fault.sentence if verdict.fault else None
