"""Golden sets: what is read from them, and what is said of a line that is wrong."""

import gzip
import json
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.evaluation.cases import Message, read_cases, read_corpus, turns
from bot.evaluation.configuration import Configuration, FollowUps, parse_configuration
from bot.evaluation.corpus import twins_of


def written(path: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["questions.jsonl", "questions.jsonl.gz"])
def test_each_question_counts_in_its_kinds(tmp_path: Path, name: str) -> None:
    history = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    path = written(
        tmp_path / name,
        {"id": "1", "question": "Plain?", "relevant": ["a"], "source": "unknown keys are ignored"},
        {"id": "2", "question": "And it?", "history": history, "relevant": ["a"]},
        {"id": "3", "question": "No?", "answerable": False, "label": "UNANSWERABLE"},
        {"id": "4", "question": "Old?", "relevant": ["b"], "conflicting": ["a"], "type": "old one"},
        "",
    )

    assert [case.kinds for case in read_cases(path)] == [
        ("single",),
        ("follow-up",),
        ("unanswerable",),
        ("single", "conflicting", "old one"),
    ]
    assert [case.is_ranked for case in read_cases(path)] == [True, True, False, True]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([{"id": "1", "text": "a"}, "{no json"], "line 2"),
        ([{"id": "1"}], "line 1: text: Field required"),
        ([{"id": "1", "text": "a"}, {"id": "1", "text": "b"}], "'1' comes twice"),
        ([], "is empty"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: list[object], said: str) -> None:
    with pytest.raises(StartError, match=said):
        read_corpus(written(tmp_path / "corpus.jsonl", *lines))


def test_a_file_that_is_cut_off_is_no_golden_set(tmp_path: Path) -> None:
    path = written(tmp_path / "corpus.jsonl.gz", *[{"id": str(n), "text": "a"} for n in range(99)])
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(StartError, match="can't be read as JSON lines"):
        read_corpus(path)


def test_documents_that_read_the_same_are_twins(tmp_path: Path) -> None:
    path = written(
        tmp_path / "corpus.jsonl",
        {"id": "a", "text": "The same\ntext"},
        {"id": "b", "text": "Another text"},
        {"id": "c", "text": "The same  text\n"},
    )

    assert twins_of(read_corpus(path)) == {"a": "a", "b": "b", "c": "a"}


def test_messages_become_turns() -> None:
    spoken = [("assistant", "Hi"), ("user", "q1"), ("assistant", "a1"), ("assistant", "a2"),
              ("user", "q2")]  # fmt: skip
    messages = tuple(
        Message.model_validate({"role": role, "content": content}) for role, content in spoken
    )

    assert [(turn.question, turn.answer) for turn in turns(messages)] == [
        ("q1", "a1\na2"),
        ("q2", ""),
    ]


def test_a_configuration_is_what_is_switched() -> None:
    switched = parse_configuration("redaction=off, followups=words")

    assert switched == Configuration(redaction=False, followups=FollowUps.WORDS)
    assert str(switched) == "redaction=off,followups=words"
    assert str(parse_configuration("default")) == "default"


@pytest.mark.parametrize("text", ["redacting=off", "redaction=perhaps", "redaction"])
def test_a_configuration_that_is_none_is_answered_with_those_there_are(text: str) -> None:
    with pytest.raises(StartError, match="there are: redaction=on, followups=answering"):
        parse_configuration(text)
