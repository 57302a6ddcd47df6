"""What was sealed and signed: terms of signature, increments, scans, sealed heads, public keys; none of it changes.

A signature that was given is immutable from then on; terms are fixed with the contract.

Revision ID: 0032
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0032"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = AutoString(length=36)
HASH = AutoString(length=64)
IMMUTABLE = ("signed_increment", "paper_signature", "paper_confirmation", "head_seal", "platform_key")
SIGNED = "OLD.signed_on IS NOT NULL"
FROZEN = "(SELECT frozen_at FROM negotiation WHERE id = {row}.negotiation_id) IS NOT NULL"


def upgrade() -> None:
    _columns()
    _tables()
    for table in IMMUTABLE:
        for write in ("UPDATE", "DELETE"):
            _refuse(f"{table}_never_{write.lower()}d", table, write, "", f"immutable: {table}")
    for write in ("UPDATE", "DELETE"):
        _refuse(f"signature_given_{write.lower()}", "signature", write, SIGNED, "immutable: signature")
    for write in ("INSERT", "UPDATE", "DELETE"):
        row = "OLD" if write == "DELETE" else "NEW"
        _refuse(
            f"signing_terms_frozen_{write.lower()}",
            "signing_terms",
            write,
            FROZEN.format(row=row),
            "frozen: signing_terms",
        )


def downgrade() -> None:
    for write in ("UPDATE", "DELETE"):
        _allow(f"signature_given_{write.lower()}", "signature")
    for table in (
        "paper_confirmation",
        "paper_signature",
        "signed_increment",
        "signing_terms",
        "head_seal",
        "platform_key",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        names = [f"{table}_never_{write}d" for table in IMMUTABLE for write in ("update", "delete")]
        names += [f"signing_terms_frozen_{write}" for write in ("insert", "update", "delete")]
        for name in names:
            op.execute(f"DROP FUNCTION {name}()")
    for table, columns in (
        ("signature", ("field", "declined_at", "decline_reason")),
        ("frozen_version", ("terms", "seal")),
    ):
        for column in columns:
            op.drop_column(table, column)


def _columns() -> None:
    for column in ("terms", "seal"):
        op.add_column(
            "frozen_version", sa.Column(column, sa.JSON(none_as_null=True), server_default="{}", nullable=False)
        )
    op.add_column("signature", sa.Column("field", AutoString(length=200), server_default="", nullable=False))
    op.add_column("signature", sa.Column("declined_at", UTCDateTime(), nullable=True))
    op.add_column("signature", sa.Column("decline_reason", sa.Text(), server_default="", nullable=False))


def _tables() -> None:
    orders = sa.Enum("free", "fixed", name="signingorder_values", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        "signing_terms",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        sa.Column("order", orders, nullable=False),
        sa.Column("every", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("set_by", ID, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("negotiation_id"),
    )
    op.create_table(
        "signed_increment",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        _key("frozen_version_id", "frozen_version.id"),
        _key("signature_id", "signature.id", nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("file_hash", HASH, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("frozen_version_id", "number"),
    )
    op.create_table(
        "paper_signature",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        _key("frozen_version_id", "frozen_version.id"),
        _key("signature_id", "signature.id"),
        sa.Column("content_hash", HASH, nullable=False),
        sa.Column("mandate", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("media_type", AutoString(length=40), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("data_hash", HASH, nullable=False),
        _key("member_id", "member.id"),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_table(
        "paper_confirmation",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        _key("paper_id", "paper_signature.id"),
        _key("party_id", "party.id"),
        _key("member_id", "member.id"),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.UniqueConstraint("paper_id", "party_id"),
    )
    op.create_table(
        "head_seal",
        sa.Column("id", ID, primary_key=True),
        _key("negotiation_id", "negotiation.id"),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("signature", AutoString(length=128), nullable=False),
        sa.Column("public_key", HASH, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_table(
        "platform_key",
        sa.Column("fingerprint", HASH, primary_key=True),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("first_used_at", UTCDateTime(), nullable=False),
    )
    for table, column in (
        ("signed_increment", "negotiation_id"),
        ("signed_increment", "frozen_version_id"),
        ("signed_increment", "file_hash"),
        ("paper_signature", "negotiation_id"),
        ("paper_signature", "signature_id"),
        ("paper_confirmation", "negotiation_id"),
        ("paper_confirmation", "paper_id"),
        ("head_seal", "negotiation_id"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])


def _key(name: str, target: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=36), sa.ForeignKey(target, ondelete="CASCADE"), nullable=nullable)


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
