"""Encryption of what must rest in Redis although it holds personal data."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_MARK = b"cw2:"
_ID_BYTES = 6
MARK_BYTES = len(_MARK) + _ID_BYTES
"""How much of a sealed value tells which key sealed it."""
_KEY_FILE = "encryption.key"


class UndecipherableError(Exception):
    """A value was written with another key, or for another purpose, or was changed."""


class Cipher:
    """AES-256-GCM (NIST SP 800-38D) with the key's id and a random nonce in front of each value.

    `purpose` is bound to the value, so that one thread's map can't be read as another's. Values
    are written with `secret`, and read with it or with one of `old`.
    """

    def __init__(self, secret: bytes, *old: bytes) -> None:
        keys = [hashlib.sha256(b"citewell:v1:" + given).digest() for given in (secret, *old)]
        self._keys: Mapping[bytes, AESGCM] = {_id_of(key): AESGCM(key) for key in reversed(keys)}
        self._newest = _id_of(keys[0])

    @property
    def key_id(self) -> str:
        """Which key is written with: a fingerprint in hex, of no use for reading."""
        return self._newest.hex()

    @property
    def key_ids(self) -> frozenset[str]:
        """Which keys can be read with."""
        return frozenset(key.hex() for key in self._keys)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Return `plain` encrypted for `purpose`, with the newest key."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._keys[self._newest].encrypt(nonce, plain, purpose.encode())
        return _MARK + self._newest + nonce + sealed

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Return what `seal` was given.

        Raises:
            UndecipherableError: It can't be read with any of the keys for this purpose.
        """
        for key, body in self._candidates(sealed):
            try:
                return key.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], purpose.encode())
            except (InvalidTag, ValueError):
                continue
        raise UndecipherableError(purpose)

    def _candidates(self, sealed: bytes) -> Iterator[tuple[AESGCM, bytes]]:
        """Yield the keys that may open `sealed`: the one it names, or all where it names none."""
        key_id, body = _split(sealed)
        if key_id in self._keys:
            yield self._keys[key_id], body
        # Written before values named their key; a nonce may look like a mark, too.
        for key in self._keys.values():
            yield key, sealed


def key_id_of(sealed: bytes) -> str:
    """Return the id of the key that sealed a value; empty where it names none."""
    return _split(sealed)[0].hex()


def _split(sealed: bytes) -> tuple[bytes, bytes]:
    if not sealed.startswith(_MARK):
        return b"", sealed
    start = len(_MARK) + _ID_BYTES
    return sealed[len(_MARK) : start], sealed[start:]


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"citewell:key id:" + key).digest()[:_ID_BYTES]


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


def kept_key(data_dir: Path) -> bytes:
    """Return the key that an earlier start kept in `data_dir`; empty where there is none."""
    path = data_dir / _KEY_FILE
    return path.read_bytes() if path.is_file() else b""
