"""What an operator is handed instead of a scenario, an archive, a backup: refused in words, nothing kept."""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from negotiation import verifier
from negotiation.services import bringing_in
from negotiation.services.backing_up import back_up
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.store import Store
from tests import hostile_files
from tests.builders import a_table
from tests.integration.test_commands import Navette, navette
from tests.integration.test_hostile_files import rows
from tests.scenarios import HANDICAP

__all__ = ["navette"]
pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
SCENARIOS = {
    "nested without end": (b"[" * 100_000, "imbrication"),
    "not UTF-8": (b'{"\xe9": 1}', "UTF-8"),
    "another program’s": (b'{"name": "x", "version": 1}', "clé"),
    "a key twice": (HANDICAP.read_bytes().replace(b'"title"', b'"title": "x", "title"', 1), "deux fois"),
    "a number without end": (b'{"schema": ' + b"9" * 6_000 + b"}", "nombre acceptable"),
    "more than twenty megabytes": (b" " * (20 * 1024**2 + 1), "dépasse 20 Mo"),
    "a web page": (b"<!DOCTYPE html>", "pas du JSON"),
    "nothing": (b"", "pas du JSON"),
}


@pytest.fixture(autouse=True)
def _two_of_one_name() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the same name twice in a ZIP is the point
        yield


def wrong(command: tuple[object, ...], navette: Navette, tables: dict[str, tuple[bytes, str]], file: Path) -> list[str]:
    """Each file that wasn't refused for its reason."""
    found = []
    for name, (data, said) in tables.items():
        file.write_bytes(data)
        answer = navette(*command, file, *(("--as", "a@b.fr") if command == ("import",) and data[:2] == b"PK" else ()))
        told = re.sub(r"\s+", " ", answer.err)
        if answer.status not in (1, 2) or said not in told or "Traceback" in told or answer.out:
            found.append(f"{name}: {answer.status} {told[:160]}")
    return found


def test_what_is_no_negotiation_is_not_imported(
    store: Store, navette: Navette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = a_table(store)
    with store.unit_of_work() as uow:
        sound = pack_archive(collect_archive(uow, table.og.dg.actor)).data
    before = rows(store)
    assert wrong(("import",), navette, SCENARIOS, tmp_path / "file") == []
    # Here at once: that the process apart says the same is told in tests/unit/test_archive.py.
    monkeypatch.setattr(bringing_in, "verify_apart", verifier.verify_archive)
    assert wrong(("import",), navette, hostile_files.archives_to_import(sound), tmp_path / "file") == []
    assert rows(store) == before


def test_what_is_no_backup_is_not_restored(
    store: Store, database_url: str, navette: Navette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_table(store)
    back_up(database_url, tmp_path / "sound")
    place = tmp_path / "elsewhere"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{place}/navette.sqlite")
    held = hostile_files.backups((tmp_path / "sound").read_bytes())
    assert wrong(("restore",), navette, held, tmp_path / "file") == []
    assert list(place.iterdir()) == [], "no copy is left behind"
