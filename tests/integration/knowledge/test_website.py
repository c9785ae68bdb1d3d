"""A website is read as far as it allows, politely, and never anything behind it."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.guarded import BlockedAddressError, GuardedTransport, is_public
from knowledge.ingestion.sources.webpages import normalised
from knowledge.ingestion.sources.website import Bounds, WebsiteSource
from knowledge.types import EVERYONE, SourceDocument
from tests.servers.website import Website


@pytest.fixture
async def site() -> AsyncIterator[Website]:
    async with Website() as site:
        site.add("/docs/", '<h1>Docs</h1><a href="a.html#top">A</a><a href="/private/x">X</a>')
        site.add("/docs/a.html", '<h1>A</h1><a href="b">B</a><a href="/docs/">up</a>')
        site.add("/docs/b", "<h1>B</h1><p>words</p>")
        yield site
        assert site.violations == []


def a_source(site: Website, folder: Path, **given: object) -> WebsiteSource:
    bounds = Bounds(start=(site.url("/docs/"),), include=("/docs/",), **given)  # type: ignore[arg-type]
    return WebsiteSource(
        "site",
        bounds,
        readers=frozenset({EVERYONE}),
        work_dir=folder / "web",
        private_hosts=("127.0.0.1",),
    )


async def listed(source: WebsiteSource) -> dict[str, SourceDocument]:
    batches = [batch async for batch in source.changes("")]
    return {urlsplit(found.url).path: found for batch in batches for found in batch.documents}


async def test_links_are_followed_within_the_bounds(site: Website, tmp_path: Path) -> None:
    source = a_source(site, tmp_path)
    found = await listed(source)
    path = await source.fetch(found["/docs/b"], tmp_path)

    assert set(found) == {"/docs/", "/docs/a.html", "/docs/b"}
    assert (path.suffix, path.read_text()) == (".html", "<h1>B</h1><p>words</p>")
    assert "/private/x" not in site.asked
    await source.close()


async def test_unchanged_pages_are_not_sent_again_and_a_changed_one_has_another_version(
    site: Website, tmp_path: Path
) -> None:
    source = a_source(site, tmp_path)
    before = await listed(source)
    site.pages["/docs/b"].body = "<h1>B</h1><p>other words</p>"
    after = await listed(source)

    assert site.sent["/docs/"] == site.sent["/docs/a.html"] == 1
    assert {path for path in after if after[path].version != before[path].version} == {"/docs/b"}
    await source.close()


async def test_a_page_that_is_gone_is_listed_no_more(site: Website, tmp_path: Path) -> None:
    source = a_source(site, tmp_path)
    before = await listed(source)
    del site.pages["/docs/b"]
    after = await listed(source)

    assert set(before) - set(after) == {"/docs/b"}
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(DocumentGoneError):
        await a_source(site, tmp_path / "elsewhere").fetch(before["/docs/b"], tmp_path)
    await source.close()


async def test_the_sitemap_goes_before_the_links(site: Website, tmp_path: Path) -> None:
    pages = "".join(f"<url><loc>{site.url(p)}</loc></url>" for p in ("/docs/b", "/docs/c", "/x"))
    site.add("/docs/c", b"%PDF-", kind="application/pdf")
    site.add("/maps/1.xml", f"<urlset xmlns='http://x'>{pages}</urlset>")
    site.add(
        "/index.xml",
        f"<sitemapindex><sitemap><loc>{site.url('/maps/1.xml')}</loc></sitemap></sitemapindex>",
    )
    site.add("/robots.txt", f"Sitemap: {site.url('/index.xml')}")
    source = a_source(site, tmp_path)

    assert set(await listed(source)) == {"/docs/b", "/docs/c"}
    assert "/x" not in site.asked
    await source.close()


async def test_robots_are_obeyed_with_wildcards_and_in_the_page(
    site: Website, tmp_path: Path
) -> None:
    site.add("/robots.txt", "User-agent: *\nDisallow: /docs/*.html$\n")
    site.add("/docs/", '<a href="a.html">A</a><a href="b">B</a><a href="c">C</a><a href="d">D</a>')
    site.add("/docs/c", '<meta name="robots" content="noindex"><p>c</p>')
    site.add("/docs/d", "<p>d</p>", headers={"X-Robots-Tag": "noindex"})
    site.forbidden = ("/docs/a.html",)
    source = a_source(site, tmp_path)

    assert set(await listed(source)) == {"/docs/", "/docs/b"}
    await source.close()


async def test_nothing_is_asked_while_robots_can_not_be_read(site: Website, tmp_path: Path) -> None:
    site.add("/robots.txt", "", status=500, headers={"Retry-After": "0"})
    source = a_source(site, tmp_path)

    with pytest.raises(SourceError, match=r"robots\.txt can't be read now"):
        await listed(source)
    assert set(site.asked) == {"/robots.txt"}
    await source.close()


async def test_a_busy_server_is_asked_again_and_a_broken_page_is_not_taken_for_gone(
    site: Website, tmp_path: Path
) -> None:
    site.pages["/docs/a.html"].busy_times = 2
    site.pages["/docs/b"].status = 503
    site.pages["/docs/b"].headers = {"Retry-After": "0"}
    source = a_source(site, tmp_path)
    found = await listed(source)

    assert set(found) == {"/docs/", "/docs/a.html", "/docs/b"}
    assert found["/docs/b"].version == ""
    await source.close()


async def test_a_redirect_within_is_followed_and_one_to_a_private_place_is_not(
    site: Website, tmp_path: Path
) -> None:
    moved = {"Location": "/docs/b"}
    local = site.url("/docs/b").replace("127.0.0.1", "localhost")
    site.add("/docs/", '<a href="old">O</a><a href="out">U</a>')
    site.add("/docs/old", "", status=301, headers=moved)
    site.add("/docs/out", "", status=302, headers={"Location": local})
    source = a_source(site, tmp_path)

    assert set(await listed(source)) == {"/docs/", "/docs/b"}
    await source.close()


async def test_a_crawl_has_bounds(site: Website, tmp_path: Path) -> None:
    for number in range(30):
        site.add(f"/docs/n{number}", f'<a href="n{number + 1}">next</a>')
    site.add("/docs/", '<a href="n0">first</a>')
    deep, few = a_source(site, tmp_path, max_depth=3), a_source(site, tmp_path, max_pages=5)

    assert set(await listed(deep)) == {"/docs/", "/docs/n0", "/docs/n1", "/docs/n2"}
    assert len(await listed(few)) == 5
    for source in (deep, few):
        await source.close()


async def test_a_crawl_that_was_cut_asks_again_for_nothing_that_it_has(
    site: Website, tmp_path: Path
) -> None:
    links = "".join(f'<a href="p{number}">x</a>' for number in range(60))
    site.add("/docs/", links)
    for number in range(60):
        site.add(f"/docs/p{number}", f"<p>{number}</p>")
    cut = a_source(site, tmp_path)
    async for _ in cut.changes(""):
        break
    await cut.close()
    sent = dict(site.sent)
    source = a_source(site, tmp_path)

    assert len(await listed(source)) == 61
    assert len(sent) == 50
    assert set(site.sent.values()) == {1}
    await source.close()


async def test_batches_are_bounded_and_what_is_of_no_kind_is_named(
    site: Website, tmp_path: Path
) -> None:
    links = "".join(f'<a href="p{number}">x</a>' for number in range(120))
    site.add("/docs/", links + '<a href="film">f</a>')
    site.add("/docs/film", b"x", kind="video/mp4")
    for number in range(120):
        site.add(f"/docs/p{number}", f"<p>{number}</p>")
    source = a_source(site, tmp_path)
    batches: list[Batch] = [batch async for batch in source.changes("")]

    assert max(len(batch.documents) for batch in batches) <= 50
    assert sum(len(batch.documents) for batch in batches) == 121
    (unsupported,) = [name for batch in batches for name in batch.unsupported]
    assert unsupported.endswith("/docs/film")
    await source.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ],
)
async def test_a_host_with_a_private_address_is_not_reached(address: str) -> None:
    async def rebound(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", address]

    transport = GuardedTransport((), resolver=rebound)
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(BlockedAddressError, match="private address"):
            await client.get("http://innocent.example/")


async def test_a_website_at_home_says_how_to_allow_it(site: Website, tmp_path: Path) -> None:
    bounds = Bounds(start=(site.url("/docs/"),), include=("/docs/",))
    source = WebsiteSource("site", bounds, readers=frozenset({EVERYONE}), work_dir=tmp_path)

    with pytest.raises(SourceError, match="`private_hosts`"):
        await listed(source)
    assert site.asked == []
    await source.close()


@given(st.ip_addresses(v=4))
def test_an_address_is_public_or_not_however_it_is_written(address: object) -> None:
    assert is_public(str(address)) == is_public(f"::ffff:{address}")


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("HTTP://Docs.Example:80/a#b", "http://docs.example/a"),
        ("https://docs.example", "https://docs.example/"),
        ("http://[::1]:8080/x?y=1", "http://[::1]:8080/x?y=1"),
    ],
)
def test_one_page_has_one_address(url: str, same: str) -> None:
    assert normalised(url) == same
