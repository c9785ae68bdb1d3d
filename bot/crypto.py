"""Encryption of what must rest in Redis although it holds personal data."""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_FILE = "encryption.key"


class UndecipherableError(Exception):
    """A value was written with another key, or for another purpose, or was changed."""


class Cipher:
    """AES-256-GCM (NIST SP 800-38D) with a random nonce in front of each value.

    `purpose` is bound to the value, so that one thread's map can't be read as another's.
    """

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(hashlib.sha256(b"citewell:v1:" + secret).digest())

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Return `plain` encrypted for `purpose`."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Return what `seal` was given.

        Raises:
            UndecipherableError: It can't be read with this key for this purpose.
        """
        try:
            return self._aead.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise UndecipherableError(purpose) from error


class Fingerprints:
    """Keyed hashes (HMAC-SHA256): what finds a value again, and tells it to nobody without key."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.sha256(b"citewell:fingerprints:v1:" + secret).digest()

    def of(self, text: str, purpose: str) -> str:
        """Return the fingerprint of `text` for `purpose`: 43 characters, the same each time."""
        digest = hmac.digest(self._key, f"{purpose}\0{text}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def key_of(data_dir: Path) -> bytes:
    """Return the key kept in `data_dir`, made on first use and readable by its owner alone."""
    path = data_dir / _KEY_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(32)
        file.write(key)
    return key
