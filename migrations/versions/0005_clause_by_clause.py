"""Clause by clause: requests that need consent, private parts, visas and mandates, threads, tasks, mails.

Revision ID: 0005
Revises: 0004
"""

import json

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOVES_BEFORE = (
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
)
MOVES = (
    *MOVES_BEFORE,
    "abandonment",
    "abandonment_consent",
    "concerned_change",
    "concerned_consent",
    "request_refusal",
    "request_withdrawal",
)
KINDS_BEFORE = ("OG", "ARS", "DEPARTEMENT", "METROPOLE", "ETAT", "AUTRE_ATC", "PARTENAIRE")
KINDS = (*KINDS_BEFORE, "TIERS", "EVALUATEUR")
REQUESTS = "'reopening', 'abandonment', 'concerned'"
ERASABLE = "'comment.written', 'message.sent'"
"""Facts whose words may be taken back within their delay: the payload and its salt go, the link stays."""
KEPT = (
    "id",
    "negotiation_id",
    "circle",
    "sequence",
    "recorded_at",
    "actor",
    "kind",
    "clause_id",
    "commitment",
    "previous_hash",
    "header_hash",
)

TABLES = (
    "mail",
    "notice_choice",
    "notice_reader",
    "search_entry",
    "trame",
    "visa_rule",
    "delegation",
    "mention",
    "saved_view",
    "task",
    "mandate",
    "visa_request",
    "comment_thread",
)
COLUMNS = {
    "clause": ("maintained_reserves", "request_parties", "circle"),
    "member": ("invited_at", "invited_by", "joined_at", "ends_on", "left_at"),
    "message": ("part_id", "clause_id", "request_key", "recalled_at"),
    "move": ("request_key", "message_id", "recalled_at"),
    "negotiation": ("signature_wished_on", "trame", "settings"),
    "part": ("circle", "dropped_at", "dropped_by"),
}
"""What is added, to be taken away again."""


def upgrade() -> None:
    _new_tables()
    _new_columns()
    _requests()
    _restrict("move", "type", "move_values", MOVES)
    _restrict("party", "kind", "partykind_values", KINDS)
    _maintained_reserves()
    _erasable_words()


def _restrict(table: str, column: str, constraint: str, values: tuple[str, ...]) -> None:
    """Other values in a closed list. SQLite makes the table anew, without its triggers: they are put back."""
    bind = op.get_bind()
    triggers = []
    if bind.dialect.name == "sqlite":
        asked = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
        triggers = list(bind.execute(asked, {"name": table}).scalars())
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(constraint, type_="check")
        batch_op.create_check_constraint(constraint, sa.column(column).in_(values))
    for trigger in triggers:
        op.execute(sa.text(trigger.replace(":", "\\:")))


def _requests() -> None:
    """A pending reopening is one kind of request among others."""
    op.execute("ALTER TABLE clause RENAME COLUMN reopening TO request_consents")
    op.execute("ALTER TABLE clause RENAME COLUMN reopening_by TO request_by")
    op.execute(
        "ALTER TABLE clause ADD COLUMN request_kind VARCHAR(40) "
        f"CONSTRAINT requestkind_values CHECK (request_kind IN ({REQUESTS}))"
    )
    op.execute(
        "UPDATE clause SET request_kind = 'reopening' WHERE request_by IS NOT NULL AND negotiation_id IN "
        "(SELECT id FROM negotiation WHERE frozen_at IS NULL)"
    )


def _maintained_reserves() -> None:
    """The clause mirrors its maintained reserves, as it does the open ones. A frozen contract is left as it is."""
    bind = op.get_bind()
    rows = bind.execute(
        sa.text(
            "SELECT reserve.clause_id, reserve.party_id FROM reserve JOIN negotiation ON "
            "negotiation.id = reserve.negotiation_id WHERE reserve.state = 'maintained' AND frozen_at IS NULL"
        )
    ).all()
    parties: dict[str, set[str]] = {}
    for clause_id, party_id in rows:
        parties.setdefault(clause_id, set()).add(party_id)
    for clause_id, found in parties.items():
        change = sa.text("UPDATE clause SET maintained_reserves = :parties WHERE id = :clause")
        bind.execute(change, {"parties": json.dumps(sorted(found)), "clause": clause_id})


def _erasable_words() -> None:
    """The history stays immutable, but for the words of a comment or message that its author takes back."""
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in KEPT)
        op.execute("DROP TRIGGER history_entry_never_updated")
        op.execute(
            "CREATE TRIGGER history_entry_never_updated BEFORE UPDATE ON history_entry "
            f"WHEN NOT (OLD.kind IN ({ERASABLE}) AND NEW.payload IS NULL AND NEW.salt = '' AND {same}) "
            "BEGIN SELECT RAISE(ABORT, 'immutable: history_entry'); END"
        )
        return
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in KEPT)
    op.execute("DROP TRIGGER history_entry_immutable ON history_entry")
    op.execute(
        "CREATE FUNCTION history_entry_erasable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' AND OLD.kind IN ({ERASABLE}) AND NEW.payload IS NULL AND NEW.salt = '' AND {same} "
        "THEN RETURN NEW; END IF; RAISE EXCEPTION 'immutable: history_entry'; END $$"
    )
    op.execute(
        "CREATE TRIGGER history_entry_immutable BEFORE UPDATE OR DELETE ON history_entry "
        "FOR EACH ROW EXECUTE FUNCTION history_entry_erasable()"
    )


def _new_columns() -> None:
    op.add_column(
        "clause", sa.Column("maintained_reserves", sa.JSON(none_as_null=True), server_default="[]", nullable=False)
    )
    op.add_column(
        "clause", sa.Column("request_parties", sa.JSON(none_as_null=True), server_default="[]", nullable=False)
    )
    op.add_column("clause", sa.Column("circle", AutoString(length=60), server_default="shared", nullable=False))
    op.add_column("member", sa.Column("invited_at", UTCDateTime(), nullable=True))
    op.add_column("member", sa.Column("invited_by", AutoString(length=36), nullable=True))
    op.add_column("member", sa.Column("joined_at", UTCDateTime(), nullable=True))
    op.add_column("member", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("member", sa.Column("left_at", UTCDateTime(), nullable=True))
    op.add_column("message", sa.Column("part_id", AutoString(length=36), nullable=True))
    op.add_column("message", sa.Column("clause_id", AutoString(length=36), nullable=True))
    op.add_column("message", sa.Column("request_key", AutoString(length=36), nullable=True))
    op.add_column("message", sa.Column("recalled_at", UTCDateTime(), nullable=True))
    op.create_index("ix_message_part", "message", ["part_id", "circle", "rank"], unique=False)
    op.create_index("ix_message_request", "message", ["member_id", "request_key"], unique=True)
    op.add_column("move", sa.Column("request_key", AutoString(length=36), nullable=True))
    op.add_column("move", sa.Column("message_id", AutoString(length=36), nullable=True))
    op.add_column("move", sa.Column("recalled_at", UTCDateTime(), nullable=True))
    op.create_index("ix_move_request", "move", ["member_id", "request_key"], unique=True)
    op.add_column("negotiation", sa.Column("signature_wished_on", sa.Date(), nullable=True))
    op.add_column("negotiation", sa.Column("trame", AutoString(length=80), server_default="", nullable=False))
    op.add_column("negotiation", sa.Column("settings", sa.JSON(none_as_null=True), server_default="{}", nullable=False))
    op.add_column("part", sa.Column("circle", AutoString(length=60), server_default="shared", nullable=False))
    op.add_column("part", sa.Column("dropped_at", UTCDateTime(), nullable=True))
    op.add_column("part", sa.Column("dropped_by", AutoString(length=36), nullable=True))
    # ### end Alembic commands ###


def _new_tables() -> None:
    op.create_table(
        "mail",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=True),
        sa.Column("kind", AutoString(length=20), nullable=False),
        sa.Column("dedupe", AutoString(length=200), nullable=False),
        sa.Column("notices", AutoString(length=200), nullable=False),
        sa.Column("message_id", AutoString(length=120), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("given_up_at", UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", AutoString(length=200), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedupe"),
    )
    op.create_index("ix_mail_negotiation_id", "mail", ["negotiation_id"], unique=False)
    op.create_index("ix_mail_person_id", "mail", ["person_id"], unique=False)
    op.create_index("ix_mail_waiting", "mail", ["sent_at", "due_at"], unique=False)
    op.create_table(
        "notice_choice",
        sa.Column("person_id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", AutoString(length=36), nullable=False),
        sa.Column(
            "notice",
            sa.Enum(
                "your_turn",
                "mention",
                "voided",
                "visa",
                "task",
                "moves",
                "talk",
                "table",
                name="notice_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "rhythm",
            sa.Enum(
                "immediate",
                "daily",
                "weekly",
                "off",
                name="rhythm_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "negotiation_id", "notice"),
    )
    op.create_table(
        "notice_reader",
        sa.Column("person_id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", AutoString(length=36), nullable=False),
        sa.Column("working_days_only", sa.Boolean(), nullable=False),
        sa.Column("told_until", UTCDateTime(), nullable=True),
        sa.Column("visited_at", UTCDateTime(), nullable=True),
        sa.Column("last_digest_on", sa.Date(), nullable=True),
        sa.Column("unsubscribe_hash", AutoString(length=64), nullable=True),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "negotiation_id"),
    )
    op.create_index("ix_notice_reader_unsubscribe_hash", "notice_reader", ["unsubscribe_hash"], unique=False)
    op.create_table(
        "search_entry",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column("kind", AutoString(length=20), nullable=False),
        sa.Column("row_id", AutoString(length=36), nullable=False),
        sa.Column("part_id", AutoString(length=36), nullable=True),
        sa.Column("clause_id", AutoString(length=36), nullable=True),
        sa.Column("words", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "row_id"),
    )
    op.create_index("ix_search_entry_circle", "search_entry", ["negotiation_id", "circle"], unique=False)
    op.create_table(
        "trame",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_trame_person_id", "trame", ["person_id"], unique=False)
    op.create_table(
        "visa_rule",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column(
            "gesture",
            sa.Enum(
                "proposal", "acceptance", name="gesture_values", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "role",
            sa.Enum(
                "reader",
                "commenter",
                "drafter",
                "negotiator",
                "signatory",
                "party_administrator",
                "facilitator",
                "evaluator",
                name="role_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("party_id", "gesture"),
    )
    op.create_index("ix_visa_rule_negotiation_id", "visa_rule", ["negotiation_id"], unique=False)
    op.create_table(
        "delegation",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column("from_member_id", sa.String(length=36), nullable=False),
        sa.Column("to_member_id", sa.String(length=36), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("set_by", AutoString(length=36), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["from_member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_member_id"], ["member.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_delegation_negotiation_id", "delegation", ["negotiation_id"], unique=False)
    op.create_index("ix_delegation_party", "delegation", ["party_id", "ends_on"], unique=False)
    op.create_table(
        "mention",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("by_member_id", AutoString(length=36), nullable=False),
        sa.Column("clause_id", AutoString(length=36), nullable=True),
        sa.Column("move_id", AutoString(length=36), nullable=True),
        sa.Column("message_id", AutoString(length=36), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("member_id", "message_id"),
        sa.UniqueConstraint("member_id", "move_id"),
    )
    op.create_index("ix_mention_member", "mention", ["member_id", "at"], unique=False)
    op.create_index("ix_mention_negotiation_id", "mention", ["negotiation_id"], unique=False)
    op.create_table(
        "saved_view",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("name", AutoString(length=80), nullable=False),
        sa.Column("query", AutoString(length=500), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("member_id", "name"),
    )
    op.create_index("ix_saved_view_negotiation_id", "saved_view", ["negotiation_id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column("title", AutoString(), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("clause_id", AutoString(length=36), nullable=True),
        sa.Column("part_id", AutoString(length=36), nullable=True),
        sa.Column("move_id", AutoString(length=36), nullable=True),
        sa.Column("message_id", AutoString(length=36), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open", "done", "dropped", name="taskstate_values", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("created_by", AutoString(length=36), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("settled_by", AutoString(length=36), nullable=True),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["member.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_task_table", "task", ["negotiation_id", "circle", "state"], unique=False)
    op.create_table(
        "mandate",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column("clause_id", sa.String(length=36), nullable=False),
        sa.Column("floor", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ceiling", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("fallback", AutoString(), nullable=False),
        sa.Column("leeway", AutoString(), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("set_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("party_id", "clause_id"),
    )
    op.create_index("ix_mandate_clause_id", "mandate", ["clause_id"], unique=False)
    op.create_index("ix_mandate_negotiation_id", "mandate", ["negotiation_id"], unique=False)
    op.create_table(
        "visa_request",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column("clause_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "reader",
                "commenter",
                "drafter",
                "negotiator",
                "signatory",
                "party_administrator",
                "facilitator",
                "evaluator",
                name="role_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "move",
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
                "abandonment",
                "abandonment_consent",
                "concerned_change",
                "concerned_consent",
                "request_refusal",
                "request_withdrawal",
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
        sa.Column("text", AutoString(), nullable=False),
        sa.Column("motive", AutoString(), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("origin", AutoString(length=40), nullable=False),
        sa.Column("seen_number", sa.Integer(), nullable=True),
        sa.Column("seen_fingerprint", AutoString(length=64), nullable=True),
        sa.Column("base_version_id", AutoString(length=36), nullable=True),
        sa.Column("bundle", AutoString(length=36), nullable=True),
        sa.Column("words", AutoString(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "given",
                "refused",
                "cancelled",
                name="visastate_values",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("answer", AutoString(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.Column("settled_by", AutoString(length=36), nullable=True),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_visa_request_clause_id", "visa_request", ["clause_id"], unique=False)
    op.create_index("ix_visa_request_negotiation_id", "visa_request", ["negotiation_id"], unique=False)
    op.create_index("ix_visa_request_party", "visa_request", ["party_id", "state"], unique=False)
    op.create_table(
        "comment_thread",
        sa.Column("move_id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("clause_id", sa.String(length=36), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column("quote", AutoString(), nullable=False),
        sa.Column("before", AutoString(), nullable=False),
        sa.Column("after", AutoString(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("version_id", AutoString(length=36), nullable=True),
        sa.Column("resolved_at", UTCDateTime(), nullable=True),
        sa.Column("resolved_by", AutoString(length=36), nullable=True),
        sa.ForeignKeyConstraint(["clause_id"], ["clause.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["move_id"], ["move.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("move_id"),
    )
    op.create_index("ix_comment_thread_clause", "comment_thread", ["clause_id", "circle"], unique=False)
    op.create_index("ix_comment_thread_negotiation_id", "comment_thread", ["negotiation_id"], unique=False)


def downgrade() -> None:
    _immutable_again()
    for table in reversed(TABLES):
        op.drop_table(table)
    for index, table in (
        ("ix_move_request", "move"),
        ("ix_message_request", "message"),
        ("ix_message_part", "message"),
    ):
        op.drop_index(index, table_name=table)
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    op.execute("ALTER TABLE clause DROP COLUMN request_kind")
    op.execute("ALTER TABLE clause RENAME COLUMN request_consents TO reopening")
    op.execute("ALTER TABLE clause RENAME COLUMN request_by TO reopening_by")
    known = ", ".join(f"'{move}'" for move in MOVES_BEFORE)
    op.execute(f"DELETE FROM move WHERE type NOT IN ({known})")
    _restrict("move", "type", "move_values", MOVES_BEFORE)
    known = ", ".join(f"'{kind}'" for kind in KINDS_BEFORE)
    op.execute(f"DELETE FROM party WHERE kind NOT IN ({known})")
    _restrict("party", "kind", "partykind_values", KINDS_BEFORE)


def _immutable_again() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER history_entry_never_updated")
        op.execute(
            "CREATE TRIGGER history_entry_never_updated BEFORE UPDATE ON history_entry "
            "BEGIN SELECT RAISE(ABORT, 'immutable: history_entry'); END"
        )
        return
    op.execute("DROP TRIGGER history_entry_immutable ON history_entry")
    op.execute("DROP FUNCTION history_entry_erasable()")
    op.execute(
        "CREATE TRIGGER history_entry_immutable BEFORE UPDATE OR DELETE ON history_entry "
        "FOR EACH ROW EXECUTE FUNCTION navette_immutable()"
    )
