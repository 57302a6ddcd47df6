"""A deliberation says when it was sent to the State.

Revision ID: 0035
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consultation", sa.Column("sent_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("consultation", "sent_on")
