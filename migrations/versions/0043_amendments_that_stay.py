"""What an avenant amends never changes, and it is settled once.

Only a request to close it without follow-up comes and goes, until it is signed by all or closed.

Revision ID: 0043
Revises: 0041
"""

from alembic import op

revision = "0043"
down_revision = "0041"
branch_labels = None
depends_on = None

FIXED = (
    "id",
    "negotiation_id",
    "root_key",
    "kind",
    "number",
    "opened_by",
    "opened_at",
    "amended_reference",
    "amended_title",
    "amended_label",
    "amended_number",
    "amended_content_hash",
    "amended_pdf_hash",
    "amended_on",
    "reason",
    "requested_by",
    "effect_on",
    "term_before",
    "term_after",
)
DIFFERS = {"sqlite": "IS NOT", "postgresql": "IS DISTINCT FROM"}
GUARDS = (
    ("amendment_stays", lambda differs: " OR ".join(f"OLD.{each} {differs} NEW.{each}" for each in FIXED), "immutable"),
    ("amendment_settled_once", lambda _: "OLD.settled_at IS NOT NULL", "settled"),
    (
        "amendment_reason_of_its_end",
        lambda _: "NEW.settled_at IS NULL AND NEW.closed_reason IS NOT NULL",
        "not settled",
    ),
)
"""(trigger, refused when, given how the database says that two values differ; why)."""


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for name, refused, why in GUARDS:
        when, message = refused(DIFFERS[dialect]), f"{why}: amendment"
        if dialect == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE UPDATE ON amendment WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {when} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE UPDATE ON amendment FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    on_table = "" if op.get_bind().dialect.name == "sqlite" else " ON amendment"
    for name, _, _ in reversed(GUARDS):
        op.execute(f"DROP TRIGGER {name}{on_table}")
        if on_table:
            op.execute(f"DROP FUNCTION {name}()")
