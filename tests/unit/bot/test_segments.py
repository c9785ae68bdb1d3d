"""A streamed answer is cut where a reader would pause, however it was cut in transit."""

from hypothesis import given
from hypothesis import strategies as st

from bot.segments import Segmenter

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


@given(st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=60))
def test_how_the_stream_was_cut_changes_nothing(sizes: list[int]) -> None:
    pieces, rest = [], ANSWER
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]

    assert segments([*pieces, rest]) == segments([ANSWER])


@given(st.text(max_size=400))
def test_nothing_is_lost_or_added(text: str) -> None:
    assert "".join(segments(list(text))) == text


def test_a_text_without_any_end_is_cut_at_the_limit() -> None:
    assert max(map(len, segments(["x" * 30_000]))) <= 16_000
