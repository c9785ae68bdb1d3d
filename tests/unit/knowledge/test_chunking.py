"""Chunks fit the embedding model, lose no word, and keep their identity."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.ingestion.chunking import MAX_CHARS, chunks_of
from knowledge.types import EVERYONE, Chunk, Document, Section


def split(*texts: str) -> tuple[Chunk, ...]:
    sections = tuple(
        Section(heading_path=(f"H{n}",), anchor=f"h{n}", text=text) for n, text in enumerate(texts)
    )
    return chunks_of(
        Document(
            id="a.md",
            location="file:///a.md",
            url="https://docs.example/a",
            title="A",
            sections=sections,
            readers=frozenset({EVERYONE}),
            content_hash="h",
        )
    )


def test_small_sections_stay_whole_with_their_own_link() -> None:
    chunks = split("One.", "Two.\n\nThree.")

    assert [c.text for c in chunks] == ["One.", "Two.\n\nThree."]
    assert [c.url for c in chunks] == ["https://docs.example/a#h0", "https://docs.example/a#h1"]
    assert chunks[0].embedded_text == "A > H0\nOne."


def test_ids_depend_on_place_and_not_on_words() -> None:
    assert [c.id for c in split("One.", "Two.")] == [c.id for c in split("Other.", "Words.")]
    assert len({c.id for c in split("One.", "Two.")}) == 2


def test_a_long_table_is_split_between_rows_under_its_head() -> None:
    rows = [f"| name {n} | {'x' * 60} |" for n in range(60)]
    table = "\n".join(["| Name | Value |", "|---|---|", *rows])
    chunks = split(table)

    assert len(chunks) > 1
    assert all(c.text.startswith("| Name | Value |\n|---|---|\n") for c in chunks)
    assert [line for c in chunks for line in c.text.splitlines()[2:]] == rows


def test_an_introduction_stays_with_its_list() -> None:
    filler = "Some words that fill the chunk. " * 30
    chunks = split(f"{filler}\n\nYou need:\n\n- a key\n- a badge")

    assert "You need:\n\n- a key\n- a badge" in chunks[-1].text


@given(st.lists(st.text(alphabet="ab .\n|-", max_size=1500), min_size=1, max_size=4))
def test_every_word_is_kept_and_every_chunk_fits(texts: list[str]) -> None:
    chunks = split(*texts)

    assert all(len(c.text) <= MAX_CHARS + 2 for c in chunks)
    assert [c.position for c in chunks] == list(range(len(chunks)))
    if not any("|" in text for text in texts):
        letters = "".join("".join(texts).split()).replace(".", "")
        assert "".join("".join(c.text for c in chunks).split()).replace(".", "") == letters
