"""`citewell eval retrieval` as an operator runs it: a golden set in, figures and a page out."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.processes import environment, run

PAGES = {
    "leave.md": "# Annual leave\n\nEverybody has 30 days of annual leave each year.",
    "copy-of-leave.md": "# Annual leave\n\nEverybody has 30 days of  annual leave each year.",
    "password.md": "# Passwords\n\nReset your password on the login page; it takes a minute.",
    "parking.md": "# Parking\n\nThe garage opens at six and closes at ten in the evening.",
    "expenses.md": "# Expenses\n\nMeals on business trips are refunded up to 42 EUR a day.",
}
HISTORY = [
    {"role": "user", "content": "How many days of annual leave do I get?"},
    {"role": "assistant", "content": "30 days."},
]
QUESTIONS = [
    {"id": "1", "question": "How do I reset my password?", "relevant": ["password.md"]},
    {"id": "2", "question": "How many days of leave are there?", "relevant": ["copy-of-leave.md"]},
    {"id": "3", "question": "Is that for all?", "history": HISTORY, "relevant": ["leave.md"]},
    {"id": "4", "question": "Who won the regatta in Oslo?", "answerable": False},
]


@pytest.fixture
def golden(tmp_path: Path) -> tuple[str, ...]:
    corpus, questions = tmp_path / "corpus.jsonl.gz", tmp_path / "questions.jsonl"
    lines = (json.dumps({"id": name, "text": text}) for name, text in PAGES.items())
    corpus.write_bytes(gzip.compress("\n".join(lines).encode()))
    questions.write_text("\n".join(map(json.dumps, QUESTIONS)))
    return ("eval", "retrieval", "--corpus", str(corpus), "--questions", str(questions))


async def test_a_golden_set_becomes_figures_and_a_page(
    golden: tuple[str, ...], tmp_path: Path
) -> None:
    env = environment(tmp_path / "data")
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    files = ("--json", str(report), "--html", str(page))
    code, out, err = await run(*golden, *files, "--against", "followups=off", cwd=tmp_path, env=env)
    found = json.loads(report.read_text())

    assert code == 0, err
    assert found["measured"]["all"]["hit@1"]["mean"] == 1
    assert found["measured"]["all"]["MRR"]["count"] == 3
    assert set(found["measured"]) == {"all", "single", "follow-up"}
    assert found["refusals"]["unanswerable, refused"]["count"] == 1
    # Without its thread the follow-up finds something else first.
    assert found["comparison"]["differences"]["follow-up"]["hit@1"]["other"] == 0
    assert found["comparison"]["differences"]["all"]["hit@1"]["better"] == 1
    assert "recall@5" in out
    html = page.read_text()
    assert html.count("<svg") == 5
    assert re.findall(r"(?:src|href)=|@import|url\(|<script", html) == []


async def test_a_second_run_reuses_the_index_and_compares_with_the_first(
    golden: tuple[str, ...], tmp_path: Path
) -> None:
    env = environment(tmp_path / "data")
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    _, _, before = await run(*golden, "--json", str(first), cwd=tmp_path, env=env)
    code, _, after = await run(
        *golden, "--json", str(second), "--against", str(first), cwd=tmp_path, env=env
    )
    gaps = json.loads(second.read_text())["comparison"]["differences"]["all"]

    assert code == 0
    assert "indexed 5 of 5" in before
    assert "indexed" not in after
    assert gaps["nDCG@10"]["p"] == 1
    assert gaps["nDCG@10"]["this"] == gaps["nDCG@10"]["other"]


async def test_a_wrong_file_ends_in_one_line(golden: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text('{"id": "1"}\n')
    code, _, err = await run(*golden, cwd=tmp_path, env=environment(tmp_path / "data"))

    assert code == 2
    assert "questions.jsonl, line 1: question: Field required" in err
    assert "Traceback" not in err


async def test_a_report_that_can_not_be_written_is_said_before_the_work(
    golden: tuple[str, ...], tmp_path: Path
) -> None:
    code, _, err = await run(
        *golden, "--html", "nowhere/page.html", cwd=tmp_path, env=environment(tmp_path / "data")
    )

    assert code == 2
    assert err == "citewell: nowhere/page.html: there is no folder nowhere; make it first\n"
