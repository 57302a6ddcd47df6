"""Where a clause stood at a date is found by indexes that hold all that is asked: nothing of a long history is read.

Revision ID: 0028
Revises: 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_move_told", "move", ["negotiation_id", "circle", "clause_id", "rank", "at", "type"])
    op.create_index("ix_move_day", "move", ["negotiation_id", "circle", "at"])
    op.create_index("ix_history_entry_kind", "history_entry", ["negotiation_id", "circle", "kind", "sequence"])


def downgrade() -> None:
    op.drop_index("ix_history_entry_kind", table_name="history_entry")
    op.drop_index("ix_move_day", table_name="move")
    op.drop_index("ix_move_told", table_name="move")
