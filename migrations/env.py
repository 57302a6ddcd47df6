"""Alembic's entry: migrates the database whose address `negotiation.store.migrating` gives."""

from alembic import context
from sqlalchemy import Connection, Engine, text

from negotiation.store.metadata import METADATA
from negotiation.store.unit_of_work import connect_store


def set_write_ahead_log(engine: Engine) -> None:
    """Once and for good: it is a property of the file. Outside any transaction, as SQLite wants."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


def leave_keys_alone(connection: Connection) -> None:
    """SQLite changes a table by making it anew: with its keys on, dropping the old one would empty what refers to it
    (https://www.sqlite.org/lang_altertable.html, « Making Other Kinds Of Table Schema Changes »)."""
    raw = connection.connection.dbapi_connection
    if raw is not None:
        raw.cursor().execute("PRAGMA foreign_keys=OFF")


def refuse_broken_keys(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise RuntimeError(f"a migration broke foreign keys: {broken[:3]}")


def run() -> None:
    engine = connect_store(context.config.attributes["url"]).engine
    if engine.dialect.name == "sqlite":
        set_write_ahead_log(engine)
    on_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if on_sqlite:
            leave_keys_alone(connection)
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            render_as_batch=connection.dialect.name == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if on_sqlite:
            refuse_broken_keys(connection)
    engine.dispose()


run()
