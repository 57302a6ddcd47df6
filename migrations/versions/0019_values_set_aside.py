"""The value that a draft's field held when its clause started again, beside the words set aside.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("draft_set_aside", sa.Column("value", AutoString(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("draft_set_aside", "value")
