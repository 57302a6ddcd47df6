"""A file encrypted under a secret that somebody keeps: AES-256-GCM in chunks, the key drawn from the secret by scrypt.

Layout: MAGIC, 16 bytes of salt, 7 bytes of nonce prefix, then the chunks, each of at most CHUNK bytes of plain text and
its 16-byte tag. The nonce of a chunk is prefix ‖ number (4 bytes, big endian) ‖ 1 when it is the last, else 0 (the
STREAM construction): a chunk changed, moved, doubled, or a file cut short fails to open. The first 16 + 7 bytes and
MAGIC are authenticated with every chunk.
"""

import os
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"NAVETTE-CHIFFRE-1\n"
CHUNK = 1024 * 1024
"""Bytes of plain text."""
TAG = 16
SHORTEST_SECRET = 12
"""Bytes: fewer are guessed."""
_SALT, _PREFIX = 16, 7
_COST, _BLOCK, _PARALLEL = 2**17, 8, 1
"""scrypt as OWASP asks for in 2024: 128 MB and about half a second for each guess."""


class Unopenable(Exception):
    """Not this secret, or not these bytes: nobody can tell which."""


def is_encrypted(start: bytes) -> bool:
    return start.startswith(MAGIC)


def encrypt(plain: IO[bytes], sealed: IO[bytes], *, secret: bytes) -> None:
    """Write the whole of `plain` to `sealed`."""
    head = MAGIC + os.urandom(_SALT) + os.urandom(_PREFIX)
    cipher = AESGCM(_key(secret, head))
    sealed.write(head)
    for nonce, chunk in _numbered(plain, CHUNK, head[-_PREFIX:]):
        sealed.write(cipher.encrypt(nonce, chunk, head))


def decrypt(sealed: IO[bytes], plain: IO[bytes], *, secret: bytes) -> None:
    """Write what `encrypt` was given. Raises Unopenable; what was written till then must be thrown away."""
    head = sealed.read(len(MAGIC) + _SALT + _PREFIX)
    if not is_encrypted(head) or len(head) != len(MAGIC) + _SALT + _PREFIX:
        raise Unopenable()
    cipher = AESGCM(_key(secret, head))
    try:
        for nonce, chunk in _numbered(sealed, CHUNK + TAG, head[-_PREFIX:]):
            plain.write(cipher.decrypt(nonce, chunk, head))
    except InvalidTag:
        raise Unopenable() from None


def _numbered(source: IO[bytes], size: int, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk with its nonce. There is always one: an empty text has an empty last chunk."""
    chunk, number = source.read(size), 0
    while True:
        following = source.read(size)
        yield prefix + number.to_bytes(4, "big") + (b"\0" if following else b"\1"), chunk
        if not following:
            return
        chunk, number = following, number + 1


def _key(secret: bytes, head: bytes) -> bytes:
    salt = head[len(MAGIC) : len(MAGIC) + _SALT]
    return Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_PARALLEL).derive(secret)
