"""Files that take long, while they are made and until their asker has them.

Revision ID: 0042
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0042"
down_revision = "0043"
branch_labels = None
depends_on = None

ID = AutoString(length=36)


def upgrade() -> None:
    op.create_table(
        "prepared_file",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        sa.Column("circle", AutoString(length=60), nullable=False),
        _key("member_id", "member.id"),
        sa.Column("kind", _values("preparedkind", "export"), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("state", _values("preparedstate", "making", "ready", "failed"), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("step", AutoString(length=200), nullable=False),
        sa.Column("step_at", UTCDateTime(), nullable=False),
        sa.Column("file_name", AutoString(length=200), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.UniqueConstraint("member_id", "kind"),
    )
    op.create_index("ix_prepared_file_negotiation_id", "prepared_file", ["negotiation_id"])


def downgrade() -> None:
    op.drop_table("prepared_file")


def _key(name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=36), sa.ForeignKey(target, ondelete="CASCADE"), nullable=False)


def _values(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=f"{name}_values", native_enum=False, create_constraint=True, length=40)
