"""Comments on words of a draft, that no version holds: the text that they were made on.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comment_thread", sa.Column("text", AutoString(), server_default="", nullable=False))
    op.add_column("comment_thread", sa.Column("draft", AutoString(length=60), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("comment_thread", "draft")
    op.drop_column("comment_thread", "text")
