"""What becomes of a party's inside after the signature.

The history stays immutable and the contract frozen, but for what is inside a party that chose to have it destroyed,
once it is: what its facts said, and its own rows.

Revision ID: 0030
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0030"
down_revision = "0032"
branch_labels = None
depends_on = None

HEADER = (
    "id",
    "negotiation_id",
    "circle",
    "sequence",
    "recorded_at",
    "actor",
    "kind",
    "commitment",
    "previous_hash",
    "header_hash",
)
TAKEN_BACK = "'comment.written', 'message.sent', 'question.asked', 'question.answered'"
_FATE = (
    "EXISTS (SELECT 1 FROM inside_fate WHERE inside_fate.destroyed_at IS NOT NULL "
    "AND inside_fate.negotiation_id = {owner} AND inside_fate.circle = {circle}{more})"
)
_OF_CLAUSE = "(SELECT {column} FROM clause WHERE clause.id = OLD.clause_id)"
_OF_DRAFT = "(SELECT {column} FROM draft WHERE draft.id = OLD.draft_id)"
_MINUTES = (
    "(SELECT part.kind FROM part JOIN draft ON draft.part_id = part.id WHERE draft.id = OLD.draft_id)"
    " IN ('dialogue', 'evaluation', 'minutes')"
)
PLACES = {
    "part": ("OLD.{column}", ""),
    "clause": ("OLD.{column}", ""),
    "clause_party": (_OF_CLAUSE, ""),
    "move": ("OLD.{column}", ""),
    "draft_update": (_OF_DRAFT, _MINUTES),
}
"""By table that no row leaves once its contract is frozen: where its circle is written, what 0024 spares already."""


def upgrade() -> None:
    op.create_table(
        "inside_fate",
        sa.Column("id", AutoString(length=36), nullable=False),
        sa.Column("negotiation_id", sa.String(length=36), nullable=False),
        sa.Column("party_id", sa.String(length=36), nullable=False),
        sa.Column("circle", AutoString(length=60), nullable=False),
        sa.Column("years", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("chosen_at", UTCDateTime(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("destroyed_at", UTCDateTime(), nullable=True),
        sa.Column("through", sa.Integer(), nullable=True),
        sa.Column("wiped_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["negotiation_id"], ["negotiation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("party_id"),
    )
    op.create_index("ix_inside_fate_negotiation_id", "inside_fate", ["negotiation_id"], unique=False)
    _erasable(destroyed=_fate("OLD.{column}", " AND OLD.sequence <= inside_fate.through"))
    for table, (place, spared) in PLACES.items():
        _guard_deletes(table, place, [spared, _fate(place)])


def downgrade() -> None:
    """What was destroyed stays so: nobody holds its words any more."""
    _erasable(destroyed="")
    for table, (place, spared) in PLACES.items():
        _guard_deletes(table, place, [spared])
    op.drop_index("ix_inside_fate_negotiation_id", table_name="inside_fate")
    op.drop_table("inside_fate")


def _fate(place: str, more: str = "") -> str:
    owner, circle = (place.format(column=column) for column in ("negotiation_id", "circle"))
    return _FATE.format(owner=owner, circle=circle, more=more)


def _erasable(*, destroyed: str) -> None:
    """Words taken back keep their place on a clause; what was destroyed keeps its header alone."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    sames = "{0} IS {1}" if on_sqlite else "{0} IS NOT DISTINCT FROM {1}"
    same = " AND ".join(sames.format(f"NEW.{name}", f"OLD.{name}") for name in HEADER)
    kept = sames.format("NEW.clause_id", "OLD.clause_id")
    when = f"(OLD.kind IN ({TAKEN_BACK}) AND {kept})"
    if destroyed:
        when = f"({when} OR (NEW.clause_id IS NULL AND {destroyed}))"
    allowed = f"{when} AND NEW.payload IS NULL AND NEW.salt = '' AND {same}"
    if on_sqlite:
        op.execute("DROP TRIGGER history_entry_never_updated")
        op.execute(
            "CREATE TRIGGER history_entry_never_updated BEFORE UPDATE ON history_entry "
            f"WHEN NOT ({allowed}) BEGIN SELECT RAISE(ABORT, 'immutable: history_entry'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION history_entry_erasable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' AND {allowed} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'immutable: history_entry'; END $$"
    )


def _guard_deletes(table: str, place: str, spared: list[str]) -> None:
    """The guard of 0002 on what is deleted, with the rows that it leaves alone."""
    name, owner = f"{table}_frozen_delete", place.format(column="negotiation_id")
    refused = f"(SELECT frozen_at FROM negotiation WHERE id = {owner}) IS NOT NULL"
    spares = " OR ".join(each for each in spared if each)
    if spares:
        refused += f" AND NOT COALESCE({spares}, FALSE)"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
        op.execute(
            f"CREATE TRIGGER {name} BEFORE DELETE ON {table} WHEN {refused} "
            f"BEGIN SELECT RAISE(ABORT, 'frozen: {table}'); END"
        )
        return
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {refused} THEN RAISE EXCEPTION 'frozen: {table}'; END IF; RETURN OLD; END $$"
    )
