"""`citewell sources` as an operator meets it."""

import json
from pathlib import Path

from tests.processes import environment, run


async def test_sources_are_listed_synced_looked_at_and_removed(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# Apples\n\nApples are red.\n")
    (docs / "b.pdf").write_bytes(b"nothing")
    (docs / "c.zip").write_bytes(b"PK")
    file = tmp_path / "sources.yaml"
    file.write_text(f"sources: {{docs: {{kind: folder, path: {docs}, every: 15m}}}}\n")
    env = environment(tmp_path / "data")

    async def sources(*args: str) -> tuple[int | None, str, str]:
        return await run("sources", *args, cwd=tmp_path, env=env)

    assert (await sources("list"))[1] == "docs  folder  every 15m\n"

    code, out, _ = await sources("sync", "docs")
    assert code == 1
    assert "2 listed, 1 indexed, 0 unchanged, 0 removed, 1 failed, 1 not supported" in out
    assert "not indexed: b.pdf: is not a PDF" in out
    assert "not supported: c.zip" in out

    (status,) = json.loads((await sources("status", "--json"))[1])
    assert (status["name"], status["stage"], status["waiting"]) == ("docs", "idle", 0)
    assert status["failures"] == [["b.pdf", "is not a PDF"]]

    assert (await sources("pause", "docs"))[1] == "docs: paused\n"
    assert "docs: paused; `citewell sources resume docs`" in (await sources("status"))[1]
    assert (await sources("resume", "docs"))[1] == "docs: resumed\n"

    code, _, err = await sources("remove", "docs")
    assert code == 2
    assert "docs is still in sources.yaml" in err

    (tmp_path / ".env").write_text("CODE_TOKEN=from-the-file\n")
    file.write_text("sources: {code: {kind: github, repositories: [a/b], token: '${CODE_TOKEN}'}}")
    assert (await sources("list"))[1] == "code  github  every 1h\n"
    assert (await sources("remove", "docs"))[1] == "docs: 1 documents removed\n"


async def test_a_wrong_file_ends_in_its_problems_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("sources: {docs: {kind: folder}}\n")
    code, _, err = await run("sources", "sync", cwd=tmp_path, env=environment(tmp_path / "data"))

    assert (code, err) == (2, "citewell: sources.yaml: sources.docs.path: field required\n")
