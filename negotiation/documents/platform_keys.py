"""The keys of the platform: a sealing key with its certificate for files, an Ed25519 key for the heads of histories.

They stay outside the database, so that who holds the database alone can't make a seal. One PEM text holds the three
parts: the sealing key (P-256), its certificate (X.509, self-signed), the key of heads. See decision 20.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

PRIVATE = "platform.pem"
PUBLIC = "public"
YEARS = 10
"""A certificate's life: a contract's and its evaluation's."""
_PEM, _PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
_BARE = serialization.NoEncryption()


class BadKeys(ValueError):
    """The text doesn't hold the three parts, or they don't belong together. The message is a French sentence."""


@dataclass(frozen=True)
class PlatformKeys:
    """`seal_key`, `certificate`: PEM. `head_key`: the key of heads. Nothing of it is printed by repr."""

    seal_key: str
    certificate: str
    head_key: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"PlatformKeys({self.fingerprint[:16]}…)"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as every reader of PDF shows it."""
        return fingerprint_of(self.certificate)

    @cached_property
    def head_public(self) -> str:
        """The 32 bytes of the public key of heads, in hexadecimal."""
        return self.head_key.public_key().public_bytes_raw().hex()

    def sign_head(self, statement: Mapping[str, str | int]) -> str:
        """Ed25519 over the canonical JSON of a statement about a head, in hexadecimal."""
        return self.head_key.sign(rfc8785.dumps(dict(statement))).hex()

    def as_pem(self) -> str:
        head = self.head_key.private_bytes(_PEM, _PKCS8, _BARE).decode()
        return self.seal_key + self.certificate + head

    def public_pem(self) -> str:
        """What anybody may have: the certificate, and the public key of heads."""
        head = self.head_key.public_key().public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return self.certificate + head.decode()


def draw_keys(*, name: str, at: datetime) -> PlatformKeys:
    """New keys for the platform of this name (an address, shown by readers of PDF), certified from that moment."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Navette"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Cachet de la plateforme {name}"[:64]),
        ]
    )
    uses = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only"), False
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(minutes=5))
        .not_valid_after(at + timedelta(days=366 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=True, decipher_only=False, **uses), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    seal_key = key.private_bytes(_PEM, _PKCS8, _BARE).decode()
    return PlatformKeys(seal_key, certificate.public_bytes(_PEM).decode(), Ed25519PrivateKey.generate())


def read_keys(pem: str) -> PlatformKeys:
    """The keys that a PEM text holds, in any order. Raises BadKeys."""
    blocks = [block + "-----\n" for block in _blocks(pem)]
    keys = [block for block in blocks if "PRIVATE KEY" in block]
    certificates = [block for block in blocks if "BEGIN CERTIFICATE" in block]
    try:
        loaded = {block: serialization.load_pem_private_key(block.encode(), None) for block in keys}
        heads = [key for key in loaded.values() if isinstance(key, Ed25519PrivateKey)]
        [seal] = [block for block, key in loaded.items() if not isinstance(key, Ed25519PrivateKey)]
        [head], [certificate] = heads, certificates
        certified = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        belongs = certified == loaded[seal].public_key()
    except (ValueError, TypeError):
        raise BadKeys("Les clés ne se lisent pas : il y faut une clé, son certificat et une clé Ed25519.") from None
    if not belongs:
        raise BadKeys("Le certificat du cachet n’est pas celui de sa clé.")
    return PlatformKeys(seal, certificate, head)


def write_keys(folder: Path, keys: PlatformKeys) -> None:
    """Keep the keys for their owner only; the public parts of those before stay beside, under their fingerprint."""
    public = folder / PUBLIC
    public.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(public / f"{keys.fingerprint}.pem", keys.public_pem())
    _write(folder / PRIVATE, keys.as_pem())


def kept_keys(folder: Path) -> PlatformKeys | None:
    """The keys in use, None before the first. Raises BadKeys, OSError."""
    kept = folder / PRIVATE
    return read_keys(kept.read_text(encoding="ascii")) if kept.exists() else None


def fingerprint_of(certificate: str) -> str:
    """SHA-256 of a certificate in PEM, in hexadecimal."""
    return hashlib.sha256(as_der(certificate)).hexdigest()


def as_der(certificate: str) -> bytes:
    """The bytes of a certificate in PEM."""
    return x509.load_pem_x509_certificate(certificate.encode()).public_bytes(serialization.Encoding.DER)


def _blocks(pem: str) -> list[str]:
    """Each « -----BEGIN … -----END … » of the text, without its last dashes."""
    text = pem.replace("\\n", "\n").strip()
    found: list[str] = []
    for chunk in text.split("-----BEGIN ")[1:]:
        body, _, rest = chunk.partition("-----END ")
        found.append(f"-----BEGIN {body}-----END {rest.partition('-----')[0]}")
    return found


def _write(file: Path, text: str) -> None:
    """Whole under its name, or not at all: a power cut must not leave half a key."""
    draft = file.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())
    draft.replace(file)
