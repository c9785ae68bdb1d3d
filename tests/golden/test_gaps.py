"""Questions that ask the same come together, and others don't, on a set of our own writing."""

import json
from pathlib import Path

import pytest

from bot.feedback.gaps import Gap, _packed, clusters_of
from bot.loading import Models

ROWS = [
    json.loads(line) for line in (Path(__file__).parent / "gaps.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("half", ["choose", "check"])
async def test_groups_of_questions_are_whole_and_pure(half: str, models: Models) -> None:
    rows = [row for row in ROWS if row["half"] == half]
    vectors = await models.embeddings.aembed_documents([row["question"] for row in rows])
    gaps = [
        Gap(
            id=str(number),
            place="slack:T",
            who=f"person-{number % 4}",
            at_s=number,
            question=row["question"],
            vector=_packed(vector),
            model="minilm",
        )
        for number, (row, vector) in enumerate(zip(rows, vectors, strict=True))
    ]
    found = {frozenset(cluster.members) for cluster in clusters_of(gaps)}
    named: dict[str, set[str]] = {}
    for number, row in enumerate(rows):
        named.setdefault(row["group"], set()).add(str(number))
    right = sum(frozenset(members) in found for members in named.values())

    assert right / len(named) >= 0.9, found
