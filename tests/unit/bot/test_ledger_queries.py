"""What one can ask of the ledger, and how it tells of an answer in words."""

import pytest

from bot.record.addresses import parse_named
from bot.record.entry import Entry
from bot.record.pseudonyms import parse_person
from bot.record.query import parse_since
from bot.record.wording import in_words


@pytest.mark.parametrize(
    ("since", "at_s"),
    [("36h", 1_000_000 - 36 * 3600), ("7d", 1_000_000 - 604_800), ("1970-01-02", 86_400.0)],
)
def test_since_is_a_span_or_a_date(since: str, at_s: float) -> None:
    assert parse_since(since, 1_000_000) == at_s


def test_another_since_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match="write 36h, 7d"):
        parse_since("yesterday", 0)


def test_a_person_has_three_parts() -> None:
    assert parse_person("teams:T1:29:abc") == ("teams", "T1", "29:abc")
    with pytest.raises(ValueError, match="platform:workspace:id"):
        parse_person("ann")


def test_a_person_is_named_by_id_or_by_address() -> None:
    assert parse_named(" ann@brindlemoor.example ") == "ann@brindlemoor.example"
    assert parse_named("terminal:local:ann@box") == "terminal:local:ann@box"
    for nobody in ("ann", "ann@", "@acme.example", "a nn@acme.example", "a@b@c", "", "slack:T1"):
        with pytest.raises(ValueError, match="or an e-mail address"):
            parse_named(nobody)


def test_an_entry_is_told_in_words() -> None:
    told = in_words(
        Entry(
            id="1-0",
            at_s=0.0,
            thread="slack:T1:C1:1.0",
            person="ab",
            outcome="answered",
            asked="1.0",
            masked={"PERSON": 2},
            fired={"unsupported": 1, "blocked:IBAN_CODE": 1},
            passages=("p1", "p2"),
            withheld={"suspicious": 1},
            citations=1,
            prompt="answer@3",
            model="openai:gpt",
            input_tokens=1_200,
            ms={"total": 1_234.5},
        )
    )

    assert "answered from the documents" in told
    assert "Found: 2 passages, which the model was shown; 1 sources cited" in told
    assert "Withheld from the model: 1 suspicious" in told
    assert "Masked in the question: 2 PERSON" in told
    assert "nobody send (IBAN CODE); 1 sentences that no passage supported" in told
    assert "`openai:gpt` from the prompt `answer@3`; 1,200 tokens read" in told
    assert "total 1,234 ms" in told
