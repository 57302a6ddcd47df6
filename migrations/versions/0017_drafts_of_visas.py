"""The draft that a proposal comes from, while it waits for its visa.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visa_request", sa.Column("draft", AutoString(length=60), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("visa_request", "draft")
