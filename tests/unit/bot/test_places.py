"""Offsets that `citewell redact` prints are those of the given text."""

from hypothesis import given
from hypothesis import strategies as st

from bot.cli.guarding import _places
from guardrails.hidden import hidden_spans, without_spans


@given(st.text(alphabet="ab \u200b\u202e\u2060<!->", max_size=60))
def test_each_visible_character_is_found_at_its_own_place(text: str) -> None:
    hidden = hidden_spans(text)
    visible = without_spans(text, hidden)
    place = _places(hidden)

    assert [text[place(n)] for n in range(len(visible))] == list(visible)
