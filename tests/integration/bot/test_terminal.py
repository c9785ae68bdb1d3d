"""The terminal shows an answer as it comes, then its sources; documents can't steer it."""

import io

from adapters.terminal.adapter import TerminalAdapter
from adapters.types import Citation, Reply
from tests.builders import a_message

SOURCE = Citation(
    number=1, title="Leave", heading="Annual leave", url="https://h.example/leave#x", quote="30"
)


async def test_what_was_streamed_is_not_printed_twice() -> None:
    out = io.StringIO()
    stream = TerminalAdapter(out).stream(a_message())
    await stream.progress("is searching…")
    await stream.append("You have 30 days. [1]")
    await stream.append(" They expire.")
    await stream.finish(Reply(text="You have 30 days. [1] They expire.", citations=(SOURCE,)))

    assert out.getvalue().startswith("You have 30 days. [1] They expire.\n")
    assert out.getvalue().count("30 days") == 1
    assert "[1] Leave \u203a Annual leave\n    https://h.example/leave#x" in out.getvalue()


async def test_an_apology_replaces_what_was_begun() -> None:
    out = io.StringIO()
    stream = TerminalAdapter(out).stream(a_message())
    await stream.append("You have")
    await stream.finish(Reply(text="Something went wrong."))

    assert out.getvalue().split("\n")[:2] == ["You have", "Something went wrong."]


async def test_the_closest_sources_are_named_where_nothing_was_found() -> None:
    out = io.StringIO()
    reply = Reply(text="I found nothing.", closest=(SOURCE,))
    await TerminalAdapter(out).stream(a_message()).finish(reply)

    assert "Closest sources\n[1] Leave" in out.getvalue()


async def test_control_characters_and_markup_of_a_document_are_only_text() -> None:
    out = io.StringIO()
    hostile = "\x1b]0;owned\x07\x1b[2J[bold]not bold[/bold]"
    await TerminalAdapter(out).stream(a_message()).finish(Reply(text=hostile))

    assert "\x1b" not in out.getvalue()
    assert "[bold]not bold[/bold]" in out.getvalue()
