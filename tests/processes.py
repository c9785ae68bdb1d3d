"""Runs the program in processes of their own."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path


def environment(data_dir: Path, **given: str) -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return {**kept, "CITEWELL_DATA_DIR": str(data_dir), **given}


async def start(*args: str, cwd: Path, env: dict[str, str]) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *args, cwd=cwd, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )


async def run(
    *args: str, cwd: Path, env: dict[str, str], stdin: str = ""
) -> tuple[int | None, str, str]:
    process = await start(*args, cwd=cwd, env=env)
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 90)
    return process.returncode, out.decode(), err.decode()


async def said(process: Process, words: bytes) -> None:
    assert process.stderr is not None
    while words not in (line := await asyncio.wait_for(process.stderr.readline(), 60)):
        assert line, "it ended early"
