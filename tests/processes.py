"""Runs the program in processes of their own."""

import asyncio
import multiprocessing
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.__main__ import main

_PATIENCE_S = 240
# Forked from a process that has imported what takes the commands seconds to import.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["bot.wiring", "bot.platforms", "tests.processes"])


def environment(data_dir: Path, **given: str) -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return {**kept, "CITEWELL_DATA_DIR": str(data_dir), **given}


async def start(*args: str, cwd: Path, env: dict[str, str], is_group: bool = False) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *args),
        cwd=cwd,
        env=env,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=is_group,
        preexec_fn=_as_in_a_terminal,
    )


def _as_in_a_terminal() -> None:
    """Heed Ctrl-C, which what is begun in the background of a shell does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def run(
    *args: str, cwd: Path, env: dict[str, str], stdin: str = ""
) -> tuple[int | None, str, str]:
    """Run a command to its end, and return its exit code and what it wrote."""
    with TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in ("in", "out", "err")]
        for stream, text in zip(streams, (stdin, "", ""), strict=True):
            stream.write_text(text)
        process = _FORKS.Process(target=_run, args=(args, cwd, env, streams))
        await asyncio.to_thread(process.start)
        await asyncio.to_thread(process.join, _PATIENCE_S)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"citewell {args[0]} did not end in {_PATIENCE_S} s")
        return process.exitcode, streams[1].read_text(), streams[2].read_text()


def _run(args: tuple[str, ...], cwd: Path, env: dict[str, str], streams: list[Path]) -> None:
    """Be `python -m bot ARGS` in a process that was forked just now."""
    for number, stream in enumerate(streams):
        opened = os.open(stream, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
        for number, mode in enumerate(("r", "w", "w"))
    )
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = ["citewell", *args]
    main()


async def said(process: Process, words: bytes) -> None:
    assert process.stderr is not None
    while words not in (line := await asyncio.wait_for(process.stderr.readline(), _PATIENCE_S)):
        assert line, "it ended early"
