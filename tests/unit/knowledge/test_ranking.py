"""The order of what was found: current before outdated, one of each text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.ranking import Candidate, asked_first, current_first, rescored
from knowledge.repeats import repeats_last
from knowledge.types import EVERYONE, Passage

PLACES = ("docs/a.md", "v1.8-docs/a.md", "v1.9-docs/a.md", "docs/b.md", "n/notes-1.md", "n/x.md")


def a_passage(
    document_id: str,
    score: float,
    *,
    position: int = 0,
    text: str = "",
    superseded: bool = False,
    modified: str = "",
) -> Passage:
    return Passage(
        chunk_id=f"{document_id}#{position}",
        document_id=document_id,
        location=f"file:///{document_id}",
        position=position,
        title="A page",
        heading_path=(),
        url=f"https://docs.example/{document_id}",
        text=text or f"{document_id} {position}",
        readers=frozenset({EVERYONE}),
        score=score,
        modified=modified,
        superseded=superseded,
    )


def names(passages: tuple[Passage, ...]) -> list[str]:
    return [passage.document_id for passage in passages]


def test_the_current_page_comes_before_its_older_version() -> None:
    found = current_first(
        [a_passage("v1.8-docs/a.md", 1.0), a_passage("docs/b.md", 0.9), a_passage("docs/a.md", 0.5)]
    )

    assert names(found) == ["docs/a.md", "docs/b.md", "v1.8-docs/a.md"]
    assert [passage.superseded for passage in found] == [False, False, True]


def test_of_two_numbered_trees_the_newer_one_is_current() -> None:
    found = current_first([a_passage("v1.9/a.md", 1.0), a_passage("v1.10/a.md", 0.9)])

    assert names(found) == ["v1.10/a.md", "v1.9/a.md"]
    assert found[1].superseded


def test_an_older_tree_counts_less_even_where_its_page_has_no_current_one() -> None:
    found = current_first([a_passage("v1.8-docs/gone.md", 1.0), a_passage("docs/b.md", 0.9)])

    assert names(found) == ["docs/b.md", "v1.8-docs/gone.md"]


def test_what_says_itself_that_it_is_superseded_counts_less() -> None:
    found = current_first([a_passage("old.md", 1.0, superseded=True), a_passage("new.md", 0.9)])

    assert names(found) == ["new.md", "old.md"]


def test_a_newer_release_note_does_not_take_the_place_of_an_older_one() -> None:
    found = current_first(
        [
            a_passage("n/notes-1.14.md", 1.0),
            a_passage("x.md", 0.7),
            a_passage("n/notes-1.21.md", 0.3),
        ]
    )

    assert names(found) == ["n/notes-1.14.md", "x.md", "n/notes-1.21.md"]
    assert found[0].superseded


def test_a_version_that_is_alone_is_not_outdated() -> None:
    found = current_first([a_passage("v1.8-docs/a.md", 1.0), a_passage("handbook/b.md", 0.9)])

    assert names(found) == ["v1.8-docs/a.md", "handbook/b.md"]
    assert not found[0].superseded


def test_the_version_that_is_asked_for_comes_first_and_is_not_called_outdated() -> None:
    passages = [a_passage("docs/a.md", 1.0), a_passage("v1.8-docs/a.md", 0.5, superseded=True)]
    found = asked_first(passages, frozenset({"file:///v1.8-docs/a.md"}))

    assert names(found) == ["v1.8-docs/a.md", "docs/a.md"]
    assert not found[0].superseded


def test_a_text_that_was_shown_already_comes_last() -> None:
    found = repeats_last(
        [
            a_passage("a.md", 1.0, text="The same\nwords"),
            a_passage("b.md", 0.9, text="The  same words"),
            a_passage("c.md", 0.8),
        ]
    )

    assert names(found) == ["a.md", "c.md", "b.md"]
    assert found[0].repeats == ("b.md",)


LEAVE = "Everybody has 30 days of annual leave, and asks for them two weeks before."


def test_a_near_copy_is_folded_into_the_one_that_says_more() -> None:
    copy = f"{LEAVE} Last reviewed by the people team."
    found = repeats_last(
        [
            a_passage("a.md", 1.0, text=LEAVE),
            a_passage("c.md", 0.9),
            a_passage("b.md", 0.8, text=copy),
        ]
    )

    assert names(found) == ["b.md", "c.md", "a.md"]
    assert (found[0].score, found[0].repeats) == (1.0, ("a.md",))


def test_what_contradicts_is_no_copy() -> None:
    other = LEAVE.replace("30", "28")
    found = repeats_last([a_passage("a.md", 1.0, text=LEAVE), a_passage("b.md", 0.9, text=other)])

    assert [passage.repeats for passage in found] == [(), ()]


def test_of_two_that_say_the_same_the_newer_and_the_current_one_stays() -> None:
    old = a_passage("old.md", 1.0, text=LEAVE, modified="2024-05-01")
    new = a_passage("new.md", 0.9, text=LEAVE.upper(), modified="2026-05-01")
    outdated = a_passage("v1.md", 1.0, text=LEAVE, superseded=True)

    assert names(repeats_last([old, new])) == ["new.md", "old.md"]
    assert names(repeats_last([outdated, new])) == ["new.md", "v1.md"]
    assert names(repeats_last([outdated, new], {outdated.location})) == ["v1.md", "new.md"]


def test_a_newer_page_is_not_folded_into_an_older_one_that_says_more() -> None:
    old = a_passage("old.md", 1.0, text=f"{LEAVE} And a day at Easter.", modified="2024-05-01")
    new = a_passage("new.md", 0.9, text=LEAVE, modified="2026-05-01")

    assert [passage.repeats for passage in repeats_last([old, new])] == [(), ()]


def test_the_questions_words_in_the_title_count() -> None:
    plain = Candidate(passage=a_passage("a.md", 1.0), words=frozenset({1}), title_words=frozenset())
    titled = Candidate(
        passage=a_passage("b.md", 0.9), words=frozenset({1}), title_words=frozenset({1, 2})
    )
    scores = rescored([plain, titled], asked=frozenset({1}))

    assert scores["b.md#0"] > scores["a.md#0"]


def test_a_second_passage_of_the_same_document_lends_support() -> None:
    found = [a_passage("a.md", 1.0), a_passage("b.md", 0.95), a_passage("b.md", 0.9, position=1)]
    scores = rescored(
        [Candidate(passage=p, words=frozenset(), title_words=frozenset()) for p in found],
        asked=frozenset({1}),
    )

    assert max(scores, key=lambda name: scores[name]) == "b.md#0"


@settings(deadline=None)  # a busy machine is no fault of the order
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.floats(0, 2), st.integers(0, 3), st.booleans()),
        unique_by=lambda drawn: (drawn[0], drawn[2]),
    )
)
def test_ordering_loses_nothing_and_keeps_the_current_page_in_front(
    drawn: list[tuple[str, float, int, bool]],
) -> None:
    passages = [
        a_passage(place, score, position=position, superseded=is_old)
        for place, score, position, is_old in drawn
        if place != "docs/a.md" or not is_old
    ]
    found = names(repeats_last(current_first(passages)))

    assert sorted(found) == sorted(names(tuple(passages)))
    if {"docs/a.md", "v1.8-docs/a.md"} <= set(found):
        assert found.index("docs/a.md") < found.index("v1.8-docs/a.md")
