"""What a message became, and what came of a comment, found by an index: not by reading every move of a negotiation.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INDEXES = {"ix_move_message": ("move", "message_id"), "ix_task_message": ("task", "message_id")}
INDEXES |= {"ix_task_move": ("task", "move_id")}


def upgrade() -> None:
    for name, (table, column) in INDEXES.items():
        op.create_index(name, table, [column], unique=False)


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
