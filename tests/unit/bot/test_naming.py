"""A masked name is looked for by numbers: the words of it are in no question."""

from types import MappingProxyType

from bot.steps.naming import named
from bot.types import Question
from guardrails.types import Placeholders
from knowledge.sparse import SparseEncoder
from knowledge.types import Phrasing

TERMS = SparseEncoder()
KNOWN = Placeholders(
    values=MappingProxyType({"<PERSON_1>": "Ada Quaxley", "<EMAIL_ADDRESS_1>": "a@example.org"})
)


def test_each_wording_has_the_numbers_of_its_own_names_and_nothing_to_read() -> None:
    asked = Question(
        text="And <PERSON_1>?",
        standalone="Where does <PERSON_1> sit?",
        phrasings=(
            Phrasing(text="And <PERSON_1>, of <EMAIL_ADDRESS_1>?", weight=0.5),
            Phrasing(text="Where is the kitchen?", weight=0.5),
        ),
    )
    first, second = named(asked, KNOWN, TERMS.terms).searched

    assert first.names == TERMS.terms("This page tells of Quaxley and Ada.") & first.names
    assert len(first.names) == 2
    assert second.names == frozenset()
    assert not any(word in repr((first, second)) for word in ("Quaxley", "Ada", "example.org"))


def test_a_name_of_a_wording_that_a_rewriter_made_counts_and_an_unknown_one_is_nobody() -> None:
    asked = Question(text="And her?", standalone="Where do <PERSON_1> and <PERSON_7> sit?")
    (found,) = named(asked, KNOWN, TERMS.terms).searched

    assert found.names == TERMS.terms("Ada Quaxley")
