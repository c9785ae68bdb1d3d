"""A Git server over HTTP: Git's own, behind a token that can expire."""

import asyncio
import base64
import os
from asyncio.subprocess import PIPE
from pathlib import Path

from aiohttp import web

from tests.servers.loopback import Loopback


class Repository:
    """A repository that tests commit to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def git(self, *args: str) -> str:
        """Run git in it and return what it prints."""
        names = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        process = await asyncio.create_subprocess_exec(
            "git", *names, *args, cwd=self.folder, stdout=PIPE, stderr=PIPE
        )
        out, said = await process.communicate()
        assert process.returncode == 0, said.decode()
        return out.decode().strip()

    async def commit(self, **files: str | None) -> str:
        """Write files (by name, `__` for a slash, `_md` at the end for `.md`); None removes."""
        if not (self.folder / ".git").exists():
            self.folder.mkdir(parents=True)
            await self.git("init", "--quiet", "--initial-branch=main")
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("_md", ".md")
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        await self.git("add", "--all")
        await self.git("commit", "--quiet", "--message=change")
        return await self.git("rev-parse", "HEAD")


class GitServer(Loopback):
    """Serves the repositories below `root` to whoever brings `token`."""

    def __init__(self, root: Path) -> None:
        super().__init__(max_bytes=2**26)
        self.token = "gt-valid"
        self.fetches = 0
        self.busy_times = 0
        self.busy_status = 429
        self._root = root
        self.application.router.add_route("*", "/{path:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        wanted = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {wanted}":
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        if self.busy_times > 0:
            self.busy_times -= 1
            return web.Response(status=self.busy_status)
        self.fetches += request.path.endswith("/git-upload-pack")
        process = await asyncio.create_subprocess_exec(
            "git", "http-backend", stdin=PIPE, stdout=PIPE, env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self._root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": request.path,
                "QUERY_STRING": request.query_string,
                "REQUEST_METHOD": request.method,
                "CONTENT_TYPE": request.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            },
        )  # fmt: skip
        body = await request.read()
        out, _ = await process.communicate(body)
        head, _, content = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, headers=headers, body=content)
