"""The real detector finds what is personal, and leaves alone what people ask about."""

import pytest

from bot.loading import Models
from guardrails.placeholders import mask
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
        ("my SSN is 536-90-4399", "my SSN is <US_SSN_1>"),
        ("from 93.184.216.34", "from <IP_ADDRESS_1>"),
        ("token ghp_a8Sd7f6G5h4J3k2L1qWeRtYuIoP0zXcVbNm9", "token <SECRET>"),
        ("my password is Zebra-77!", "my password is <SECRET>"),
        ("postgres://app:s3cr3t@db/x", "postgres://app:<SECRET>@db/x"),
        ("AKIAIOSFODNN7EXAMPLE", "<SECRET>"),
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
    ],
)
async def test_ordinary_work_is_left_alone(models: Models, text: str) -> None:
    assert await masked(models, text) == text


async def test_many_texts_are_found_as_one_by_one(models: Models) -> None:
    texts = ["Ask Sarah Connor", "", "no one", "mail a@b.example"]

    assert await models.detector.detect_many(texts) == tuple(
        [await models.detector.detect(text) for text in texts]
    )
