"""Parses files in a process of its own that can be killed: time, memory and size have limits."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

from pydantic import TypeAdapter, ValidationError

from knowledge.errors import UnreadableDocumentError
from knowledge.types import ParsedFile, SourceFile

MAX_FILE_BYTES = 50 * 1024 * 1024
_MAX_RESULT_BYTES = 64 * 1024 * 1024
_PARSED = TypeAdapter(ParsedFile)


class ParsingSandbox:
    """One worker process, started when it is needed, and again after it had to be killed.

    It gets no environment variables: a parser that is taken over finds no secret there.
    """

    def __init__(self, *, timeout_s: float = 60) -> None:
        self._timeout_s = timeout_s
        self._process: Process | None = None
        self._lock = asyncio.Lock()

    async def parse(self, file: SourceFile) -> ParsedFile:
        """Return what `file` holds.

        Raises:
            UnreadableDocumentError: It is too large, damaged, or takes too long.
        """
        if file.size_bytes > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1024**2
            raise UnreadableDocumentError(file.id, f"is larger than {limit} MB")
        async with self._lock:
            try:
                async with asyncio.timeout(self._timeout_s):
                    line = await self._ask(file.path)
            except TimeoutError as error:
                await self._kill()
                reason = f"took longer than {self._timeout_s:g} s to parse"
                raise UnreadableDocumentError(file.id, reason) from error
            except (ValueError, OSError) as error:  # a line beyond the limit, a broken pipe
                await self._kill()
                raise UnreadableDocumentError(file.id, "can't be parsed") from error
            except BaseException:
                await self._kill()
                raise
        return _parsed(file, line)

    async def close(self) -> None:
        """End the process."""
        await self._kill()

    async def _ask(self, path: str) -> bytes:
        if self._process is None:
            self._process = await self._start()
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise OSError("the parsing process has no pipes")
        process.stdin.write(json.dumps({"path": path}).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            await self._kill()
        return line

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

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()


def _parsed(file: SourceFile, line: bytes) -> ParsedFile:
    if not line:
        raise UnreadableDocumentError(file.id, "broke the parser (damaged, or too large inside)")
    result = json.loads(line)
    if "error" in result:
        raise UnreadableDocumentError(file.id, str(result["error"]))
    try:
        return _PARSED.validate_python(result["parsed"])
    except ValidationError as error:
        raise UnreadableDocumentError(file.id, "can't be parsed") from error
