"""Measures who is found of those who say who they are, beside those who say what they are."""

from pathlib import Path

from bot.evaluation.guardrails_data import SAMPLE, json_lines
from bot.evaluation.guardrails_rows import Row
from bot.evaluation.sample_company import INTRODUCTIONS
from guardrails.ports import PersonalDataDetector


async def introduced(folder: Path, detector: PersonalDataDetector) -> list[Row]:
    """Return rows for the sentences that were looked at, and for those that were only scored."""
    lines = list(json_lines(folder / SAMPLE / INTRODUCTIONS))
    rows: list[Row] = []
    for is_seen, data in ((True, "own, looked at"), (False, "own, held out")):
        hits = named = wrong = plain = 0
        for line in (line for line in lines if line["seen"] is is_seen):
            text = str(line["text"])
            names = [str(name) for name in line["names"]] if isinstance(line["names"], list) else []
            found = [f for f in await detector.detect(text) if f.type == "PERSON"]
            covered = {n for f in found for n in range(f.start, f.end) if not text[n].isspace()}
            for name in names:
                start = text.index(name)
                hits += covered.issuperset(
                    n for n in range(start, start + len(name)) if not text[n].isspace()
                )
            named, plain = named + len(names), plain + (not names)
            wrong += bool(found) and not names
        if named and plain:
            rows += (
                Row(what="I'm NAME: recall, whole", data=data, count=named, value=hits / named),
                Row(
                    what="I'm ill and the like, masked", data=data, count=plain, value=wrong / plain
                ),
            )
    return rows
