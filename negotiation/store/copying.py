"""A consistent copy of a whole database while people write, and the way back into an empty place.

SQLite: its online backup in one step, which reads one state of the database and keeps no writer waiting. PostgreSQL:
`pg_dump` on a snapshot that this process holds, so that what is read beside it is of the same moment.
"""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url, text

from negotiation.errors import CopyRefused
from negotiation.store.migrating import alembic_config
from negotiation.store.unit_of_work import connect_store

SQLITE, POSTGRESQL = "sqlite", "postgresql"
Head = tuple[int, str]
_HEADS = text(
    "SELECT h.negotiation_id, h.circle, h.sequence, h.header_hash FROM history_entry h JOIN "
    "(SELECT negotiation_id, circle, MAX(sequence) AS last FROM history_entry GROUP BY negotiation_id, circle) l "
    "ON l.negotiation_id = h.negotiation_id AND l.circle = h.circle AND l.last = h.sequence ORDER BY 1, 2"
)


@dataclass(frozen=True)
class State:
    """What a database holds: its schema, how many negotiations, the head of each chain (« negotiation/circle »)."""

    schema: str
    negotiations: int
    heads: dict[str, Head]


def kind_of(url: str) -> str:
    return SQLITE if url.startswith("sqlite") else POSTGRESQL


def take_copy(url: str, copy: Path) -> State:
    """Write a copy of the database at `copy`, which must not exist, and say what it holds. Raises CopyRefused."""
    return _copy_sqlite(url, copy) if kind_of(url) == SQLITE else _copy_postgresql(url, copy)


def require_empty(url: str) -> None:
    """Raises CopyRefused when something is there already: a restored database never lands on another."""
    if kind_of(url) == SQLITE:
        file = sqlite_file(url)
        beside = [file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal")]
        if any(each.exists() and each.stat().st_size for each in (file, *beside)):
            raise CopyRefused(problem=f"{file} existe déjà. On ne restaure qu’à une place vide")
        return
    with _connected(url) as connection:
        count = connection.execute(
            text(
                "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT IN "
                "('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p', 'v', 'm', 'S')"
            )
        ).scalar_one()
    if count:
        raise CopyRefused(problem="la base PostgreSQL n’est pas vide. On ne restaure qu’à une place vide")


def require_known(schema: str) -> None:
    """Raises CopyRefused on the schema of a newer Navette."""
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config("")).walk_revisions()}
    if schema not in known:
        raise CopyRefused(problem=f"elle vient d’une version plus récente de Navette (schéma {schema})")


def put_back(url: str, copy: Path) -> None:
    """PostgreSQL: load the copy into the empty database, all of it or nothing. Raises CopyRefused."""
    server = _server_version(url)
    _run(
        _program("pg_restore", server),
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        "--no-privileges",
        f"--dbname={_address(url)}",
        str(copy),
        url=url,
    )


def require_sound(copy: Path) -> None:
    """SQLite's own checks of a file. Raises CopyRefused."""
    with closing(sqlite3.connect(copy)) as driver:
        try:
            said = driver.execute("PRAGMA integrity_check").fetchone()[0]
            orphan = driver.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as fault:
            raise CopyRefused(problem=f"la base copiée ne se lit pas ({fault})") from fault
    if said != "ok" or orphan:
        raise CopyRefused(problem=f"la base copiée n’est pas saine ({said if said != 'ok' else f'table {orphan[0]}'})")


def state_of(url: str) -> State:
    """What the database at `url` holds now."""
    with connect_store(url).engine.connect() as connection:
        return _state(connection)


def sqlite_file(url: str) -> Path:
    return Path(make_url(url).database or "")


def _state(connection: Connection) -> State:
    rows = connection.execute(_HEADS)
    return State(
        schema=str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()),
        negotiations=int(connection.execute(text("SELECT count(*) FROM negotiation")).scalar_one()),
        heads={f"{row.negotiation_id}/{row.circle}": (row.sequence, row.header_hash) for row in rows},
    )


# ---------------------------------------------------------------------- SQLite


def _copy_sqlite(url: str, copy: Path) -> State:
    file = sqlite_file(url)
    if not file.exists():
        raise CopyRefused(problem=f"{file} n’existe pas")
    with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(copy)) as aside:
        live.backup(aside, pages=-1)  # in one step: otherwise it begins again each time that somebody writes
        aside.execute("PRAGMA journal_mode=DELETE")  # all of it in the one file
    require_sound(copy)
    return state_of(f"sqlite:///{copy}")


# ---------------------------------------------------------------------- PostgreSQL


def _copy_postgresql(url: str, copy: Path) -> State:
    program = _program("pg_dump", _server_version(url))
    with _connected(url) as connection:
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        _run(
            program,
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            f"--file={copy}",
            f"--dbname={_address(url)}",
            url=url,
        )
        return _state(connection)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """One transaction that sees one moment."""
    address = make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def _server_version(url: str) -> int:
    with _connected(url) as connection:
        return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000


def _program(name: str, server: int) -> str:
    """Its full path. Raises CopyRefused when it is missing or older than the server."""
    found = shutil.which(name)
    if found is None:
        raise CopyRefused(problem=f"{name} manque : installez le client PostgreSQL {server}")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)", said)
    if version is None or int(version[1]) < server:
        older = version[1] if version else "inconnu"
        raise CopyRefused(problem=f"{name} {older} est plus ancien que le serveur : installez le client {server}")
    return found


def _address(url: str) -> str:
    """For libpq, without the password, which every user of the machine would read among the processes."""
    bare = make_url(url).set(drivername="postgresql", password=None)
    return bare.render_as_string(hide_password=False)


def _run(*command: str, url: str) -> None:
    password = make_url(url).password
    environment = {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())[:300]
        raise CopyRefused(problem=f"{Path(command[0]).name} a échoué ({said})")
