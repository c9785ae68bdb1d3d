"""The bot seldom speaks unasked, and seldom leaves somebody without an answer."""

import json
import statistics
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.evaluating import evaluations
from bot.evaluation.addressee import judged, rates, read_situations

SITUATIONS = Path(__file__).parent / "addressee.jsonl"
LINES = read_situations(SITUATIONS)


def test_there_are_enough_situations_of_every_kind_of_place_and_language() -> None:
    assert len(LINES) >= 200
    assert {line.lang for line in LINES} >= {"en", "de", "fr", "es"}
    assert {line.mode.value for line in LINES} == {"mention", "thread", "auto-answer", "off"}
    assert {line.half for line in LINES} == {"a", "b"}


@pytest.mark.parametrize("half", ["a", "b"])
def test_the_rates_are_within_their_goals(half: str) -> None:
    found, _ = rates(LINES)
    of_half = [rate for rate in found if rate.half == half]

    assert [rate.what for rate in of_half] == ["false-speak", "false-silence"]
    assert all(rate.is_met for rate in of_half), of_half


def test_in_direct_messages_nobody_is_left_without_an_answer() -> None:
    direct = [line for line in LINES if line.came.value == "direct"]

    assert direct
    assert all(judged(line).answers for line in direct)


def test_a_decision_takes_a_few_milliseconds_at_most() -> None:
    spent = []
    for line in LINES:
        started = time.process_time()
        judged(line)
        spent.append(time.process_time() - started)

    assert statistics.median(spent) < 0.01


def test_the_command_prints_the_rates_and_writes_them_down(tmp_path: Path) -> None:
    report = tmp_path / "addressee.json"
    result = CliRunner().invoke(
        evaluations, ["addressee", "--situations", str(SITUATIONS), "--json", str(report)]
    )
    written = json.loads(report.read_text())

    assert result.exit_code == 0
    assert "| b | false-speak |" in result.output
    assert [rate["half"] for rate in written["rates"]] == ["a", "a", "b", "b"]
