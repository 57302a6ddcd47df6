"""What a reviewer would otherwise have to look for in every file."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("*.py", "*.ts", "*.css", "*.html")
LONGEST_FILE = 400
# The verifier is handed over and run alone: it may not be cut in two.
ONE_FILE_BY_PROMISE = {"negotiation/verifier.py": 850}
# A lock that names an index only installs where that index answers.
ADDRESS = re.compile(r"https?://|file://|--index-url|--extra-index-url|--find-links|--trusted-host")


def tracked(*patterns: str) -> list[Path]:
    if (ROOT / ".git").exists() and (git := shutil.which("git")):
        command = [git, "ls-files", "-z", "--", *patterns]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [file for name in listed.split("\0") if name and (file := ROOT / name).is_file()]
    folders = ("app", "negotiation", "migrations", "static/src", "templates", "tests", "bench")
    return [file for folder in folders for pattern in patterns for file in (ROOT / folder).rglob(pattern)]


def test_no_file_grows_into_the_place_for_everything() -> None:
    """A migration is written once, by Alembic, and never read as a whole: it may be long."""
    written = [file for file in tracked(*SOURCES) if "versions" not in file.parts]
    assert written
    lengths = {
        file.relative_to(ROOT).as_posix(): len(file.read_text(encoding="utf-8").splitlines()) for file in written
    }
    allowed = {name: ONE_FILE_BY_PROMISE.get(name, LONGEST_FILE) for name in lengths}
    assert {name: length for name, length in lengths.items() if length > allowed[name]} == {}


def locked(lock: str) -> dict[str, set[str]]:
    """{"package==version": its hashes}, whatever platform it is for."""
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8"))
    return {re.split(r"[ ;\\]", entry)[0]: set(re.findall(r"--hash=(sha256:\w{64})", entry)) for entry in entries}


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_python_locks_pin_and_hash_everything_and_name_no_index(lock: str) -> None:
    assert not ADDRESS.search((ROOT / lock).read_text(encoding="utf-8"))
    assert [package for package, hashes in locked(lock).items() if "==" not in package or not hashes] == []


def test_what_runs_is_what_is_tested() -> None:
    tested = locked("requirements-dev.txt")
    assert {
        package: hashes for package, hashes in locked("requirements.txt").items() if tested.get(package) != hashes
    } == {}


def test_the_node_lock_hashes_everything_and_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    fetched = {name: package for name, package in packages.items() if name and not package.get("link")}
    assert fetched
    assert [name for name, package in fetched.items() if "resolved" in package] == []
    assert [name for name, package in fetched.items() if "integrity" not in package] == []
