"""What is wrong in the sources file is said line by line, and no secret stands in it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.ingestion.sources.configuration import (
    ConfluenceConfig,
    SourcesError,
    SourcesFile,
    WebsiteConfig,
    read_sources,
)
from knowledge.ingestion.sources.opening import open_source
from knowledge.types import Principal
from tests.servers.googledrive import GoogleDrive

WHOLE = """
sources:
  handbook:
    kind: folder
    path: /srv/handbook
    every: 15m
    full_every: 2d
    readers: [group:hr]
  site:
    kind: website
    start: ["https://docs.example/guide/start.html", "https://docs.example/api/"]
    delay: 1s
  wiki:
    kind: confluence
    url: https://acme.example/wiki
    spaces: [ENG]
    email: bot@acme.example
    token: ${WIKI_TOKEN}
  code:
    kind: git
    repository: git@git.example:docs/handbook.git
    token: {file: TOKEN_FILE}
sets:
  people: [handbook, wiki]
"""


def read(folder: Path, text: str, **environment: str) -> SourcesFile:
    path = folder / "sources.yaml"
    path.write_text(text)
    return read_sources(path, environment)


def problems(folder: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(SourcesError) as refused:
        read(folder, text, **environment)
    return [line.partition("sources.yaml: ")[2] for line in refused.value.problems]


def test_a_whole_file_is_read_with_its_secrets_and_sets(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("from-a-file\n")
    file = read(tmp_path, WHOLE.replace("TOKEN_FILE", str(secret)), WIKI_TOKEN="from-outside")
    wiki, site, code = file.sources["wiki"], file.sources["site"], file.sources["code"]

    assert file.sources["handbook"].every == 900
    assert file.sources["handbook"].readers == {Principal("group:hr")}
    assert isinstance(wiki, ConfluenceConfig)
    assert wiki.token.get_secret_value() == "from-outside"
    assert isinstance(site, WebsiteConfig)
    assert site.paths == ("/guide/", "/api/")
    assert "from-a-file" not in repr(code)
    assert file.sets == {"people": ["handbook", "wiki"]}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sources: {a: {kind: folder}}", "sources.a.path: field required"),
        ("sources: {a: {kind: folder, path: docs}}", "sources.a.path: must be an absolute path"),
        (
            "sources: {a: {kind: folder, path: /x, every: soon}}",
            "sources.a.every: must be a number and a unit, such as 15m, 6h or 7d",
        ),
        (
            "sources: {a: {kind: git, repository: 'ext::sh -c id'}}",
            ("sources.a.repository: must be https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH or "
            "an absolute path, without a password (name it as `token`)"),
        ),
        (
            "sources: {a: {kind: confluence, url: 'https://x.example', spaces: [A], token: abc}}",
            "sources.a.token: must name a secret, not hold it: ${VARIABLE}, or {file: PATH}",
        ),
        (
            ("sources: {a: {kind: confluence, url: 'https://x.example', spaces: [A], "
            "token: '${NOT_SET}'}}"),
            "sources.a.token: NOT_SET is not set in the environment",
        ),
        ("sets: {all: [a]}", "sets.all: names no source of this file: ['a']"),
        ("sources: [", "is no valid YAML at line 1"),
        ("sources: {a: {kind: folder, path: /x, readers: [the boss]}}",
         ("sources.a.readers: 'the boss' names no reader (use everyone, public, group:NAME, "
         "user:WORKSPACE:ID or channel:KEY)")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, line: str) -> None:
    assert problems(tmp_path, text) == [line] or problems(tmp_path, text)[0].endswith(line)


def test_an_unknown_kind_and_several_problems_have_a_line_each(tmp_path: Path) -> None:
    lines = problems(tmp_path, "sources: {a: {kind: folder, path: x, extra: 1}, b: {kind: gopher}}")

    assert [line.partition(":")[0] for line in lines] == [
        "sources.a.path",
        "sources.a.extra",
        "sources.b",
    ]


@given(st.from_regex(r"-.{0,20}|ext::.{0,20}|https://[a-z]+:[a-z]+@[a-z.]+/x", fullmatch=True))
def test_no_repository_is_an_option_a_program_or_holds_a_password(repository: str) -> None:
    with pytest.raises(ValueError, match="repository"):
        SourcesFile.model_validate(
            {"sources": {"a": {"kind": "git", "repository": repository}}},
            context={"environment": {}},
        )


EVERY_KIND = """
sources:
  a: {kind: folder, path: /srv/x}
  b: {kind: website, start: ["https://docs.example/"]}
  c: {kind: git, repository: /srv/repository, token: "${T}"}
  d: {kind: confluence, url: "https://x.example/wiki", spaces: [A], token: "${T}"}
  e: {kind: github, repositories: [a/b], token: "${T}"}
  f: {kind: notion, token: "${T}"}
  g: {kind: google-drive, credentials: "${KEY}"}
  h: {kind: s3, endpoint: "https://s3.x", bucket: docs, access_key: "${T}", secret_key: "${T}"}
"""


async def test_every_kind_that_can_be_written_can_be_opened(tmp_path: Path) -> None:
    async with GoogleDrive() as google:
        file = read(tmp_path, EVERY_KIND, T="t", KEY=google.key_file)
    opened = [open_source(name, config, tmp_path) for name, config in file.sources.items()]
    for source in opened:
        await source.close()

    assert len({type(source) for source in opened}) == len(file.sources) == 8


def test_the_lines_that_the_page_on_sources_shows_are_valid(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "sources.md").read_text()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    shown = re.findall(r"```\n(.*?)```", page, re.DOTALL)
    lines = "".join(f"  {line}\n" for block in shown for line in block.splitlines())
    text = re.sub(r"/run/secrets/[a-z.]+", str(secret), f"sources:\n{lines}")
    environment = dict.fromkeys(re.findall(r"\$\{([A-Z0-9_]+)\}", text), "secret")
    kinds = {source.kind for source in read(tmp_path, text, **environment).sources.values()}

    assert len(kinds) == len(shown) == 11
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", _guide(), re.MULTILINE)) >= kinds


def _guide() -> str:
    return (Path(__file__).parents[3] / "docs" / "guide.md").read_text()
