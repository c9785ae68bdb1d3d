"""A provider's moderation that keeps failing is left alone, and the rules go on."""

from bot.breakers import GuardedModerator, moderation_circuit
from bot.loading import Models
from bot.models.moderation import OpenAIModerator
from bot.steps.redacting import DetectingRedactor
from guardrails.moderation import RuleModerator
from guardrails.policy import Policies
from tests.servers.openai import Failure, ModelServer


async def test_after_two_failures_nobody_waits_for_the_endpoint_and_rules_still_decline(
    models: Models, model: ModelServer
) -> None:
    model.failing = {"moderations": Failure(status=400)}
    provider = OpenAIModerator(api_key=model.api_key, base_url=model.base_url)
    redactor = DetectingRedactor(models.detector, Policies())
    moderator = GuardedModerator(RuleModerator(), provider, moderation_circuit(), redactor)

    for number in range(5):
        assert await moderator.judge(f"Is day {number} a holiday?", is_answer=False) is None
    verdict = await moderator.judge("I want to kill myself", is_answer=False)

    assert verdict is not None
    assert [call.path.rpartition("/")[2] for call in model.requests] == ["moderations"] * 2
