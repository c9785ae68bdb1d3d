"""An operator finds what failed, tries it again, and forgets it, from the command line."""

import asyncio
import json
from pathlib import Path

from bot.loading import Models
from tests.processes import environment, run
from tests.running import running
from tests.servers.openai import BROKEN, Answer, ModelServer
from tests.servers.slack import SlackServer

LEAVE = "How many days of annual leave do I get?"
ANSWER = "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1]"


async def test_a_dead_letter_is_found_answered_after_all_and_the_next_one_dropped(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer, tmp_path: Path
) -> None:
    async def inbox(*words: str) -> tuple[int | None, str]:
        code, out, err = await run("inbox", *words, cwd=tmp_path, env=environment(sample_dir))
        return code, out + err

    model.script = BROKEN
    async with running(sample_dir, models, slack, model=model) as citewell:
        first = await citewell.people.mention(LEAVE)
        (apology,) = await slack.replies(first)
        second = await citewell.people.mention(LEAVE)
        await slack.replies(second)
        while (await citewell.parts.durable.mailbox.counts())["dead"] < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)  # a record is closed a moment after its reply shows
        model.script = Answer(text=ANSWER)
        code, listed = await inbox("list", "--json")
        dead = [json.loads(line) for line in listed.splitlines()]
        retried = await inbox("retry", dead[0]["id"])
        await slack.until(lambda: "30 days" in apology.words, timeout_s=60)
        shown = await inbox("show", dead[1]["id"], "--words")
        dropped = await inbox("drop", dead[1]["id"])
        left = await inbox("list")
        unknown = await inbox("show", "slack:T:C:1/2")

    assert (code, len(dead)) == (0, 2)
    assert {letter["why"] for letter in dead} == {"ModelUnavailableError"}
    assert dead[0]["error id"] in listed
    assert retried[0] == 0
    assert LEAVE in shown[1]
    assert dropped[0] == 0
    assert "no dead letters" in left[1]
    assert unknown[0] == 2
    assert "is not known" in unknown[1]
    assert [len(slack.messages(ts)) for ts in (first, second)] == [1, 1]
