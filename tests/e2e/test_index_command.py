"""The index made anew, kept in a file and taken from one, as an operator does it."""

from pathlib import Path

import pytest

from tests.processes import environment, run
from tests.running import copied


@pytest.mark.timeout(300)  # six processes
async def test_an_index_is_made_anew_kept_and_restored_into_an_empty_folder(
    sample_index: Path, tmp_path: Path
) -> None:
    env = environment(copied(sample_index, tmp_path / "data"), COLUMNS="300")
    empty = environment(tmp_path / "empty", COLUMNS="300")
    anew = await run("index", "rebuild", cwd=tmp_path, env=env)
    kept = await run("index", "snapshot", "kept", cwd=tmp_path, env=env)
    back = await run("index", "restore", "kept", cwd=tmp_path, env=empty)
    again = await run("index", "restore", "kept", cwd=tmp_path, env=empty)
    found = [
        await run("search", "How long is parental leave?", "--json", cwd=tmp_path, env=of)
        for of in (env, empty)
    ]

    assert anew[1] == "31 documents made anew, 0 were done before\n"
    assert kept[1].startswith("31 documents in kept")
    assert back[1].startswith("31 documents, as of")
    assert (again[0], "--replace" in again[2]) == (2, True)
    assert found[0] == found[1]
    assert "parental-leave" in found[0][1]
