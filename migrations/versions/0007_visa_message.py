"""A proposal that came from a message of the discussion keeps its link while it waits for a visa.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visa_request", sa.Column("message_id", AutoString(length=36), nullable=True))


def downgrade() -> None:
    op.execute("ALTER TABLE visa_request DROP COLUMN message_id")
