"""Passages go on to the text around them: in its section, within the budget, links still right."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from knowledge.neighbours import Joining, joined, wanted
from knowledge.types import EVERYONE, Passage, PersonalSpan, chunk_id

ROOMY = Joining(max_tokens=1_000)


def a_chunk(position: int, text: str = "", *, section: str = "top", score: float = 0) -> Passage:
    return Passage(
        chunk_id=chunk_id("file:///a", position),
        document_id="a",
        location="file:///a",
        position=position,
        title="A",
        heading_path=(section,),
        url=f"https://docs.example/a#{section}",
        text=text or f"Part {position}.",
        readers=frozenset({EVERYONE}),
        score=score,
    )


def test_what_stands_before_and_after_is_asked_for_once() -> None:
    found = [a_chunk(0), a_chunk(2)]

    assert wanted(found, ROOMY) == tuple(chunk_id("file:///a", n) for n in (1, 3))
    assert wanted(found, Joining()) == ()


def test_a_passage_goes_on_to_the_text_around_it() -> None:
    (shown,) = joined([a_chunk(1)], [a_chunk(0), a_chunk(2)], ROOMY)

    assert shown.text == "Part 0.\n\nPart 1.\n\nPart 2."
    assert shown.url == a_chunk(1).url


def test_another_section_has_a_link_of_its_own_and_is_not_joined() -> None:
    (shown,) = joined([a_chunk(1)], [a_chunk(0, section="other"), a_chunk(2)], ROOMY)

    assert shown.text == "Part 1.\n\nPart 2."


def test_two_that_were_found_side_by_side_become_one_and_nothing_stands_twice() -> None:
    found = [a_chunk(1), a_chunk(2), a_chunk(5)]
    around = [a_chunk(n) for n in (0, 1, 2, 3, 4, 6)]
    shown = joined(found, around, ROOMY)

    assert [passage.position for passage in shown] == [1, 5]
    assert [passage.text for passage in shown] == [
        "Part 0.\n\nPart 1.\n\nPart 2.",
        "Part 4.\n\nPart 5.\n\nPart 6.",
    ]


def test_personal_data_is_still_marked_where_it_stands() -> None:
    name = PersonalSpan(type="PERSON", start=0, end=3)
    before = replace(a_chunk(0, "Ann leads."), personal=(name,))
    hit = replace(a_chunk(1, "Ben helps."), personal=(name,))
    (shown,) = joined([hit], [before], ROOMY)

    assert [shown.text[span.start : span.end] for span in shown.personal] == ["Ann", "Ben"]


@given(
    st.lists(st.integers(0, 30), unique=True, max_size=12),
    st.integers(0, 120),
    st.integers(0, 12),
)
def test_no_budget_is_overrun_and_no_text_lost_or_shown_twice(
    positions: list[int], max_tokens: int, passages: int
) -> None:
    found = [a_chunk(position) for position in positions]
    joining = Joining(passages=passages, max_tokens=max_tokens)
    ids = wanted(found, joining)
    around = [a_chunk(n) for n in range(32) if chunk_id("file:///a", n) in ids]
    shown = joined(found, around, joining)
    parts = [part for passage in shown for part in passage.text.split("\n\n")]

    assert len(parts) == len(set(parts))
    assert {f"Part {n}." for n in positions} <= set(parts)
    added = [part for part in parts if part not in {p.text for p in found}]
    first = sum(len(p.text) for p in found[:passages])
    assert not added or first + sum(map(len, added)) <= 4 * max_tokens
