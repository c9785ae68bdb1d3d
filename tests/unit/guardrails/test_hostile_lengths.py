"""The longest texts that are read, made of what patterns stumble over, are read to their end."""

import pytest

from bot.loading import Models
from bot.steps.segments import Segmenter
from guardrails.links import strip_foreign_urls
from guardrails.secrets import find_secrets

pytestmark = pytest.mark.timeout(120)  # a pattern that backtracks would take minutes
HOSTILE = ("[", "![", "<", "`", "(", "\n", "a.", "a@", "1 ", "password is ", "eyJa.")
CHARS = 40_000


def long(seed: str, end: str, chars: int = CHARS) -> str:
    return f"{(seed * chars)[:chars]} {end}"


@pytest.mark.parametrize("seed", HOSTILE, ids=repr)
def test_a_link_behind_it_is_taken_out(seed: str) -> None:
    assert "evil.example" not in strip_foreign_urls(long(seed, "https://evil.example/x"), [])


@pytest.mark.parametrize("seed", HOSTILE, ids=repr)
def test_a_secret_behind_it_is_found(seed: str) -> None:
    text = long(seed, "ghp_a8Sd7f6G5h4J3k2L1qWeRtYuIoP0zXcVbNm9")
    start = text.index("ghp_")

    assert any(found.start <= start < found.end for found in find_secrets(text))


@pytest.mark.parametrize("seed", HOSTILE, ids=repr)
def test_a_stream_of_it_is_cut_into_segments_that_are_the_text(seed: str) -> None:
    text = long(seed, "The end.")
    segmenter = Segmenter()
    pieces = (text[start : start + 40] for start in range(0, len(text), 40))
    segments = [segment for piece in pieces for segment in segmenter.feed(piece)]

    assert "".join([*segments, *segmenter.close()]) == text


@pytest.mark.parametrize("seed", HOSTILE, ids=repr)
async def test_a_mail_address_behind_it_is_masked(models: Models, seed: str) -> None:
    text = long(seed, "ann@mail.example.org", 8_000)
    start = text.index("ann@mail")

    assert any(f.start <= start and f.end == len(text) for f in await models.detector.detect(text))
