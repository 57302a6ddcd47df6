"""The first schema: people, contract, exchange, record, preparation, follow-up.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "negotiation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("contract_type", sa.String(), nullable=False),
        sa.Column("legal_basis", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("territory", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "in_negotiation",
                "signed",
                "in_force",
                "in_evaluation",
                name="negotiationstatus_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "phase",
            sa.Enum(
                "cadrage",
                "diagnostic",
                "negociation",
                "signature",
                "suivi",
                "evaluation",
                name="phase_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("contract_start", sa.Date(), nullable=False),
        sa.Column("contract_end", sa.Date(), nullable=False),
        sa.Column("duration_years", sa.String(length=20), nullable=False),
        sa.Column("extension_months_max", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("situation_on", sa.Date(), nullable=True),
        sa.Column("frozen_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "avenant",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("avenant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_avenant_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "calendar_item",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("time", sa.String(), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("party_keys", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("produces", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("calendar_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_item_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "consultation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("body_name", sa.String(), nullable=False),
        sa.Column("calendar_key", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("opinion", sa.String(), nullable=False),
        sa.Column("reserve", sa.String(), nullable=False),
        sa.Column("party_key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultation_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "datum",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("essms_key", sa.String(), nullable=True),
        sa.Column("values", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("validated_by", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("datum", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_datum_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "declared_signature",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("declared_signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_declared_signature_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "diagnosis",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("agreed_by", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("swot", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("external", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("financial_capacity", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("questions", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("diagnosis", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_diagnosis_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "dialogue_de_gestion",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("calendar_key", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attendees", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("action_reviews", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("indicator_reviews", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("conclusions", sa.String(), nullable=False),
        sa.Column("decisions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("minutes_validated_on", sa.Date(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("dialogue_de_gestion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dialogue_de_gestion_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "document",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "cadrage", "contrat", name="documentkind_values", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "kind"),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "essms",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("capacity", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("total_places", sa.Integer(), nullable=False),
        sa.Column("funder_party_ids", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("finess", sa.String(), nullable=False),
        sa.Column("commune", sa.String(), nullable=False),
        sa.Column("opening_days", sa.Integer(), nullable=False),
        sa.Column("authorised_until", sa.Date(), nullable=True),
        sa.Column("features", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("essms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_essms_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "evaluation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("calendar_key", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("shared_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("team", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("results", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("lessons", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("next_contract", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("evaluation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evaluation_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "finding",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("polarity", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("essms_key", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("validated_by", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "framework",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("base_year", sa.Integer(), nullable=False),
        sa.Column("base_budget", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("update_rule", sa.String(), nullable=False),
        sa.Column("head_office_rate_percent", sa.String(), nullable=False),
        sa.Column("caf_forecast", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("results_allocation", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("framework", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_framework_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "frozen_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_hash", sa.String(length=64), nullable=False),
        sa.Column("heads", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("frozen_at", UTCDateTime(), nullable=False),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "number"),
    )
    with op.batch_alter_table("frozen_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_frozen_version_content_hash"), ["content_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_frozen_version_negotiation_id"), ["negotiation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_frozen_version_pdf_hash"), ["pdf_hash"], unique=False)

    op.create_table(
        "history_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("circle", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("clause_id", sa.String(length=36), nullable=True),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("header_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "circle", "sequence"),
    )
    with op.batch_alter_table("history_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_history_entry_clause_id"), ["clause_id"], unique=False)

    op.create_table(
        "import_record",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("import_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_record_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("circle", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("part_id", sa.String(length=36), nullable=True),
        sa.Column("clause_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("delivered_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_delivered_at"), ["delivered_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "party",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "OG",
                "ARS",
                "DEPARTEMENT",
                "METROPOLE",
                "ETAT",
                "AUTRE_ATC",
                "PARTENAIRE",
                name="partykind_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "side",
            sa.Enum(
                "gestionnaire",
                "autorite",
                "associe",
                name="side_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("signatory_title", sa.String(), nullable=False),
        sa.Column("letter", sa.String(length=3), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
        sa.UniqueConstraint("negotiation_id", "letter"),
    )
    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_party_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "seance",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("calendar_key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("start", sa.String(), nullable=False),
        sa.Column("end", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("attendees", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("facilitator", sa.String(), nullable=False),
        sa.Column("note_taker", sa.String(), nullable=False),
        sa.Column("agenda", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("decisions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("engagement_codes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("seance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seance_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "signin_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("signin_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signin_link_person_id"), ["person_id"], unique=False)

    op.create_table(
        "signin_session",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("authenticated_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("signin_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signin_session_person_id"), ["person_id"], unique=False)

    op.create_table(
        "support_document",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("provided_by", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("circle", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("support_document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_support_document_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "member",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("rights", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
        sa.UniqueConstraint("negotiation_id", "person_id"),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_negotiation_id"), ["negotiation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_member_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_member_person_id"), ["person_id"], unique=False)

    op.create_table(
        "part",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("parent_id", sa.String(length=36), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "article",
                "strategic_objective",
                "operational_objective",
                "fiche_action",
                "indicator",
                "funding_line",
                "framing_section",
                name="partkind_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["part.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "kind", "key"),
    )
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_part_document_id"), ["document_id"], unique=False)
        batch_op.create_index("ix_part_document_position", ["document_id", "position"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_negotiation_id"), ["negotiation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "avenant_move",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("avenant_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("circle", sa.String(length=60), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("accepts", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["avenant_id"], ["avenant.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("avenant_move", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_avenant_move_avenant_id"), ["avenant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_avenant_move_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "clause",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("part_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "text", "engagement", name="clausekind_values", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("field", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "value_kind",
            sa.Enum(
                "none",
                "number",
                "amount",
                "date",
                "choice",
                "list",
                name="valuekind_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("debtor_party_id", sa.String(length=36), nullable=True),
        sa.Column("follows_id", sa.String(length=36), nullable=True),
        sa.Column("working_text", sa.String(), nullable=False),
        sa.Column("working_value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "to_write",
                "proposed",
                "countered",
                "partially_agreed",
                "agreed",
                "reopened",
                "withdrawn",
                name="clausestate_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("current_version_id", sa.String(length=36), nullable=True),
        sa.Column("agreed_version_id", sa.String(length=36), nullable=True),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("behind", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("open_reserves", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reopening", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reopening_by", sa.String(length=36), nullable=True),
        sa.Column("moved_on", UTCDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["debtor_party_id"], ["party.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["follows_id"], ["clause.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("part_id", "field"),
    )
    with op.batch_alter_table("clause", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clause_debtor_party_id"), ["debtor_party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_clause_follows_id"), ["follows_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_clause_negotiation_id"), ["negotiation_id"], unique=False)
        batch_op.create_index("ix_clause_negotiation_kind", ["negotiation_id", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_clause_part_id"), ["part_id"], unique=False)
        batch_op.create_index("ix_clause_part_position", ["part_id", "position"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("part_id", sa.String(length=36), nullable=False),
        sa.Column("circle", sa.String(length=60), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("part_id", "circle"),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "freeze_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "party_id"),
    )
    with op.batch_alter_table("freeze_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_freeze_request_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("circle", sa.String(length=60), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("refs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_channel", ["negotiation_id", "circle", "rank"], unique=False)

    op.create_table(
        "observation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("part_id", sa.String(length=36), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("part_id", "year"),
    )
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_observation_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "signature",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("frozen_version_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("mandate", sa.String(), nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("signed_at", UTCDateTime(), nullable=True),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["frozen_version_id"], ["frozen_version.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signature_frozen_version_id"), ["frozen_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_signature_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "clause_party",
        sa.Column("clause_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("clause_id", "party_id"),
    )
    op.create_table(
        "draft_update",
        sa.Column("draft_id", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.String(length=64), nullable=False),
        sa.Column("update", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("party_id", sa.String(length=36), nullable=True),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("draft_id", "sequence"),
        sa.UniqueConstraint("draft_id", "op_id"),
    )
    op.create_table(
        "draft_writer",
        sa.Column("draft_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("party_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("draft_id", "epoch", "client_id"),
    )
    op.create_table(
        "move",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("clause_id", sa.String(length=36), nullable=False),
        sa.Column("circle", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "proposal",
                "counter_proposal",
                "acceptance",
                "rejection",
                "withdrawal",
                "reserve",
                "reserve_lifted",
                "reserve_maintained",
                "reopening",
                "reopening_consent",
                "question",
                "answer",
                "comment",
                name="move_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("motive", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("reply_to_id", sa.String(length=36), nullable=True),
        sa.Column("bundle", sa.String(length=36), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("attributes", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("negotiation_id", "key"),
    )
    with op.batch_alter_table("move", schema=None) as batch_op:
        batch_op.create_index("ix_move_clause_rank", ["clause_id", "rank"], unique=False)
        batch_op.create_index(batch_op.f("ix_move_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "reserve",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("clause_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("move_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "lifted",
                "maintained",
                "moot",
                name="reservestate_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("settled_by_move_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("reserve", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reserve_clause_id"), ["clause_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reserve_negotiation_id"), ["negotiation_id"], unique=False)

    op.create_table(
        "version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("clause_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_party_id", sa.String(length=36), nullable=True),
        sa.Column("member_id", sa.String(length=36), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("base_version_id", sa.String(length=36), nullable=True),
        sa.Column("motive", sa.String(), nullable=False),
        sa.Column("tabled_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["author_party_id"], ["party.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("clause_id", "number"),
    )
    with op.batch_alter_table("version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_version_clause_id"), ["clause_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_version_negotiation_id"), ["negotiation_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_version_negotiation_id"))
        batch_op.drop_index(batch_op.f("ix_version_clause_id"))

    op.drop_table("version")
    with op.batch_alter_table("reserve", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reserve_negotiation_id"))
        batch_op.drop_index(batch_op.f("ix_reserve_clause_id"))

    op.drop_table("reserve")
    with op.batch_alter_table("move", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_move_negotiation_id"))
        batch_op.drop_index("ix_move_clause_rank")

    op.drop_table("move")
    op.drop_table("draft_writer")
    op.drop_table("draft_update")
    op.drop_table("clause_party")
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signature_negotiation_id"))
        batch_op.drop_index(batch_op.f("ix_signature_frozen_version_id"))

    op.drop_table("signature")
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_observation_negotiation_id"))

    op.drop_table("observation")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_channel")

    op.drop_table("message")
    with op.batch_alter_table("freeze_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_freeze_request_negotiation_id"))

    op.drop_table("freeze_request")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_negotiation_id"))

    op.drop_table("draft")
    with op.batch_alter_table("clause", schema=None) as batch_op:
        batch_op.drop_index("ix_clause_part_position")
        batch_op.drop_index(batch_op.f("ix_clause_part_id"))
        batch_op.drop_index("ix_clause_negotiation_kind")
        batch_op.drop_index(batch_op.f("ix_clause_negotiation_id"))
        batch_op.drop_index(batch_op.f("ix_clause_follows_id"))
        batch_op.drop_index(batch_op.f("ix_clause_debtor_party_id"))

    op.drop_table("clause")
    with op.batch_alter_table("avenant_move", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_avenant_move_negotiation_id"))
        batch_op.drop_index(batch_op.f("ix_avenant_move_avenant_id"))

    op.drop_table("avenant_move")
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_part_parent_id"))
        batch_op.drop_index(batch_op.f("ix_part_negotiation_id"))
        batch_op.drop_index("ix_part_document_position")
        batch_op.drop_index(batch_op.f("ix_part_document_id"))

    op.drop_table("part")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_person_id"))
        batch_op.drop_index(batch_op.f("ix_member_party_id"))
        batch_op.drop_index(batch_op.f("ix_member_negotiation_id"))

    op.drop_table("member")
    with op.batch_alter_table("support_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_support_document_negotiation_id"))

    op.drop_table("support_document")
    with op.batch_alter_table("signin_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signin_session_person_id"))

    op.drop_table("signin_session")
    with op.batch_alter_table("signin_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signin_link_person_id"))

    op.drop_table("signin_link")
    with op.batch_alter_table("seance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seance_negotiation_id"))

    op.drop_table("seance")
    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_party_negotiation_id"))

    op.drop_table("party")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_negotiation_id"))
        batch_op.drop_index(batch_op.f("ix_outbox_delivered_at"))

    op.drop_table("outbox")
    with op.batch_alter_table("import_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_record_negotiation_id"))

    op.drop_table("import_record")
    with op.batch_alter_table("history_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_history_entry_clause_id"))

    op.drop_table("history_entry")
    with op.batch_alter_table("frozen_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_frozen_version_pdf_hash"))
        batch_op.drop_index(batch_op.f("ix_frozen_version_negotiation_id"))
        batch_op.drop_index(batch_op.f("ix_frozen_version_content_hash"))

    op.drop_table("frozen_version")
    with op.batch_alter_table("framework", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_framework_negotiation_id"))

    op.drop_table("framework")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_negotiation_id"))

    op.drop_table("finding")
    with op.batch_alter_table("evaluation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evaluation_negotiation_id"))

    op.drop_table("evaluation")
    with op.batch_alter_table("essms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_essms_negotiation_id"))

    op.drop_table("essms")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_negotiation_id"))

    op.drop_table("document")
    with op.batch_alter_table("dialogue_de_gestion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dialogue_de_gestion_negotiation_id"))

    op.drop_table("dialogue_de_gestion")
    with op.batch_alter_table("diagnosis", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_diagnosis_negotiation_id"))

    op.drop_table("diagnosis")
    with op.batch_alter_table("declared_signature", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_declared_signature_negotiation_id"))

    op.drop_table("declared_signature")
    with op.batch_alter_table("datum", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_datum_negotiation_id"))

    op.drop_table("datum")
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consultation_negotiation_id"))

    op.drop_table("consultation")
    with op.batch_alter_table("calendar_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calendar_item_negotiation_id"))

    op.drop_table("calendar_item")
    with op.batch_alter_table("avenant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_avenant_negotiation_id"))

    op.drop_table("avenant")
    op.drop_table("person")
    op.drop_table("negotiation")
