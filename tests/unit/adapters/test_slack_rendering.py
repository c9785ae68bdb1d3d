"""Replies fit Slack's limits, ping nobody, and show their sources."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.rendering import blocks_of, messages_of
from adapters.types import Citation, Reply
from tests.servers.slack.blocks import MAX_BLOCKS, pings_in, problems_of, words_of

SOURCE = Citation(
    number=1, title="A <b> & c", heading="Top", url="https://docs.example/a?x=1&y=2#top", quote="q"
)


def all_words(reply: Reply) -> str:
    return "\n".join(words_of(list(message.blocks)) for message in messages_of(reply))


def test_a_source_is_a_link_with_title_and_heading() -> None:
    (message,) = messages_of(Reply(text="Yes. [1]", citations=(SOURCE,)))
    block = message.blocks[-1]

    assert block["elements"] == [
        {
            "type": "mrkdwn",
            "text": "*Sources*\n[1] <https://docs.example/a?x=1&amp;y=2#top|"
            "A &lt;b&gt; &amp; c \u203a Top>",
        }
    ]


def test_a_file_link_is_shown_by_name_only() -> None:
    local = Citation(number=1, title="A", heading="", url="file:///a.md", quote="q")
    (message,) = messages_of(Reply(text="Yes. [1]", citations=(local,)))

    assert message.blocks[-1]["elements"] == [{"type": "mrkdwn", "text": "*Sources*\n[1] A"}]


def test_lists_code_quotes_and_tables_keep_their_form() -> None:
    text = (
        "**Do** this:\n\n1. one\n   - inner\n2. two\n\n> quoted\n\n```\ncode <x>\n```\n\n"
        "| Name | Days |\n|---|---|\n| Ann | 3 |\n\n---\n\nend ~~old~~ [l](https://docs.example/a)"
    )
    blocks = list(blocks_of(text))
    kinds = [e["type"] for block in blocks for e in block.get("elements", ())]  # type: ignore[attr-defined]

    assert problems_of(blocks) == []
    assert [block["type"] for block in blocks] == ["rich_text", "divider", "rich_text"]
    assert kinds.count("rich_text_list") == 3
    assert "rich_text_quote" in kinds
    assert kinds.count("rich_text_preformatted") == 2
    assert "Name  Days\n\u2500\u2500\u2500\u2500  \u2500\u2500\u2500\u2500\nAnn   3" in words_of(
        blocks
    )


def test_a_wide_table_becomes_a_list_of_its_rows() -> None:
    wide = "word " * 20
    blocks = list(blocks_of(f"| A | B |\n|---|---|\n| {wide}| {wide}|"))

    assert problems_of(blocks) == []
    assert words_of(blocks).startswith("A: word word")


def test_nobody_can_be_pinged() -> None:
    text = "<!channel> <!here> <@U0BOSS> <#C1> @channel @everyone `<!channel>`\n\n```\n@here\n```"
    for message in messages_of(Reply(text=text, citations=(SOURCE,))):
        assert pings_in(message.text) == []
        assert problems_of(list(message.blocks)) == []


@pytest.mark.parametrize("bracket", ["<", "&lt;", "&LT;", "&#60;", "&#060;", "&#x3C;"])
def test_nobody_is_pinged_by_a_call_that_is_written_as_an_entity(bracket: str) -> None:
    for call in ("!channel", "@U0BOSS", "!subteam^S1"):
        for message in messages_of(Reply(text=f"Please tell {bracket}{call}&gt; of it.")):
            shown = (message.text, words_of(list(message.blocks)))
            assert [pings_in(unescape(words)) for words in shown] == [[], []]


def test_a_very_long_reply_becomes_several_messages() -> None:
    sentence = "This sentence is one of many. "
    messages = messages_of(Reply(text=sentence * 1500, citations=(SOURCE,)))

    assert len(messages) > 2
    assert sum(words_of(list(m.blocks)).count("one of many") for m in messages) == 1500
    assert messages[-1].blocks[-1]["type"] == "context"


@given(st.text(max_size=2_000), st.integers(0, 30))
def test_whatever_is_written_slack_takes(text: str, sources: int) -> None:
    citations = tuple(
        Citation(
            number=n, title=text[:80] or "t", heading="h", url=f"https://d.example/{n}", quote=""
        )
        for n in range(1, sources + 1)
    )
    for message in messages_of(Reply(text=text, citations=citations)):
        assert message.text.strip()
        assert len(message.text) <= 20_000
        assert 0 < len(message.blocks) <= MAX_BLOCKS
        assert problems_of(list(message.blocks)) == []
