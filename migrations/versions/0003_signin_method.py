"""How a session recognised its person: a link or a password. Every binding move keeps it as evidence.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

METHODS = sa.Enum(
    "link", "password", "declared", native_enum=False, create_constraint=True, name="method_values", length=40
)


def upgrade() -> None:
    op.execute(sa.text("DELETE FROM signin_session"))  # whoever was signed in signs in again, with a known method
    with op.batch_alter_table("signin_session") as batch_op:
        batch_op.add_column(sa.Column("method", METHODS, nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("signin_session") as batch_op:
        batch_op.drop_constraint("method_values", type_="check")
        batch_op.drop_column("method")
