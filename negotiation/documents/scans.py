"""Scans that people bring: opened before they are kept, in a process of their own, and kept as they came.

What doesn't open is refused, and so is what would act on who downloads it: a script, a program to launch, a file inside
another. Nothing of a scan is ever shown in a page.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from negotiation.documents.confinement import confined
from negotiation.documents.pdf_print import ROOT

LARGEST = 20 * 1024 * 1024
KINDS = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
"""What a scan begins with, whatever its name says."""
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
TIME_LIMIT = 20
MEMORY_LIMIT = 1024**3
CHILD = "negotiation.documents.scans_apart"
TOO_HEAVY = "sa lecture demande trop de temps ou de mémoire"


class ScanFailure(Exception):
    """It doesn't open, or it would act on who opens it. The message is a French sentence's end."""


@dataclass(frozen=True)
class Scan:
    """A scan that opened. `text`: pages, from 1, whose words a program reads; `found`: those of them that carry the
    fingerprint that was looked for. A picture is one page, without words."""

    data: bytes
    media_type: str
    pages: int
    text: tuple[int, ...] = ()
    found: tuple[int, ...] = ()

    def as_facts(self) -> dict[str, object]:
        return {"pages": self.pages, "text": list(self.text), "found": list(self.found)}


def media_type_of(data: bytes) -> str:
    """ "" for what is neither a PDF, nor a JPEG or PNG picture."""
    return next((media_type for start, media_type in KINDS if data.startswith(start)), "")


def read_scan(data: bytes, *, fingerprint: str = "") -> Scan:
    """Outside any transaction. `fingerprint`: looked for in the words of each page. Raises ScanFailure."""
    media_type = media_type_of(data)
    with tempfile.TemporaryDirectory(prefix="navette-scan-") as folder:
        try:
            run = subprocess.run(
                confined(
                    [sys.executable, "-m", CHILD, media_type, fingerprint], memory=MEMORY_LIMIT, seconds=TIME_LIMIT
                ),
                input=data,
                capture_output=True,
                timeout=TIME_LIMIT,
                cwd=folder,
                env={"PYTHONPATH": str(ROOT), "HOME": folder},
                check=False,
            )
            told = json.loads(run.stdout)
        except (subprocess.TimeoutExpired, ValueError):
            raise ScanFailure(TOO_HEAVY) from None
    if "refused" in told:
        raise ScanFailure(str(told["refused"]))
    return Scan(data, media_type, told["pages"], tuple(told["text"]), tuple(told["found"]))
