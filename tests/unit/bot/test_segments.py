"""A streamed answer is cut where a reader would pause, however it was cut in transit."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.steps.segments import Segmenter

ANSWER = """You earn 6 hours. [1] Part-time staff, e.g. interns, earn 3.5 hours. [2][3]

1. Ask your lead. [1]
2. Fill in the form [2]

| Plan | Price |
|---|---|
| Team | 12.50 |

```
a = 1. b
c
```
The end"""


def segments(pieces: list[str]) -> list[str]:
    segmenter = Segmenter()
    found = [segment for piece in pieces for segment in segmenter.feed(piece)]
    return [*found, *segmenter.close()]


def test_marks_stay_with_the_sentence_before_them() -> None:
    assert segments([ANSWER])[:2] == [
        "You earn 6 hours. [1] ",
        "Part-time staff, e.g. interns, earn 3.5 hours. [2][3]\n\n",
    ]


def test_tables_and_code_blocks_stay_whole() -> None:
    found = segments([ANSWER])

    assert "| Plan | Price |\n|---|---|\n| Team | 12.50 |\n" in found
    assert "\n```\na = 1. b\nc\n```\n" in found


def cut(text: str, sizes: list[int]) -> list[str]:
    ends = [0, *accumulate(sizes), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


WITHIN_THE_FENCE = len(ANSWER[: ANSWER.index("```")]) + 1


@given(st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=60))
@example([WITHIN_THE_FENCE])
@example([WITHIN_THE_FENCE, 1])
def test_how_the_stream_was_cut_changes_nothing(sizes: list[int]) -> None:
    assert segments(cut(ANSWER, sizes)) == segments([ANSWER])


@given(st.text(alphabet="a1.`|[] \n", max_size=80))
@example("\n`a. a")
@example("| a |\n\n```\na. a\n```\na")
@example(" \n |a|\n")
def test_a_text_that_comes_by_the_letter_is_cut_like_the_whole(text: str) -> None:
    assert segments(list(text)) == segments([text])


@pytest.mark.parametrize("text", ["a", "\n", "```\na. ", "|a|\n", "a. "])
def test_a_long_text_is_cut_the_same_however_it_comes(text: str) -> None:
    long = text.ljust(7_998, text[-1]) + "\n```\na. a" + "a" * 9_000 + "\n```\na"

    assert segments(cut(long, [7_990, *[1] * 40, 5_000])) == segments([long])


@given(st.text(max_size=400))
def test_nothing_is_lost_or_added(text: str) -> None:
    assert "".join(segments(list(text))) == text


def test_a_text_without_any_end_is_cut_at_the_limit() -> None:
    assert max(map(len, segments(["x" * 30_000]))) <= 8_000
