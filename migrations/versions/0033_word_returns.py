"""Files that came back from Word, as read, until their party confirms or drops them.

Revision ID: 0033
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0033"
down_revision = "0035"
branch_labels = None
depends_on = None

ID = AutoString(length=36)


def upgrade() -> None:
    states = sa.Enum(
        "waiting",
        "confirmed",
        "dropped",
        name="returnstate_values",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        "word_return",
        sa.Column("id", ID, primary_key=True),
        sa.Column("negotiation_id", sa.String(36), sa.ForeignKey("negotiation.id", ondelete="CASCADE"), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column("member_id", sa.String(36), sa.ForeignKey("member.id", ondelete="CASCADE"), nullable=False),
        sa.Column("request_key", ID, nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("file_name", AutoString(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("reading", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.UniqueConstraint("member_id", "request_key"),
    )
    op.create_index("ix_word_return_negotiation_id", "word_return", ["negotiation_id"])


def downgrade() -> None:
    op.drop_index("ix_word_return_negotiation_id", table_name="word_return")
    op.drop_table("word_return")
