"""The file of a backup, and what it is refused for. That it holds what people write meanwhile: tests/faults."""

import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from negotiation.errors import CopyRefused
from negotiation.rules.policy import Method
from negotiation.services.backing_up import back_up, restore
from negotiation.services.signing_in import link_is_open, make_signin_link, open_session, still_open
from negotiation.store import Store, connect_store, copying
from negotiation.store.copying import sqlite_file, state_of
from tests.builders import a_table
from tests.postgresql import PostgresqlServer

SQLITE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
SECRET = b"une phrase que seul l'exploitant connait"


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty place of the same kind."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/elsewhere/navette.sqlite"
        return
    cluster: PostgresqlServer = request.getfixturevalue("postgresql")
    url = cluster.create_empty_database()
    yield url
    cluster.drop_database(url)


def problem_of(refused: Callable[[], object]) -> str:
    with pytest.raises(CopyRefused) as refusal:
        refused()
    return str(refusal.value.detail["problem"])


def test_what_is_restored_is_what_was_there_and_nobody_is_signed_in(
    store: Store, database_url: str, elsewhere: str, tmp_path: Path
) -> None:
    table, file = a_table(store), tmp_path / "file"
    with store.unit_of_work() as uow:
        link = make_signin_link(uow, table.og.dg.email)
        session_id = open_session(uow, table.og.dg.person_id, method=Method.LINK).session_id
    made = back_up(database_url, file)
    found = restore(elsewhere, file)
    assert (found.negotiations, found.chains, found.faults) == (1, made.chains, [])
    assert state_of(elsewhere) == state_of(database_url)
    restored = connect_store(elsewhere)
    restored.assert_safe()
    with restored.reading() as session:
        assert not link_is_open(session, link)
        assert not still_open(session, [session_id])
    restored.engine.dispose()
    for url in (elsewhere, database_url):
        assert "place vide" in problem_of(lambda url=url: restore(url, file))


@SQLITE
def test_only_its_secret_opens_an_encrypted_backup_and_a_changed_byte_closes_it(
    store: Store, database_url: str, elsewhere: str, tmp_path: Path
) -> None:
    table, file = a_table(store), tmp_path / "file"
    back_up(database_url, file, secret=SECRET)
    data = file.read_bytes()
    assert table.og.dg.email.encode() not in data
    assert "chiffrée" in problem_of(lambda: restore(elsewhere, file))
    assert "ne l’ouvre pas" in problem_of(lambda: restore(elsewhere, file, secret=SECRET + b"e"))
    for place in (30, len(data) - 1):
        (changed := tmp_path / "changed").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert "octet" in problem_of(lambda: restore(elsewhere, changed, secret=SECRET))
    assert not sqlite_file(elsewhere).exists()
    assert restore(elsewhere, file, secret=SECRET).faults == []


@SQLITE
def test_a_copy_that_is_not_as_its_manifest_says_is_refused(
    store: Store, database_url: str, elsewhere: str, tmp_path: Path
) -> None:
    a_table(store)
    file, other = tmp_path / "file", tmp_path / "other"
    back_up(database_url, file)
    rewrite(file, other, lambda name, content: content[:-1] if name == "base" else content)
    assert "manifeste" in problem_of(lambda: restore(elsewhere, other))
    newer = b'"schema": "9999"'
    rewrite(
        file, other, lambda name, content: re.sub(rb'"schema": "[^"]+"', newer, content) if name != "base" else content
    )
    assert "plus récente" in problem_of(lambda: restore(elsewhere, other))
    other.write_bytes(file.read_bytes()[:-2000])
    assert "abîmé" in problem_of(lambda: restore(elsewhere, other))
    assert not sqlite_file(elsewhere).exists()


@SQLITE
def test_a_history_that_was_false_already_is_restored_and_its_first_wrong_fact_named(
    store: Store, database_url: str, elsewhere: str, tmp_path: Path
) -> None:
    table = a_table(store)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER history_entry_never_updated")
        connection.exec_driver_sql("UPDATE history_entry SET actor = 'ars.dg' WHERE sequence = 1 AND circle = 'shared'")
    back_up(database_url, tmp_path / "file")
    (fault,) = restore(elsewhere, tmp_path / "file").faults
    assert fault == f"Chaîne {table.id}/shared : L’en-tête du fait 1 a été changé : son empreinte ne correspond plus."


def test_what_copies_postgresql_must_be_there_and_not_older_than_the_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(copying, "_server_version", lambda url: 99)
    url = "postgresql://navette@localhost/navette"
    if shutil.which("pg_dump"):
        assert "plus ancien que le serveur" in problem_of(lambda: back_up(url, tmp_path / "file"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert problem_of(lambda: back_up(url, tmp_path / "file")) == "pg_dump manque : installez le client PostgreSQL 99"
    assert not list(tmp_path.iterdir())


def of_tomorrow(manifest: bytes) -> bytes:
    return re.sub(rb'"schema": "[^"]+"', b'"schema": "9999"', manifest)


def rewrite(file: Path, other: Path, change: Callable[[str, bytes], bytes]) -> None:
    with zipfile.ZipFile(file) as read, zipfile.ZipFile(other, "w") as written:
        for name in read.namelist():
            written.writestr(name, change(name, read.read(name)))
