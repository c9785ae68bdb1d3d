"""One process owns the embedded parts; others join it, and a crash leaves nothing in the way."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.errors import StartError
from bot.queue.embedded import embedded_parts

OWNER = """
import asyncio, sys
from pathlib import Path
from bot.queue.embedded import embedded_parts
from bot.observability.logs import configure_logs

async def main() -> None:
    async with embedded_parts(Path(sys.argv[1]), redis_url=None, guest_grace_s=5) as owner:
        print("owner" if owner.is_owner else "guest", flush=True)
        await asyncio.Event().wait()

configure_logs("json", "info")
asyncio.run(main())
"""


async def test_the_first_process_owns_and_the_second_joins(data_dir: Path) -> None:
    async with (
        embedded_parts(data_dir, redis_url=None, guest_grace_s=5) as owner,
        embedded_parts(data_dir, redis_url=None, guest_grace_s=5) as guest,
    ):
        client = Redis.from_url(guest.redis_url)
        assert await client.ping()
        await client.aclose()

        assert (owner.is_owner, guest.is_owner) == (True, False)


async def test_the_owner_waits_for_its_guest(data_dir: Path) -> None:
    first = embedded_parts(data_dir, redis_url=None, guest_grace_s=30)
    await first.__aenter__()
    async with embedded_parts(data_dir, redis_url=None, guest_grace_s=5) as guest:
        closing = asyncio.create_task(first.__aexit__(None, None, None))
        client = Redis.from_url(guest.redis_url)
        await asyncio.sleep(0)
        assert await client.ping()
        assert not closing.done()
        await client.aclose()
    await asyncio.wait_for(closing, 60)


async def test_what_was_written_survives_a_restart(data_dir: Path) -> None:
    for expected in (None, b"kept"):
        async with embedded_parts(data_dir, redis_url=None, guest_grace_s=5) as owner:
            client = Redis.from_url(owner.redis_url)
            assert await client.get("key") == expected
            await client.set("key", "kept")
            await client.aclose()


async def test_a_killed_owner_and_its_orphaned_valkey_are_cleared(data_dir: Path) -> None:
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(data_dir), stdout=asyncio.subprocess.PIPE
    )
    assert killed.stdout is not None
    assert await killed.stdout.readline() == b"owner\n"
    killed.send_signal(signal.SIGKILL)
    await killed.wait()

    async with embedded_parts(data_dir, redis_url=None, guest_grace_s=5) as owner:
        assert owner.is_owner
        client = Redis.from_url(owner.redis_url)
        assert await client.ping()
        await client.aclose()


async def test_a_long_path_of_the_data_folder_is_no_trouble(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 60) / ("b" * 60)
    async with embedded_parts(folder, redis_url=None, guest_grace_s=5) as owner:
        client = Redis.from_url(owner.redis_url)
        assert await client.ping()
        await client.aclose()


async def test_a_folder_that_cant_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")

    with pytest.raises(StartError, match="CITEWELL_DATA_DIR"):
        async with embedded_parts(tmp_path / "file", redis_url=None, guest_grace_s=5):
            pass


async def test_the_socket_is_private(data_dir: Path) -> None:
    async with embedded_parts(data_dir, redis_url=None, guest_grace_s=5) as owner:
        mode = (
            Path(  # noqa: ASYNC240 - a test waits for nobody
                owner.redis_url.removeprefix("unix://")
            )
            .stat()
            .st_mode
        )
        assert mode & 0o077 == 0
