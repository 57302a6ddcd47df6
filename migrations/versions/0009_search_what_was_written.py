"""What search reads of what was written before it was kept.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

from negotiation.store.search_index import index_everything

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index_everything(op.get_bind())


def downgrade() -> None:
    """Rows that nothing reads harm nobody."""
