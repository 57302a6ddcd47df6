"""The moves of a clause found by one index: without statistics, SQLite chose the negotiation’s and read all of it.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_move_negotiation_clause_rank", "move", ["negotiation_id", "clause_id", "rank"], unique=False)
    op.drop_index("ix_move_negotiation_id", table_name="move")


def downgrade() -> None:
    op.create_index("ix_move_negotiation_id", "move", ["negotiation_id"], unique=False)
    op.drop_index("ix_move_negotiation_clause_rank", table_name="move")
