"""What is written about a signed contract: the dialogues de gestion and the final evaluation, sealed once approved.

The gel keeps refusing every write to the contract; clauses of these documents are spared, and they alone.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

DOCUMENTS_BEFORE = ("cadrage", "contrat", "releves")
PARTS_BEFORE = (
    "article",
    "strategic_objective",
    "operational_objective",
    "fiche_action",
    "indicator",
    "funding_line",
    "framing_section",
    "minutes",
)
NEW = ("dialogue", "evaluation")
DOCUMENTS, PARTS = (*DOCUMENTS_BEFORE, "suivi", "evaluation"), (*PARTS_BEFORE, *NEW)

_OF_PART = "(SELECT kind FROM part WHERE part.id = {row}.part_id) IN ('dialogue', 'evaluation')"
_OF_CLAUSE = (
    "(SELECT part.kind FROM part JOIN clause ON clause.part_id = part.id WHERE clause.id = {row}.clause_id)"
    " IN ('dialogue', 'evaluation')"
)
SPARED = {
    "document": ("{row}.kind IN ('suivi', 'evaluation')", ("INSERT", "UPDATE")),
    "part": ("{row}.kind IN ('dialogue', 'evaluation')", ("INSERT", "UPDATE")),
    "clause": (_OF_PART, ("INSERT", "UPDATE")),
    "clause_party": (_OF_CLAUSE, ("INSERT",)),
    "version": (_OF_CLAUSE, ("INSERT",)),
    "move": (_OF_CLAUSE, ("INSERT", "UPDATE")),
    "reserve": (_OF_CLAUSE, ("INSERT", "UPDATE")),
}
"""By table: which rows the gel leaves alone, and for which writes. A row that changes is such a row before and after:
none leaves the contract."""

_OWNER = {"clause_party": "(SELECT negotiation_id FROM clause WHERE clause.id = {row}.clause_id)"}

APPROVED = "SELECT 1 FROM review JOIN clause ON clause.part_id = review.part_id WHERE clause.id = NEW.clause_id"
GUARDS = {
    "review_never_updated": ("UPDATE ON review", "OLD.approved_at IS NOT NULL", "NEW"),
    "review_never_deleted": ("DELETE ON review", "OLD.approved_at IS NOT NULL", "OLD"),
    "version_reviewed_insert": ("INSERT ON version", f"EXISTS ({APPROVED} AND review.approved_at IS NOT NULL)", "NEW"),
}
"""By name: the write that is refused, when, and the row that goes on otherwise."""


def upgrade() -> None:
    _restrict("document", "documentkind_values", DOCUMENTS)
    _restrict("part", "partkind_values", PARTS)
    op.create_table(
        "review",
        sa.Column("id", AutoString(length=36), nullable=False),
        *_keys(("negotiation_id", "negotiation", False), ("part_id", "part", False)),
        sa.Column(
            "kind",
            sa.Enum(*NEW, name="reviewkind_values", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        *_keys(("seance_id", "seance", True), ("opened_by", "member", False)),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", AutoString(length=64), nullable=False),
        sa.Column("approved_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "kind", "year"),
        sa.UniqueConstraint("part_id"),
    )
    op.create_index("ix_review_negotiation_id", "review", ["negotiation_id"], unique=False)
    for table, (spared, writes) in SPARED.items():
        for write in writes:
            _guard_frozen(table, write, spared)
    for name, guard in GUARDS.items():
        _guard(name, *guard)


def downgrade() -> None:
    """Possible as long as nothing was written about a frozen contract: what the gel spares goes back under it."""
    for name, (write, _, _) in GUARDS.items():
        _drop(name, write.rpartition(" ")[2])
    for table, (_, writes) in SPARED.items():
        for write in writes:
            _guard_frozen(table, write, "")
    op.drop_table("review")
    _restrict("part", "partkind_values", PARTS_BEFORE)
    _restrict("document", "documentkind_values", DOCUMENTS_BEFORE)


def _keys(*columns: tuple[str, str, bool]) -> list[sa.schema.SchemaItem]:
    """A column and its foreign key, for each (name, table, whether it may lack)."""
    return [
        item
        for name, target, nullable in columns
        for item in (
            sa.Column(name, sa.String(length=36), nullable=nullable),
            sa.ForeignKeyConstraint([name], [f"{target}.id"], ondelete="CASCADE"),
        )
    ]


def _guard_frozen(table: str, write: str, spared: str) -> None:
    """The guard of 0002 on a table of the contract, with the rows that it leaves alone."""
    name, rows = f"{table}_frozen_{write.lower()}", ("OLD", "NEW") if write == "UPDATE" else ("NEW",)
    owner = _OWNER.get(table, "{row}.negotiation_id").format(row="NEW")
    refused = f"(SELECT frozen_at FROM negotiation WHERE id = {owner}) IS NOT NULL"
    if spared:
        refused += f" AND NOT COALESCE({' AND '.join(spared.format(row=row) for row in rows)}, FALSE)"
    _drop(name, table)
    _guard(name, f"{write} ON {table}", refused, "NEW", said=f"frozen: {table}")


def _restrict(table: str, constraint: str, values: tuple[str, ...]) -> None:
    """Other kinds in a closed list. SQLite makes the table anew, without its triggers: they are put back."""
    bind = op.get_bind()
    triggers = []
    if bind.dialect.name == "sqlite":
        asked = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
        triggers = list(bind.execute(asked, {"name": table}).scalars())
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(constraint, type_="check")
        batch_op.create_check_constraint(constraint, sa.column("kind").in_(values))
    for trigger in triggers:
        op.execute(sa.text(trigger.replace(":", "\\:")))


def _drop(name: str, table: str) -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(f"DROP TRIGGER {name}" + ("" if on_sqlite else f" ON {table}"))
    if not on_sqlite:
        op.execute(f"DROP FUNCTION {name}()")


def _guard(name: str, write: str, refused: str, row: str, *, said: str = "") -> None:
    said = said or f"approved: {write.rpartition(' ')[2]}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} BEFORE {write} WHEN {refused} BEGIN SELECT RAISE(ABORT, '{said}'); END")
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {refused} THEN RAISE EXCEPTION '{said}'; END IF; RETURN {row}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {write} FOR EACH ROW EXECUTE FUNCTION {name}()")
