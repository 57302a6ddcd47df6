"""Files that went out to Word, as they left.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ID = AutoString(length=36)


def upgrade() -> None:
    kinds = sa.Enum(
        "docx_clean",
        "docx_tracked",
        "odt",
        name="wordkind_values",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        "word_export",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        sa.Column("circle", AutoString(length=60), nullable=False),
        _key("member_id", "member.id"),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("part_id", ID, nullable=True),
        sa.Column("texts", sa.JSON(none_as_null=True), nullable=False),
    )
    op.create_index("ix_word_export_negotiation_id", "word_export", ["negotiation_id"])


def downgrade() -> None:
    op.drop_table("word_export")


def _key(name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=36), sa.ForeignKey(target, ondelete="CASCADE"), nullable=False)
