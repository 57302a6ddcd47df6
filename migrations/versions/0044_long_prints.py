"""A long contract is typeset beside the requests, as an export is made; what there is to say of a file that is over.

Revision ID: 0044
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import AutoString

revision = "0044"
down_revision = "0042"
branch_labels = None
depends_on = None

BEFORE = ("export",)
AFTER = (*BEFORE, "project", "marked", "consolidated")


def upgrade() -> None:
    _restrict(AFTER)
    op.add_column("prepared_file", sa.Column("told", AutoString(length=500), server_default="", nullable=False))


def downgrade() -> None:
    op.execute("DELETE FROM prepared_file WHERE kind <> 'export'")
    op.drop_column("prepared_file", "told")
    _restrict(BEFORE)


def _restrict(values: tuple[str, ...]) -> None:
    with op.batch_alter_table("prepared_file") as batch_op:
        batch_op.drop_constraint("preparedkind_values", type_="check")
        batch_op.create_check_constraint("preparedkind_values", sa.column("kind").in_(values))
