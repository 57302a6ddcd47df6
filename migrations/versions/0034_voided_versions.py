"""A frozen version may be voided before anybody signs it: who asks, who consents, and what was voided.

`frozen_at` goes back to NULL in that one case, which the database checks itself: every version frozen so far is voided,
and none bears a signature. What was voided isn't signed any more.

Revision ID: 0034
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0034"
down_revision = "0036"
branch_labels = None
depends_on = None

ID = AutoString(length=36)
REOPENED = (
    "EXISTS (SELECT 1 FROM frozen_version WHERE frozen_version.negotiation_id = OLD.id) "
    "AND NOT EXISTS (SELECT 1 FROM frozen_version WHERE frozen_version.negotiation_id = OLD.id "
    "AND frozen_version.id NOT IN (SELECT frozen_version_id FROM voided_version)) "
    "AND NOT EXISTS (SELECT 1 FROM signature WHERE signature.negotiation_id = OLD.id "
    "AND signature.signed_on IS NOT NULL)"
)
VOIDED = "EXISTS (SELECT 1 FROM voided_version WHERE voided_version.frozen_version_id = {row}.frozen_version_id)"
BEYOND_RECALL = (
    "EXISTS (SELECT 1 FROM signature WHERE signature.frozen_version_id = NEW.frozen_version_id "
    "AND signature.signed_on IS NOT NULL) "
    "OR EXISTS (SELECT 1 FROM frozen_version WHERE frozen_version.id = NEW.frozen_version_id AND declared)"
)
GUARDS = (
    ("voided_version_never_updated", "voided_version", "UPDATE", "", "immutable: voided_version"),
    ("voided_version_never_deleted", "voided_version", "DELETE", "", "immutable: voided_version"),
    ("voided_version_unsigned", "voided_version", "INSERT", BEYOND_RECALL, "signed: voided_version"),
    (
        "negotiation_stays_frozen",
        "negotiation",
        "UPDATE",
        f"OLD.frozen_at IS NOT NULL AND NEW.frozen_at IS NULL AND NOT ({REOPENED})",
        "frozen: negotiation",
    ),
    ("signature_voided", "signature", "UPDATE", VOIDED.format(row="NEW"), "voided: signature"),
    ("signed_increment_voided", "signed_increment", "INSERT", VOIDED.format(row="NEW"), "voided: signed_increment"),
)
"""(trigger, table, write, refused when, message)."""


def upgrade() -> None:
    op.create_table(
        "unfreeze_request",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        _key("frozen_version_id", "frozen_version.id"),
        _key("party_id", "party.id"),
        _key("member_id", "member.id"),
        sa.Column("motive", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("frozen_version_id", "party_id"),
    )
    op.create_table(
        "voided_version",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        _key("frozen_version_id", "frozen_version.id"),
        _key("party_id", "party.id"),
        sa.Column("motive", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("frozen_version_id"),
    )
    for table, column in (
        ("unfreeze_request", "negotiation_id"),
        ("unfreeze_request", "frozen_version_id"),
        ("voided_version", "negotiation_id"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])
    for name, table, write, when, message in GUARDS:
        _refuse(name, table, write, when, message)


def downgrade() -> None:
    for name, table, _, _, _ in reversed(GUARDS):
        _allow(name, table)
    op.drop_table("voided_version")
    op.drop_table("unfreeze_request")


def _key(name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=36), sa.ForeignKey(target, ondelete="CASCADE"), nullable=False)


def _refuse(name: str, table: str, write: str, when: str, message: str) -> None:
    """A trigger that refuses a write, always or for the rows of which `when` is true."""
    if op.get_bind().dialect.name == "sqlite":
        condition = f"WHEN {when} " if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {write} ON {table} {condition}BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    row = "OLD" if write == "DELETE" else "NEW"
    refusal = f"RAISE EXCEPTION '{message}';"
    body = f"IF {when} THEN {refusal} END IF; RETURN {row};" if when else f"{refusal} RETURN {row};"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    op.execute(f"CREATE TRIGGER {name} BEFORE {write} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _allow(name: str, table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
        return
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"DROP FUNCTION {name}()")
