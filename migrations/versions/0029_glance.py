"""What happened on each clause, summed up.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clause_glance",
        sa.Column("clause_id", AutoString(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("clause_id"),
    )


def downgrade() -> None:
    op.drop_table("clause_glance")
