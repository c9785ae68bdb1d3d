"""Files in Slack: what a message tells of them, and their content from Slack's own host."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.downloads import download
from adapters.errors import AdapterError
from adapters.files import MAX_FILES, Attachment
from adapters.slack.calls import SLACK, SlackCalls

_HOSTS = {"slack.com": "files.slack.com", "slack-gov.com": "files.slack-gov.com"}
"""The host that has a workspace's files, by the host of its Web API."""
_GONE = frozenset({"file_not_found", "file_deleted", "file_not_visible"})
_NOT_PERMITTED = frozenset({"missing_scope", "not_allowed_token_type", "no_permission"})
_NO_CONTENT = frozenset({"tombstone", "hidden_by_limit"})
_PAGE = "text/html"


class SlackFile(BaseModel):
    """What we read of a file object; where Slack Connect is at work little more than its id."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str | None = None
    title: str | None = None
    mimetype: str | None = None
    size: int | None = None
    mode: str | None = None
    is_external: bool | None = None
    permalink: str | None = None
    url_private: str | None = None


def attachments_in(files: Iterable[object]) -> tuple[Attachment, ...]:
    """Return the files of a message, at most 20; what was deleted is none any more."""
    found: list[Attachment] = []
    for each in files:
        try:
            file = SlackFile.model_validate(each)
        except ValidationError:
            continue
        if file.mode not in _NO_CONTENT:
            found.append(_attachment(file))
    return tuple(found[:MAX_FILES])


class SlackFiles:
    """Fetches what people attached; the token goes to the workspace's API and file host alone."""

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls

    async def fetch(self, file: Attachment, path: Path, *, max_bytes: int) -> None:
        """Write the content of `file` to `path`; see `ChatAdapter.fetch`."""
        if not file.ref:
            raise AdapterError(SLACK, "elsewhere")
        url = await self._address_of(file)
        slack = self._calls.client
        async with aiohttp.ClientSession() as session:
            kind = await download(
                session,
                url,
                path,
                platform=SLACK,
                max_bytes=max_bytes,
                headers={"Authorization": f"Bearer {slack.token}"},
                proxy=slack.proxy,
            )
        if kind == _PAGE and file.kind != _PAGE:  # the page to log in, to a token without the right
            raise AdapterError(SLACK, "not_permitted")

    async def _address_of(self, file: Attachment) -> str:
        """Return where Slack says that the file is now; nowhere but on its file host."""
        try:
            response = await self._calls.patiently(
                "files.info", lambda slack: slack.files_info(file=file.ref)
            )
        except AdapterError as error:
            if error.code in _GONE:
                raise AdapterError(SLACK, "gone") from error
            if error.code in _NOT_PERMITTED:
                raise AdapterError(SLACK, "not_permitted") from error
            raise
        try:
            url = SlackFile.model_validate(response.get("file")).url_private or ""
        except ValidationError as error:
            raise AdapterError(SLACK, "gone") from error
        if not is_of(url, str(self._calls.client.base_url)):
            raise AdapterError(SLACK, "elsewhere")
        return url


def is_of(url: str, api_url: str) -> bool:
    """Return whether `url` is on the file host of the Web API at `api_url`.

    A server of Slack's kind elsewhere has its files beside its API.
    """
    try:
        wanted, api = urlsplit(url), urlsplit(api_url)
    except ValueError:
        return False
    host = _HOSTS.get((api.hostname or "").removeprefix("www."))
    place = ("https", host) if host else (api.scheme, api.netloc)
    return (wanted.scheme, wanted.netloc) == place


def _attachment(file: SlackFile) -> Attachment:
    return Attachment(
        ref="" if file.is_external else file.id,
        name=file.name or file.title or "",
        kind=file.mimetype or "",
        size_bytes=max(file.size or 0, 0),
        url=file.permalink or "",
    )
