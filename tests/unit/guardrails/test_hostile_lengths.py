"""No input of the longest size that is read keeps a guardrail busy for long."""

import time
from collections.abc import Callable

import pytest

from bot.segments import Segmenter
from bot.wiring import Models
from guardrails.links import strip_foreign_urls
from guardrails.secrets import find_secrets

LIMIT_S = 4.0  # the patterns that once were slow here took 5 s and more
HOSTILE = ("[", "![", "<", "`", "(", "\n", "a.", "a@", "1 ", "http://", "password is ", "eyJa.")


def streamed(text: str) -> int:
    segmenter = Segmenter()
    pieces = (text[start : start + 20] for start in range(0, len(text), 20))
    return sum(len(list(segmenter.feed(piece))) for piece in pieces) + len(list(segmenter.close()))


@pytest.mark.parametrize("seed", HOSTILE, ids=repr)
@pytest.mark.parametrize(
    "read",
    [lambda text: strip_foreign_urls(text, []), lambda text: list(find_secrets(text)), streamed],
    ids=["links", "secrets", "segments"],
)
def test_a_hostile_text_is_read_in_time(seed: str, read: Callable[[str], object]) -> None:
    text = (seed * 8_000)[:8_000]
    started = time.process_time()
    read(text)

    assert time.process_time() - started < LIMIT_S


@pytest.mark.parametrize("seed", HOSTILE, ids=repr)
async def test_a_hostile_question_is_examined_in_time(models: Models, seed: str) -> None:
    started = time.process_time()
    await models.detector.detect((seed * 8_000)[:8_000])

    assert time.process_time() - started < LIMIT_S
