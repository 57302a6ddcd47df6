"""What the database itself refuses: changed versions, changed history, anything written to a frozen contract.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IMMUTABLE = ("version", "history_entry", "frozen_version")
FROZEN_WITH_THE_CONTRACT = {
    "clause": ("INSERT", "UPDATE", "DELETE"),
    "clause_party": ("INSERT", "UPDATE", "DELETE"),
    "part": ("INSERT", "UPDATE", "DELETE"),
    "document": ("INSERT", "UPDATE", "DELETE"),
    "essms": ("INSERT", "UPDATE", "DELETE"),
    "framework": ("INSERT", "UPDATE", "DELETE"),
    "version": ("INSERT",),
    "move": ("INSERT", "UPDATE", "DELETE"),
    "reserve": ("INSERT", "UPDATE", "DELETE"),
    "draft": ("INSERT",),
    "draft_update": ("INSERT", "UPDATE", "DELETE"),
}
"""Tables of the contract, and the writes that a gel forbids."""

_OWNER = {
    "clause_party": "(SELECT negotiation_id FROM clause WHERE clause.id = {row}.clause_id)",
    "draft_update": "(SELECT negotiation_id FROM draft WHERE draft.id = {row}.draft_id)",
}


def _owner(table: str, row: str) -> str:
    return _OWNER.get(table, "{row}.negotiation_id").format(row=row)


def _sqlite() -> None:
    for table in IMMUTABLE:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_never_{verb.lower()}d BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'immutable: {table}'); END"
            )
    for table, verbs in FROZEN_WITH_THE_CONTRACT.items():
        for verb in verbs:
            owner = _owner(table, "OLD" if verb == "DELETE" else "NEW")
            op.execute(
                f"CREATE TRIGGER {table}_frozen_{verb.lower()} BEFORE {verb} ON {table} "
                f"WHEN (SELECT frozen_at FROM negotiation WHERE id = {owner}) IS NOT NULL "
                f"BEGIN SELECT RAISE(ABORT, 'frozen: {table}'); END"
            )


def _postgresql() -> None:
    op.execute(
        "CREATE FUNCTION navette_immutable() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'immutable: %', TG_TABLE_NAME; END $$"
    )
    for table in IMMUTABLE:
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION navette_immutable()"
        )
    for table, verbs in FROZEN_WITH_THE_CONTRACT.items():
        for verb in verbs:
            row = "OLD" if verb == "DELETE" else "NEW"
            name = f"{table}_frozen_{verb.lower()}"
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF (SELECT frozen_at FROM negotiation WHERE id = {_owner(table, row)}) IS NOT NULL "
                f"THEN RAISE EXCEPTION 'frozen: {table}'; END IF; RETURN {row}; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in IMMUTABLE:
        for name in (f"{table}_never_updated", f"{table}_never_deleted") if on_sqlite else (f"{table}_immutable",):
            op.execute(f"DROP TRIGGER {name}" + ("" if on_sqlite else f" ON {table}"))
    for table, verbs in FROZEN_WITH_THE_CONTRACT.items():
        for verb in verbs:
            name = f"{table}_frozen_{verb.lower()}"
            op.execute(f"DROP TRIGGER {name}" + ("" if on_sqlite else f" ON {table}"))
            if not on_sqlite:
                op.execute(f"DROP FUNCTION {name}()")
    if not on_sqlite:
        op.execute("DROP FUNCTION navette_immutable()")
