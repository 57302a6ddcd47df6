"""Seals and signatures of a PDF, each an incremental update: nothing of the file before it changes.

pyHanko runs in a child process with limits on memory and time, since it reads files that come from anybody. The key is
given to the child on its standard input, and is nowhere else outside the keys' own folder.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from negotiation.documents.confinement import confined
from negotiation.documents.pdf_print import ROOT
from negotiation.documents.platform_keys import PlatformKeys

TIME_LIMIT = 40
MEMORY_LIMIT = 2 * 1024**3
TSA_SECONDS = 5
"""A timestamp authority that is slower is said not to have answered."""
SEAL_FIELD, LOCK_FIELD = "Cachet", "Verrou"
CHILD = "negotiation.documents.pdf_signatures_apart"


class SealFailure(Exception):
    """The seal or the signature couldn't be put. The message is a French sentence."""


@dataclass(frozen=True)
class Timestamp:
    """What a timestamp authority said. `at`: ISO 8601, UTC. `refusal`: why there is none, in French."""

    at: str = ""
    authority: str = ""
    refusal: str = ""

    def as_facts(self) -> dict[str, str]:
        return vars(self) if self.at else {"none": self.refusal}


NO_AUTHORITY = "sans horodatage tiers : cette instance n’a pas d’autorité d’horodatage"


@dataclass(frozen=True)
class Put:
    """What was added behind the file, and what the timestamp authority said of it."""

    increment: bytes
    timestamp: Timestamp


@dataclass(frozen=True)
class FoundSignature:
    """One signature of a file. `covers`: "file", "revision" (a whole earlier state) or "other". `changes`: what came
    after it, "none", "allowed" or "forbidden". `is_known`: its authority is one of those given. `is_revoked`: that
    authority says so in what the signature itself carries. `valid_from`, `valid_until`: of the certificate, ISO 8601.
    `fault`: what is wrong with it, in French, or ""."""

    field: str
    signer: str
    issuer: str
    serial: str
    certificate_hash: str
    valid_from: str
    valid_until: str
    is_intact: bool
    is_known: bool
    is_revoked: bool
    covers: str
    changes: str
    at: str
    timestamp: str
    fault: str
    cms: bytes = b""

    @property
    def is_sound(self) -> bool:
        """Its bytes are those that were signed, and nothing forbidden came after."""
        return self.is_intact and self.covers != "other" and self.changes != "forbidden" and not self.fault


def seal(
    pdf: bytes,
    *,
    keys: PlatformKeys,
    fields: Sequence[str],
    reason: str,
    tsa_url: str = "",
    blocks: Mapping[str, str] | None = None,
) -> Put:
    """The certification seal, which lets forms be filled and nothing else, and an empty field for each signatory.

    `blocks`: field → letter of the party in whose printed block it stands; a field without a block is unseen.
    Raises SealFailure.
    """
    standing = dict(blocks or {})
    return _put("seal", pdf, keys=keys, tsa_url=tsa_url, fields=list(fields), blocks=standing, reason=reason)


def fill(
    pdf: bytes,
    *,
    keys: PlatformKeys,
    field: str,
    name: str,
    reason: str,
    tsa_url: str = "",
    stamp: Sequence[str] = (),
) -> Put:
    """A prepared field signed with the platform's key, in the words of `name` and `reason`; `stamp`: lines that are
    drawn in it where it has a place on a page. Raises SealFailure."""
    return _put("fill", pdf, keys=keys, tsa_url=tsa_url, field=field, name=name, reason=reason, stamp=list(stamp))


def examine(pdf: bytes, *, authorities: Sequence[str] = ()) -> tuple[FoundSignature, ...]:
    """Every signature of a file, oldest first. `authorities`: certificates in PEM. Raises SealFailure on what is no
    PDF that can be read; nothing else, whatever the bytes."""
    answer = _apart({"do": "examine", "pdf": _packed(pdf), "authorities": list(authorities)})
    return tuple(
        FoundSignature(**{**found, "cms": base64.b64decode(found.get("cms", ""))}) for found in answer["signatures"]
    )


def _put(do: str, pdf: bytes, *, keys: PlatformKeys, tsa_url: str, **more: object) -> Put:
    private = {"key": keys.seal_key, "certificate": keys.certificate}
    answer = _apart({"do": do, "pdf": _packed(pdf), "tsa_url": tsa_url, "tsa_seconds": TSA_SECONDS, **private, **more})
    timestamp = Timestamp(**answer["timestamp"]) if tsa_url else Timestamp(refusal=NO_AUTHORITY)
    return Put(base64.b64decode(answer["increment"]), timestamp)


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _apart(job: Mapping[str, object]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="navette-seal-") as folder:
        try:
            run = subprocess.run(
                confined(
                    [sys.executable, "-m", CHILD],
                    memory=MEMORY_LIMIT,
                    seconds=TIME_LIMIT,
                    network=bool(job.get("tsa_url")),
                ),
                input=json.dumps(job).encode(),
                capture_output=True,
                timeout=TIME_LIMIT,
                cwd=folder,
                env=_environment(folder),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SealFailure("L’examen du fichier a pris trop de temps : il a été arrêté.") from None
    try:
        answer: dict[str, Any] = json.loads(run.stdout)
    except ValueError:
        raise SealFailure("Le fichier n’a pas pu être lu jusqu’au bout.") from None
    if "refused" in answer:
        raise SealFailure(str(answer["refused"]))
    return answer


def _environment(folder: str) -> dict[str, str]:
    """What a way to the timestamp authority may need, and nothing else of the parent's."""
    ways = ("PATH", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE")
    kept = {name: os.environ[name] for name in (*ways, "REQUESTS_CA_BUNDLE") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "HOME": folder}
