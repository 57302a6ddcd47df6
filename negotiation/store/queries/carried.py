"""The rows of a negotiation that one reader may carry away, table by table, as JSON: all that he reads, and no more.

What isn't his leaves no trace: rows of other circles are absent, a reference to one of them is empty, and an order that
counted them is counted again. What every table comes to is in `TABLES`: a table that is missing there stops the tests.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pydantic import Base64UrlBytes, TypeAdapter
from sqlalchemy import ColumnElement, LargeBinary, Select, Table, select
from sqlmodel import Session, SQLModel, col

from negotiation.rules.policy import Actor, circles_of
from negotiation.store.contract import Clause
from negotiation.store.queries.people import ever_there
from negotiation.store.queries.visibility import visible

Json = dict[str, Any]
Rows = dict[str, list[Json]]
"""By table."""


class Carried(StrEnum):
    """Which rows of a table a reader carries away."""

    WHOLE = "whole"
    """Every party reads all of it."""
    CIRCLE = "circle"
    """Those whose circle he reads."""
    CLAUSE = "clause"
    """Those of the clauses that he reads."""
    VERSION = "version"
    OWN = "own"
    """The member's own."""
    APART = "apart"
    """In files of its own: the histories."""
    DRAFT = "draft"
    """Those of the drafts that he reads, about clauses that he reads."""
    MADE = "made"
    """None as it is: those that stand for the drafts that he reads, see `services.carrying_drafts`."""
    LEFT = "left"
    """Accounts, sessions, mails, keys; what is derived; who typed what when in a live document."""


_GROUPS: dict[Carried, str] = {
    Carried.WHOLE: "negotiation amendment party member essms document framework diagnosis finding datum calendar_item "
    "consultation seance seance_point seance_attendance seance_decision minutes review observation dialogue_de_gestion "
    "avenant evaluation frozen_version signature declared_signature freeze_request signing_terms signed_increment "
    "unfreeze_request voided_version "
    "head_seal paper_signature paper_confirmation signing_act import_record",
    Carried.CIRCLE: "part clause move message comment_thread task support_document avenant_move visa_rule visa_request "
    "mandate delegation mention draft inside_fate",
    Carried.DRAFT: "draft_set_aside draft_followed draft_writer",
    Carried.MADE: "draft_update draft_credit",
    Carried.CLAUSE: "clause_party version reserve",
    Carried.VERSION: "version_origin",
    Carried.OWN: "saved_view",
    Carried.APART: "history_entry",
    Carried.LEFT: "person signin_link signin_session mail mail_fact notice_choice notice_reader trame opening_draft "
    "outbox search_entry clause_glance draft_state platform_key word_export word_return prepared_file",
}
TABLES: dict[str, Carried] = {name: carried for carried, names in _GROUPS.items() for name in names.split()}

ELSEWHERE: dict[str, frozenset[str]] = {
    "member": frozenset({"person_id", "invited_at", "invited_by", "joined_at"}),
    "frozen_version": frozenset({"content", "pdf"}),
    "paper_signature": frozenset({"data"}),
    "signing_act": frozenset({"data"}),
    "draft_update": frozenset({"op_id", "person_id", "party_id"}),
    "draft_writer": frozenset({"person_id"}),
    "move": frozenset({"request_key"}),
    "message": frozenset({"request_key"}),
    "seance_decision": frozenset({"request_key"}),
}
"""Columns that aren't carried: accounts, and how each party invites its own; bytes that have a file of their own; the
marks that keep a request from being played twice."""
COUNTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "part": ("position", ()),
    "clause": ("position", ("part_id",)),
    "move": ("rank", ("clause_id",)),
    "message": ("rank", ("circle",)),
}
"""Orders that count all circles together: (column, within which columns)."""


def carried_rows(session: Session, actor: Actor) -> Rows:
    """By table, each in the order of its keys; tables without a row are absent."""
    found: Rows = {}
    for table in SQLModel.metadata.sorted_tables:
        if rows := _rows(session, actor, table):
            found[table.name] = rows
    _drop_orphans(found)
    _count_again(found)
    _forget_absent(found, {str(circle) for circle in circles_of(actor)})
    return found


def columns_of(table: Table) -> list[str]:
    """The columns that are carried."""
    left = ELSEWHERE.get(table.name, frozenset())
    return [column.name for column in table.columns if column.name not in left]


@lru_cache(maxsize=256)
def class_of(table_name: str) -> type[SQLModel]:
    """The row class of a table."""
    mappers: Iterable[Any] = SQLModel._sa_registry.mappers
    found: type[SQLModel] = next(each.class_ for each in mappers if each.local_table.name == table_name)
    return found


@lru_cache(maxsize=256)
def adapter_of(table_name: str) -> Mapping[str, TypeAdapter[Any]]:
    """How each column is read and written as JSON."""
    columns, fields = SQLModel.metadata.tables[table_name].columns, class_of(table_name).model_fields
    return {
        name: TypeAdapter(Base64UrlBytes if isinstance(columns[name].type, LargeBinary) else told.annotation or Any)
        for name, told in fields.items()
    }


def _rows(session: Session, actor: Actor, table: Table) -> list[Json]:
    query = _QUERIES.get(TABLES[table.name])
    if query is None:
        return []
    names, adapters = columns_of(table), adapter_of(table.name)
    asked = query(table, actor).with_only_columns(*(table.c[name] for name in names))
    rows = session.execute(asked.order_by(*table.primary_key.columns))
    return [
        {name: adapters[name].dump_python(value, mode="json") for name, value in zip(names, row, strict=True)}
        for row in rows
    ]


def _own_negotiation(table: Table, actor: Actor) -> Select[Any]:
    column = table.c.id if table.name == "negotiation" else table.c.negotiation_id
    query = select(table).where(column == actor.negotiation_id)
    return query.where(ever_there()) if table.name == "member" else query


def _in_circle(table: Table, actor: Actor) -> Select[Any]:
    query = _own_negotiation(table, actor).where(visible(table.c.circle, actor))
    return query.where(table.c.clause_id.in_(_clauses(actor))) if table.name in {"move", "comment_thread"} else query


def _of_clauses(table: Table, actor: Actor) -> Select[Any]:
    return select(table).where(table.c.clause_id.in_(_clauses(actor)))


def _of_versions(table: Table, actor: Actor) -> Select[Any]:
    versions = SQLModel.metadata.tables["version"]
    return select(table).where(
        table.c.version_id.in_(select(versions.c.id).where(versions.c.clause_id.in_(_clauses(actor))))
    )


def _of_drafts(table: Table, actor: Actor) -> Select[Any]:
    drafts = SQLModel.metadata.tables["draft"]
    whole = select(drafts).where(drafts.c.negotiation_id == actor.negotiation_id, visible(drafts.c.circle, actor))
    query = select(table).where(table.c.draft_id.in_(whole.with_only_columns(drafts.c.id)))
    if "epoch" in table.c:  # who held which number in a document that was dropped is of no use
        return query.join(drafts, (drafts.c.id == table.c.draft_id) & (drafts.c.epoch == table.c.epoch))
    return query.where(table.c.clause_id.in_(_clauses(actor)))


def _own(table: Table, actor: Actor) -> Select[Any]:
    return _own_negotiation(table, actor).where(table.c.member_id == actor.member_id)


def _clauses(actor: Actor) -> Select[Any]:
    here: ColumnElement[bool] = col(Clause.negotiation_id) == actor.negotiation_id
    return select(col(Clause.id)).where(here, visible(Clause.circle, actor))


_QUERIES: dict[Carried, Callable[[Table, Actor], Select[Any]]] = {
    Carried.WHOLE: _own_negotiation,
    Carried.CIRCLE: _in_circle,
    Carried.CLAUSE: _of_clauses,
    Carried.VERSION: _of_versions,
    Carried.DRAFT: _of_drafts,
    Carried.OWN: _own,
}


def _drop_orphans(found: Rows) -> None:
    """What names a row that isn't carried, as a mention of somebody who has yet to come. Parents come first."""
    ids = {table: {row.get("id", row.get("move_id")) for row in rows} for table, rows in found.items()}
    for table in SQLModel.metadata.sorted_tables:
        keys = [
            (key.parent.name, key.column.table.name)
            for key in table.foreign_keys
            if key.column.table is not table and key.parent.name in columns_of(table)
        ]
        rows = found.get(table.name, [])
        kept = [
            row for row in rows if all(row[name] is None or row[name] in ids.get(target, ()) for name, target in keys)
        ]
        if len(kept) < len(rows):
            ids[table.name] = {row.get("id", row.get("move_id")) for row in kept}
            found[table.name] = kept
    for name in [name for name, rows in found.items() if not rows]:
        del found[name]


def _count_again(found: Rows) -> None:
    """A number that skips would tell that something stands in between."""
    for table, (column, within) in COUNTED.items():
        last: dict[tuple[Any, ...], int] = {}
        for row in sorted(found.get(table, ()), key=lambda row: (row[column], row["id"])):
            group = tuple(row[name] for name in within)
            row[column] = last[group] = last.get(group, 0) + 1


def _forget_absent(found: Rows, circles: Collection[str]) -> None:
    """A reference to a row that isn't carried, or the circle of others, would tell that it is there."""
    carried = {row.get("id") for rows in found.values() for row in rows}
    for table, rows in found.items():
        free = [name for name in _free_references(table) if name in rows[0]]
        for row in rows:
            row.update({name: None for name in free if row[name] is not None and row[name] not in carried})
            if row.get("draft") and row["draft"] not in circles:
                row["draft"] = ""
    known = {row.get(name) for rows in found.values() for row in rows for name in ("id", "key", "code")}
    known |= {row["attributes"].get("key") for row in found.get("clause", ())}  # engagements, as files name them
    for row in found.get("message", ()):  # a file of an import may name moves of other circles
        row["refs"] = [each for each in row["refs"] if each in known]


@lru_cache(maxsize=256)
def _free_references(table_name: str) -> tuple[str, ...]:
    """Columns that name a row without the database watching over it."""
    columns = SQLModel.metadata.tables[table_name].columns
    return tuple(
        column.name
        for column in columns
        if column.nullable and not column.foreign_keys and column.name.endswith("_id") and not column.primary_key
    )
