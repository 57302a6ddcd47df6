"""The message that a decision comes from.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seance_decision", sa.Column("message_id", AutoString(length=36), nullable=True))
    op.create_index("ix_seance_decision_message", "seance_decision", ["message_id"])


def downgrade() -> None:
    op.drop_index("ix_seance_decision_message", table_name="seance_decision")
    op.drop_column("seance_decision", "message_id")
