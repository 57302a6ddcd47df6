"""What several files say of one another: the verifier’s own words, from a process of its own and within its limits."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from negotiation import verifier
from negotiation.documents.archive import MEMORY_TO_VERIFY, SECONDS_TO_VERIFY, TOO_HEAVY
from negotiation.documents.confinement import confined


def said_apart(files: Mapping[str, bytes], heads: Sequence[verifier.KeptHead] = ()) -> list[verifier.Check]:
    """Of files by name, at least one of them an archive: what links each avenant to what it amends, and which piece of
    an archive each other file is, labelled by its name. The files are written for that time only."""
    kept = [word for circle, head in heads for word in ("--head", f"{circle}={head}")]
    names = {f"fichier-{number}": name for number, name in enumerate(files, start=1)}
    with TemporaryDirectory(prefix="navette-verify-") as folder:
        for plain, name in names.items():
            (Path(folder) / plain).write_bytes(files[name])
        command = [sys.executable, "-I", "-S", verifier.__file__, *names, "--json", *kept]
        try:
            run = subprocess.run(
                confined(command, memory=MEMORY_TO_VERIFY, seconds=SECONDS_TO_VERIFY),
                capture_output=True,
                timeout=SECONDS_TO_VERIFY,
                cwd=folder,
                env={"PYTHONIOENCODING": "utf-8"},
                check=False,
            )
            checks = [verifier.Check(**check) for check in json.loads(run.stdout)["checks"]]
        except (subprocess.TimeoutExpired, ValueError):
            return [verifier.Check("Ensemble", False, TOO_HEAVY)]
    said = [check for check in checks if check.label.removeprefix("Lien de ") in names]
    return [check._replace(label=_named(check.label, names), detail=_named(check.detail, names)) for check in said]


def _named(words: str, names: Mapping[str, str]) -> str:
    for plain, name in names.items():
        words = words.replace(plain, name)
    return words
