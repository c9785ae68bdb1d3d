"""How well questions in other languages find the sample company's English pages.

`python -m tests.benchmarks.languages`: each question of the golden set as a person would ask it in
German, French and Spanish, searched as it is, in English alone, and in both as the line does where
a model says it in English too. The English wording is the golden set's own, so that no translating
model is measured, only what a right translation is worth.
"""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot.loading import load_models
from bot.observability.logs import configure_logs
from bot.steps.readers import COMPANY
from bot.wiring import open_parts
from knowledge.retrieval import HybridRetriever
from knowledge.types import Phrasing
from tests.running import SAMPLE, ingested, settings_for

_GOLDEN = Path(__file__).parents[1] / "golden"
_WEIGHTS = (0.5, 0.7, 0.9)
_LIMIT = 6


def _lines(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (_GOLDEN / name).read_text("utf-8").splitlines()]


async def _row(
    finder: HybridRetriever, asked: Sequence[tuple[Sequence[Phrasing], str]]
) -> tuple[float, float, float]:
    """Return hit@1, hit@5 and the share that the verdict lets pass."""
    first = five = enough = 0
    for phrasings, page in asked:
        found = await finder.find(phrasings, readers=COMPANY, limit=_LIMIT)
        places = [passage.document_id for passage in found.passages]
        first += any(page in place for place in places[:1])
        five += any(page in place for place in places[:5])
        enough += found.is_enough
    return first / len(asked), five / len(asked), enough / len(asked)


async def _measured(scratch: Path) -> None:
    models = await load_models(settings_for(scratch))
    await ingested(SAMPLE, scratch / "data", models)
    cases = {str(case["id"]): case for case in _lines("sample-company.jsonl")}
    translated = _lines("translations.jsonl")
    async with open_parts(settings_for(scratch / "data"), models=models) as parts:
        for language in ("de", "fr", "es"):
            own = [
                (str(each[language]), str(case["question"]), _page(case))
                for each in translated
                if (case := cases[str(each["id"])])
            ]
            ways: dict[str, list[tuple[Sequence[Phrasing], str]]] = {
                "as asked": [((Phrasing(text=text),), page) for text, _, page in own],
                "in English": [((Phrasing(text=english),), page) for _, english, page in own],
                **{
                    f"both, English {weight}": [
                        (
                            (
                                Phrasing(text=english, weight=weight),
                                Phrasing(text=text, weight=1 - weight),
                            ),
                            page,
                        )
                        for text, english, page in own
                    ]
                    for weight in _WEIGHTS
                },
            }
            for way, asked in ways.items():
                numbers = " | ".join(f"{n:.3f}" for n in await _row(parts.finder, asked))
                print(f"| {language} | {way} | {numbers} |")  # noqa: T201
    await models.detector.close()


def _page(case: dict[str, object]) -> str:
    relevant = case["relevant"]
    assert isinstance(relevant, list)
    return str(relevant[0])


if __name__ == "__main__":
    configure_logs("json", "error")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measured(Path(folder)))
