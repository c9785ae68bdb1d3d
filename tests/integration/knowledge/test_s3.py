"""A bucket's objects are listed in the order of their keys, and known by their ETags."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from knowledge.errors import DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.awssignature import AwsSignature
from knowledge.ingestion.sources.s3 import S3Source
from knowledge.types import EVERYONE, SourceDocument
from tests.servers.s3 import ACCESS, S3, SECRET


@pytest.fixture
async def s3() -> AsyncIterator[S3]:
    async with S3() as s3:
        names = ("wiki/a b+c.md", "wiki/sub/ü&1.txt", "wiki/x.zip", "wiki/.hidden/z.md", "other.md")
        s3.objects = {name: name.encode() for name in names}
        yield s3
        assert s3.violations == []


@pytest.fixture
async def source(s3: S3) -> AsyncIterator[S3Source]:
    source = a_source(s3, "docs")
    yield source
    await source.close()


def a_source(s3: S3, bucket: str) -> S3Source:
    signature = AwsSignature(ACCESS, SECRET, region="eu-central-1")
    return S3Source(
        "bucket", s3.url(), bucket=bucket, prefix="wiki/", authorizer=signature,
        readers=frozenset({EVERYONE}),
    )  # fmt: skip


async def batches(source: S3Source, cursor: str = "") -> list[Batch]:
    return [batch async for batch in source.changes(cursor)]


def found(listed: list[Batch]) -> dict[str, SourceDocument]:
    return {f.id: f for batch in listed for f in batch.documents}


@pytest.mark.parametrize(
    ("url", "headers", "signature"),
    [  # S3's own examples, from its reference
        (
            "https://examplebucket.s3.amazonaws.com/test.txt",
            {"Range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
        (
            "https://examplebucket.s3.amazonaws.com/?lifecycle",
            {},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
    ],
)
def test_a_signature_is_what_s3_expects(url: str, headers: dict[str, str], signature: str) -> None:
    signer = AwsSignature(
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region="us-east-1"
    )
    request = httpx.Request("GET", url, headers=headers)
    signer.sign(request, datetime(2013, 5, 24, tzinfo=UTC))

    assert request.headers["Authorization"].endswith(f"Signature={signature}")


async def test_objects_are_listed_over_pages_and_fetched_whatever_their_keys(
    source: S3Source, tmp_path: Path
) -> None:
    listed = await batches(source)
    files = found(listed)
    texts = {name: (await source.fetch(f, tmp_path)).read_text() for name, f in files.items()}

    assert texts == {"a b+c.md": "wiki/a b+c.md", "sub/ü&1.txt": "wiki/sub/ü&1.txt"}
    assert [key for batch in listed for key in batch.unsupported] == ["wiki/x.zip"]


async def test_a_listing_goes_on_after_the_last_key(source: S3Source) -> None:
    first, *_ = await batches(source)
    rest = await batches(source, first.cursor)

    assert set(found([first])) | set(found(rest)) == {"a b+c.md", "sub/ü&1.txt"}
    assert set(found([first])).isdisjoint(found(rest))
    assert rest[-1].cursor == ""


async def test_a_changed_object_has_another_version_and_a_deleted_one_is_gone(
    source: S3Source, s3: S3, tmp_path: Path
) -> None:
    before = found(await batches(source))
    s3.objects["wiki/a b+c.md"] = b"other"
    del s3.objects["wiki/sub/ü&1.txt"]
    after = found(await batches(source))

    assert before["a b+c.md"].version != after["a b+c.md"].version
    assert set(before) - set(after) == {"sub/ü&1.txt"}
    with pytest.raises(DocumentGoneError):
        await source.fetch(before["sub/ü&1.txt"], tmp_path)


async def test_limits_are_waited_for_and_refusals_are_named(source: S3Source, s3: S3) -> None:
    s3.busy_times = 2
    assert len(found(await batches(source))) == 2

    s3.secret = "rotated"
    with pytest.raises(SourceError, match="S3 refuses"):
        await batches(source)


async def test_a_bucket_that_is_not_there_is_named(s3: S3) -> None:
    source = a_source(s3, "nowhere")

    with pytest.raises(SourceError, match="no bucket nowhere"):
        await batches(source)
    await source.close()
