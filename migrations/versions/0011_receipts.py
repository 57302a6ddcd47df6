"""Receipts of binding moves are a notice of their own; a link passed on by hand opens one seat; visas.

Whoever had stopped every mail receives no receipt either. Links passed on before this, of which no seat is known, open
nothing any more: the invitation is made again.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import AutoString

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BEFORE = ("your_turn", "mention", "voided", "visa", "task", "moves", "talk", "table")
AFTER = (*BEFORE, "receipt")


def upgrade() -> None:
    op.add_column("person", sa.Column("confined", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("signin_link", sa.Column("member_id", AutoString(length=36), nullable=True))
    op.execute(
        "ALTER TABLE visa_request ADD COLUMN method VARCHAR(40) "
        "CONSTRAINT method_values CHECK (method IN ('link', 'password', 'declared'))"
    )
    _restrict(AFTER)
    op.execute(
        "INSERT INTO notice_choice (person_id, negotiation_id, notice, rhythm) "
        "SELECT person_id, negotiation_id, 'receipt', 'off' FROM notice_choice WHERE rhythm = 'off' "
        f"GROUP BY person_id, negotiation_id HAVING count(*) = {len(BEFORE)}"
    )


def downgrade() -> None:
    op.execute("DELETE FROM notice_choice WHERE notice = 'receipt'")
    _restrict(BEFORE)
    op.execute("ALTER TABLE visa_request DROP COLUMN method")
    op.drop_column("signin_link", "member_id")
    op.drop_column("person", "confined")


def _restrict(values: tuple[str, ...]) -> None:
    with op.batch_alter_table("notice_choice") as batch_op:
        batch_op.drop_constraint("notice_values", type_="check")
        batch_op.create_check_constraint("notice_values", sa.column("notice").in_(values))
