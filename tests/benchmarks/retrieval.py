"""How often the right page is found, with and without masking the questions."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

from bot.cli.ingesting import turns
from bot.searching import READERS_IN_TERMINAL
from bot.wiring import Models, Parts, open_parts
from guardrails.types import Placeholders
from tests.benchmarks.figures import Table
from tests.running import settings_for

_DEPTH = 10


async def measure(name: str, data_dir: Path, questions: Path, models: Models) -> Table:
    """Ask the answerable questions of a set on the index in `data_dir`."""
    asked = [line for line in _lines(questions) if line["answerable"]]
    async with open_parts(settings_for(data_dir), models=models) as parts:
        rows = [
            [name, str(len(asked)), mode, *await _figures(parts, asked, is_masked=is_masked)]
            for mode, is_masked in (("as written", False), ("masked", True))
        ]
    return Table(
        title="Retrieval, by page",
        head=["set", "questions", "question", "hit@1", "recall@5", "nDCG@10"],
        rows=rows,
    )


async def _figures(parts: Parts, asked: list[dict[str, Any]], *, is_masked: bool) -> list[str]:
    first = recall = gain = 0.0
    for line in asked:
        text = line["question"]
        if is_masked:
            text = (await parts.redactor.redact(text, Placeholders())).text
        question = await parts.rewriter.rewrite(text, turns(line["history"]))
        found = await parts.finder.find(
            question.searched, readers=READERS_IN_TERMINAL, limit=_DEPTH * 4
        )
        pages = list(dict.fromkeys(passage.document_id for passage in found.passages))[:_DEPTH]
        relevant = set(line["relevant"])
        first += pages[:1] != [] and pages[0] in relevant
        recall += len(relevant & set(pages[:5])) / len(relevant)
        gain += _ndcg([page in relevant for page in pages], len(relevant))
    return [f"{value / len(asked):.3f}" for value in (first, recall, gain)]


def _ndcg(hits: list[bool], relevant: int) -> float:
    found = sum(1 / math.log2(rank + 2) for rank, hit in enumerate(hits) if hit)
    return found / sum(1 / math.log2(rank + 2) for rank in range(min(relevant, _DEPTH)))


def _lines(path: Path) -> list[dict[str, Any]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
