"""Markdown is split at the best border, and code stays code."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.formatting import plain_text, split_markdown


def test_pieces_end_between_blocks_then_lines_then_sentences() -> None:
    assert split_markdown("aaa\n\nbbb", 6) == ["aaa", "bbb"]
    assert split_markdown("aaa\nbbb", 6) == ["aaa", "bbb"]
    assert split_markdown("One. Two. Six.", 10) == ["One. Two.", "Six."]
    assert split_markdown("aaa bbb ccc", 8) == ["aaa bbb", "ccc"]


def test_a_code_block_that_is_cut_is_closed_and_opened_again() -> None:
    code = "```python\n" + "\n".join(f"line {n}" for n in range(40)) + "\n```\nafter"
    pieces = split_markdown(code, 120)

    assert len(pieces) > 2
    assert all(piece.count("```") % 2 == 0 for piece in pieces)
    assert all(piece.startswith("```python") for piece in pieces[:-1])
    assert all(len(piece) <= 120 for piece in pieces)
    assert [f"line {n}" in "\n".join(pieces) for n in range(40)] == [True] * 40


@given(st.text(alphabet="ab c.\n`~|", max_size=800), st.integers(40, 200))
def test_no_piece_is_too_long_and_no_letter_is_lost(text: str, limit: int) -> None:
    pieces = split_markdown(text, limit)

    assert all(0 < len(piece) <= limit for piece in pieces)
    if "```" not in text and "~~~" not in text:
        assert "".join("".join(pieces).split()) == "".join(text.split())


def test_plain_text_has_the_words_without_the_marks() -> None:
    text = (
        "# Title\n\n**Bold** and [a link](https://x.example) `code`\n\n- one\n- two\n\n"
        "```\nx = 1\n```"
    )

    assert plain_text(text) == "Title\nBold and a link code\none\ntwo\nx = 1"
