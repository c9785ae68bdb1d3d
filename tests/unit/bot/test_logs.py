"""Nothing that a person or a document said can reach a log."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.observability.logs import configure_logs

SECRET = "ann.miller@example.org asked about her salary"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logs("json", "info")
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_facts_are_written_as_one_json_object_a_line(written: io.StringIO) -> None:
    structlog.get_logger("bot.app").info("answered", thread="slack:T1:C1:1.0", passages=6)

    line = json.loads(written.getvalue())
    assert (line["event"], line["thread"], line["passages"]) == ("answered", "slack:T1:C1:1.0", 6)


@pytest.mark.parametrize("field", ["thread", "text", "error", "anything"])
def test_a_text_is_withheld_whatever_its_field_is_called(written: io.StringIO, field: str) -> None:
    structlog.get_logger("bot.app").info("answered", **{field: SECRET})

    assert "miller" not in written.getvalue()
    assert json.loads(written.getvalue())[field] == "[withheld]"


def test_an_event_with_a_text_in_its_name_is_withheld(written: io.StringIO) -> None:
    structlog.get_logger("bot.app").info(f"answered {SECRET}")

    assert "miller" not in written.getvalue()


def test_an_exception_is_named_and_placed_but_not_quoted(written: io.StringIO) -> None:
    try:
        int(SECRET)
    except ValueError:
        structlog.get_logger("bot.app").exception("failed")

    line = json.loads(written.getvalue())
    assert line["error"] == "ValueError"
    assert "miller" not in written.getvalue()


def test_a_library_is_only_named(written: io.StringIO) -> None:
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("slack_sdk").exception("sent %s", SECRET)

    assert "slack_sdk" in written.getvalue()
    assert "miller" not in written.getvalue()
