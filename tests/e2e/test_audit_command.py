"""An operator finds out how answers came about, while the bot runs."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.loading import Models
from tests.processes import environment, run
from tests.running import Running, running
from tests.servers.openai import Answer, ModelServer
from tests.servers.slack import SlackServer

ASKED = "My mail is ann.miller@example.org. How many days of annual leave do I get?"
ANSWER = (
    "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1] "
    "The moon landing was staged in 1969 by 47 actors. [1] See https://evil.example/x for leave."
)


@pytest.fixture
async def citewell(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> AsyncIterator[Running]:
    model.script = Answer(text=ANSWER)
    async with running(sample_dir, models, slack, model=model) as it:
        yield it
    assert slack.violations == []


async def test_an_answer_can_be_accounted_for(
    citewell: Running, slack: SlackServer, sample_dir: Path, tmp_path: Path
) -> None:
    ts = await citewell.people.mention(ASKED)
    (reply,) = await slack.replies(ts)
    await citewell.people.tell("x" * 9_000)
    await citewell.people.tell("thanks")
    while (await citewell.parts.durable.mailbox.counts())["open"]:
        await slack.replies(ts)

    async def citewell_(*words: str) -> str:
        code, out, err = await run(*words, cwd=tmp_path, env=environment(sample_dir))
        return f"{code} {out}{err}"

    listed = await citewell_("audit", "--json", "--since", "1h")
    told = await citewell_(
        "why", f"https://acme.slack.com/archives/C0GENERAL/p{reply.ts.replace('.', '')}"
    )
    too_long = await citewell_("audit", "--fired", "too_long", "--outcome", "refused")
    nobodys = await citewell_("audit", "--person", "slack:T0:U_NOBODY")
    assert listed.startswith("0 {")
    entries = [json.loads(line) for line in listed.removeprefix("0 ").splitlines()]
    entry = next(entry for entry in entries if entry["asked"] == ts)

    assert len(entries) == 3
    assert entry["outcome"] == "answered"
    assert entry["masked"] == {"EMAIL_ADDRESS": 1}
    assert entry["fired"] == {"unsupported": 2, "link": 1}
    assert entry["prompt"].startswith("answer@")
    assert entry["replies"] == [reply.ts]
    assert entry["passages"]
    assert entry["output_tokens"] > 0
    assert {"retrieve", "model", "total"} <= set(entry["ms"])
    assert "Masked in the question: 1 EMAIL_ADDRESS" in told
    assert "links that are no source's" in told
    assert "too_long=1" in too_long
    assert nobodys == "0 no answer fits\n"
    assert "ann.miller" not in listed + told
    assert "U0ANN" not in listed + told
