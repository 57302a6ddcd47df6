"""Mails that leave: what an immediate mail speaks of, how far readers were told, which facts were looked at.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENTS = {
    "mail": ("handed_at",),
    "notice_reader": ("told_weekly_until", "visited_before_at"),
    "outbox": ("noticed_at",),
}


def upgrade() -> None:
    for table, columns in MOMENTS.items():
        for column in columns:
            op.add_column(table, sa.Column(column, UTCDateTime(), nullable=True))
    op.add_column("notice_reader", sa.Column("last_weekly_on", sa.Date(), nullable=True))
    op.add_column("outbox", sa.Column("entry_id", AutoString(length=36), nullable=True))
    # What happened before mails existed makes none leave.
    op.execute("UPDATE outbox SET noticed_at = created_at")
    op.create_index("ix_outbox_noticed_at", "outbox", ["noticed_at"], unique=False)
    op.create_index("ix_history_entry_recorded", "history_entry", ["negotiation_id", "recorded_at"], unique=False)
    op.create_table(
        "mail_fact",
        sa.Column("mail_id", AutoString(length=36), nullable=False),
        sa.Column("entry_id", AutoString(length=36), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mail_id", "entry_id"),
    )


def downgrade() -> None:
    op.drop_table("mail_fact")
    op.drop_index("ix_history_entry_recorded", table_name="history_entry")
    op.drop_index("ix_outbox_noticed_at", table_name="outbox")
    for table, columns in (*MOMENTS.items(), ("notice_reader", ("last_weekly_on",)), ("outbox", ("entry_id",))):
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
