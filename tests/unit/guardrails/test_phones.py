"""Phone numbers of many countries are found; ticket numbers, dates and addresses are not."""

import pytest

from guardrails.phones import find_phones


def found(text: str) -> list[str]:
    return [text[f.start : f.end] for f in find_phones(text)]


@pytest.mark.parametrize(
    "number",
    [
        "+49 171 5550199",
        "+44 (0)20 7946 0958",
        "0044 20 7946 0958",
        "(0113) 496 0123",
        "06 12 34 56 78",
        "030/1234567",
        "044 668 18 00",
        "0491 570 156",
        "+91 98765 43210",
        "98765 43210",
        "212.555.0187",
        "001-541-714-1388x123",
        "+1 (212) 555-0123 ext. 45",
        "+81 3-1234-5678",
        "+55 11 91234-5678",
    ],
)
def test_a_number_as_people_of_its_country_write_it_is_found(number: str) -> None:
    assert found(f"Her mobile, {number}, is off") == [number]
    assert found(f"{number} is hers") == [number]


@pytest.mark.parametrize(
    "text",
    [
        "call 555-0123",
        "they're not answering at 78 651 450",
        "phone: 2125550187",
        "call 9123-4567",
        "tel:+4989123456",
    ],
)
def test_a_word_about_phones_makes_short_or_bare_numbers_count(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "ticket 1234567890",
        "order number 2125550187 is late",
        "version 10.2.3.4567",
        "on 2026-10-12 10:30",
        "on 12.05.2024",
        "costs 1,000,000 or 10 000 000 EUR",
        "between 2019-2023, and 2023 2024 2025",
        "from 192.168.100.200",
        "ISBN 978-3-16-148410-0",
        "unix time 1700000000",
        "https://x.example/1234567890",
        "pages 37 42 51 63",
    ],
)
def test_other_numbers_of_work_are_left_alone(text: str) -> None:
    assert found(text) == []
