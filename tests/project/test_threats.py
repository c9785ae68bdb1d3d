"""The page on threats names each risk of the list once, and tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    line for line in (ROOT / "docs/threats.md").read_text().splitlines() if line.startswith("| LLM")
]


def test_each_risk_of_the_list_has_a_row() -> None:
    assert [row[2:12] for row in ROWS] == [f"LLM{n:02}:2026" for n in range(1, 11)]


def test_each_row_names_tests_that_exist_and_test_something() -> None:
    for row in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)`", row.split("|")[3])

        assert named, row
        for name in named:
            assert "def test_" in (ROOT / name).read_text(), name
