"""The few moves that outlive the text on which they were made are found by their type, and no others are read.

Revision ID: 0040
Revises: 0034
"""

from alembic import op

revision = "0040"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_move_type", "move", ["negotiation_id", "circle", "type", "clause_id", "rank"])


def downgrade() -> None:
    op.drop_index("ix_move_type", table_name="move")
