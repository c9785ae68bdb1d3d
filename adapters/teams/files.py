"""Files in Teams: what an activity tells of them, and their content from the tenant's storage."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from adapters.downloads import download
from adapters.errors import AdapterError
from adapters.files import MAX_FILES, Attachment
from adapters.teams.connector import TEAMS

_DOWNLOAD = "application/vnd.microsoft.teams.file.download.info"
_HOSTS = (".sharepoint.com", ".sharepoint.us", ".sharepoint-mil.us", ".sharepoint.cn")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_REFERENCE = re.compile(r"<attachment\s+id=", re.IGNORECASE)


def attachments_in(attachments: Sequence[Mapping[str, object]]) -> tuple[Attachment, ...]:
    """Return the files of an activity, at most 20.

    In a personal chat Teams brings an address to download from; elsewhere only HTML with a
    reference, of which neither name nor content is to be had without the right to read all files.
    """
    found: list[Attachment] = []
    is_referred = False
    for each in attachments:
        kind = str(each.get("contentType") or "")
        content = each.get("content")
        if kind == _DOWNLOAD and isinstance(content, dict):
            found.append(_downloadable(each, content))
        elif kind.startswith("image/"):
            found.append(Attachment(ref="", name=str(each.get("name") or ""), kind=kind))
        elif kind == "text/html" and isinstance(content, str):
            is_referred = is_referred or bool(_REFERENCE.search(content))
    if is_referred and not found:
        return (Attachment(ref="", name=""),)
    return tuple(found[:MAX_FILES])


class TeamsFiles:
    """Fetches what people attached; no token of ours goes along: the address has its own."""

    def __init__(self, session: aiohttp.ClientSession, *, is_local: bool = False) -> None:
        self._session = session
        self._is_local = is_local

    async def fetch(self, file: Attachment, path: Path, *, max_bytes: int) -> None:
        """Write the content of `file` to `path`; see `ChatAdapter.fetch`."""
        if not file.ref or not is_storage(file.ref, is_local=self._is_local):
            raise AdapterError(TEAMS, "not_handed_over")
        await download(
            self._session, file.ref, path, platform=TEAMS, max_bytes=max_bytes, headers={}
        )


def is_storage(url: str, *, is_local: bool) -> bool:
    """Return whether `url` is in SharePoint or OneDrive; on this machine where Teams is local."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.username or parts.password:
        return False
    if is_local and host in _LOOPBACK:
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and port in {None, 443} and host.endswith(_HOSTS)


def _downloadable(each: Mapping[str, object], content: Mapping[str, object]) -> Attachment:
    url = str(each.get("contentUrl") or "")
    return Attachment(
        ref=str(content.get("downloadUrl") or ""),
        name=str(each.get("name") or ""),
        kind=str(content.get("fileType") or ""),
        url=url if url.startswith("https://") else "",
    )
