"""What no document is about ends in the closest sources, and no model is asked to invent more."""

from pathlib import Path

from bot.language.texts import said
from bot.loading import Models
from tests.running import running
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackServer


async def test_a_model_is_asked_only_where_there_is_evidence(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    async with running(sample_dir, models, slack, model=model) as citewell:
        off_topic = await citewell.people.mention("Who painted the ceiling of the chapel in 1512?")
        refused = await slack.replies(off_topic)
        asked_for_nothing = len(model.chats)
        on_topic = await citewell.people.mention("How many days of annual leave do I get?")
        await slack.replies(on_topic)

    assert said("nothing_found") in refused[-1].text
    assert asked_for_nothing == 0
    assert len(model.chats) == 1
