"""Séances held here: their agenda, who came, what was decided. Those that a file told are closed ones.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATES = "'planned', 'open', 'closed', 'cancelled'"
COLUMNS = {
    "planned_by": AutoString(length=36),
    "opened_at": UTCDateTime(),
    "closed_at": UTCDateTime(),
    "chair_id": AutoString(length=36),
    "point_id": AutoString(length=36),
    "clause_id": AutoString(length=36),
    "pointed_at": UTCDateTime(),
}
TABLES = ("seance_point", "seance_attendance", "seance_decision")


def upgrade() -> None:
    op.execute(
        "ALTER TABLE seance ADD COLUMN state VARCHAR(40) DEFAULT 'closed' NOT NULL "
        f"CONSTRAINT seancestate_values CHECK (state IN ({STATES}))"
    )
    for name, kind in COLUMNS.items():
        op.add_column("seance", sa.Column(name, kind, nullable=True))
    op.add_column("outbox", sa.Column("seance_id", AutoString(length=36), nullable=True))
    _points()
    _attendance()
    _decisions()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("ALTER TABLE outbox DROP COLUMN seance_id")
    for name in reversed([*COLUMNS]):
        op.execute(f"ALTER TABLE seance DROP COLUMN {name}")
    op.execute("ALTER TABLE seance DROP COLUMN state")


def _key(name: str, target: str, *, nullable: bool = False) -> list[sa.Column[str] | sa.ForeignKeyConstraint]:
    return [
        sa.Column(name, sa.String(length=36), nullable=nullable),
        sa.ForeignKeyConstraint([name], [f"{target}.id"], ondelete="CASCADE"),
    ]


def _closed_list(name: str, constraint: str, *values: str, nullable: bool = False) -> sa.Column[str]:
    kind = sa.Enum(*values, name=constraint, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=nullable)


def _of_a_seance() -> list[sa.Column[str] | sa.ForeignKeyConstraint | sa.PrimaryKeyConstraint]:
    return [
        sa.Column("id", AutoString(length=36), nullable=False),
        *_key("negotiation_id", "negotiation"),
        *_key("seance_id", "seance"),
        sa.PrimaryKeyConstraint("id"),
    ]


def _points() -> None:
    op.create_table(
        "seance_point",
        *_of_a_seance(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        *_key("clause_id", "clause", nullable=True),
        *_key("part_id", "part", nullable=True),
        sa.Column("planned_minutes", sa.Integer(), nullable=True),
        sa.Column("began_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
    )
    op.create_index("ix_seance_point_negotiation_id", "seance_point", ["negotiation_id"], unique=False)
    op.create_index("ix_seance_point_seance", "seance_point", ["seance_id", "position"], unique=False)


def _attendance() -> None:
    op.create_table(
        "seance_attendance",
        *_of_a_seance(),
        *_key("party_id", "party"),
        *_key("member_id", "member", nullable=True),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("expected", sa.Boolean(), nullable=False),
        sa.Column("arrived_at", UTCDateTime(), nullable=True),
        sa.Column("noted_by", AutoString(length=36), nullable=True),
        sa.UniqueConstraint("seance_id", "member_id"),
    )
    for column in ("negotiation_id", "seance_id"):
        op.create_index(f"ix_seance_attendance_{column}", "seance_attendance", [column], unique=False)


def _decisions() -> None:
    op.create_table(
        "seance_decision",
        *_of_a_seance(),
        sa.Column("point_id", AutoString(length=36), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        _closed_list("kind", "decisionkind_values", "agreement", "reserve", "question", "task", "sent_to_copil"),
        *_key("party_id", "party", nullable=True),
        *_key("clause_id", "clause", nullable=True),
        sa.Column("version_id", AutoString(length=36), nullable=True),
        sa.Column("version_number", sa.Integer(), nullable=True),
        sa.Column("fingerprint", AutoString(length=64), nullable=True),
        sa.Column("before_version_id", AutoString(length=36), nullable=True),
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("owner_id", AutoString(length=36), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        _closed_list("state", "decisionstate_values", "proposed", "waiting", "bound", "unbound", "cancelled"),
        *_key("recorded_by", "member"),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("request_key", AutoString(length=36), nullable=True),
        sa.Column("decided_by", AutoString(length=36), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        _closed_list("method", "method_values", "link", "password", "declared", nullable=True),
        sa.Column("binds_at", UTCDateTime(), nullable=True),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("settled_by", AutoString(length=36), nullable=True),
        _closed_list(
            "reason",
            "unbound_values",
            "text_changed",
            "not_entitled",
            "not_possible",
            "not_confirmed",
            nullable=True,
        ),
        sa.Column("move_id", AutoString(length=36), nullable=True),
        sa.Column("task_id", AutoString(length=36), nullable=True),
        sa.UniqueConstraint("recorded_by", "request_key"),
    )
    op.create_index("ix_seance_decision_negotiation_id", "seance_decision", ["negotiation_id"], unique=False)
    op.create_index("ix_seance_decision_seance", "seance_decision", ["seance_id", "rank"], unique=False)
    op.create_index("ix_seance_decision_due", "seance_decision", ["state", "binds_at"], unique=False)
