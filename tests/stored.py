"""All that a running Citewell keeps, byte by byte."""

from collections.abc import Awaitable, Callable, Iterator, Mapping

from tests.running import Running
from tests.running_teams import RunningTeams


async def everything_in(citewell: Running | RunningTeams) -> bytes:
    """Return all that Redis holds, of every type, and every file in the data folder."""
    redis = citewell.parts.redis
    readers: Mapping[bytes, Callable[[bytes], Awaitable[object]]] = {
        b"string": redis.get,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"hash": redis.hgetall,
        b"stream": redis.xrange,
    }
    pieces: list[bytes] = []
    async for key in redis.scan_iter("*"):
        kind = await redis.type(key)
        assert isinstance(kind, bytes)
        if kind == b"none":  # gone meanwhile
            continue
        # A dump may be compressed: what is in it is read by its type as well.
        held = await readers[kind](key)
        pieces += [key, await redis.dump(key) or b"", *_bytes_in(held)]
    files = (path for path in citewell.settings.data_dir.rglob("*") if path.is_file())
    return b"\n".join((*pieces, *(path.read_bytes() for path in files)))


def _bytes_in(held: object) -> Iterator[bytes]:
    if isinstance(held, bytes):
        yield held
    elif isinstance(held, Mapping):
        for pair in held.items():
            yield from _bytes_in(pair)
    elif isinstance(held, list | tuple | set):
        for item in held:
            yield from _bytes_in(item)
