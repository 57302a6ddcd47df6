"""Alembic's entry: migrates the database whose address `negotiation.store.migrating` gives."""

from alembic import context
from sqlalchemy import Engine

from negotiation.store.metadata import METADATA
from negotiation.store.unit_of_work import connect_store


def set_write_ahead_log(engine: Engine) -> None:
    """Once and for good: it is a property of the file. Outside any transaction, as SQLite wants."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


def run() -> None:
    engine = connect_store(context.config.attributes["url"]).engine
    if engine.dialect.name == "sqlite":
        set_write_ahead_log(engine)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            render_as_batch=connection.dialect.name == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
