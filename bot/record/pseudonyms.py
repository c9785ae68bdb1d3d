"""Names under which records know a person: the same each time, and of no use without the key."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Collection

import structlog
from redis.asyncio import Redis

from adapters.types import Person, ThreadId
from bot.crypto import Cipher, UndecipherableError, key_id_of

log = structlog.get_logger(__name__)

_KEY = "citewell:pseudonyms"
_HEX_CHARS = 32


class Pseudonyms:
    """HMAC-SHA256 of platform, workspace and id, with a key that lies sealed in Redis.

    The key is none of the settings', so that pseudonyms outlive a change of the encryption key.
    """

    def __init__(self, redis: Redis, cipher: Cipher) -> None:
        self._redis = redis
        self._cipher = cipher
        self._key = b""
        self._loading = asyncio.Lock()

    async def of(self, person: Person, platform: str) -> str:
        """Return the pseudonym of `person`."""
        return await self.of_parts(platform, person.workspace, person.id)

    async def of_parts(self, platform: str, workspace: str, person: str) -> str:
        """Return the pseudonym of the person who has this id there."""
        name = str(ThreadId(platform=platform, workspace=workspace, channel=person, thread="-"))
        key = await self._loaded()
        return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:_HEX_CHARS]

    async def of_address(self, address: str) -> str:
        """Return the pseudonym of an e-mail address."""
        key = await self._loaded()
        return hmac.new(key, f"address {address}".encode(), hashlib.sha256).hexdigest()[:_HEX_CHARS]

    async def cipher(self) -> Cipher:
        """Return what seals records under the pseudonyms' own key, which no setting changes."""
        return Cipher(await self._loaded())

    async def _loaded(self) -> bytes:
        async with self._loading:
            if not self._key:
                self._key = await self._read() or await self._made()
        return self._key

    async def _read(self) -> bytes:
        sealed = await self._redis.get(_KEY)
        if not isinstance(sealed, bytes):
            return b""
        try:
            key = self._cipher.open(sealed, _KEY)
        except UndecipherableError:
            # Nobody can be found under the old pseudonyms any more: the entries stay anonymous.
            log.warning("pseudonyms_unreadable")
            await self._redis.delete(_KEY)
            return b""
        if key_id_of(sealed) != self._cipher.key_id:
            await self._redis.set(_KEY, self._cipher.seal(key, _KEY), xx=True)
        return key

    async def _made(self) -> bytes:
        sealed = self._cipher.seal(secrets.token_bytes(32), _KEY)
        await self._redis.set(_KEY, sealed, nx=True)
        return await self._read()


def parse_person(text: str) -> tuple[str, str, str]:
    """Return platform, workspace and id of `platform:workspace:id`.

    Raises:
        ValueError: It is not of that form.
    """
    parts: Collection[str] = text.split(":", 2)
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004
        raise ValueError(
            f"{text} names nobody; the form is platform:workspace:id, or an e-mail address"
        )
    platform, workspace, person = parts
    return platform, workspace, person
