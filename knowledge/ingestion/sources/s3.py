"""A bucket of S3, or of what speaks its language: objects below a prefix, by their ETag."""

from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from knowledge.errors import DocumentGoneError, SourceError, UnreadableDocumentError
from knowledge.ingestion.parsing.formats import is_supported
from knowledge.ingestion.parsing.sandbox import MAX_FILE_BYTES
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.api import Authorizer, JsonApi, MissingError, TooLargeError
from knowledge.ingestion.sources.awssignature import canonical
from knowledge.ingestion.sources.folder import link_to
from knowledge.ingestion.sources.locations import location_of
from knowledge.types import Principal, SourceDocument

_PAGE_SIZE = "1000"


class S3Source:
    """Objects in the order of their keys: a listing is gone on with after the last key."""

    def __init__(
        self,
        name: str,
        endpoint: str,
        *,
        bucket: str,
        prefix: str,
        authorizer: Authorizer,
        readers: frozenset[Principal],
        url_template: str | None = None,
    ) -> None:
        self._name = name
        self._bucket = bucket
        self._prefix = prefix
        self._readers = readers
        self._url_template = url_template
        self._address = f"{endpoint.rstrip('/')}/{bucket}"
        self._api = JsonApi("S3", endpoint, {"Accept": "*/*"}, authorizer=authorizer)

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        after = cursor
        while True:
            page = await self._page(after)
            objects = [(_text(node, "Key"), _text(node, "ETag")) for node in _all(page, "Contents")]
            after = objects[-1][0] if objects and _text(page, "IsTruncated") == "true" else ""
            files = [(key, etag) for key, etag in objects if not _is_hidden(key)]
            yield Batch(
                documents=tuple(self._document(k, e) for k, e in files if is_supported(k)),
                unsupported=tuple(key for key, _ in files if not is_supported(key)),
                cursor=after,
            )
            if not after:
                return

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        path = folder / f"object{PurePosixPath(document.ref).suffix.lower()}"
        try:
            await self._api.download(f"/{self._bucket}/{quote(document.ref, safe='/-_.~')}", path)
        except MissingError as error:
            raise DocumentGoneError(document.id) from error
        except TooLargeError as error:
            reason = f"is larger than {MAX_FILE_BYTES // 1024**2} MB"
            raise UnreadableDocumentError(document.id, reason) from error
        return path

    async def close(self) -> None:
        await self._api.close()

    async def _page(self, after: str) -> Element:
        asked = [("list-type", "2"), ("max-keys", _PAGE_SIZE), ("prefix", self._prefix)]
        if after:
            asked.append(("start-after", after))
        try:
            content = await self._api.content(f"/{self._bucket}?{canonical(asked)}")
            page: Element = ElementTree.fromstring(content, forbid_dtd=True)
        except MissingError as error:
            raise SourceError(f"S3 has no bucket {self._bucket}: check `bucket`") from error
        except (ParseError, DefusedXmlException) as error:
            raise SourceError("S3 answers in an unknown form (listing)") from error
        return page

    def _document(self, key: str, etag: str) -> SourceDocument:
        document_id = key.removeprefix(self._prefix).lstrip("/") or key
        return SourceDocument(
            id=document_id,
            location=location_of(self._name, key),
            url=link_to(document_id, f"{self._address}/{quote(key)}", self._url_template),
            ref=key,
            version=etag,
            readers=self._readers,
        )


def _all(node: Element, name: str) -> list[Element]:
    return node.findall(f"{{*}}{name}")


def _text(node: Element, name: str) -> str:
    return node.findtext(f"{{*}}{name}") or ""


def _is_hidden(key: str) -> bool:
    return key.endswith("/") or any(part.startswith(".") for part in key.split("/"))
