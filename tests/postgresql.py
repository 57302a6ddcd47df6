"""A PostgreSQL server for the tests, shared by all the workers of one run.

`TEST_POSTGRES_URL` names a server to use (its user must be allowed to create databases). Without it, the first worker
that needs one starts a private cluster of the distribution's PostgreSQL in the run's own folder, reached by a Unix
socket only; the run's main process stops it at the end.
"""

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

PROGRAMS = Path("/usr/lib/postgresql")
# fsync stays on: Navette refuses a database that could lose what it acknowledged.
SERVER_OPTIONS = "-c max_connections=200 -c shared_buffers=64MB"


def find_postgresql() -> str | None:
    """The server's address, or the folder of the programs that can start one."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        return url
    folders = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda program: float(program.parts[-3]))
    return str(folders[-1].parent) if folders else None


class PostgresqlServer:
    """Databases for one run. The template is migrated once; each test gets a copy of it."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder / "postgresql"
        self._template = f"navette_{run_folder.name.replace('-', '_').lower()}"
        self._given = os.environ.get("TEST_POSTGRES_URL")

    def start(self, migrate: Callable[[str], object]) -> None:
        """Starts what isn't running and makes the template. The caller holds the run's lock."""
        if not self._folder.exists():
            self._folder.mkdir()
            if not self._given:
                self._start_cluster()
        if not self._exists(self._template):
            self._order(f'CREATE DATABASE "{self._template}"')
            migrate(self._url(self._template))
            # A copy is refused while somebody is connected to the template: nobody may be.
            self._order(f'ALTER DATABASE "{self._template}" ALLOW_CONNECTIONS false')

    def create_database(self) -> str:
        name = f"{self._template}_{uuid.uuid4().hex[:12]}"
        self._order(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        return self._url(name)

    def create_empty_database(self) -> str:
        name = f"{self._template}_{uuid.uuid4().hex[:12]}"
        self._order(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self._url(name)

    def drop_database(self, url: str) -> None:
        self._order(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def replace_database(self, url: str, *, by: str) -> None:
        """Make a database anew from another, to which nobody may be connected."""
        self.drop_database(url)
        self._order(f'CREATE DATABASE "{make_url(url).database}" TEMPLATE "{make_url(by).database}"')

    def stop(self) -> None:
        """Leaves nothing behind: neither the cluster nor, on a given server, the template."""
        if not self._folder.exists():
            return  # no test asked for it
        if self._given:
            self._order(f'DROP DATABASE IF EXISTS "{self._template}" WITH (FORCE)')
        elif (self._folder / "cluster" / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-D", "cluster", "-m", "immediate", "-w")

    # ------------------------------------------------------------------ the private cluster

    def _start_cluster(self) -> None:
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self._folder, "postgres", "postgres")
            self._folder.parent.chmod(0o711)
        self._run("initdb", "-D", "cluster", "-U", "navette", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' {SERVER_OPTIONS}"
        self._run("pg_ctl", "start", "-D", "cluster", "-l", "server.log", "-w", "-o", options)

    def _run(self, program: str, *arguments: str) -> None:
        owner = "postgres" if os.geteuid() == 0 else None
        command = [f"{find_postgresql()}/{program}", *arguments]
        # The output goes to a file: the server would keep a pipe open, and the caller waiting for its end.
        with (self._folder.parent / f"{program}.log").open("ab") as output:
            subprocess.run(
                command,
                cwd=self._folder,
                user=owner,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    # ------------------------------------------------------------------ orders to the server

    def _url(self, database: str) -> str:
        if self._given:
            url = make_url(self._given).set(drivername="postgresql", database=database)
        else:
            url = URL.create("postgresql", username="navette", database=database, query={"host": str(self._folder)})
        return url.render_as_string(hide_password=False)

    def _connect(self) -> psycopg.Connection:
        database = make_url(self._given).database if self._given else None
        return psycopg.connect(self._url(database or "postgres"), autocommit=True)

    def _order(self, statement: str) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _exists(self, database: str) -> bool:
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s AND NOT datallowconn", [database])
            return found.fetchone() is not None
