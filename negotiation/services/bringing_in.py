"""An archive comes home: the negotiation as its reader saw it, in an instance that doesn't know it.

Ids, texts, links of the histories and frozen bytes are kept as they were; the archive is verified first, and what was
written is compared with it before the transaction ends: with the contract that it holds, and with what its histories
tell (`carried_proofs`). What the reader couldn't see isn't there: the insides of other parties, and the accounts, but
his own.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Table, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import SQLModel, col, select

from negotiation import verifier
from negotiation.documents.verified_apart import verify_apart
from negotiation.drafting.guard import inspect
from negotiation.drafting.vet import MAX_LOGGED_SIZE, WatchedDocument
from negotiation.errors import AlreadyImported, InvalidArchive, Refusal
from negotiation.rules.history_chain import canonical_payload
from negotiation.rules.notices import NOBODY
from negotiation.rules.vocabulary import Circle
from negotiation.services.carried_proofs import require_proven
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.members import person_with
from negotiation.store.columns import new_id
from negotiation.store.contract import Negotiation
from negotiation.store.people import Person
from negotiation.store.queries.carried import TABLES, Carried, Json, Rows, adapter_of, class_of, columns_of
from negotiation.store.record import HistoryEntry, ImportRecord
from negotiation.store.unit_of_work import UnitOfWork

PLACE_OF_FACT = {"sequence", "id", "clause_id"}
"""What `donnees/faits/` says beside the histories."""
LARGEST_JSON = 64 * 1024**2
"""Bytes of one file: read, it takes some twenty times more."""
BROUGHT = re.compile(r"^versions/\d+/(papier|acte)-")
"""Files of a version that somebody brought, kept as they came."""
OP_ID = "archive"
"""Of the one update that makes a draft."""
SEALED_LAST: Mapping[str, tuple[str, ...]] = {
    "negotiation": ("frozen_at",),
    "minutes": ("approved_at", "content", "content_hash"),
    "review": ("approved_at", "content", "content_hash"),
}
"""Columns after which the database refuses what belongs to the row."""


@dataclass(frozen=True)
class ArchiveToImport:
    """An archive that verifies, read. `member_id`: its reader."""

    negotiation_id: str
    member_id: str
    rows: Rows
    entries: list[Json]
    """The facts of every history, each with its `circle` and its place in `donnees/faits/`."""
    versions: Mapping[tuple[str, str], tuple[str, bytes | None]]
    """Frozen text and PDF, by the hashes of both: a version that was voided may hold the text of the next one."""
    scans: Mapping[str, bytes]
    """Of the contract signed by hand, by hash."""
    contract: bytes
    fingerprint: str


@dataclass(frozen=True)
class BroughtIn:
    """What is there now. `heads` by circle: the same as in the archive."""

    negotiation_id: str
    title: str
    reader: str
    contract_hash: str
    heads: Mapping[str, str] = field(default_factory=dict)


def read_archive_to_import(data: bytes) -> ArchiveToImport:
    """Verified and read, outside any transaction. Raises InvalidArchive."""
    report = verify_apart(data)
    if not report.ok:
        raise InvalidArchive(problem=report.first_problem)
    members = verifier.read_members(data)
    try:
        return _read(members, report.fingerprint)
    except (TypeError, AttributeError, KeyError, IndexError) as fault:  # what the manifest covers is not yet ours
        raise InvalidArchive(problem="ses données n’ont pas la forme attendue") from fault


def _read(members: Mapping[str, bytes], fingerprint: str) -> ArchiveToImport:
    summary = _json("negociation.json", members)
    member_id = summary.get("reader", {}).get("member_id")
    if "donnees/negotiation.json" not in members or not isinstance(member_id, str):
        raise InvalidArchive(problem="il vient d’une version de Navette qui n’y mettait pas encore les données")
    rows = {name: _rows_of(name, members) for name in TABLES if _is_there(name, members)}
    entries = list(_entries(members))
    if len(entries) != sum(stop["seq"] for stop in _json(verifier.MANIFEST, members)["heads"].values()):
        raise InvalidArchive(problem="donnees/faits ne va pas avec ses historiques")
    archive = ArchiveToImport(
        negotiation_id=summary["id"],
        member_id=member_id,
        rows=rows,
        entries=entries,
        versions=dict(_versions(members)),
        scans={verifier.sha256(data): data for name, data in members.items() if BROUGHT.search(name)},
        contract=members["contrat.json"],
        fingerprint=fingerprint,
    )
    _require_closed(archive)
    _require_documents(archive)
    return archive


def bring_in(uow: UnitOfWork, archive: ArchiveToImport, *, email: str) -> BroughtIn:
    """Write it, with the account of `email` in its reader's seat. Raises AlreadyImported, InvalidArchive, InvalidInput;
    the transaction must then be given up."""
    session = uow.session
    known = select(col(Negotiation.id)).where(
        (col(Negotiation.id) == archive.negotiation_id)
        | (col(Negotiation.key) == archive.rows["negotiation"][0]["key"])
    )
    if session.execute(known).first() is not None:
        raise AlreadyImported(negotiation=archive.negotiation_id)
    seats = _seats(uow, archive, email)
    try:
        _write(uow, archive, seats)
        session.flush()
    except (IntegrityError, DataError, OverflowError, ValidationError, ValueError, TypeError, KeyError) as fault:
        raise InvalidArchive(problem="ses données ne tiennent pas ensemble") from fault
    require_proven(session, archive.negotiation_id)
    contract = contract_as_it_stands(session, archive.negotiation_id)
    if contract.canonical != archive.contract:
        raise InvalidArchive(problem="ses données ne donnent pas le contrat qu’il contient")
    return BroughtIn(
        negotiation_id=archive.negotiation_id,
        title=session.get_one(Negotiation, archive.negotiation_id).title,
        reader=email,
        contract_hash=contract.content_hash,
        heads={entry["circle"]: entry["hash"] for entry in archive.entries},
    )


# ---------------------------------------------------------------------- reading


def _json(name: str, members: Mapping[str, bytes]) -> Any:
    """Raises InvalidArchive."""
    if len(members[name]) > LARGEST_JSON:
        raise InvalidArchive(problem=f"{name} dépasse {LARGEST_JSON // 1024**2} Mo")
    try:
        found = json.loads(members[name])
        if b"\\u0000" in json.dumps(found, ensure_ascii=False).encode():  # half a character can't be encoded
            raise ValueError("a character that no database keeps")
        return found
    except (ValueError, RecursionError) as fault:
        raise InvalidArchive(problem=f"{name} n’est pas lisible") from fault


def _rows_of(name: str, members: Mapping[str, bytes]) -> list[Json]:
    """Raises InvalidArchive on what doesn't have exactly the columns that are carried."""
    if TABLES[name] in (Carried.LEFT, Carried.APART):
        raise InvalidArchive(problem=f"il porte des données qui ne s’emportent pas ({name})")
    found = _json(f"donnees/{name}.json", members)
    wanted = set(columns_of(SQLModel.metadata.tables[name]))
    rows: list[Json] = found if isinstance(found, list) else []
    if not rows or any(not isinstance(row, dict) or set(row) != wanted for row in rows):
        raise InvalidArchive(problem=f"donnees/{name}.json n’a pas la forme attendue par cette version de Navette")
    return rows


def _is_there(name: str, members: Mapping[str, bytes]) -> bool:
    return f"donnees/{name}.json" in members and name in SQLModel.metadata.tables


def _entries(members: Mapping[str, bytes]) -> Iterator[Json]:
    for name in sorted(members):
        if name.startswith("historique/"):
            chain, told = _json(name, members), name.replace("historique/", "donnees/faits/")
            places = _json(told, members) if told in members else []
            for entry, place in zip(chain["entries"], places, strict=False):
                if set(place) != PLACE_OF_FACT or place["sequence"] != entry["header"]["seq"]:
                    break
                yield {**entry, **place, "circle": chain["circle"]}


def _versions(members: Mapping[str, bytes]) -> Iterator[tuple[tuple[str, str], tuple[str, bytes | None]]]:
    for name in sorted(members):
        if name.startswith("versions/") and name.endswith("/texte.json"):
            text = members[name]
            pdf = members.get(name.replace("texte.json", "contrat.pdf"))
            hashes = [hashlib.sha256(each).hexdigest() if each is not None else "" for each in (text, pdf)]
            yield (hashes[0], hashes[1]), (text.decode(), pdf)


def _require_closed(archive: ArchiveToImport) -> None:
    """Every row is of this negotiation, and names nothing outside the archive: a forged one would else show the texts
    of another negotiation of this instance. Raises InvalidArchive."""
    ids = {table: {row["id"] for row in rows if "id" in row} for table, rows in archive.rows.items()}
    carried = set().union(*ids.values())
    for name, rows in archive.rows.items():
        for column in SQLModel.metadata.tables[name].columns:
            if column.name not in rows[0] or column.name == "id":
                continue
            target = next((key.column.table.name for key in column.foreign_keys), None)
            allowed = ids.get(target, set()) if target else carried
            if target or column.name.endswith("_id"):
                for row in rows:
                    if isinstance(row[column.name], int):  # the number of a writer in a live document
                        continue
                    if row[column.name] is not None and row[column.name] not in allowed:
                        raise InvalidArchive(problem=f"donnees/{name}.json nomme ce qui n’est pas dans le dossier")
    if ids.get("negotiation") != {archive.negotiation_id} or archive.member_id not in ids.get("member", set()):
        raise InvalidArchive(problem="il ne contient pas sa négociation et son lecteur")


def _require_documents(archive: ArchiveToImport) -> None:
    """Each draft is one update that makes a document. Raises InvalidArchive."""
    readable = adapter_of("draft_update")["update"]
    try:
        for row in archive.rows.get("draft_update", ()):
            update = readable.validate_python(row["update"])
            inspect(update, max_size=MAX_LOGGED_SIZE)
            WatchedDocument().restore(update, half_characters=())
    except (Refusal, ValidationError) as fault:
        raise InvalidArchive(problem="le texte d’un brouillon ne s’y lit pas") from fault
    drafts, updates = archive.rows.get("draft", []), archive.rows.get("draft_update", [])
    written = {row["id"] for row in drafts if (row["sequence"], row["credited"]) in {(1, 0), (1, 1)}}
    whole = {row["draft_id"] for row in updates if row["sequence"] == 1} == written
    if not whole or any(row["sequence"] for row in drafts if row["id"] not in written):
        raise InvalidArchive(problem="ses brouillons ne vont pas avec leurs textes")


# ---------------------------------------------------------------------- writing


def _seats(uow: UnitOfWork, archive: ArchiveToImport, email: str) -> dict[str, str]:
    """Account by member: the reader's own, and for every other a name that nobody can sign in under."""
    seats = {}
    for row in archive.rows["member"]:
        if row["id"] == archive.member_id:
            seats[row["id"]] = person_with(uow, email).id
        else:
            nobody = Person(email=f"{new_id()}@{NOBODY}")
            uow.session.add(nobody)
            seats[row["id"]] = nobody.id
    uow.session.flush()
    return seats


def _write(uow: UnitOfWork, archive: ArchiveToImport, seats: Mapping[str, str]) -> None:
    late: list[tuple[Table, str, dict[str, Any]]] = []
    for table in SQLModel.metadata.sorted_tables:
        rows = archive.rows.get(table.name, [])
        if not rows:
            continue
        kept = [_values(table, row, archive, seats) for row in rows]
        for values in _parents_first(table, kept):
            last = {name: values.pop(name) for name in SEALED_LAST.get(table.name, ())}
            if any(last.values()):
                late.append((table, values["id"], last))
            uow.session.add(class_of(table.name)(**values))
            if table.name in _IN_ORDER:
                uow.session.flush()
        uow.session.flush()
    _write_history(uow, archive)
    uow.session.add(ImportRecord(negotiation_id=archive.negotiation_id, file_hash=archive.fingerprint))
    uow.session.flush()
    for table, row_id, last in late:
        uow.session.execute(update(table).where(table.c.id == row_id).values(**last))
    uow.session.expire_all()


_IN_ORDER = frozenset({"part", "clause"})
"""Tables whose rows name one another: the unit of work would write them in an order of its own."""


def _values(table: Table, row: Json, archive: ArchiveToImport, seats: Mapping[str, str]) -> dict[str, Any]:
    adapters = adapter_of(table.name)
    values = {name: adapters[name].validate_python(value) for name, value in row.items()}
    if table.name == "member":
        values["person_id"] = seats[row["id"]]
    if table.name in ("paper_signature", "signing_act"):
        values["data"] = archive.scans[row["data_hash"]]
    if table.name == "draft_update":
        values["op_id"] = OP_ID
    if table.name == "frozen_version":
        values["content"], values["pdf"] = archive.versions[row["content_hash"], row["pdf_hash"]]
    return values


def _parents_first(table: Table, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    waiting, written = rows, set()
    while waiting:
        ready = [row for row in waiting if all(row[name] is None or row[name] in written for name in own)]
        if not ready:
            raise ValueError("rows that name one another in a circle")
        waiting = [row for row in waiting if row not in ready]
        written |= {row["id"] for row in ready if own}
        yield from ready


def _write_history(uow: UnitOfWork, archive: ArchiveToImport) -> None:
    """Headers, salts and payloads word for word."""
    for entry in archive.entries:
        header = entry["header"]
        Circle.parse(entry["circle"])
        uow.session.add(
            HistoryEntry(
                id=entry["id"],
                negotiation_id=archive.negotiation_id,
                circle=entry["circle"],
                sequence=header["seq"],
                recorded_at=datetime.strptime(header["ts"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
                actor=header["actor"],
                kind=header["kind"],
                clause_id=entry["clause_id"],
                commitment=header["commitment"],
                salt=entry["salt"] or "",
                payload=canonical_payload(entry["payload"]).decode() if entry["payload"] is not None else None,
                previous_hash=header["prev"],
                header_hash=entry["hash"],
            )
        )
