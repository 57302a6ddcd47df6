"""`verifier.py` run as an auditor runs it, in a process of its own and within limits, on bytes that came from anybody:
fifty megabytes can unfold to gigabytes of JSON."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from negotiation import verifier
from negotiation.documents.confinement import confined

MEMORY_TO_VERIFY, SECONDS_TO_VERIFY = 1024**3, 30
TOO_HEAVY = "le dossier demande plus de mémoire ou de temps que sa lecture n’en a ici"


def verify_apart(data: bytes, heads: Sequence[verifier.KeptHead] = ()) -> verifier.Report:
    """What it says of one archive."""
    told = _told(["/dev/stdin"], heads, data=data)
    if told is None:
        check = verifier.Check("Lecture du dossier", False, TOO_HEAVY)
        return verifier.Report(False, [check], TOO_HEAVY, readable=False)
    return verifier.Report(**told | {"checks": _checks(told)})


def said_apart(files: Mapping[str, bytes], heads: Sequence[verifier.KeptHead] = ()) -> list[verifier.Check]:
    """Of files by name, at least one of them an archive: what links each avenant to what it amends, and which piece of
    an archive each other file is, labelled by its name. The files are written for that time only."""
    names = {f"fichier-{number}": name for number, name in enumerate(files, start=1)}
    with TemporaryDirectory(prefix="navette-verify-") as folder:
        for plain, name in names.items():
            (Path(folder) / plain).write_bytes(files[name])
        told = _told([*names], heads, folder=folder)
    if told is None:
        return [verifier.Check("Ensemble", False, TOO_HEAVY)]
    said = [check for check in _checks(told) if check.label.removeprefix("Lien de ") in names]
    return [check._replace(label=_named(check.label, names), detail=_named(check.detail, names)) for check in said]


def _told(
    files: Sequence[str], heads: Sequence[verifier.KeptHead], *, data: bytes = b"", folder: str | None = None
) -> dict[str, Any] | None:
    """The report on files of a folder, or on `data`; None when it took more than it may."""
    kept = [word for circle, head in heads for word in ("--head", f"{circle}={head}")]
    command = [sys.executable, "-I", "-S", verifier.__file__, *files, "--json", *kept]
    try:
        run = subprocess.run(
            confined(command, memory=MEMORY_TO_VERIFY, seconds=SECONDS_TO_VERIFY),
            input=data,
            capture_output=True,
            timeout=SECONDS_TO_VERIFY,
            cwd=folder,
            env={"PYTHONIOENCODING": "utf-8"},
            check=False,
        )
        told: dict[str, Any] = json.loads(run.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return told


def _checks(told: Mapping[str, Any]) -> list[verifier.Check]:
    return [verifier.Check(**check) for check in told["checks"]]


def _named(words: str, names: Mapping[str, str]) -> str:
    for plain, name in names.items():
        words = words.replace(plain, name)
    return words
