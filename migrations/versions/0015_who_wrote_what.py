"""Which party wrote which words of a live draft, and words set aside when its clause starts again.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("draft", sa.Column("credited", sa.Integer(), server_default="0", nullable=False))
    op.add_column("visa_request", sa.Column("written", sa.JSON(), nullable=True))
    op.create_table(
        "draft_credit",
        sa.Column("draft_id", AutoString(length=36), nullable=False),
        sa.Column("clause_id", AutoString(length=36), nullable=False),
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.Column("deletions", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("draft_id", "clause_id"),
    )
    op.create_table(
        "draft_set_aside",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("draft_id", AutoString(length=36), nullable=False),
        sa.Column("clause_id", AutoString(length=36), nullable=False),
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "draft_followed",
        sa.Column("draft_id", AutoString(length=36), nullable=False),
        sa.Column("clause_id", AutoString(length=36), nullable=False),
        sa.Column("version_id", AutoString(length=36), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("draft_id", "clause_id"),
    )
    op.create_index("ix_draft_set_aside_clause", "draft_set_aside", ["draft_id", "clause_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_draft_set_aside_clause", table_name="draft_set_aside")
    op.drop_table("draft_followed")
    op.drop_table("draft_set_aside")
    op.drop_table("draft_credit")
    op.drop_column("visa_request", "written")
    op.drop_column("draft", "credited")
