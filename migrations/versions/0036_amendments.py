"""Avenants: what a negotiation changes of a signed contract.

Revision ID: 0036
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0036"
down_revision = "0033"
branch_labels = None
depends_on = None

ID = AutoString(length=36)


def upgrade() -> None:
    kinds = sa.Enum(
        "change",
        "extension",
        "termination",
        name="amendmentkind_values",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        "amendment",
        sa.Column("id", ID, primary_key=True),
        sa.Column("negotiation_id", sa.String(36), sa.ForeignKey("negotiation.id", ondelete="CASCADE"), nullable=False),
        sa.Column("root_key", AutoString(length=120), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_by", ID, nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("amended_reference", AutoString(), nullable=False),
        sa.Column("amended_title", AutoString(), nullable=False),
        sa.Column("amended_label", AutoString(), nullable=False),
        sa.Column("amended_number", AutoString(length=40), nullable=False),
        sa.Column("amended_content_hash", AutoString(length=64), nullable=False),
        sa.Column("amended_pdf_hash", AutoString(length=64), nullable=False),
        sa.Column("amended_on", sa.Date(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("requested_by", AutoString(length=80), nullable=False),
        sa.Column("effect_on", sa.Date(), nullable=False),
        sa.Column("term_before", sa.Date(), nullable=False),
        sa.Column("term_after", sa.Date(), nullable=True),
        sa.Column("closing", sa.JSON(none_as_null=True), nullable=False, server_default="{}"),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("closed_reason", AutoString(), nullable=True),
        sa.UniqueConstraint("negotiation_id"),
        sa.UniqueConstraint("root_key", "number"),
    )
    waiting = sa.text("settled_at IS NULL")
    op.create_index(
        "ix_amendment_open", "amendment", ["root_key"], unique=True, sqlite_where=waiting, postgresql_where=waiting
    )


def downgrade() -> None:
    op.drop_index("ix_amendment_open", table_name="amendment")
    op.drop_table("amendment")
