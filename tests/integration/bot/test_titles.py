"""What titles say often is a subject, not a person; what they say once may be one."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.syncing.titles import TitleStore, TitleWords, mirror


@pytest.fixture
def store(redis: Redis) -> TitleStore:
    return TitleStore(redis)


async def test_a_word_in_three_documents_titles_is_a_term_on_every_machine(
    store: TitleStore, tmp_path: Path
) -> None:
    await store.learn("a", ["Phoenix", "Helm charts"])
    await store.learn("b", ["Helm at work"])
    await store.learn("c", ["x", "Use Helm", "Helm again", "Überblick"])
    for machine in ("one", "two"):
        await mirror(store, tmp_path / machine)
        words = TitleWords(tmp_path / machine, ["Project Larder "])

        assert "helm" in words
        assert "larder" in words
        assert "charts" not in words
        assert "phoenix" not in words


async def test_what_is_gone_or_called_otherwise_is_forgotten(
    store: TitleStore, tmp_path: Path
) -> None:
    for name in "abcd":
        await store.learn(name, ["Helm and Überblick"])
    first = await mirror(store, tmp_path)
    await store.learn("a", ["Overview, Überblick"])
    await store.learn("b", [])
    await store.learn("nowhere", [])
    second = await mirror(store, tmp_path, first)
    words = TitleWords(tmp_path)

    assert "helm" not in words
    assert "überblick" in words
    assert await mirror(store, tmp_path, second) == second


async def test_doing_it_twice_is_doing_it_once(store: TitleStore) -> None:
    for _ in range(3):
        await store.learn("a", ["Helm"])

    assert await store.subjects() == []


def test_a_damaged_file_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "title-words.json").write_text("{")

    assert "helm" not in TitleWords(tmp_path, [])
