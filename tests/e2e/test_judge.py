"""A second model may be asked whether its sources carry a sentence, before anybody sees it."""

from pathlib import Path

from bot.loading import Models
from tests.running import running
from tests.servers.openai import Answer, Failure, ModelServer
from tests.servers.openai.requests import ChatRequest
from tests.servers.slack import SlackServer

LEAVE = "How many days of annual leave do I get?"
TRUE = "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1]"
ALSO = "Annual leave at Brindlemoor is 30 paid days for everyone. [1]"
JUDGE = "gpt-4.1-nano"


async def test_what_the_judge_does_not_uphold_is_not_shown(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    def script(request: ChatRequest) -> Answer:
        if request.model != JUDGE:
            return Answer(text=f"{TRUE} {ALSO}")
        return Answer(text="NO" if "paid days for everyone" in request.last_user_text else "YES")

    model.script = script
    async with running(
        sample_dir, models, slack, model=model, judge_model=f"openai:{JUDGE}"
    ) as citewell:
        (reply,) = await slack.replies(await citewell.people.mention(LEAVE))
    asked = [
        request.last_user_text
        for call in model.chats
        if (request := ChatRequest.model_validate(call.json)).model == JUDGE
    ]

    assert "30 days of paid annual leave" in reply.words
    assert "paid days for everyone" not in reply.words
    assert len(asked) == 2
    assert all("<passages>" in text and "30 days" in text for text in asked)


async def test_a_judge_that_is_away_leaves_the_checks_verdict(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    def script(request: ChatRequest) -> Answer | Failure:
        return Answer(text=TRUE) if request.model != JUDGE else Failure(status=503)

    model.script = script
    async with running(
        sample_dir, models, slack, model=model, judge_model=f"openai:{JUDGE}"
    ) as citewell:
        (reply,) = await slack.replies(await citewell.people.mention(LEAVE))

    assert "30 days of paid annual leave" in reply.words
