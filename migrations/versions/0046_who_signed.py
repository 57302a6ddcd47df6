"""The name of who signed by hand, and how those who brought a scan or confirmed it were recognised.

Revision ID: 0046
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None

BY_HAND = ("paper_signature", "paper_confirmation")


def upgrade() -> None:
    signer = sa.Column("signer", AutoString(length=200), server_default="", nullable=False)
    op.add_column("paper_signature", signer)
    for table in BY_HAND:
        told = sa.Column("authentication", sa.JSON(none_as_null=True), server_default="{}", nullable=False)
        op.add_column(table, told)


def downgrade() -> None:
    for table in BY_HAND:
        op.drop_column(table, "authentication")
    op.drop_column("paper_signature", "signer")
