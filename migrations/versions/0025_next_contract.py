"""A negotiation says which contract it follows.

Revision ID: 0025
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0025"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("negotiation", sa.Column("follows", AutoString(length=120), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("negotiation", "follows")
