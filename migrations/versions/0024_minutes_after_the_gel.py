"""Séances go on after the signature, and so do their relevés; a task outlives the seat of whoever was to do it.

The gel keeps refusing every write to the contract; passages of relevés are spared beside what 0023 spares.

Revision ID: 0024
Revises: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

PARTS_BEFORE, DOCUMENTS_BEFORE = ("dialogue", "evaluation"), ("suivi", "evaluation")
PARTS, DOCUMENTS = (*PARTS_BEFORE, "minutes"), (*DOCUMENTS_BEFORE, "releves")
OF_CLAUSE = "(SELECT part.kind FROM part JOIN clause ON clause.part_id = part.id WHERE clause.id = {row}.clause_id)"
KINDS = {
    "document": ("{row}.kind", ("INSERT", "UPDATE")),
    "part": ("{row}.kind", ("INSERT", "UPDATE")),
    "clause": ("(SELECT kind FROM part WHERE part.id = {row}.part_id)", ("INSERT", "UPDATE")),
    "clause_party": (OF_CLAUSE, ("INSERT",)),
    "version": (OF_CLAUSE, ("INSERT",)),
    "move": (OF_CLAUSE, ("INSERT", "UPDATE")),
    "reserve": (OF_CLAUSE, ("INSERT", "UPDATE")),
}
"""By table: what says of which kind a row is, and the writes from which the gel spares some kinds."""
DRAFTS = {
    "draft": ("(SELECT kind FROM part WHERE part.id = {row}.part_id)", ("INSERT",)),
    "draft_update": (
        "(SELECT part.kind FROM part JOIN draft ON draft.part_id = part.id WHERE draft.id = {row}.draft_id)",
        ("INSERT", "UPDATE", "DELETE"),
    ),
}
"""The same for what 0023 didn't spare: a passage that is reopened starts its draft again."""
_OWNER = {
    "clause_party": "(SELECT negotiation_id FROM clause WHERE clause.id = {row}.clause_id)",
    "draft_update": "(SELECT negotiation_id FROM draft WHERE draft.id = {row}.draft_id)",
}
OWNER_KEY = "task_owner_id_fkey"
NAMES = {"fk": "%(table_name)s_%(column_0_name)s_fkey"}
"""The names that PostgreSQL gives; SQLite's keys have none."""


def upgrade() -> None:
    _spare(KINDS, DOCUMENTS, PARTS)
    _spare(DRAFTS, DOCUMENTS, PARTS)
    with op.batch_alter_table("task", naming_convention=NAMES) as batch_op:
        batch_op.drop_constraint(OWNER_KEY, type_="foreignkey")


def downgrade() -> None:
    """Tasks of people whose invitation was withdrawn are nobody's then."""
    op.execute("UPDATE task SET owner_id = NULL WHERE owner_id NOT IN (SELECT id FROM member)")
    with op.batch_alter_table("task") as batch_op:
        batch_op.create_foreign_key(OWNER_KEY, "member", ["owner_id"], ["id"], ondelete="CASCADE")
    _spare(KINDS, DOCUMENTS_BEFORE, PARTS_BEFORE)
    for table, (_, writes) in DRAFTS.items():
        for write in writes:
            _guard(table, write, "")


def _spare(tables: dict[str, tuple[str, tuple[str, ...]]], documents: tuple[str, ...], parts: tuple[str, ...]) -> None:
    for table, (kind, writes) in tables.items():
        spared = ", ".join(f"'{each}'" for each in (documents if table == "document" else parts))
        for write in writes:
            _guard(table, write, f"{kind} IN ({spared})")


def _guard(table: str, write: str, spared: str) -> None:
    """The guard of 0002 on a table of the contract, with the rows that it leaves alone: a row that changes is such a
    row before and after, so that none leaves the contract."""
    name = f"{table}_frozen_{write.lower()}"
    rows = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}[write]
    owner = _OWNER.get(table, "{row}.negotiation_id").format(row=rows[-1])
    refused = f"(SELECT frozen_at FROM negotiation WHERE id = {owner}) IS NOT NULL"
    if spared:
        refused += f" AND NOT COALESCE({' AND '.join(spared.format(row=row) for row in rows)}, FALSE)"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {write} ON {table} WHEN {refused} "
            f"BEGIN SELECT RAISE(ABORT, 'frozen: {table}'); END"
        )
        return
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {refused} THEN RAISE EXCEPTION 'frozen: {table}'; END IF; RETURN {rows[-1]}; END $$"
    )
