"""Links that people copy in a chat name a message."""

import pytest

from adapters.links import parse_message_link


@pytest.mark.parametrize(
    ("link", "message"),
    [
        (
            "https://acme.slack.com/archives/C0GENERAL/p1700000000123456",
            ("C0GENERAL", "1700000000.123456"),
        ),
        (
            "<https://acme.slack.com/archives/D0ANN/p1700000000123456?thread_ts=1699.1&cid=D0ANN|here>",
            ("D0ANN", "1700000000.123456"),
        ),
        (
            "https://teams.microsoft.com/l/message/19%3Aabc%40thread.tacv2/1700000000123?tenantId=t",
            ("19:abc@thread.tacv2", "1700000000123"),
        ),
        ("C0GENERAL/1700000000.123456", ("C0GENERAL", "1700000000.123456")),
    ],
)
def test_a_link_names_a_channel_and_a_message(link: str, message: tuple[str, str]) -> None:
    assert parse_message_link(link) == message


@pytest.mark.parametrize("link", ["", "hello", "https://acme.slack.com/archives/C0GENERAL", "/1.2"])
def test_what_names_no_message_is_refused_with_what_to_do(link: str) -> None:
    with pytest.raises(ValueError, match="Copy link"):
        parse_message_link(link)
