"""A question and an answer may be taken back within their delay, like a comment and a message: their words alone.

Revision ID: 0013
Revises: 0011
"""

from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

BEFORE = "'comment.written', 'message.sent'"
AFTER = f"{BEFORE}, 'question.asked', 'question.answered'"
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


def upgrade() -> None:
    _erasable(AFTER)


def downgrade() -> None:
    """What was taken back stays so: nobody holds its words any more."""
    _erasable(BEFORE)


def _erasable(kinds: str) -> None:
    """The history stays immutable, but for the payload and its salt of facts of these kinds."""
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in KEPT)
        op.execute("DROP TRIGGER history_entry_never_updated")
        op.execute(
            "CREATE TRIGGER history_entry_never_updated BEFORE UPDATE ON history_entry "
            f"WHEN NOT (OLD.kind IN ({kinds}) AND NEW.payload IS NULL AND NEW.salt = '' AND {same}) "
            "BEGIN SELECT RAISE(ABORT, 'immutable: history_entry'); END"
        )
        return
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in KEPT)
    op.execute(
        "CREATE OR REPLACE FUNCTION history_entry_erasable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' AND OLD.kind IN ({kinds}) AND NEW.payload IS NULL AND NEW.salt = '' AND {same} "
        "THEN RETURN NEW; END IF; RAISE EXCEPTION 'immutable: history_entry'; END $$"
    )
