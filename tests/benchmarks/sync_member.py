"""One process of the sync's benchmark: works on what is to do, and begins a sync when told."""

import asyncio
import sys

from bot.settings import load_settings
from bot.syncing.standings import sync_and_follow
from bot.wiring import open_parts


async def _work() -> None:
    """Say when it is ready, then do a sync for each line that comes in, until none does."""
    async with open_parts(load_settings(), syncs=True) as parts:
        _say("ready")
        while name := (await asyncio.to_thread(sys.stdin.readline)).strip():
            await sync_and_follow(parts.syncing, name, is_full=False, on_progress=lambda *_: None)
            _say("done")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_work())
