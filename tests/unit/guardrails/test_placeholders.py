"""Placeholders are stable in a thread, and what they stand for comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.placeholders import defused, mask, restore
from guardrails.types import Finding, Placeholders

NOBODY = Placeholders()


def found(text: str, words: str, kind: str = "PERSON") -> Finding:
    start = text.index(words)
    return Finding(type=kind, start=start, end=start + len(words), score=1.0)


def test_the_same_person_keeps_the_placeholder_over_turns() -> None:
    first = mask("Ann Miller asks", [found("Ann Miller asks", "Ann Miller")], NOBODY)
    text = "Bob Stone and ann miller"
    second = mask(text, [found(text, "Bob Stone"), found(text, "ann miller")], first.placeholders)

    assert first.text == "<PERSON_1> asks"
    assert second.text == "<PERSON_2> and <PERSON_1>"
    assert second.counts == {"PERSON": 2}


def test_what_the_thread_knows_is_masked_where_the_detector_overlooks_it() -> None:
    first = mask("Ann Miller", [found("Ann Miller", "Ann Miller")], NOBODY)

    assert mask("ask Ann Miller!", [], first.placeholders).text == "ask <PERSON_1>!"
    assert mask("AnnMiller-Annex", [], first.placeholders).text == "AnnMiller-Annex"


def test_a_part_of_a_name_is_the_same_person_while_only_one_has_it() -> None:
    first = mask("Ann asks", [found("Ann asks", "Ann")], NOBODY).placeholders
    text = "Ann Miller and MILLER"
    second = mask(text, [found(text, "Ann Miller"), found(text, "MILLER")], first)
    text = "Bob Miller, and Miller"
    third = mask(text, [found(text, "Bob Miller")], second.placeholders)

    assert second.text == "<PERSON_1> and <PERSON_1>"
    assert restore("<PERSON_1>", second.placeholders) == "Ann Miller"
    assert third.text.startswith("<PERSON_2>, and <PERSON_")
    assert mask("ask Ann or Miller", [], second.placeholders).text.count("<PERSON_1>") == 2


def test_a_secret_is_masked_for_good() -> None:
    text = "password hunter2!"
    redaction = mask(text, [found(text, "hunter2!", "SECRET")], NOBODY)

    assert redaction.text == "password <SECRET>"
    assert not redaction.placeholders.values
    assert restore(redaction.text, redaction.placeholders) == redaction.text


def test_space_around_a_finding_is_no_part_of_it() -> None:
    text = "call 111"
    findings = [
        Finding(type="PHONE_NUMBER", start=4, end=6, score=1.0),
        Finding(type="PHONE_NUMBER", start=7, end=8, score=1.0),
    ]
    redaction = mask(text, findings, NOBODY)

    assert restore(redaction.text, redaction.placeholders) == text


def test_escaped_placeholders_come_back_and_unknown_ones_stay() -> None:
    known = Placeholders(values={"<PERSON_1>": "Ann Miller"})

    assert restore("\\<PERSON\\_1\\> &lt;PERSON_1&gt; <PERSON_1>", known) == " ".join(
        ["Ann Miller"] * 3
    )
    assert restore("<PERSON_7>", known) == "<PERSON_7>"


def test_the_map_of_a_thread_is_bounded() -> None:
    known = NOBODY
    for number in range(1_050):
        known = mask(f"P{number:04}", [found(f"P{number:04}", f"P{number:04}")], known).placeholders

    assert len(known.values) == 1_000
    assert known.values["<PERSON_1050>"] == "P1049"


@given(st.text(alphabet="abc <>_1PERSON", max_size=60), st.data())
def test_masking_and_restoring_gives_the_text_back(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    findings = [
        Finding(type="EMAIL_ADDRESS", start=start, end=end, score=1.0)
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
        if start < end and "<" not in text[start:end] and text[start:end].strip()
    ]
    if "<" in text:
        return  # words that look like placeholders are read as such, on purpose
    redaction = mask(text, findings, NOBODY)
    restored = restore(redaction.text, redaction.placeholders)

    assert restored.casefold().split() == text.casefold().split()


@pytest.mark.parametrize("written", ["<PERSON_1>", "&lt;PERSON_1&gt;", "\\<PERSON\\_1\\>"])
def test_a_placeholder_that_somebody_wrote_is_none(written: str) -> None:
    known = Placeholders(values={"<PERSON_1>": "Ann Miller"})
    plain = defused(f"It is {written}.")

    assert len(plain) == len(f"It is {written}.")
    assert restore(f"It is {written}.", known) == "It is Ann Miller."
    assert restore(plain, known) == plain
