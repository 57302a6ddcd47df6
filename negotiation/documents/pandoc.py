"""Pandoc in a process of its own: bytes in, bytes out, with limits on memory, time and size.

The program is the one that comes with pypandoc-binary, by its full path: Debian's own leaks files even when sandboxed
(trust.md C3). It starts in a fresh, empty folder, reads its standard input and nothing else but the files that its
options name, and never fetches anything (`--sandbox`, no citeproc, no network where the kernel lets it be cut).
"""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from negotiation.documents.confinement import confined

TIME_LIMIT = 30
"""Seconds. Forty pages take about one."""
HEAP = "512m"
MEMORY_LIMIT = 3 * 1024**3
"""Of address space: Haskell reserves far more than it uses, `HEAP` is the limit that counts."""
MOST_OUTPUT = 100 * 1024**2


class ConversionFailed(Exception):
    """Nothing was converted. `reason`: `absent` (no pandoc here), `too_long`, `too_big` or `unreadable`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def program() -> Path | None:
    """Where pandoc is, or None: the product then works without Word."""
    try:
        import pypandoc
    except ImportError:
        return None
    folder = Path(pypandoc.__file__).parent / "files"
    return next((found for name in ("pandoc", "pandoc.exe") if (found := folder / name).is_file()), None)


def convert(data: bytes, *, source: str, target: str, options: Sequence[str] = ()) -> bytes:
    """What pandoc makes of these bytes; `source` and `target` are its names of formats (« docx », « json »…).

    `options` come from our own code, never from a person. Raises ConversionFailed.
    """
    found = program()
    if found is None:
        raise ConversionFailed("absent")
    with tempfile.TemporaryDirectory(prefix="navette-pandoc-") as folder:
        asked = [
            *("--sandbox", f"--data-dir={folder}", f"--from={source}", f"--to={target}", "--output=-"),
            *options,
            *("+RTS", f"-M{HEAP}", "-RTS"),
        ]
        try:
            run = subprocess.run(
                confined([str(found), *asked], memory=MEMORY_LIMIT, seconds=TIME_LIMIT),
                input=data,
                capture_output=True,
                timeout=TIME_LIMIT,
                cwd=folder,
                # A date of its own in what it writes would make two files of the same text differ.
                env={"HOME": folder, "LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": "0"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ConversionFailed("too_long") from None
    if len(run.stdout) > MOST_OUTPUT or run.returncode == _HEAP_OVERFLOW:
        raise ConversionFailed("too_big")
    if run.returncode != 0:
        raise ConversionFailed("unreadable")
    return run.stdout


_HEAP_OVERFLOW = 251
"""What a Haskell program ends with beyond its heap."""
