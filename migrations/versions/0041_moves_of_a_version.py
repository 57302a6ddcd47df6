"""The moves that table, answer or take back a version are found by it.

Revision ID: 0041
Revises: 0040
"""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_move_version", "move", ["version_id"])


def downgrade() -> None:
    op.drop_index("ix_move_version", table_name="move")
