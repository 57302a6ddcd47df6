"""What the reading of a scan found, and the act that authorises a signatory, as a file.

The act of a place may be replaced until the place is signed; from then on it stays.

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

ID = AutoString(length=36)
SIGNED = "(SELECT signed_on FROM signature WHERE id = OLD.signature_id) IS NOT NULL"


def upgrade() -> None:
    reading = sa.Column("reading", sa.JSON(none_as_null=True), server_default="{}", nullable=False)
    op.add_column("paper_signature", reading)
    op.create_table(
        "signing_act",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        _key("frozen_version_id", "frozen_version.id"),
        _key("signature_id", "signature.id"),
        sa.Column("media_type", AutoString(length=40), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("data_hash", AutoString(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        _key("member_id", "member.id"),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("signature_id"),
    )
    op.create_index("ix_signing_act_negotiation_id", "signing_act", ["negotiation_id"])
    _refuse("signing_act_never_updated", "UPDATE", "")
    _refuse("signing_act_kept", "DELETE", SIGNED)


def downgrade() -> None:
    op.drop_table("signing_act")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("signing_act_never_updated", "signing_act_kept"):
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_column("paper_signature", "reading")


def _key(name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=36), sa.ForeignKey(target, ondelete="CASCADE"), nullable=False)


def _refuse(name: str, write: str, when: str) -> None:
    """A trigger that refuses a write, always or for the rows of which `when` is true."""
    message = "immutable: signing_act"
    if op.get_bind().dialect.name == "sqlite":
        condition = f"WHEN {when} " if when else ""
        refusal = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        op.execute(f"CREATE TRIGGER {name} BEFORE {write} ON signing_act {condition}{refusal}")
        return
    refusal = f"RAISE EXCEPTION '{message}';"
    body = f"IF {when} THEN {refusal} END IF; RETURN OLD;" if when else f"{refusal} RETURN OLD;"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    op.execute(f"CREATE TRIGGER {name} BEFORE {write} ON signing_act FOR EACH ROW EXECUTE FUNCTION {name}()")
