"""Git's own program, run so that a repository can start nothing and ask nobody."""

import asyncio
import base64
import os
import re
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from knowledge.errors import SourceError
from knowledge.ingestion.sources.guarded import allowed_private, checked_address

HEAD = "refs/citewell/head"
_HTTPS_PORT = 443
_FETCH_TIMEOUT_S = 900
_TIMEOUT_S = 120
_MAX_OUTPUT_BYTES = 256 * 1024 * 1024
_MAX_SAID_BYTES = 64 * 1024
_SAFE = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=false",
    "credential.helper=",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "protocol.allow=never",
)
_KEPT = (
    *("PATH", "HOME", "SSH_AUTH_SOCK", "GIT_SSL_CAINFO"),
    *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"),
)
_ATTEMPTS = 4
_REFUSED = re.compile(
    r"authentication failed|could not read username|permission denied|returned error: 40[13]\b"
)
_BUSY = re.compile(r"returned error: (408|425|429|50[0234])\b|\bhttp (429|50[0234])\b")


class _BusyError(SourceError):
    """The server has too much to do, or we asked for too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where a repository is, and what opens it: the token never stands in an argument.

    A server that is busy is asked again after `pause_s`, and then after twice as long each time.
    """

    address: str
    branch: str = "HEAD"
    username: str = ""
    token: str = ""
    pause_s: float = 5.0

    @property
    def protocol(self) -> str:
        """How git reaches it: the only way that it may."""
        if self.address.startswith("/"):
            return "file"
        scheme, separator, _ = self.address.partition("://")
        return scheme if separator else "ssh"


class Git:
    """A bare copy of a repository's branch in `folder`."""

    def __init__(self, remote: Remote, folder: Path) -> None:
        self._remote = remote
        self._folder = folder
        self._private_hosts = allowed_private()

    async def update(self) -> None:
        """Fetch what the branch is now; what was fetched before stays.

        Raises:
            SourceError: The repository does not answer, refuses, or has no such branch.
        """
        if not await self._is_begun():
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
            await self.output("init", "--quiet", "--bare", ".")
        pinned = await self._pinned()
        depth = () if self._remote.protocol == "file" else ("--depth=1",)
        for attempt in range(_ATTEMPTS):
            try:
                await self.output(
                    "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--force", *depth,
                    "--", self._remote.address, f"{self._remote.branch}:{HEAD}",
                    timeout_s=_FETCH_TIMEOUT_S, options=pinned,
                )  # fmt: skip
            except _BusyError:
                if attempt == _ATTEMPTS - 1:
                    raise
                await asyncio.sleep(self._remote.pause_s * 2**attempt)
            else:
                return

    async def has(self, name: str) -> bool:
        """Return whether the copy holds the object `name`."""
        if not await self._is_begun():
            return False
        code, _, _ = await self._run("cat-file", "-e", name, timeout_s=_TIMEOUT_S)
        return code == 0

    async def _pinned(self) -> tuple[str, ...]:
        """Return what lets git connect to a checked address alone, where addresses are checked."""
        if self._private_hosts is None:
            return ()
        if self._remote.protocol != "https":
            raise SourceError("a repository that is reached by https alone may be read here")
        place = urlsplit(self._remote.address)
        host, port = place.hostname or "", place.port or _HTTPS_PORT
        address = await checked_address(host, port, self._private_hosts)
        shown = f"[{address}]" if ":" in address else address
        return (f"http.curloptResolve={host}:{port}:{shown}", "http.proxy=")

    async def output(
        self, *args: str, timeout_s: float = _TIMEOUT_S, options: tuple[str, ...] = ()
    ) -> bytes:
        """Return what a command prints.

        Raises:
            SourceError: It failed, took too long, or printed too much.
        """
        code, out, said = await self._run(*args, timeout_s=timeout_s, options=options)
        if code == 0:
            return out
        words = said.lower()
        if _REFUSED.search(words):
            raise SourceError("the repository refuses: check `token` and what it may read")
        if _BUSY.search(words):
            raise _BusyError("the repository's server asks to come back later", is_temporary=True)
        if "couldn't find remote ref" in words:
            raise SourceError(f"there is no branch {self._remote.branch}: check `branch`")
        raise SourceError(f"git {args[0]} failed{_own_words(said, code)}", is_temporary=True)

    async def _is_begun(self) -> bool:
        return await asyncio.to_thread((self._folder / "HEAD").exists)

    async def _run(
        self, *args: str, timeout_s: float, options: tuple[str, ...] = ()
    ) -> tuple[int, bytes, str]:
        settings = (*_SAFE, self._allowed, *options)
        flags = [part for setting in settings for part in ("-c", setting)]
        try:
            process = await asyncio.create_subprocess_exec(
                "git", *flags, *args, cwd=self._folder, env=self._environment(),
                stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise SourceError("git is not installed on this machine") from error
        if process.stdout is None or process.stderr is None:
            raise SourceError("git has no pipes")
        try:
            async with asyncio.timeout(timeout_s):
                out, said = await asyncio.gather(
                    _read(process.stdout, _MAX_OUTPUT_BYTES),
                    _read(process.stderr, _MAX_SAID_BYTES),
                )
                return await process.wait(), out, said.decode(errors="replace")
        except TimeoutError as error:
            raise SourceError(f"git {args[0]} took too long", is_temporary=True) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    @property
    def _allowed(self) -> str:
        return f"protocol.{self._remote.protocol}.allow=always"

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment = {
            **kept,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "/bin/false",
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=20",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
        }
        if not self._remote.token:
            return environment
        pair = base64.b64encode(f"{self._remote.username}:{self._remote.token}".encode()).decode()
        return {
            **environment,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {pair}",
        }


async def _read(stream: asyncio.StreamReader, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := await stream.read(1 << 16):
        size += len(piece)
        if size > most:
            raise SourceError(f"git printed more than {most // 1024} kB")
        pieces.append(piece)
    return b"".join(pieces)


def _own_words(said: str, code: int) -> str:
    """Return what git itself says of its failure: not its server's words, nor what they quote."""
    lines = [f"exit code {code}", *said.strip().splitlines()]
    own = [line for line in lines if not line.startswith(("remote:", "ERROR:"))]
    last = re.sub(r"remote error:.*|'[^']*'|\S*://\S*", "\u2026", own[-1])
    return f": {last[:200]}"
