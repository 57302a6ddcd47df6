"""A negotiation keeps no settings beside its clauses: what the parties agree about the table is in the note de cadrage.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("negotiation", "settings")


def downgrade() -> None:
    op.add_column("negotiation", sa.Column("settings", sa.JSON(), server_default="{}", nullable=False))
