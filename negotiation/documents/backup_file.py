"""The file of a backup: a ZIP of a copy of the database and of a manifest that says what it must be."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

FORMAT = "navette-sauvegarde/1"
MANIFEST, DATABASE = "manifest.json", "base"
_LARGEST_MANIFEST = 16 * 1024 * 1024
_AT_ONCE = 1024 * 1024
_MOST_RATIO, _SMALL = 200, 64 * 1024 * 1024
"""Times its packed size, for a database of more bytes than that: real ones unfold some ten times."""
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RecursionError,
)
"""What reading foreign bytes raises."""


class Damaged(Exception):
    """These bytes are no backup, or not all of one. The message is a French clause."""


@dataclass(frozen=True)
class Manifest:
    """What the copy must be. `heads` by chain (« negotiation/circle »): [sequence, hash]."""

    made_at: str
    database: str
    """« sqlite » or « postgresql »."""
    schema: str
    """Revision of the migrations."""
    size: int
    sha256: str
    negotiations: int
    heads: Mapping[str, tuple[int, str]]
    format: str = FORMAT


def pack(copy: Path, packed: Path, *, manifest: Manifest) -> None:
    """Write the ZIP at `packed`, which must not exist."""
    with zipfile.ZipFile(packed, "x", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1, sort_keys=True))
        archive.write(copy, DATABASE)


def unpack(packed: Path, copy: Path) -> Manifest:
    """Write the copy at `copy`, checked against its manifest. Raises Damaged."""
    try:
        with zipfile.ZipFile(packed) as archive:
            manifest = _manifest(archive)
            if manifest.size > max(_SMALL, _MOST_RATIO * archive.getinfo(DATABASE).compress_size):
                raise Damaged("la base qu’il contient se déplie en une taille démesurée")
            size, digest = _extract(archive, copy, most=manifest.size)
    except _DAMAGE as fault:
        raise Damaged("ce fichier n’est pas une sauvegarde de Navette, ou il est abîmé") from fault
    if (size, digest) != (manifest.size, manifest.sha256):
        raise Damaged("la base qu’il contient n’a plus la taille et l’empreinte de son manifeste")
    return manifest


def size_and_fingerprint(file: Path) -> tuple[int, str]:
    """Bytes and SHA-256."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return file.stat().st_size, digest


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    entry = archive.getinfo(MANIFEST)
    if entry.file_size > _LARGEST_MANIFEST:
        raise ValueError(entry.file_size)
    told: Any = json.loads(archive.read(entry))
    if not isinstance(told, dict) or told.get("format") != FORMAT or set(told) != set(Manifest.__dataclass_fields__):
        raise ValueError("not a manifest")
    read = Manifest(**told | {"heads": {chain: (int(seq), str(head)) for chain, (seq, head) in told["heads"].items()}})
    if any(type(getattr(read, each.name)) is not each.type for each in fields(read) if each.name != "heads"):
        raise TypeError("not the types of a manifest")
    return read


def _extract(archive: zipfile.ZipFile, copy: Path, *, most: int) -> tuple[int, str]:
    """Never more than the manifest announces and one block."""
    digest, size = hashlib.sha256(), 0
    with archive.open(DATABASE) as packed, copy.open("xb") as opened:
        while size <= most and (block := packed.read(_AT_ONCE)):
            digest.update(block)
            size += len(block)
            opened.write(block)
    return size, digest.hexdigest()
