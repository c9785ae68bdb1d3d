"""Notion: the pages that an integration was given, by when they were edited last."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import yaml
from pydantic import BaseModel, ConfigDict, Field

from knowledge.errors import DocumentGoneError, UnreadableDocumentError
from knowledge.ingestion.parsing.tables import table_of
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.api import JsonApi, MissingError
from knowledge.ingestion.sources.locations import location_of
from knowledge.types import Principal, SourceDocument

_VERSION = "2022-06-28"
_PAGE_SIZE = 100
_MAX_DEPTH = 12
_MAX_BLOCKS = 10_000
_UNSETTLED = timedelta(minutes=2)
_HEADINGS = {"heading_1": "## ", "heading_2": "### ", "heading_3": "#### "}
_MARKS = {"bulleted_list_item": "- ", "numbered_list_item": "1. ", "quote": "> ", "toggle": "- "}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Text(_Model):
    plain: str = Field("", alias="plain_text")


class _Property(_Model):
    type: str
    title: tuple[_Text, ...] = ()


class _Page(_Model):
    id: str
    url: str
    edited: str = Field(alias="last_edited_time")
    is_archived: bool = Field(default=False, alias="archived")
    is_in_trash: bool = Field(default=False, alias="in_trash")
    properties: dict[str, _Property] = Field(default_factory=dict)

    @property
    def title(self) -> str:
        """The property of that type, whatever it is called."""
        named = (p.title for p in self.properties.values() if p.type == "title")
        return "".join(text.plain for text in next(named, ())).strip() or "Untitled"


class _Found(_Model):
    results: tuple[_Page, ...]
    has_more: bool
    following: str | None = Field(None, alias="next_cursor")


class _Blocks(_Model):
    results: tuple[dict[str, object], ...]
    has_more: bool
    following: str | None = Field(None, alias="next_cursor")


class _Content(_Model):
    """What a block of nearly any type holds."""

    rich: tuple[_Text, ...] = Field(default=(), alias="rich_text")
    caption: tuple[_Text, ...] = ()
    cells: tuple[tuple[_Text, ...], ...] = ()
    title: str = ""
    language: str = ""
    checked: bool = False
    url: str = ""


class NotionSource:
    """Pages of one workspace; who may read them is not told by Notion's API: `readers` may.

    The cursor is when the page that was changed last was edited, to the minute, as Notion has it.
    """

    def __init__(
        self, name: str, api_url: str, *, token: str, readers: frozenset[Principal]
    ) -> None:
        self._name = name
        self._readers = readers
        headers = {"Authorization": f"Bearer {token}", "Notion-Version": _VERSION}
        self._api = JsonApi("Notion", api_url, headers)

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        following: str | None = None
        latest = cursor
        while True:
            found = await self._search(following)
            latest = max(latest, *(page.edited for page in found.results), "")
            new = [page for page in found.results if page.edited >= cursor]
            is_last = len(new) < len(found.results) or not found.has_more
            yield Batch(
                documents=tuple(self._document(p) for p in new if not _is_gone(p)),
                gone=tuple(location_of(self._name, p.id) for p in new if _is_gone(p)),
                cursor=latest if is_last else cursor,  # halfway, the older ones are to come
            )
            if is_last:
                return
            following = found.following

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        try:
            page = await self._api.get(f"/v1/pages/{document.ref}", _Page)
            if _is_gone(page):
                raise DocumentGoneError(document.id)
            lines: list[str] = []
            await self._read(document, document.ref, lines)
        except MissingError as error:
            raise DocumentGoneError(document.id) from error
        about = {"title": page.title, "updated": page.edited[:10]}
        front = yaml.safe_dump(about, allow_unicode=True)
        path = folder / "page.md"
        text = f"---\n{front}---\n\n" + "\n\n".join(lines)
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        return path

    async def close(self) -> None:
        await self._api.close()

    async def _search(self, following: str | None) -> _Found:
        asked: dict[str, object] = {
            "filter": {"property": "object", "value": "page"},
            "sort": {"timestamp": "last_edited_time", "direction": "descending"},
            "page_size": _PAGE_SIZE,
        }
        if following is not None:
            asked["start_cursor"] = following
        return await self._api.post("/v1/search", _Found, asked)

    def _document(self, page: _Page) -> SourceDocument:
        return SourceDocument(
            id=page.title,
            location=location_of(self._name, page.id),
            url=page.url,
            ref=page.id,
            # Notion tells the minute only: what was edited just now may be edited in it again.
            version="" if _is_just_edited(page.edited) else page.edited,
            modified=page.edited,
            readers=self._readers,
        )

    async def _read(
        self,
        document: SourceDocument,
        block_id: str,
        lines: list[str],
        *,
        depth: int = 0,
        indent: int = 0,
    ) -> None:
        """Add what is below a block, in order; what is deeper is further in."""
        if depth > _MAX_DEPTH:
            raise UnreadableDocumentError(document.id, f"is nested more than {_MAX_DEPTH} deep")
        rows: list[list[str]] = []
        for block in await self._children(block_id):
            kind = str(block.get("type", ""))
            content = _Content.model_validate(block.get(kind) or {})
            if kind == "table_row":
                rows.append([_plain(cell) for cell in content.cells])
                continue
            if text := _markdown(kind, content):
                lines.append(_indented(text, indent, kind))
            if len(lines) > _MAX_BLOCKS:
                raise UnreadableDocumentError(document.id, f"has more than {_MAX_BLOCKS:,} blocks")
            if block.get("has_children") and kind not in {"child_page", "child_database"}:
                below = indent + (kind in _MARKS)
                below_id = str(block["id"])
                await self._read(document, below_id, lines, depth=depth + 1, indent=below)
        if rows:
            lines.append(table_of(rows))

    async def _children(self, block_id: str) -> list[Mapping[str, object]]:
        blocks: list[Mapping[str, object]] = []
        asked = {"page_size": str(_PAGE_SIZE)}
        while len(blocks) <= _MAX_BLOCKS:
            path = f"/v1/blocks/{block_id}/children?{urlencode(asked)}"
            found = await self._api.get(path, _Blocks)
            blocks += found.results
            if not found.has_more or not found.following:
                break
            asked["start_cursor"] = found.following
        return blocks


def _is_just_edited(moment: str) -> bool:
    try:
        edited = datetime.fromisoformat(moment)
    except ValueError:
        return True
    return datetime.now(UTC) - edited < _UNSETTLED


def _is_gone(page: _Page) -> bool:
    return page.is_archived or page.is_in_trash


def _markdown(kind: str, content: _Content) -> str:
    text = _plain(content.rich)
    if kind in _HEADINGS:
        return f"{_HEADINGS[kind]}{text}" if text else ""
    if kind in _MARKS:
        return f"{_MARKS[kind]}{text}" if text else ""
    if kind == "to_do":
        return f"- {'Done' if content.checked else 'To do'}: {text}"
    if kind == "code":
        return f"```{content.language}\n{text}\n```"
    if kind in {"child_page", "child_database"}:
        return content.title
    return text or _plain(content.caption) or content.url


def _plain(texts: tuple[_Text, ...]) -> str:
    return "".join(text.plain for text in texts)


def _indented(text: str, indent: int, kind: str) -> str:
    if kind in _HEADINGS or not indent:
        return text
    return "\n".join(f"{'  ' * indent}{line}" for line in text.split("\n"))
