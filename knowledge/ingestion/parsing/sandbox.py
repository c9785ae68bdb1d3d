"""Parses files in processes of their own that can be killed: time, memory and size have limits."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from knowledge.errors import UnreadableDocumentError
from knowledge.types import ParsedFile

MAX_FILE_BYTES = 50 * 1024 * 1024
_MAX_RESULT_BYTES = 128 * 1024 * 1024
_MAX_REASON_CHARS = 200
_PARSED = TypeAdapter(ParsedFile)


class ParsingSandbox:
    """Worker processes, each started when it is needed, and again after it had to be killed.

    They get no environment variables: a parser that is taken over finds no secret there.
    `cpu_s` is the processor time and `timeout_s` the whole time that one file may take.
    """

    def __init__(self, *, processes: int = 1, cpu_s: int = 45, timeout_s: float = 60) -> None:
        self._cpu_s = cpu_s
        self._timeout_s = timeout_s
        self._workers = [_Worker() for _ in range(processes)]
        self._idle = list(self._workers)
        self._free = asyncio.Semaphore(processes)

    async def parse(self, document_id: str, path: Path) -> ParsedFile:
        """Return what the file at `path` holds; its suffix says which kind it is.

        Raises:
            UnreadableDocumentError: It is too large, damaged, or takes too long.
        """
        async with self._free:
            worker = self._idle.pop()
            try:
                async with asyncio.timeout(self._timeout_s):
                    line = await worker.ask({"path": str(path), "cpu_s": str(self._cpu_s)})
            except TimeoutError as error:
                await worker.kill()
                reason = f"took longer than {self._timeout_s:g} s to parse"
                raise UnreadableDocumentError(document_id, reason) from error
            except (ValueError, OSError) as error:  # a line beyond the limit, a broken pipe
                await worker.kill()
                raise UnreadableDocumentError(document_id, "can't be parsed") from error
            except BaseException:
                await worker.kill()
                raise
            finally:
                self._idle.append(worker)
        if isinstance(line, int):
            raise UnreadableDocumentError(document_id, self._broken(line))
        return _parsed(document_id, line)

    async def close(self) -> None:
        """End the processes."""
        await asyncio.gather(*(worker.kill() for worker in self._workers))

    def _broken(self, code: int) -> str:
        if code == -signal.SIGXCPU:
            return f"took more than {self._cpu_s} s of processor time"
        return "broke the parser (damaged, or too large inside)"


class _Worker:
    """One process, and how it is spoken to."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def ask(self, request: dict[str, str]) -> bytes | int:
        """Return the line that it answers, or its exit code where it died."""
        if self._process is None:
            self._process = await self._start()
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise OSError("the parsing process has no pipes")
        process.stdin.write(json.dumps(request).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if line.endswith(b"\n"):
            return line
        self._process = None
        return await process.wait()

    async def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _start(self) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "knowledge.ingestion.parsing.worker",
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=_MAX_RESULT_BYTES,
            env={"PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )


def _parsed(document_id: str, line: bytes) -> ParsedFile:
    result = json.loads(line)
    if "error" in result:
        reason = " ".join(str(result["error"]).split())[:_MAX_REASON_CHARS]
        raise UnreadableDocumentError(document_id, reason)
    try:
        return _PARSED.validate_python(result["parsed"])
    except ValidationError as error:
        raise UnreadableDocumentError(document_id, "can't be parsed") from error
