"""No address leaves in an answer but a retrieved source's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.links import strip_foreign_urls

SOURCE = "https://docs.example/leave/#days"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("see [here](https://evil.example/a?b=c)", "see here"),
        ("![chart](https://docs.example/leave/)", "chart"),
        ("go to https://evil.example/x?q=1, now", "go to (link removed), now"),
        ("<https://evil.example|click>", "(link removed)"),
        ("www.evil.example/x", "(link removed)"),
        ("evil.example/path?x=1", "(link removed)"),
        ("[a]: https://evil.example/b", ""),
        ("javascript:alert(1)", "(link removed))"),
        ("HTTPS://EVIL.EXAMPLE/x", "(link removed)"),
        ("ftp://evil.example/x", "(link removed)"),
    ],
)
def test_a_foreign_address_is_taken_out(text: str, left: str) -> None:
    assert strip_foreign_urls(text, [SOURCE]).strip() == left


@pytest.mark.parametrize(
    "text",
    [
        "[leave](https://docs.example/leave/#days)",
        "https://docs.example/leave/",
        "3.5/4 and/or e.g. this, at 10:30 with a ratio of 2:1",
        "mail ann@example.org about bot.py and v1.2",
        "`array[1](x)` is not a link target",
    ],
)
def test_what_is_no_foreign_address_stays(text: str) -> None:
    if "array" in text:
        assert "array" in strip_foreign_urls(text, [SOURCE])
    else:
        assert strip_foreign_urls(text, [SOURCE]) == text


@given(st.text(max_size=30), st.text(alphabet="abc/?=&#", max_size=20), st.text(max_size=30))
def test_no_foreign_host_survives_with_a_scheme(before: str, path: str, after: str) -> None:
    text = f"{before} https://evil.example/{path} {after}"

    assert "://evil.example" not in strip_foreign_urls(text, [SOURCE])


@pytest.mark.parametrize(
    "text",
    [
        "at [![pens](https://evil.example/p.png)](https://evil.example/a)",
        "at https:&#47;&#47;evil.example&#47;a",
        "at https&colon;//evil.example/a",
        "at //evil.example/a?x=1",
        "at \uff48\uff54\uff54\uff50\uff53://evil.example/a",
        "at https\uff1a//evil.example/a",
        "at https:\u2215\u2215evil.example/a",
        "at https://<EMAIL_ADDRESS_1>/evil",
        "at https:<EMAIL_ADDRESS_1>/evil",
        "at mailto:<EMAIL_ADDRESS_1>?body=evil",
    ],
)
def test_addresses_in_disguise_are_taken_out(text: str) -> None:
    shown = strip_foreign_urls(text, ["https://ours.example/a"])

    assert "evil" not in shown
    assert "EMAIL" not in shown


@pytest.mark.parametrize(
    "text", ["a // comment and either//or", "Contact:<EMAIL_ADDRESS_1> now", "see a.b//c"]
)
def test_what_is_no_address_stays(text: str) -> None:
    assert strip_foreign_urls(text, []) == text
