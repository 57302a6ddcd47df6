"""The relevé of a séance: a document and a part of their own kind, and what its parties approved, which never changes.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

DOCUMENTS_BEFORE = ("cadrage", "contrat")
PARTS_BEFORE = (
    "article",
    "strategic_objective",
    "operational_objective",
    "fiche_action",
    "indicator",
    "funding_line",
    "framing_section",
)
DOCUMENTS, PARTS = (*DOCUMENTS_BEFORE, "releves"), (*PARTS_BEFORE, "minutes")

APPROVED = "SELECT 1 FROM minutes JOIN clause ON clause.part_id = minutes.part_id WHERE clause.id = NEW.clause_id"
GUARDS = {
    "minutes_never_updated": ("UPDATE ON minutes", "OLD.approved_at IS NOT NULL", "NEW"),
    "minutes_never_deleted": ("DELETE ON minutes", "OLD.approved_at IS NOT NULL", "OLD"),
    "version_approved_insert": (
        "INSERT ON version",
        f"EXISTS ({APPROVED} AND minutes.approved_at IS NOT NULL)",
        "NEW",
    ),
}
"""By name: the write that is refused, when, and the row that goes on otherwise."""


def upgrade() -> None:
    _restrict("document", "documentkind_values", DOCUMENTS)
    _restrict("part", "partkind_values", PARTS)
    op.create_table(
        "minutes",
        sa.Column("id", AutoString(length=36), nullable=False),
        *(
            column
            for name, target in (
                ("negotiation_id", "negotiation"),
                ("seance_id", "seance"),
                ("part_id", "part"),
                ("drawn_up_by", "member"),
            )
            for column in (
                sa.Column(name, sa.String(length=36), nullable=False),
                sa.ForeignKeyConstraint([name], [f"{target}.id"], ondelete="CASCADE"),
            )
        ),
        sa.Column("drawn_up_at", UTCDateTime(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", AutoString(length=64), nullable=False),
        sa.Column("approved_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("seance_id"),
        sa.UniqueConstraint("part_id"),
    )
    op.create_index("ix_minutes_negotiation_id", "minutes", ["negotiation_id"], unique=False)
    for name, guard in GUARDS.items():
        _guard(name, *guard)


def downgrade() -> None:
    """Relevés leave with their clauses, unless their contract is frozen: then the database refuses to go down."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (write, _, _) in GUARDS.items():
        op.execute(f"DROP TRIGGER {name}" + ("" if on_sqlite else f" ON {write.rpartition(' ')[2]}"))
        if not on_sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("minutes")
    op.execute("DELETE FROM part WHERE kind = 'minutes'")
    op.execute("DELETE FROM document WHERE kind = 'releves'")
    _restrict("part", "partkind_values", PARTS_BEFORE)
    _restrict("document", "documentkind_values", DOCUMENTS_BEFORE)


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


def _guard(name: str, write: str, refused: str, row: str) -> None:
    said = f"approved: {write.rpartition(' ')[2]}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} BEFORE {write} WHEN {refused} BEGIN SELECT RAISE(ABORT, '{said}'); END")
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {refused} THEN RAISE EXCEPTION '{said}'; END IF; RETURN {row}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {write} FOR EACH ROW EXECUTE FUNCTION {name}()")
